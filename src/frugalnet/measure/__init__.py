"""What a model costs: its size, its operations, its memory and its inference."""

from frugalnet.measure.costs import cost

__all__ = ["cost"]
