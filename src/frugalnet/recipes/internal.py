"""What is done inside: XLA, and rounding to int8."""
