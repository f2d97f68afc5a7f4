"""The control of every score: the same pruning, with what is dropped drawn by chance."""

from frugalnet.methods import Job, Result
from frugalnet.methods.pruning import Choose, train_pruned
from frugalnet.pruning.scores import Random, candidates


def random_masks(job: Job) -> Result:
    """Train the parent's model on as the pruning section says, dropping parts at random."""
    return train_pruned(job, at_random(job.run.seed))


def at_random(seed: int) -> Choose:
    """Return what gives the parts of a model that can be pruned random scores."""
    return lambda model, settings: Random(candidates(model, settings), seed)
