"""Multiply-accumulates are those that hand and TensorFlow's profiler count, or not known."""

import logging

import numpy as np
import pytest
from tensorflow.python.framework.convert_to_constants import convert_variables_to_constants_v2

from frugalnet.backend import keras, tf
from frugalnet.measure.operations import Macs, macs

layers = keras.layers

BY_HAND = {
    "dense": (layers.Dense(5, use_bias=False), (7,), 7 * 5),
    "dense_at_each_position": (layers.Dense(5, use_bias=False), (4, 7), 4 * 7 * 5),
    "conv1d_same_strides": (layers.Conv1D(6, 3, 2, "same", use_bias=False), (10, 4), 5 * 3 * 4 * 6),
    "conv2d": (layers.Conv2D(8, 3, use_bias=False), (7, 9, 4), 5 * 7 * 3 * 3 * 4 * 8),
    "conv2d_same_strides": (layers.Conv2D(8, 3, 2, "same", use_bias=False), (7, 9, 4), 4 * 5 * 3 * 3 * 4 * 8),
    "conv2d_dilation": (layers.Conv2D(8, 3, dilation_rate=2, use_bias=False), (8, 10, 4), 4 * 6 * 3 * 3 * 4 * 8),
    "conv2d_groups": (layers.Conv2D(8, 3, groups=2, use_bias=False), (7, 9, 4), 5 * 7 * 3 * 3 * 2 * 8),
    "depthwise1d": (layers.DepthwiseConv1D(3, depth_multiplier=2, use_bias=False), (10, 4), 8 * 3 * 4 * 2),
    "depthwise2d": (layers.DepthwiseConv2D(3, padding="same", use_bias=False), (7, 9, 4), 7 * 9 * 3 * 3 * 4),
    "separable1d": (layers.SeparableConv1D(6, 3, use_bias=False), (10, 4), 8 * (3 * 4 + 4 * 6)),
    "separable2d": (
        layers.SeparableConv2D(6, 3, 2, "same", use_bias=False),
        (8, 8, 4),
        4 * 4 * (3 * 3 * 4 + 4 * 6),
    ),
    "transposed2d": (layers.Conv2DTranspose(8, 3, 2, "same", use_bias=False), (5, 5, 4), 5 * 5 * 3 * 3 * 4 * 8),
}
UNSEEN = {"conv2d_groups"}
"""What the profiler does not see: TensorFlow compiles grouped convolutions, and their graph is inside a call."""


def sequential(layer, shape):
    return keras.Sequential([keras.Input(shape), layer])


def profiled_flops(model):
    """Return the FLOPs of a sample that TensorFlow's profiler finds in the model's graph."""
    spec = tf.TensorSpec((1, *model.input_shape[1:]))
    frozen = convert_variables_to_constants_v2(tf.function(model).get_concrete_function(spec))
    profiler = tf.compat.v1.profiler
    options = profiler.ProfileOptionBuilder(profiler.ProfileOptionBuilder.float_operation()).with_empty_output()
    return profiler.profile(frozen.graph, options=options.build()).total_float_ops


@pytest.mark.parametrize("name", BY_HAND)
def test_count_is_the_one_by_hand(name):
    layer, shape, expected = BY_HAND[name]
    assert macs(sequential(layer, shape)) == Macs(expected, expected)


@pytest.mark.parametrize("name", sorted(BY_HAND.keys() - UNSEEN))
def test_tensorflows_profiler_counts_twice_as_many_flops(name):
    layer, shape, expected = BY_HAND[name]
    assert profiled_flops(sequential(layer, shape)) == 2 * expected


def test_weights_that_are_zero_count_in_the_dense_count_only():
    model = sequential(layers.Conv1D(2, 1, use_bias=False), (5, 3))
    model.set_weights([np.array([[[1, 0], [0, 0], [3, 0]]], "float32")])
    assert macs(model) == Macs(5 * 6, 5 * 2)


def test_biases_activations_pooling_and_normalization_count_nothing():
    steps = [layers.BatchNormalization(), layers.ReLU(), layers.MaxPooling1D(), layers.LayerNormalization()]
    model = keras.Sequential([keras.Input((8, 3)), *steps, layers.Flatten(), layers.Dense(2, "softmax")])
    assert macs(model).dense == 4 * 3 * 2


def test_layer_that_is_called_twice_counts_twice():
    inputs, shared = keras.Input((4,)), layers.Dense(4)
    assert macs(keras.Model(inputs, shared(shared(inputs)))).dense == 2 * 16


def test_layers_of_a_nested_model_count():
    inner = keras.Sequential([keras.Input((4,)), layers.Dense(3)])
    assert macs(keras.Sequential([keras.Input((4,)), inner, layers.Dense(2)])).dense == 12 + 6


class Twice(layers.Dense):
    """A layer that does something else with the weights of its kind."""

    def call(self, inputs):
        return super().call(inputs) + super().call(inputs)


@pytest.mark.parametrize(
    ("layer", "shape"),
    [(layers.LSTM(4, name="memory"), (5, 3)), (Twice(4, name="memory"), (3,))],
)
def test_layer_with_weights_that_is_not_known_makes_the_count_unknown_and_is_named(layer, shape, caplog):
    with caplog.at_level(logging.WARNING):
        assert macs(sequential(layer, shape)) == Macs(None, None)
    assert f"not known for memory ({type(layer).__name__})" in caplog.text


def test_product_of_two_inputs_makes_the_count_unknown():
    left, right = keras.Input((4,)), keras.Input((4,))
    assert macs(keras.Model([left, right], layers.Dot(1)([left, right]))).dense is None


def test_size_that_is_open_makes_the_count_unknown():
    assert macs(sequential(layers.Conv1D(2, 3), (None, 4))).dense is None


def test_model_without_a_graph_is_not_counted():
    class Own(keras.Model):
        def call(self, inputs):
            return inputs

    assert macs(Own()) == Macs(None, None)
