"""The control of architecture search: the baseline's network, scaled in width alone to the size of the winner."""

from frugalnet.measure.size import count_parameters
from frugalnet.methods import Job, Result
from frugalnet.methods.baseline import network_of
from frugalnet.networks.widths import scaled
from frugalnet.recipes.training import train


def width_scaled(job: Job) -> Result:
    """Scale the network of the run to the number of parameters of the parent's model, and train it as the recipe says."""
    assert job.start is not None
    with job.ledger.window("build"):
        model = scaled(network_of(job), count_parameters(job.start))
    return Result(model, train(model, job.data, job.run.recipe, job.run.recipe.epochs, job.ledger))
