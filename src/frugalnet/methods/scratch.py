"""The control of removing units: the shape that is left, trained from new weights for the same total number of epochs."""

from frugalnet.backend import keras
from frugalnet.methods import Job, Result
from frugalnet.pruning import compact
from frugalnet.recipes.distillation import targets
from frugalnet.recipes.training import train


def scratch(job: Job) -> Result:
    """Compact the parent's model, and train its shape from new weights for the epochs of the recipe and of the pruning.

    Where the pruning was distilled, all of these epochs are distilled too, from the same teacher. After a search with
    pruning inside, whose teacher is not kept, the result of that search is the teacher.
    """
    assert job.start is not None and job.run.pruning is not None
    recipe, settings = job.run.recipe, job.run.pruning
    with job.ledger.window("build"):
        model = keras.models.clone_model(compact(job.start))
    soft = targets(job.teacher, job.data, settings, recipe.batch_size, job.ledger)
    return Result(model, train(model, job.data, recipe, recipe.epochs + settings.epochs, job.ledger, targets=soft))
