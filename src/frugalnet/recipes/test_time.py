"""Predictions averaged over copies of each image."""
