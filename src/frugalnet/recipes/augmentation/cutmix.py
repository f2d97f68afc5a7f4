"""CutMix."""
