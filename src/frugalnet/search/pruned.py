"""Pruning inside a search: the sparsity and the schedule are hyperparameters."""

from typing import Any

from frugalnet.config.pruning import Pruning

SPARSITIES = [0.25, 0.5, 0.75, 0.0]
"""Fractions of the units that are removed; the first is the default."""
SCHEDULES = ["polynomial", "constant"]


def chosen_pruning(hp: Any, pruning: Pruning, epochs: int) -> Pruning:
    """Return the pruning that hyperparameters name, over some epochs; all else is as in the section.

    Units are pruned, because only those make a network smaller when it is compacted.
    """
    return Pruning.model_validate(
        pruning.model_dump()
        | {"granularity": "unit", "exclude": (), "initial_sparsity": 0.0, "epochs": epochs}
        | {"sparsity": hp.Choice("sparsity", SPARSITIES), "schedule": hp.Choice("schedule", SCHEDULES)}
    )
