"""The control of pruning: the parent's model, trained further for the same extra epochs, by the same teacher, without pruning."""

from frugalnet.methods import Job, Result
from frugalnet.recipes.distillation import targets
from frugalnet.recipes.training import train


def continued(job: Job) -> Result:
    """Train the parent's model further for the epochs of the pruning section."""
    assert job.start is not None and job.run.pruning is not None
    recipe, settings = job.run.recipe, job.run.pruning
    soft = targets(job.start, job.data, settings, recipe.batch_size, job.ledger)
    return Result(job.start, train(job.start, job.data, recipe, settings.epochs, job.ledger, targets=soft))
