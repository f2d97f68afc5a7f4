"""Compaction of dense networks: which units go, where their constants are folded, and what is never touched."""

import numpy as np
import pytest

from frugalnet.backend import keras
from frugalnet.pruning import compact
from tests.model.compacting import compacted, ignore, kernels, kill, made, outputs_of, samples_for

layers = keras.layers


def chain(*widths, activation="relu", use_bias=True):
    """Return a dense network of these widths on 6 features, and its layers; the last one is linear."""
    x = inputs = keras.Input((6,))
    stack = [layers.Dense(width, activation=activation, use_bias=use_bias) for width in widths[:-1]]
    stack.append(layers.Dense(widths[-1], use_bias=use_bias))
    for layer in stack:
        x = layer(x)
    return made(inputs, x), stack


def last(model):
    return model.layers[-1]


def test_dead_units_go_from_both_sides_of_a_chain():
    model, (first, second, _) = chain(5, 4, 3)
    kill(first, 1, 3)
    kill(second, 0)
    assert kernels(compacted(model)) == [(6, 3), (3, 3), (3, 3)]


def test_units_that_stay_keep_their_weights_and_order():
    model, (first, second) = chain(5, 3)
    kill(first, 0, 3)
    small = compacted(model).layers[1:]
    assert np.array_equal(small[0].kernel, first.kernel.numpy()[:, [1, 2, 4]])
    assert np.array_equal(small[0].bias, first.bias.numpy()[[1, 2, 4]])
    assert np.array_equal(small[1].kernel, second.kernel.numpy()[[1, 2, 4]])
    assert np.array_equal(small[1].bias, second.bias.numpy())


@pytest.mark.parametrize(
    ("activation", "bias", "constant"),
    [
        ("relu", 0.7, 0.7),
        ("relu", -0.7, 0.0),
        ("relu6", 9.0, 6.0),
        ("linear", -0.7, -0.7),
        ("sigmoid", 0.0, 0.5),
        ("tanh", 0.5, 0.46211716),
        ("softplus", 0.0, 0.69314718),
        ("exponential", 0.0, 1.0),
        ("elu", -1.0, -0.63212056),
        ("hard_sigmoid", -7.0, 0.0),
        ("gelu", 0.0, 0.0),
    ],
)
def test_constant_unit_is_folded_into_the_next_bias(activation, bias, constant):
    model, (first, second) = chain(5, 3, activation=activation)
    kill(first, 2, bias=bias)
    smaller = compacted(model)
    assert kernels(smaller) == [(6, 4), (4, 3)]
    expected = second.bias.numpy() + constant * second.kernel.numpy()[2]
    assert last(smaller).bias.numpy() == pytest.approx(expected, abs=1e-6)


def test_layer_without_bias_gets_one_when_a_constant_is_folded():
    x = inputs = keras.Input((6,))
    first, second = layers.Dense(5, activation="sigmoid"), layers.Dense(3, use_bias=False)
    model = made(inputs, second(first(x)))
    kill(first, 1)
    smaller = compacted(model)
    assert last(smaller).use_bias
    assert last(smaller).bias.numpy() == pytest.approx(0.5 * second.kernel.numpy()[1], abs=1e-6)
    assert smaller.count_params() == (6 * 4 + 4) + (4 * 3 + 3)


def test_layer_without_bias_stays_without_when_there_is_nothing_to_fold():
    model, (first, _) = chain(5, 3, use_bias=False)
    kill(first, 1)
    smaller = compacted(model)
    assert not last(smaller).use_bias
    assert smaller.count_params() == 6 * 4 + 4 * 3


def test_units_that_nothing_uses_go_from_both_sides():
    model, (_, second, third) = chain(5, 4, 3)
    ignore(second, 0, 4)
    ignore(third, 2)
    assert kernels(compacted(model)) == [(6, 3), (3, 3), (3, 3)]


def test_units_used_only_by_units_that_go_go_too():
    model, (_, second, third) = chain(5, 4, 3)
    kernel = second.kernel.numpy()
    kernel[0, 1:] = 0  # the first unit is seen by unit 0 of the second layer alone
    second.kernel.assign(kernel)
    ignore(third, 0)
    assert kernels(compacted(model)) == [(6, 4), (4, 3), (3, 3)]


def test_unit_whose_inputs_are_all_dead_is_dead():
    model, (first, second, third) = chain(5, 4, 3)
    kill(first, 0, 1, bias=0.4)
    kernel = second.kernel.numpy()
    kernel[2:, 3] = 0  # unit 3 sees only the two constants
    second.kernel.assign(kernel)
    constant = max(0.0, float(second.bias.numpy()[3] + 0.4 * kernel[:2, 3].sum()))
    smaller = compacted(model)
    assert kernels(smaller) == [(6, 3), (3, 3), (3, 3)]
    expected = third.bias.numpy() + constant * third.kernel.numpy()[3]
    assert last(smaller).bias.numpy() == pytest.approx(expected, abs=1e-6)


def test_negative_zeros_are_zeros():
    model, (first, _) = chain(5, 3)
    kill(first, 1, 2, bias=-0.0)
    first.kernel.assign(first.kernel.numpy() * -1)
    assert kernels(compacted(model)) == [(6, 3), (3, 3)]


