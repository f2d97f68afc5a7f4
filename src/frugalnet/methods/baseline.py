"""The dataset's network, trained from new weights."""

from frugalnet import networks
from frugalnet.backend import keras
from frugalnet.methods import Job, Result
from frugalnet.recipes.precision import precision
from frugalnet.recipes.scaling import scaling_layer
from frugalnet.recipes.training import train


def baseline(job: Job) -> Result:
    """Build the network of the run and train it as the recipe says."""
    with job.ledger.window("build"):
        model = network_of(job)
    return Result(model, train(model, job.data, job.run.recipe, job.run.recipe.epochs, job.ledger))


def network_of(job: Job) -> keras.Model:
    """Return the network of the run with new weights, behind a scaling that is fitted on its training part."""
    x, recipe = job.data.train.x, job.run.recipe
    with precision(recipe.precision):
        scaling = scaling_layer(recipe.scaling, x)
        return networks.build(job.run.network, scaling, x.shape[1:], x.dtype.name, job.data.n_classes)
