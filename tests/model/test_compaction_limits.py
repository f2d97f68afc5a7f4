"""What compaction leaves alone and says so, what it refuses, and what of a model it keeps."""

import logging

import numpy as np
import pytest

from frugalnet.backend import keras
from frugalnet.errors import FrugalNetError
from frugalnet.pruning import compact
from tests.model.compacting import compacted, kernels, kill, made, only
from tests.model.made_layers import Mixed, ShiftedDense, Subclassed

layers = keras.layers


def around(*between):
    """Return a model with some layers between two of 5 and 4 units, and these two."""
    inputs = keras.Input((6,))
    first, second = layers.Dense(5, activation="relu", name="first"), layers.Dense(4, activation="relu", name="second")
    x = first(inputs)
    for layer in between:
        x = layer(x)
    return made(inputs, layers.Dense(3, name="last")(second(x))), first, second


@pytest.mark.parametrize(
    "between",
    [
        Mixed(name="strange"),
        layers.LayerNormalization(name="strange"),
        layers.Lambda(lambda x: x[..., ::-1] + 0.5, name="strange"),
        layers.UnitNormalization(name="strange"),
    ],
    ids=lambda layer: type(layer).__name__,
)
def test_layer_that_is_not_known_stays_as_it_is_and_the_log_names_it(between, caplog):
    model, first, second = around(between)
    kill(first, 0, 1)
    kill(second, 2)
    with caplog.at_level(logging.INFO):
        smaller = compacted(model)
    assert kernels(smaller) == [(6, 5), (5, 3), (3, 3)]
    lines = [record.getMessage() for record in caplog.records if record.name.startswith("frugalnet")]
    assert any("strange" in line and type(between).__name__ in line for line in lines)


def test_nothing_is_said_of_layers_that_are_known(caplog):
    model, first, _ = around(layers.BatchNormalization(), layers.Dropout(0.3))
    kill(first, 0, 1)
    with caplog.at_level(logging.INFO):
        compacted(model)
    assert [record for record in caplog.records if record.name.startswith("frugalnet")] == []


def _without_a_name(x):
    return keras.ops.tanh(x) + 0.25


@pytest.mark.parametrize(
    "activation", [_without_a_name, lambda x: keras.ops.tanh(x) + 0.25], ids=["function", "lambda"]
)
def test_activation_that_keras_cannot_find_by_its_name_is_carried_over(activation):
    model, first, second = around(layers.Dense(5, activation=activation, name="strange"))
    kill(first, 0, 1)
    kill(second, 2)
    smaller = compacted(model)
    assert kernels(smaller)[0] == (6, 3)
    assert kernels(smaller)[-1] == (3, 3)


@pytest.mark.parametrize("kind", [ShiftedDense, Subclassed])
def test_subclass_that_computes_something_else_is_not_taken_for_its_parent(kind):
    model, first, second = around(kind(7, name="strange"))
    kill(first, 0)
    kill(second, 1, 2)
    smaller = compacted(model)
    assert kernels(smaller)[0] == (6, 5)
    assert kernels(smaller)[-2:] == [(7, 2), (2, 3)]


def test_pooling_over_the_units_keeps_them_all():
    inputs = keras.Input((8, 2))
    conv = layers.Conv1D(5, 3, activation="relu")
    model = made(inputs, layers.Dense(3)(layers.GlobalAveragePooling1D(data_format="channels_first")(conv(inputs))))
    kill(conv, 1, 2)
    assert kernels(compacted(model)) == [(3, 2, 5), (6, 3)]


def test_batch_normalization_of_another_axis_keeps_the_units():
    inputs = keras.Input((8, 2))
    conv = layers.Conv1D(5, 3, activation="relu")
    model = made(inputs, layers.Dense(3)(layers.BatchNormalization(axis=1)(conv(inputs))))
    kill(conv, 1, 2)
    assert kernels(compacted(model))[0] == (3, 2, 5)


