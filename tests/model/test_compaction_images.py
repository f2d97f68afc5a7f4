"""Compaction of convolutional networks: channels, what padding does to constants, and layers that go between."""

import numpy as np
import pytest

from frugalnet.backend import keras
from tests.model.compacting import compacted, ignore, kernels, kill, made, only

layers = keras.layers


def image(channels=2, side=8):
    return keras.Input((side, side, channels))


def two_convolutions(padding, between=lambda x: x, size=3, **options):
    """Return a model of two convolutions (5 and 4 filters) and global pooling; the first one is valid."""
    inputs = image()
    first = layers.Conv2D(5, 3, activation="relu")
    second = layers.Conv2D(4, size, padding=padding, activation="relu", **options)
    x = layers.GlobalAveragePooling2D()(second(between(first(inputs))))
    return made(inputs, layers.Dense(3)(x)), first, second


def test_filter_that_is_zero_goes_even_where_padding_follows():
    model, first, _ = two_convolutions("same")
    kill(first, 1, 4)
    assert kernels(compacted(model)) == [(3, 3, 2, 3), (3, 3, 3, 4), (4, 3)]


def test_constant_channel_is_folded_into_the_next_valid_convolution():
    model, first, second = two_convolutions("valid")
    kill(first, 1, bias=0.5)
    smaller = compacted(model)
    assert kernels(smaller) == [(3, 3, 2, 4), (3, 3, 4, 4), (4, 3)]
    expected = second.bias.numpy() + 0.5 * second.kernel.numpy()[:, :, 1].sum((0, 1))
    assert smaller.layers[2].bias.numpy() == pytest.approx(expected, abs=1e-6)


def test_constant_channel_stays_before_padding_that_cuts_it_off():
    model, first, _ = two_convolutions("same")
    kill(first, 1, bias=0.5)
    assert kernels(compacted(model)) == [(3, 3, 2, 5), (3, 3, 5, 4), (4, 3)]


def test_constant_channel_goes_before_a_same_convolution_of_one_pixel():
    model, first, _ = two_convolutions("same", size=1)
    kill(first, 1, bias=0.5)
    assert kernels(compacted(model)) == [(3, 3, 2, 4), (1, 1, 4, 4), (4, 3)]


@pytest.mark.parametrize(("bias", "filters"), [(0.5, 5), (0.0, 4), (-0.5, 4)])
def test_zero_padding_keeps_constants_but_zero(bias, filters):
    model, first, _ = two_convolutions("valid", layers.ZeroPadding2D(1))
    kill(first, 1, bias=bias)
    assert kernels(compacted(model)) == [(3, 3, 2, filters), (3, 3, filters, 4), (4, 3)]


@pytest.mark.parametrize(
    "between",
    [
        layers.MaxPooling2D(2),
        layers.AveragePooling2D(2, padding="same"),
        layers.AveragePooling2D(3, 2, padding="same"),
        layers.Cropping2D(1),
        layers.UpSampling2D(2, interpolation="bilinear"),
        layers.Dropout(0.5),
        layers.SpatialDropout2D(0.5),
        layers.Activation("sigmoid"),
        layers.LeakyReLU(0.1),
        layers.Rescaling([1.0, 2.0, 3.0, 4.0, 5.0], offset=[0.1, 0.2, 0.3, 0.4, 0.5]),
        layers.Normalization(mean=[0.1, 0.2, 0.3, 0.4, 0.5], variance=[1.0, 2.0, 3.0, 4.0, 5.0]),
        layers.Rescaling([2.0], offset=[0.1]),
        layers.Normalization(mean=[0.1], variance=[2.0]),
        layers.Normalization(mean=[[0.1, 0.2, 0.3, 0.4, 0.5]], variance=[[1.0, 2.0, 3.0, 4.0, 5.0]]),
        layers.PReLU(shared_axes=[1, 2]),
        layers.PReLU(),
        layers.BatchNormalization(),
    ],
    ids=lambda layer: layer.name if isinstance(layer, layers.Layer) else None,
)
@pytest.mark.parametrize("bias", [0.0, 0.5])
def test_constant_goes_through_layers_that_leave_channels_apart(between, bias):
    between = type(between).from_config(between.get_config())
    model, first, _ = two_convolutions("valid", between)
    kill(first, 1, 3, bias=bias)
    assert kernels(compacted(model)) == [(3, 3, 2, 3), (3, 3, 3, 4), (4, 3)]


def test_slope_of_each_position_makes_a_negative_constant_vary():
    inputs = image()
    first = layers.Conv2D(5, 3)
    x = layers.Conv2D(4, 3)(layers.PReLU()(first(inputs)))
    model = made(inputs, layers.Dense(3)(layers.Flatten()(x)))
    kill(first, 1, bias=-0.5)
    assert kernels(compacted(model))[:2] == [(3, 3, 2, 5), (3, 3, 5, 4)]


