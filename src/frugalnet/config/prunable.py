"""Check that a pruning fits a network of the catalogue: that its layers exist, and that something is left of each."""

import math
from difflib import get_close_matches
from typing import Any

from frugalnet.config.pruning import Pruning
from frugalnet.config.shown import bare, some
from frugalnet.kernels import KERNELS, OUTPUT, Shape


def unknown_layer(network: Any, pruning: Pruning) -> tuple[str, str] | None:
    """Return the error of a layer in `exclude` that a network does not have, as `unfit` does; None if its layers are not known."""
    kernels = _kernels(network, pruning)
    for name in pruning.exclude if kernels else ():
        if name not in kernels:
            close = get_close_matches(name, kernels, n=1)
            told = f"{bare(name)} is not a pruned layer of {network}; expected some of {some(kernels)}"
            return "exclude", told + (f"; did you mean {close[0]}?" if close else "")
    return None


def unfit(network: Any, pruning: Pruning, own_data: bool) -> tuple[str, str] | None:
    """Return the key of a pruning that cannot be done on a network, and what was expected; None if no reason against it is known.

    On other data than the network's `own_data` only the number of units of its hidden layers is known, not the shapes of its
    kernels. Nothing is known of a network that KERNELS does not list, or that has settings of its own.
    """
    of_units, kernels = pruning.granularity == "unit", _kernels(network, pruning)
    if not kernels:
        return None
    left = {name: shape for name, shape in kernels.items() if name not in pruning.exclude}
    if not left:
        return "exclude", f"leaves nothing to prune of {some(kernels)}"
    if not (of_units or own_data):
        return None
    if pruning.granularity == "2:4" and (odd := [name for name, shape in left.items() if shape[-2] % 4]):
        told = f"2:4 needs inputs in groups of four, but {some(odd)} of {network} has other numbers; expected it in exclude"
        return ("exclude" if pruning.exclude else "granularity"), told
    return _emptied(network, pruning, left)


def _kernels(network: Any, pruning: Pruning) -> dict[str, Shape]:
    """Return the shapes of the pruned kernels of a network by layer; for pruning of units, their numbers of units."""
    of_units = pruning.granularity == "unit"
    known = KERNELS.get(network, {}) if isinstance(network, str) else {}
    return {
        name: kernel[-1:] if of_units else kernel
        for name, kernel in known.items()
        if name != OUTPUT or (pruning.prune_output and not of_units)
    }


def _emptied(network: Any, pruning: Pruning, left: dict[str, Shape]) -> tuple[str, str] | None:
    """Return the error of a sparsity that would leave a layer empty; `global` always keeps the best weight or unit of each layer."""
    sizes = {name: math.prod(shape) for name, shape in left.items()}
    what, density = "units" if pruning.granularity == "unit" else "weights", 1 - pruning.sparsity
    if pruning.allocation == "spread" and sum(sizes.values()) * density < len(sizes) / 2:
        return (
            "sparsity",
            f"leaves nothing of a layer of {network}, which has {sum(sizes.values())} {what} in all; expected less",
        )
    if pruning.allocation == "layer":
        for name, size in sizes.items():
            if round(size * density) < 1:
                told = f"leaves nothing of {name} of {network}, which has {size} {what}"
                return "sparsity", f"{told}; expected less, or {name} in exclude"
    return None
