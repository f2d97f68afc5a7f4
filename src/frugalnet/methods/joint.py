"""Architecture search whose trials prune; the winner is trained and then pruned with the sparsity and schedule that were best."""

from dataclasses import replace
from typing import Any

from frugalnet.backend import keeping_epochs, keras
from frugalnet.methods import Job, Result
from frugalnet.methods.nas import searched
from frugalnet.methods.pruning import Choose, train_pruned
from frugalnet.pruning.scores import candidates
from frugalnet.recipes.training import train
from frugalnet.search.pruned import chosen_pruning


def joint(job: Job) -> Result:
    """Search with pruning in every trial, train the winner by the recipe, and prune it over the epochs of the pruning section."""
    found, model = searched(job)
    made = trained_then_pruned(job, model, found.winner, candidates)
    return replace(made, trials=found.trials, windows=found.windows)


def trained_then_pruned(job: Job, model: keras.Model, winner: Any, choose: Choose) -> Result:
    """Train a new network by the recipe, then prune it as the winner's hyperparameters say."""
    assert job.run.pruning is not None
    recipe = job.run.recipe
    before = train(model, job.data, recipe, recipe.epochs, job.ledger)
    settings = chosen_pruning(winner, job.run.pruning, job.run.pruning.epochs)
    with keeping_epochs(before):
        pruned = train_pruned(replace(job, start=model, run=job.run.model_copy(update={"pruning": settings})), choose)
    after = [replace(row, epoch=row.epoch + len(before)) for row in pruned.epochs]
    return Result(pruned.model, before + after)