def test_causal_padding_keeps_constants_but_zero():
    inputs = keras.Input((9, 2))
    first, second = layers.Conv1D(5, 3, activation="relu"), layers.Conv1D(4, 3, padding="causal")
    model = made(inputs, layers.Dense(3)(layers.GlobalAveragePooling1D()(second(first(inputs)))))
    kill(first, 1, bias=0.5)
    kill(first, 3)
    assert kernels(compacted(model)) == [(3, 2, 4), (3, 4, 4), (4, 3)]


def test_image_of_unknown_size_is_followed_too():
    inputs = keras.Input((None, None, 2))
    first, second = layers.Conv2D(5, 3, activation="relu"), layers.Conv2D(4, 3, strides=2, activation="relu")
    model = made(inputs, layers.Dense(3)(layers.GlobalMaxPooling2D()(second(first(inputs)))))
    kill(first, 1, bias=0.5)
    smaller = compacted(model)
    assert kernels(smaller) == [(3, 3, 2, 4), (3, 3, 4, 4), (4, 3)]
    assert smaller.input_shape == (None, None, None, 2)


def test_flatten_takes_the_rows_of_a_channel_at_every_position():
    inputs = image(side=6)
    conv, dense = layers.Conv2D(5, 3, activation="relu"), layers.Dense(3)
    model = made(inputs, dense(layers.Flatten()(conv(inputs))))
    kill(conv, 0, 2, bias=0.5)
    smaller = compacted(model)
    assert kernels(smaller) == [(3, 3, 2, 3), (4 * 4 * 3, 3)]
    rows = dense.kernel.numpy().reshape(16, 5, 3)
    assert np.array_equal(smaller.layers[-1].kernel, rows[:, [1, 3, 4]].reshape(48, 3))
    expected = dense.bias.numpy() + 0.5 * rows[:, [0, 2]].sum((0, 1))
    assert smaller.layers[-1].bias.numpy() == pytest.approx(expected, abs=1e-5)


def test_channel_whose_rows_are_unused_at_every_position_goes():
    inputs = image(side=6)
    conv, dense = layers.Conv2D(5, 3, activation="relu"), layers.Dense(3)
    model = made(inputs, dense(layers.Flatten()(conv(inputs))))
    ignore(dense, *range(1, 80, 5))
    assert kernels(compacted(model)) == [(3, 3, 2, 4), (64, 3)]
    ignore(dense, *range(2, 75, 5))  # all positions of channel 2 but the last one
    assert kernels(compacted(model)) == [(3, 3, 2, 4), (64, 3)]


def test_depthwise_convolution_loses_the_channels_of_its_input():
    inputs = image()
    conv, depthwise = layers.Conv2D(5, 3, activation="relu"), layers.DepthwiseConv2D(3, activation="relu")
    model = made(inputs, layers.Conv2D(3, 1)(depthwise(conv(inputs))))
    kill(conv, 1, bias=0.5)
    kill(conv, 4)
    assert kernels(compacted(model)) == [(3, 3, 2, 3), (3, 3, 3, 1), (1, 1, 3, 3)]


def test_depthwise_same_keeps_constants_but_zero():
    inputs = image()
    conv = layers.Conv2D(5, 3, activation="relu")
    depthwise = layers.DepthwiseConv2D(3, padding="same", activation="relu")
    model = made(inputs, layers.Conv2D(3, 1)(depthwise(conv(inputs))))
    kill(conv, 1, bias=0.5)
    kill(conv, 4)
    assert kernels(compacted(model)) == [(3, 3, 2, 4), (3, 3, 4, 1), (1, 1, 4, 3)]


def test_depthwise_kernel_of_zeros_takes_the_filter_before_it_along():
    inputs = image()
    conv, depthwise = layers.Conv2D(5, 3, activation="relu"), layers.DepthwiseConv2D(3, activation="sigmoid")
    model = made(inputs, layers.Conv2D(3, 1)(depthwise(conv(inputs))))
    kernel = depthwise.kernel.numpy()
    kernel[:, :, [0, 3]] = 0
    depthwise.kernel.assign(kernel)
    assert kernels(compacted(model)) == [(3, 3, 2, 3), (3, 3, 3, 1), (1, 1, 3, 3)]


def test_depthwise_with_two_outputs_a_channel_loses_both_or_none():
    inputs = image()
    conv = layers.Conv2D(5, 3, activation="relu")
    depthwise, after = layers.DepthwiseConv2D(3, depth_multiplier=2), layers.Conv2D(3, 1)
    model = made(inputs, after(depthwise(conv(inputs))))
    kill(conv, 1, bias=0.5)
    assert kernels(compacted(model)) == [(3, 3, 2, 4), (3, 3, 4, 2), (1, 1, 8, 3)]
    ignore(after, 4, 5, 8)  # both outputs of channel 2, one of channel 4
    assert kernels(compacted(model)) == [(3, 3, 2, 3), (3, 3, 3, 2), (1, 1, 6, 3)]


