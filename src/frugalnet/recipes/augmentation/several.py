"""Augmentations one after the other."""
