"""Learning rates of layers."""