def test_outputs_and_inputs_never_shrink():
    model, (first, second) = chain(5, 4)
    kill(second, 0, 2, bias=0.3)
    ignore(first, 1, 5)
    smaller = compacted(model)
    assert kernels(smaller) == [(6, 5), (5, 4)]
    assert (smaller.input_shape, smaller.output_shape) == ((None, 6), (None, 4))


def test_layer_that_is_all_dead_keeps_one_unit_and_the_function():
    model, (first, second, _) = chain(5, 4, 3)
    kill(first, 0, 1, 2, 3, 4, bias=0.2)
    assert [shape[1] for shape in kernels(compacted(model))] == [1, 1, 3]
    kill(second, 0, 1, 2, 3)
    assert [shape[1] for shape in kernels(compacted(model))] == [1, 1, 3]


def test_model_without_zeros_keeps_its_size():
    model, _ = chain(5, 4, 3)
    smaller = compacted(model)
    assert smaller.count_params() == model.count_params() == 35 + 24 + 15
    assert all(
        np.array_equal(one, other) for one, other in zip(smaller.get_weights(), model.get_weights(), strict=True)
    )


def test_scattered_zeros_take_no_unit_away():
    model, (first, second, _) = chain(5, 4, 3)
    for layer in (first, second):
        kernel = layer.kernel.numpy()
        kernel[np.add.outer(np.arange(kernel.shape[0]), np.arange(kernel.shape[1])) % 2 == 0] = 0
        layer.kernel.assign(kernel)
    assert compacted(model).count_params() == model.count_params()


def test_dead_unit_inside_softmax_stays_since_it_has_its_share():
    x = inputs = keras.Input((6,))
    first = layers.Dense(5, activation="softmax")
    model = made(inputs, layers.Dense(3)(first(x)))
    kill(first, 1)
    assert kernels(compacted(model)) == [(6, 5), (5, 3)]


@pytest.mark.parametrize(
    "softmax", [lambda units: layers.Dense(units, activation="softmax"), lambda _: layers.Softmax()]
)
def test_unit_inside_softmax_that_nothing_uses_stays_since_the_others_depend_on_it(softmax):
    x = inputs = keras.Input((6,))
    x, second = softmax(5)(layers.Dense(5)(x)), layers.Dense(3)
    model = made(inputs, second(x))
    ignore(second, 1, 2)
    assert compacted(model).count_params() == model.count_params()


def test_softmax_as_a_layer_keeps_what_it_is_given():
    x = inputs = keras.Input((6,))
    first = layers.Dense(5)
    model = made(inputs, layers.Dense(3)(layers.Softmax()(first(x))))
    kill(first, 1)
    assert kernels(compacted(model)) == [(6, 5), (5, 3)]


def test_compacted_model_has_weights_of_its_own():
    model, (first, _) = chain(5, 3)
    kill(first, 1)
    before, smaller = model.get_weights(), compact(model)
    for variable in smaller.weights:
        variable.assign(variable.value * 0 + 7)
    assert all(np.array_equal(one, other) for one, other in zip(model.get_weights(), before, strict=True))


def test_compacting_twice_changes_nothing_more():
    model, (first, _, _) = chain(5, 4, 3)
    kill(first, 1, 2, bias=0.3)
    once = compacted(model)
    again = compacted(once)
    assert all(np.array_equal(one, other) for one, other in zip(once.get_weights(), again.get_weights(), strict=True))


def test_sequential_model_without_input_layer_is_compacted_once_it_is_built():
    model = keras.Sequential([layers.Dense(5, activation="relu"), layers.Dropout(0.5), layers.Dense(3)])
    model.build((None, 6))
    kill(model.layers[0], 0, 4)
    smaller = compacted(model)
    assert kernels(smaller) == [(6, 3), (3, 3)]
    assert smaller.input_shape == (None, 6)


@pytest.mark.parametrize("batch", [None, 2])
def test_batch_size_stays_as_it_is(batch):
    x = inputs = keras.Input(batch_shape=(batch, 6))
    first = layers.Dense(5, activation="relu")
    model = made(inputs, layers.Dense(3)(first(x)))
    kill(first, 0)
    assert compacted(model).input_shape == (batch, 6)


def test_neither_seed_nor_training_flag_nor_compilation_matters():
    model, (first, _) = chain(5, 3)
    kill(first, 1, bias=0.5)
    keras.utils.set_random_seed(1)
    expected = compact(model).get_weights()
    keras.utils.set_random_seed(2)
    model.trainable = False
    model.compile("adam", "mse")
    assert all(np.array_equal(one, other) for one, other in zip(compact(model).get_weights(), expected, strict=True))


def test_compacted_model_can_be_trained_on(tmp_path):
    model, (first, _) = chain(5, 3)
    kill(first, 1, bias=0.5)
    smaller = compacted(model)
    (samples,) = samples_for(model, number=32)
    smaller.compile(keras.optimizers.SGD(0.05), "mse")
    losses = smaller.fit(samples, samples[:, :3], epochs=8, verbose=0).history["loss"]
    assert losses[-1] < losses[0]
    smaller.save(tmp_path / "model.keras")
    loaded = keras.models.load_model(tmp_path / "model.keras")
    assert np.array_equal(outputs_of(loaded, [samples])[0], outputs_of(smaller, [samples])[0])