def test_separable_convolution_shrinks_on_both_sides():
    inputs = image()
    conv, separable = layers.Conv2D(5, 3, activation="relu"), layers.SeparableConv2D(4, 3, activation="relu")
    model = made(inputs, layers.Conv2D(3, 1)(separable(conv(inputs))))
    kill(conv, 1, bias=0.5)
    kernel = separable.pointwise_kernel.numpy()
    kernel[..., [0, 2]] = 0
    separable.pointwise_kernel.assign(kernel)
    small = only(compacted(model), layers.SeparableConv2D)
    assert small.depthwise_kernel.shape == (3, 3, 4, 1)
    assert small.pointwise_kernel.shape == (1, 1, 4, 2)


@pytest.mark.parametrize(("beta", "padding", "filters"), [(0.3, "valid", 3), (0.3, "same", 5), (0.0, "same", 3)])
def test_gamma_of_zero_makes_a_unit_constant(beta, padding, filters):
    inputs = image()
    conv, norm = layers.Conv2D(5, 3, use_bias=False), layers.BatchNormalization()
    x = layers.Conv2D(4, 3, padding=padding, use_bias=False)(layers.ReLU()(norm(conv(inputs))))
    model = made(inputs, layers.Dense(3)(layers.GlobalAveragePooling2D()(x)))
    gamma, betas = norm.gamma.numpy(), norm.beta.numpy()
    gamma[[1, 2]], betas[[1, 2]] = 0, beta
    norm.gamma.assign(gamma)
    norm.beta.assign(betas)
    smaller = compacted(model)
    small = [(3, 3, 2, filters), (3, 3, filters, 4)] if filters == 3 else [(3, 3, 2, 5), (3, 3, 5, 4)]
    assert kernels(smaller)[:2] == small
    assert only(smaller, layers.BatchNormalization).gamma.shape == (small[0][-1],)


def test_dead_filter_before_batch_normalization_is_the_constant_that_it_makes():
    inputs = image()
    conv, norm = layers.Conv2D(5, 3), layers.BatchNormalization()
    after = layers.Conv2D(4, 3)
    model = made(inputs, after(layers.ReLU()(norm(conv(inputs)))))
    kill(conv, 1)
    gamma, beta, mean, variance = (weight.numpy()[1] for weight in norm.weights)
    constant = max(0.0, beta - mean * gamma / np.sqrt(variance + norm.epsilon))
    smaller = compacted(model)
    assert kernels(smaller) == [(3, 3, 2, 4), (3, 3, 4, 4)]
    expected = after.bias.numpy() + constant * after.kernel.numpy()[:, :, 1].sum((0, 1))
    assert smaller.layers[-1].bias.numpy() == pytest.approx(expected, abs=1e-5)


def test_units_of_a_reshaped_dense_layer_go_by_whole_channels():
    inputs = keras.Input((6,))
    dense = layers.Dense(2 * 3 * 4, activation="relu")
    x = layers.Conv2D(3, 2)(layers.Reshape((2, 3, 4))(dense(inputs)))
    model = made(inputs, x)
    kill(dense, *range(1, 24, 4), 2)  # channel 1 everywhere, channel 2 at one position
    assert kernels(compacted(model)) == [(6, 18), (2, 2, 3, 3)]


def test_image_as_a_sequence_of_pixels_keeps_its_channels():
    inputs = image()
    conv, after = layers.Conv2D(5, 3, activation="relu"), layers.Conv1D(4, 3)
    model = made(inputs, after(layers.Reshape((-1, 5))(conv(inputs))))
    kill(conv, 0, 1, bias=0.3)
    assert kernels(compacted(model)) == [(3, 3, 2, 3), (3, 3, 4)]


def test_rows_with_merged_channels_lose_those_of_every_column():
    inputs = image()
    conv, after = layers.Conv2D(5, 3, activation="relu"), layers.Dense(4)
    model = made(inputs, after(layers.Reshape((6, 30))(conv(inputs))))
    kill(conv, 0, 1, bias=0.3)
    assert kernels(compacted(model)) == [(3, 3, 2, 3), (18, 4)]


def test_grouped_convolution_keeps_its_groups_whole():
    model, first, _ = two_convolutions("valid", layers.Conv2D(6, 1, groups=1), groups=2)
    kill(first, 1)
    smaller = compacted(model)
    assert kernels(smaller)[0] == (3, 3, 2, 4)
    assert kernels(smaller)[-2] == (3, 3, 3, 4)
