"""Crop, flip, colour jitter and erasing."""
