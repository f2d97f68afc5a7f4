"""Compaction follows activations and arithmetic that are written as operations, and nested models with several inputs."""

import pytest

from frugalnet.backend import keras
from tests.model.compacting import compacted, kernels, kill, made

layers, ops = keras.layers, keras.ops
WAYS = {
    "relu": keras.ops.relu,
    "tanh": keras.activations.tanh,
    "gelu": keras.ops.gelu,
    "silu": keras.activations.silu,
    "leaky": lambda x: keras.ops.leaky_relu(x, 0.3),
    "times": lambda x: 2 * x,
    "divided": lambda x: x / 3,
    "less": lambda x: x - 1,
}


@pytest.mark.parametrize("way", WAYS)
@pytest.mark.parametrize("bias", [0.0, 0.5])
def test_operation_on_each_value_is_followed(way, bias):
    inputs = keras.Input((6,))
    first = layers.Dense(5)
    model = made(inputs, layers.Dense(2)(WAYS[way](first(inputs))))
    kill(first, 1, 3, bias=bias)
    assert kernels(compacted(model)) == [(6, 3), (3, 2)]


def test_operation_that_makes_a_constant_infinite_keeps_the_unit():
    inputs = keras.Input((6,))
    first = layers.Dense(5)
    model = made(inputs, layers.Dense(2)(ops.tanh(1 / first(inputs))))
    kill(first, 1, bias=0.5)
    assert kernels(compacted(model)) == [(6, 4), (4, 2)]
    kill(first, 1, bias=0.0)
    assert kernels(compacted(model))[0] == (6, 5)


@pytest.mark.parametrize("activation", [layers.LeakyReLU(0.2), layers.ReLU(max_value=1.0), layers.ELU()])
def test_layer_as_activation_is_followed(activation):
    inputs = keras.Input((6,))
    first = layers.Dense(5, activation=activation)
    model = made(inputs, layers.Dense(2)(first(inputs)))
    kill(first, 1, 3, bias=0.5)
    assert kernels(compacted(model)) == [(6, 3), (3, 2)]


def test_units_with_an_unknown_activation_stay_and_the_log_names_the_layer(caplog):
    inputs = keras.Input((6,))
    first = layers.Dense(5, activation=lambda x: x * ops.mean(x), name="odd")
    model = made(inputs, layers.Dense(2)(first(inputs)))
    kill(first, 1)
    assert kernels(compacted(model)) == [(6, 5), (5, 2)]
    assert "odd: its activation is not known" in caplog.text


@pytest.mark.parametrize("structure", [list, dict])
def test_nested_model_with_two_inputs_is_followed(structure):
    names = ("left", "right")
    parts = [keras.Input((5,), name=name) for name in names]
    inner = layers.Dense(4, "relu", name="inner")
    together = layers.Concatenate()(parts)
    nested = keras.Model(_as(structure, names, parts), layers.Dense(3)(inner(together)))
    inputs = keras.Input((6,))
    outer = [layers.Dense(5, "relu", name=name) for name in ("one", "two")]
    model = made(inputs, nested(_as(structure, names, [layer(inputs) for layer in outer])))
    kill(outer[0], 0, 1)
    kill(inner, 2)
    assert sorted(kernels(compacted(model))) == [(3, 3), (6, 3), (6, 5), (8, 3)]


def _as(structure, names, values):
    return dict(zip(names, values, strict=True)) if structure is dict else list(values)
