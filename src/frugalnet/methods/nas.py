"""The winner of an architecture search, trained from new weights with the baseline's recipe."""

from frugalnet.backend import keras
from frugalnet.methods import Job, Result
from frugalnet.recipes.training import train
from frugalnet.search.search import new_weights, search


def nas(job: Job) -> Result:
    """Search, then train the winner's architecture from new weights."""
    assert job.run.nas is not None
    recipe = job.run.recipe
    winner, trials = search(job.data, job.run.nas, recipe, job.run.seed, job.ledger, job.work / "search")
    with job.ledger.window("build"):
        keras.utils.set_random_seed(job.run.seed)  # whatever the search drew
        model = new_weights(winner)
    return Result(model, train(model, job.data, recipe, recipe.epochs, job.ledger), trials)
