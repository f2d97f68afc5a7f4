"""Pruning of Keras 3 models, with the schedule and mask update of tensorflow-model-optimization, and compaction."""

from frugalnet.pruning.compaction import compact

__all__ = ["compact"]
