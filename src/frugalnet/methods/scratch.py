"""The control of removing units: the shape that is left, trained from new weights for the same total number of epochs."""

from pathlib import Path

from frugalnet.backend import keras
from frugalnet.methods import Job, Result
from frugalnet.pruning import compact
from frugalnet.recipes.distillation import targets
from frugalnet.recipes.training import train
from frugalnet.record import paths
from frugalnet.record.record import read_record
from frugalnet.record.rows import Epoch, read_csv


def scratch(job: Job) -> Result:
    """Compact the parent's model, and train its shape from new weights for as many epochs as the parent's chain in all.

    Where the pruning was distilled, all of these epochs are distilled too, from the same teacher. After a search with
    pruning inside, whose teacher is not kept, the result of that search is the teacher.
    """
    assert job.start is not None and job.run.pruning is not None
    recipe, settings = job.run.recipe, job.run.pruning
    with job.ledger.window("build"):
        model = keras.models.clone_model(compact(job.start))
    soft = targets(job.teacher, job.data, settings, recipe.batch_size, job.ledger)
    epochs = epochs_of_chain(job.parent) if job.parent else recipe.epochs + settings.epochs
    return Result(model, train(model, job.data, recipe, epochs, job.ledger, targets=soft))


def epochs_of_chain(raw: Path) -> int:
    """Return for how many epochs a finished run and those that it starts from were trained; early stopping may have ended some."""
    own = len(read_csv(raw / paths.EPOCHS, Epoch)["epoch"])
    parents = read_record(raw / paths.RECORD).parents
    return own + sum(epochs_of_chain(raw.parents[3].joinpath(parent.id)) for parent in parents)
