"""The network of a training: a name of the catalogue, or a mapping of `name` and settings."""

from typing import Any

from frugalnet import catalogue
from frugalnet.catalogue.recipes import Level
from frugalnet.config.levels import name_of, one_of
from frugalnet.config.shown import some

LEVELS = {name: Level(entry.builder, entry.settings) for name, entry in catalogue.NETWORKS.items()}
NETWORK: Any = one_of("network", LEVELS)
"""The type of a key that takes a network."""
OPTIONAL: Any = one_of("network", LEVELS, optional=True)
"""The type of a key that takes a network or null."""


def unfit_network(network: Any, dataset: str) -> str | None:
    """Return what was expected where a network does not take the samples of a dataset, or is None; None if nothing is wrong."""
    rank = catalogue.DATASETS[dataset].rank
    fitting = some(name for name, entry in catalogue.NETWORKS.items() if entry.rank in (None, rank))
    if network is None:
        return f"the catalogue has no network for {dataset}; name one of {fitting}"
    if catalogue.NETWORKS[name_of(network)].rank in (None, rank):
        return None
    return f"{name_of(network)} does not take samples of {rank} dimensions; these do: {fitting}"
