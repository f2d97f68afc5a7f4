"""Magnitude pruning of Keras 3 models, with the schedule and mask engine of tensorflow-model-optimization."""

from frugalnet.pruning.masks import MagnitudePruning, prunable_layers, sparsity

__all__ = ["MagnitudePruning", "prunable_layers", "sparsity"]
