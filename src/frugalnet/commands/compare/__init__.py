"""Two results compared: what changed, and which conclusions hold in both."""

from frugalnet.commands.compare.comparing import print_comparison

__all__ = ["print_comparison"]
