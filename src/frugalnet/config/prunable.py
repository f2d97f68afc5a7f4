"""Whether a pruning can be done on a network of the catalogue: which layers it has, and what is left of them."""

import math
from difflib import get_close_matches

from frugalnet.config.pruning import Pruning
from frugalnet.config.shown import bare, some
from frugalnet.kernels import KERNELS, OUTPUT, Shape


def unknown_layer(network: str, pruning: Pruning) -> tuple[str, str] | None:
    """Return that a layer to leave out is none of a network, as `unfit` does; None also where its layers are not known."""
    kernels = _kernels(network, pruning)
    for name in pruning.exclude if kernels else ():
        if name not in kernels:
            close = get_close_matches(name, kernels, n=1)
            told = f"{bare(name)} is no layer of {network} that is pruned; expected some of {some(kernels)}"
            return "exclude", told + (f"; did you mean {close[0]}?" if close else "")
    return None


def unfit(network: str, pruning: Pruning, own_data: bool) -> tuple[str, str] | None:
    """Return the key of a pruning that cannot be done on a network, and what was expected; None where nothing speaks against it.

    Without the network's `own_data` the shapes of its kernels are not known, but for the units of its hidden layers; of a network
    without KERNELS nothing is.
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
        told = f"2:4 needs inputs in fours, which {some(odd)} of {network} has not; expected it in exclude"
        return ("exclude" if pruning.exclude else "granularity"), told
    return _emptied(network, pruning, left)


def _kernels(network: str, pruning: Pruning) -> dict[str, Shape]:
    """Return the shapes of what is pruned of a network, by layer: whole kernels, or their units."""
    of_units = pruning.granularity == "unit"
    return {
        name: kernel[-1:] if of_units else kernel
        for name, kernel in KERNELS.get(network, {}).items()
        if name != OUTPUT or (pruning.prune_output and not of_units)
    }


def _emptied(network: str, pruning: Pruning, left: dict[str, Shape]) -> tuple[str, str] | None:
    """Return that a sparsity leaves nothing of a layer, as far as it can be told: the best of each stays where all compete."""
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
