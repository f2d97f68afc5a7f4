"""The control of removing units: the shape that is left, trained from new weights for as many epochs in all."""

from frugalnet.backend import keras
from frugalnet.methods import Job, Result
from frugalnet.pruning import compact
from frugalnet.recipes.training import train


def scratch(job: Job) -> Result:
    """Compact the parent's model, and train its shape from new weights for the epochs of the recipe and of the pruning."""
    assert job.start is not None and job.run.pruning is not None
    with job.ledger.window("build"):
        model = keras.models.clone_model(compact(job.start))
    recipe = job.run.recipe
    return Result(model, train(model, job.data, recipe, recipe.epochs + job.run.pruning.epochs, job.ledger))
