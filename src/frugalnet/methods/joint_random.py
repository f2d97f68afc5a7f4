"""The control of a search with pruning inside: the winner's network, pruned with the same sparsity and schedule, but at random."""

from keras_tuner import HyperParameters

from frugalnet.backend import keras
from frugalnet.methods import Job, Result
from frugalnet.methods.joint import trained_then_pruned
from frugalnet.methods.random_masks import at_random
from frugalnet.record import paths
from frugalnet.record.rows import winning_hyperparameters


def joint_random(job: Job) -> Result:
    """Train the network of the parent's winner from new weights by the recipe, then prune it at random."""
    assert job.start is not None and job.parent is not None
    winner = HyperParameters()
    winner.values = winning_hyperparameters(job.parent / paths.TRIALS)
    with job.ledger.window("build"):
        keras.utils.set_random_seed(job.run.seed)  # as the parent did
        model = keras.models.clone_model(job.start)
    return trained_then_pruned(job, model, winner, at_random(job.run.seed))
