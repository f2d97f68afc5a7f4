"""The control of every score: the same pruning, but what is dropped is drawn at random."""

from frugalnet.methods import Job, Result
from frugalnet.methods.pruning import Choose, train_pruned
from frugalnet.pruning.scores import Random, candidates


def random_masks(job: Job) -> Result:
    """Train the parent's model further as the pruning section says, dropping parts at random."""
    return train_pruned(job, at_random(job.run.seed))


def at_random(seed: int) -> Choose:
    """Return a choice that gives random scores to all that can be pruned in a model."""
    return lambda model, settings: Random(candidates(model, settings), seed)
