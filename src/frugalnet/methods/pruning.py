"""The parent's model, pruned while it is trained further."""

from collections.abc import Callable

from frugalnet.backend import keras
from frugalnet.config.pruning import Pruning
from frugalnet.methods import Job, Result
from frugalnet.pruning.masks import Masking, steps_of
from frugalnet.pruning.scores import Candidates, candidates
from frugalnet.recipes.distillation import targets
from frugalnet.recipes.training import train

Choose = Callable[[keras.Model, Pruning], Candidates]
"""Returns what can be pruned in a model, with the scores that decide what is dropped first."""


def pruning(job: Job) -> Result:
    """Train the parent's model further as the pruning section says, dropping what counts least."""
    return train_pruned(job, candidates)


def train_pruned(job: Job, choose: Choose) -> Result:
    """Train the parent's model further while masks grow over the chosen candidates."""
    assert job.start is not None and job.run.pruning is not None
    recipe, settings = job.run.recipe, job.run.pruning
    callbacks = []
    if settings.sparsity:
        with job.ledger.window("masks"):
            steps = steps_of(settings, len(job.data.train.x), recipe.batch_size)
            callbacks = [Masking(choose(job.start, settings), settings, steps)]
    soft = targets(job.start, job.data, settings, recipe.batch_size, job.ledger)
    return Result(job.start, train(job.start, job.data, recipe, settings.epochs, job.ledger, callbacks, soft))
