"""A smaller model that computes the same: units that are constant or never used are taken out, on both sides.

A group of channels is removed if, in each layer that mixes channels, its values are either unused (their weights are
zero), or constant and fully absorbed by the bias. A constant whose effect padding changes at the edges stays; so does
everything that an unknown layer touches (`channels.RULES`).
"""

import numpy as np

from frugalnet.backend import keras
from frugalnet.errors import FrugalNetError
from frugalnet.networks.graph import Call
from frugalnet.pruning.channels import STAYS, Channels, channels_of
from frugalnet.pruning.mixing import Coupling, Mixing
from frugalnet.pruning.rebuilding import rebuilt
from frugalnet.pruning.rules import Values


def compact(model: keras.Model) -> keras.Model:
    """Return an ordinary Keras model without the units that do nothing; the given model stays as it is.

    The function is the same up to rounding (1e-5 of the output's scale, in single precision). Raises FrugalNetError for
    a model that has no graph (neither Sequential nor functional), is not built, or has weights that are not finite.
    """
    _check(model)
    channels = channels_of(model)
    constants = _constants(channels)
    return rebuilt(model, channels, constants, _removed(channels, constants))


def _check(model: keras.Model) -> None:
    if not isinstance(model, keras.Model):
        raise FrugalNetError(f"{model!r} is no model: expected a built Sequential or functional Keras 3 model")
    for variable in model.weights:
        values = np.asarray(variable, "float64") if variable.dtype != "string" else np.zeros(0)
        if not np.isfinite(values).all():
            raise FrugalNetError(
                f"{variable.path} of {model.name} has weights that are not finite (NaN or infinite); expected finite ones. "
                "Nothing was compacted"
            )


def _constants(channels: Channels) -> list[Values]:
    """Return the constant of each channel of each tensor, NaN where there is none."""
    graph = channels.graph
    found = [np.full(len(groups), np.nan) for groups in channels.groups]
    for call, rule in zip(graph.calls, channels.rules, strict=True):
        if rule is not STAYS:
            taken = [found[number] for number in call.inputs]
            values = rule.constants(call, taken, graph.shapes[call.outputs[0]])
            found[call.outputs[0]] = np.where(np.isfinite(values), values, np.nan)
    return found


def _removed(channels: Channels, constants: list[Values]) -> np.ndarray:
    """Return for each group whether it is removed; every tensor keeps a channel."""
    mixing = [
        (call, coupling, _foldable(call, coupling, channels, constants))
        for call, rule in zip(channels.graph.calls, channels.rules, strict=True)
        if isinstance(rule, Mixing)
        for coupling in [rule.coupling(call.layer)]
    ]
    kept = channels.pinned.copy()
    while True:
        removed = ~_needed(kept, channels, mixing)
        empty = [groups[0] for groups in channels.groups if removed[groups].all()]
        if not empty:
            return removed
        kept[empty] = True


def _needed(kept: np.ndarray, channels: Channels, mixing: list[tuple[Call, Coupling, np.ndarray]]) -> np.ndarray:
    """Return for each group whether it is kept, or used by a group that is needed; groups used only by unneeded ones are not."""
    needed = np.ones_like(kept)
    while True:
        before, needed = needed, kept.copy()
        for call, coupling, foldable in mixing:
            taken, made = channels.groups[call.inputs[0]], channels.groups[call.outputs[0]]
            used = coupling.used[:, before[made]].any(axis=1)
            needed[taken[used & ~foldable]] = True
        if (needed == before).all():
            return needed


def _foldable(call: Call, coupling: Coupling, channels: Channels, constants: list[Values]) -> np.ndarray:
    """Return for each input channel whether it is a constant that the bias can absorb, the same in every call of the layer."""
    values = [constants[other.inputs[0]] for other in channels.graph.calls if other.layer is call.layer]
    same = np.logical_and.reduce([other == values[0] for other in values])
    return same & ((values[0] == 0) | (not coupling.edges))
