"""The parent's model, pruned by magnitude while it is trained on."""

import math

from frugalnet.methods import Job, Result
from frugalnet.pruning import MagnitudePruning, prunable_layers
from frugalnet.recipes.training import train


def pruning(job: Job) -> Result:
    """Train the parent's model on as the pruning recipe says."""
    assert job.start is not None and job.run.pruning is not None
    recipe, settings = job.run.recipe, job.run.pruning
    steps = settings.epochs * math.ceil(len(job.data.train.x) / recipe.batch_size)
    masks = MagnitudePruning(prunable_layers(job.start, settings.prune_output), settings, steps)
    return Result(job.start, train(job.start, job.data, recipe, settings.epochs, job.ledger, [masks]))
