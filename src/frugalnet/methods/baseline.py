"""The dataset's network, trained from new weights."""

from frugalnet import networks
from frugalnet.methods import Job, Result
from frugalnet.recipes.scaling import scaling_layer
from frugalnet.recipes.training import train


def baseline(job: Job) -> Result:
    """Build the network of the run and train it as the recipe says."""
    x = job.data.train.x
    with job.ledger.window("build"):
        scaling = scaling_layer(job.run.recipe.scaling, x)
        model = networks.build(job.run.network, scaling, x.shape[1:], x.dtype.name, job.data.n_classes)
    return Result(model, train(model, job.data, job.run.recipe, job.run.recipe.epochs, job.ledger))