@pytest.mark.parametrize("value", [float("nan"), float("inf"), -float("inf")])
@pytest.mark.parametrize("part", ["kernel", "bias"])
def test_weights_that_are_not_finite_are_an_error_that_names_the_layer(value, part):
    model, _, second = around()
    weight = getattr(second, part)
    values = weight.numpy()
    values[..., 1] = value
    weight.assign(values)
    with pytest.raises(FrugalNetError, match="second"):
        compact(model)


class WithoutGraph(keras.Model):
    def __init__(self):
        super().__init__(name="wild")
        self.dense = layers.Dense(3)

    def call(self, x):
        return self.dense(x)


def test_subclassed_model_is_an_error_that_says_what_was_expected():
    model = WithoutGraph()
    model(np.zeros((1, 6), "float32"))
    with pytest.raises(FrugalNetError, match=r"(?is)wild.*(functional|sequential)"):
        compact(model)


def test_model_that_is_not_built_is_an_error_that_says_what_was_expected():
    with pytest.raises(FrugalNetError, match=r"(?i)built"):
        compact(keras.Sequential([layers.Dense(3)]))


@pytest.mark.parametrize("thing", ["model.keras", None, 3])
def test_what_is_no_model_is_an_error_that_says_what_was_expected(thing):
    with pytest.raises(FrugalNetError, match=r"(?i)keras"):
        compact(thing)


def test_layer_that_is_not_known_gets_weights_of_its_own():
    model, first, _ = around(Mixed(), Subclassed(5))
    kill(first, 0)
    before, smaller = model.get_weights(), compact(model)
    for variable in smaller.weights:
        variable.assign(variable.value * 0 + 7)
    assert all(np.array_equal(one, other) for one, other in zip(model.get_weights(), before, strict=True))


@pytest.mark.parametrize("policy", ["mixed_float16", "mixed_bfloat16", "float16", "float64"])
def test_precision_is_kept(policy):
    inputs = keras.Input((6,), dtype="float64" if policy == "float64" else "float32")
    first = layers.Dense(5, activation="relu", dtype=policy)
    model = made(
        inputs, layers.Dense(3, dtype="float32")(layers.Dense(4, activation="sigmoid", dtype=policy)(first(inputs)))
    )
    kill(first, 0, 1, bias=0.5)
    samples = [np.linspace(-1, 1, 18).reshape(3, 6).astype(inputs.dtype)]
    smaller = compacted(model, samples, tolerance={"float64": 1e-6}.get(policy, 1e-2))
    assert kernels(smaller) == [(6, 3), (3, 4), (4, 3)]
    dense = [layer for layer in smaller.layers if isinstance(layer, layers.Dense)]
    assert [layer.dtype_policy.name for layer in dense] == [policy, policy, "float32"]
    assert dense[0].kernel.dtype == keras.dtype_policies.get(policy).variable_dtype


def test_names_of_model_and_layers_are_kept():
    model, first, _ = around(layers.BatchNormalization(name="norm"))
    kill(first, 0)
    smaller = compacted(model)
    assert smaller.name == model.name
    assert [layer.name for layer in smaller.layers[1:]] == ["first", "norm", "second", "last"]


def test_regularizers_and_frozen_layers_stay_what_they_are():
    inputs = keras.Input((6,))
    first = layers.Dense(5, activation="relu", kernel_regularizer=keras.regularizers.L2(0.01))
    model = made(inputs, layers.Dense(3)(first(inputs)))
    kill(first, 0)
    first.trainable = False
    small = compacted(model).layers[1]
    assert not small.trainable
    assert float(small.kernel_regularizer.l2) == pytest.approx(0.01)


def test_settings_of_a_layer_are_kept():
    inputs = keras.Input((9, 9, 2))
    conv = layers.Conv2D(5, 3, strides=2, padding="same", activation="relu")
    norm = layers.BatchNormalization(momentum=0.8, epsilon=0.01)
    model = made(inputs, layers.Dense(3)(layers.Flatten()(norm(conv(inputs)))))
    kill(conv, 0)
    smaller = compacted(model)
    assert only(smaller, layers.Conv2D).strides == (2, 2)
    assert (only(smaller, layers.BatchNormalization).momentum, only(smaller, layers.BatchNormalization).epsilon) == (
        0.8,
        0.01,
    )
