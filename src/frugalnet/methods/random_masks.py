"""The control of every score: the same pruning, with what is dropped drawn by chance."""

from frugalnet.methods import Job, Result
from frugalnet.methods.pruning import candidates, train_pruned
from frugalnet.pruning.scores import Random


def random_masks(job: Job) -> Result:
    """Train the parent's model on as the pruning section says, dropping parts at random."""
    assert job.start is not None and job.run.pruning is not None
    return train_pruned(job, Random(candidates(job.start, job.run.pruning), job.run.seed))
