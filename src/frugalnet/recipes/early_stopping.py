"""The end of a training that no longer improves."""
