"""The control of every score: the same pruning, with what is dropped drawn by chance."""

from frugalnet.methods import Job, Result
from frugalnet.methods.pruning import train_pruned
from frugalnet.pruning.scores import Random, candidates


def random_masks(job: Job) -> Result:
    """Train the parent's model on as the pruning section says, dropping parts at random."""
    return train_pruned(job, lambda model, settings: Random(candidates(model, settings), job.run.seed))
