"""A batch size that grows over a training."""
