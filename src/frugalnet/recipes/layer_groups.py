"""Learning rates of layers."""

from collections.abc import Callable, Mapping
from functools import partial
from typing import Any

from frugalnet.backend import keras, tf
from frugalnet.config.factors import factors_of
from frugalnet.config.shown import shown
from frugalnet.errors import FrugalNetError
from frugalnet.networks.graph import trace
from frugalnet.recipes.fit import Fit


def layer_groups(fit: Fit, value: float | Mapping[str, float]) -> None:
    """Multiply the learning rate of each layer by a factor of its own (Howard & Ruder 2018, doi:10.18653/v1/P18-1031, section 3.2).

    A layer of factor 0 is frozen: its weights and statistics stay, and it works as in use. Raises FrugalNetError for factors
    that do not fit the layers.
    """
    layers = [layer for layer in trace(fit.model).layers if getattr(layer, "trainable_variables", ())]
    try:
        factors = factors_of(value, [layer.name for layer in layers])
    except ValueError as wrong:
        raise FrugalNetError(f"recipe.layer_groups = {shown(value)}: {wrong}") from None
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

    # Copies and files of the model then name the class of Keras, whose settings these are.
    PerVariable.__name__, PerVariable.__module__ = kind.__name__, kind.__module__
    return PerVariable.from_config(optimizer.get_config())
