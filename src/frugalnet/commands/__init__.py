"""What each command of `frugalnet` does, in a file or package of its name."""
