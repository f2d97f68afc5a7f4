"""Which choices of a training save energy: runs at levels that are drawn at random, and base cases."""
