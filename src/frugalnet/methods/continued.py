"""The control of pruning: the parent's model, trained on for the same extra epochs, without pruning."""

from frugalnet.methods import Job, Result
from frugalnet.recipes.training import train


def continued(job: Job) -> Result:
    """Train the parent's model on for the epochs of the pruning recipe."""
    assert job.start is not None and job.run.pruning is not None
    return Result(job.start, train(job.start, job.data, job.run.recipe, job.run.pruning.epochs, job.ledger))
