"""The winner of an architecture search, trained from new weights with the baseline's recipe."""

from frugalnet.backend import keras
from frugalnet.methods import Job, Result
from frugalnet.recipes.training import train
from frugalnet.search.kept import SEARCH
from frugalnet.search.search import Found, search, task_of


def nas(job: Job) -> Result:
    """Search, then train the winner's architecture from new weights."""
    found, model = searched(job)
    epochs = train(model, job.data, job.run.recipe, job.run.recipe.epochs, job.ledger)
    return Result(model, epochs, found.trials, found.windows)


def searched(job: Job) -> tuple[Found, keras.Model]:
    """Search, and return what was found and the winner's architecture with new weights."""
    task = task_of(job.run, job.data, job.reference)
    found = search(task, job.ledger, job.work / SEARCH, job.tried)
    with job.ledger.window("build"):
        keras.utils.set_random_seed(job.run.seed)  # whatever the search drew
        return found, task.build(found.winner)
