"""The dataset's network, trained from new weights or from those that the recipe names."""

from functools import partial

from frugalnet import networks
from frugalnet.backend import keras
from frugalnet.methods import Job, Result
from frugalnet.recipes.precision import precision
from frugalnet.recipes.resize import resized
from frugalnet.recipes.scaling import scaling_layer
from frugalnet.recipes.training import train
from frugalnet.recipes.weights import start_from


def baseline(job: Job) -> Result:
    """Build the network of the run and train it as the recipe says."""
    with job.ledger.window("build"):
        model = network_of(job)
    return Result(model, train(model, job.data, job.run.recipe, job.run.recipe.epochs, job.ledger))


def network_of(job: Job) -> keras.Model:
    """Return the network of the run with new weights, or those that it starts from, behind a scaling that is fitted on its training part."""
    x, recipe = job.data.train.x, job.run.recipe
    with precision(recipe.precision):
        scaling = scaling_layer(recipe.scaling, x)
        built = networks.build(
            job.run.network,
            scaling,
            x.shape[1:],
            x.dtype.name,
            job.data.n_classes,
            job.run.network_settings,
            partial(resized, resize=recipe.resize),
        )
    if recipe.weights is not None:
        start_from(built, recipe.weights, job.run.network)
    return built
