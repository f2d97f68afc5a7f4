"""Learning rates of layers."""

from collections.abc import Callable, Mapping, Sequence
from fnmatch import fnmatchcase
from functools import partial
from typing import Any

from frugalnet.backend import keras, tf
from frugalnet.config.shown import bare, some
from frugalnet.errors import FrugalNetError
from frugalnet.networks.graph import trace
from frugalnet.recipes.fit import Fit


def layer_groups(fit: Fit, value: float | Mapping[str, float]) -> None:
    """Multiply the learning rate of each layer by a factor of its own (Howard & Ruder 2018, doi:10.18653/v1/P18-1031, section 3.2).

    A number is the factor from each layer with weights to the next, from the output back; of a mapping the longest name or
    pattern that matches a layer counts, and the others have 1. A layer of factor 0 is frozen: its weights and statistics
    stay, and it works as in use. Raises FrugalNetError for a pattern that matches no layer, and where nothing is left to train.
    """
    layers = [layer for layer in trace(fit.model).layers if getattr(layer, "trainable_variables", ())]
    factors = _by_pattern(layers, value) if isinstance(value, Mapping) else _from_output(layers, value)
    if not any(factors):
        raise FrugalNetError(f"recipe.layer_groups = {value}: freezes all layers; expected a factor above 0 for one")
    of_variable = {
        fit.optimizer._var_key(variable): factor
        for layer, factor in zip(layers, factors, strict=True)
        for variable in layer.trainable_variables
    }
    fit.optimizer = _per_variable(fit.optimizer, lambda key: of_variable.get(key, 1))
    for layer, factor in zip(layers, factors, strict=True):
        if factor == 0:
            layer.trainable = False
            fit.afterwards.append(partial(setattr, layer, "trainable", True))


def _from_output(layers: Sequence[keras.Layer], factor: float) -> list[float]:
    return [factor**n for n in reversed(range(len(layers)))]


def _by_pattern(layers: Sequence[keras.Layer], factors: Mapping[str, float]) -> list[float]:
    names = [layer.name for layer in layers]
    for pattern in factors:
        if not any(fnmatchcase(name, pattern) for name in names):
            raise FrugalNetError(
                f"recipe.layer_groups: {bare(pattern)} matches no layer with weights; expected some of {some(names)}"
            )
    longest_first = sorted(factors, key=lambda pattern: (-len(pattern), pattern))
    return [next((factors[each] for each in longest_first if fnmatchcase(name, each)), 1) for name in names]


def _per_variable(optimizer: keras.Optimizer, factor_of: Callable[[Any], float]) -> keras.Optimizer:
    """Return the same optimizer with the rate of each variable multiplied by a factor, which is found by the variable's key."""
    kind: Any = type(optimizer)

    class PerVariable(kind):
        """Scales the rate where it is used: scaled gradients would change nothing in Adam."""

        def update_step(self, gradient: Any, variable: Any, learning_rate: Any) -> None:
            rate = tf.cast(learning_rate * factor_of(self._var_key(variable)), variable.dtype)
            if self.weight_decay:
                self.assign_sub(variable, variable * tf.cast(self.weight_decay, variable.dtype) * rate)
            super().update_step(gradient, variable, rate)

        def _apply_weight_decay(self, variables: Any) -> None:
            """Do nothing: it is done with the rate of each variable, just before its update."""

    return PerVariable.from_config(optimizer.get_config())
