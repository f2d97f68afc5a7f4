"""Figures: one function each, frame in, Figure out."""
