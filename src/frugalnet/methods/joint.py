"""Architecture search whose trials prune: the winner is trained, and pruned as far and as fast as the search found best."""

from dataclasses import replace

from frugalnet.methods import Job, Result
from frugalnet.methods.nas import searched
from frugalnet.methods.pruning import pruning
from frugalnet.recipes.training import train
from frugalnet.search.pruned import chosen_pruning


def joint(job: Job) -> Result:
    """Search with pruning in every trial; train the winner by the recipe, then prune it over the epochs of the pruning section."""
    assert job.run.pruning is not None
    recipe = job.run.recipe
    found, model = searched(job)
    before = train(model, job.data, recipe, recipe.epochs, job.ledger)
    settings = chosen_pruning(found.winner, job.run.pruning, job.run.pruning.epochs)
    pruned = pruning(replace(job, start=model, run=job.run.model_copy(update={"pruning": settings})))
    after = [replace(row, epoch=row.epoch + len(before)) for row in pruned.epochs]
    return Result(pruned.model, before + after, found.trials, found.windows)
