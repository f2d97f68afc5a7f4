"""Compaction of graphs that branch: residual blocks, gates, concatenation, several outputs, nested models, shared layers."""

import autokeras.keras_layers as ak_layers
import numpy as np
import pytest

from frugalnet.backend import keras
from frugalnet.pruning import compact
from tests.model.compacting import compacted, ignore, kernels, kill, made, outputs_of, samples_for

layers = keras.layers


def residual(merge):
    """Return a block of two partners (5 filters), and the partners."""
    inputs = keras.Input((8, 8, 2))
    first, second = (layers.Conv2D(5, 3, padding="same", activation="relu") for _ in range(2))
    merged = merge([second(first(inputs)), shortcut := layers.Conv2D(5, 1, activation="relu")(inputs)])
    model = made(inputs, layers.Dense(3)(layers.GlobalAveragePooling2D()(merged)))
    return model, second, shortcut._keras_history.operation


def widths(model):
    """Return the number of units of each layer with a kernel, sorted: branches have no order."""
    return sorted(shape[-1] for shape in kernels(model))


@pytest.mark.parametrize("merge", [layers.Add, layers.Average, layers.Subtract, layers.Maximum, layers.Minimum])
def test_residual_partners_go_together(merge):
    model, second, shortcut = residual(merge())
    kill(second, 0, 1, 2)
    kill(shortcut, 1, 2, 3)
    assert widths(compacted(model)) == [3, 3, 3, 5]


def test_residual_partners_that_are_both_constant_are_folded_together():
    model, second, shortcut = residual(layers.Add())
    kill(second, 1, bias=0.5)
    kill(shortcut, 1, bias=0.25)
    smaller, dense = compacted(model), model.layers[-1]
    assert widths(smaller) == [3, 4, 4, 5]
    expected = dense.bias.numpy() + 0.75 * dense.kernel.numpy()[1]
    assert smaller.layers[-1].bias.numpy() == pytest.approx(expected, abs=1e-6)


def test_residual_unit_that_is_dead_in_one_branch_only_stays():
    model, second, _ = residual(layers.Add())
    kill(second, 0, 1)
    assert widths(compacted(model)) == [3, 5, 5, 5]


def test_product_with_a_dead_partner_is_dead():
    model, second, _ = residual(layers.Multiply())
    kill(second, 0, 1)
    assert widths(compacted(model)) == [3, 3, 3, 5]


def test_residual_with_the_input_of_the_model_keeps_its_channels():
    inputs = keras.Input((6,))
    dense = layers.Dense(6, activation="relu")
    model = made(inputs, layers.Dense(3)(layers.Add()([dense(inputs), inputs])))
    kill(dense, 0, 3)
    assert kernels(compacted(model)) == [(6, 6), (6, 3)]


def test_concatenation_loses_the_right_rows():
    inputs = keras.Input((6,))
    left, right, after = layers.Dense(4, activation="relu"), layers.Dense(5, activation="relu"), layers.Dense(3)
    model = made(inputs, after(layers.Concatenate()([left(inputs), right(inputs)])))
    kill(left, 1)
    kill(right, 0, 4, bias=0.3)
    smaller = compacted(model)
    assert widths(smaller) == [3, 3, 3]
    assert np.array_equal(smaller.layers[-1].kernel, after.kernel.numpy()[[0, 2, 3, 5, 6, 7]])


def test_concatenation_in_space_needs_a_channel_dead_in_all_parts():
    inputs = keras.Input((8, 8, 2))
    left, right = layers.Conv2D(5, 3, activation="relu"), layers.Conv2D(5, 3, activation="relu")
    joined = layers.Concatenate(axis=1)([left(inputs), right(inputs)])
    model = made(inputs, layers.Dense(3)(layers.GlobalMaxPooling2D()(joined)))
    kill(left, 0, 1)
    kill(right, 1, 2)
    assert widths(compacted(model)) == [3, 4, 4]


def squeeze_excite(form, gating="sigmoid"):
    """Return a convolution of 6 channels with a gate for each of them, and its layers."""
    inputs = keras.Input((8, 8, 2))
    conv, reduce, expand = layers.Conv2D(6, 3, activation="relu"), layers.Dense(4, "relu"), layers.Dense(6, gating)
    x = conv(inputs)
    gate = expand(reduce(layers.GlobalAveragePooling2D(keepdims=form == "keepdims")(x)))
    if form == "reshape":
        gate = layers.Reshape((1, 1, 6))(gate)
    after = layers.Conv2D(3, 3, padding="same")
    return made(inputs, after(layers.Multiply()([x, gate]))), conv, reduce, expand


@pytest.mark.parametrize("form", ["reshape", "keepdims", "ranks"])
def test_dead_channel_of_squeeze_and_excite_goes_with_its_gate(form):
    model, conv, *_ = squeeze_excite(form)
    kill(conv, 1, 4)
    assert kernels(compacted(model)) == [(3, 3, 2, 4), (4, 4), (4, 4), (3, 3, 4, 3)]


@pytest.mark.parametrize("form", ["reshape", "keepdims"])
def test_channel_whose_gate_is_shut_goes_once_the_gates_do_not_use_it(form):
    model, _, reduce, expand = squeeze_excite(form, "hard_sigmoid")
    kill(expand, 1, 4, bias=-7.0)
    ignore(reduce, 1, 4)
    assert kernels(compacted(model)) == [(3, 3, 2, 4), (4, 4), (4, 4), (3, 3, 4, 3)]


def test_squeezed_unit_that_is_dead_goes():
    model, _, reduce, _ = squeeze_excite("keepdims")
    kill(reduce, 0, 2, bias=0.4)
    assert kernels(compacted(model)) == [(3, 3, 2, 6), (6, 2), (2, 6), (3, 3, 6, 3)]


def test_hidden_layer_that_is_also_an_output_never_shrinks():
    inputs = keras.Input((6,))
    first, second = layers.Dense(5, activation="relu"), layers.Dense(4, activation="relu")
    hidden = first(inputs)
    model = made(inputs, [layers.Dense(3)(second(hidden)), hidden])
    kill(first, 1)
    kill(second, 0, bias=0.4)
    assert kernels(compacted(model)) == [(6, 5), (5, 3), (3, 3)]


def test_unit_that_one_of_two_outputs_uses_stays():
    inputs = keras.Input((6,))
    first, one, other = layers.Dense(5, activation="relu"), layers.Dense(3), layers.Dense(3)
    hidden = first(inputs)
    model = made(inputs, [one(hidden), other(hidden)])
    ignore(one, 0, 1)
    ignore(other, 1, 2)
    assert kernels(compacted(model)) == [(6, 4), (4, 3), (4, 3)]


def test_names_of_inputs_and_outputs_stay():
    left, right = keras.Input((6,), name="left"), keras.Input((4,), name="right")
    dense = layers.Dense(5, activation="relu")
    x = layers.Concatenate()([dense(left), layers.Dense(2, activation="relu")(right)])
    model = made({"left": left, "right": right}, {"price": layers.Dense(1)(x), "kind": layers.Dense(3)(x)})
    kill(dense, 0, 2)
    given = dict(zip(("left", "right"), (np.full((2, 6), 0.3), np.full((2, 4), -0.2)), strict=True))
    smaller = compact(model)
    assert widths(smaller) == [1, 2, 3, 3]
    expected, found = model(given), smaller(given)
    assert expected.keys() == found.keys() == {"price", "kind"}
    for name, values in expected.items():
        assert np.asarray(found[name]) == pytest.approx(np.asarray(values), abs=1e-6)


def inner(name, functional=True):
    """Return a model of two layers (5 and 4 units) whose layers have the same names in each."""
    stack = [layers.Dense(5, activation="relu", name="first"), layers.Dense(4, activation="relu", name="second")]
    if not functional:
        return keras.Sequential([keras.Input((6,)), *stack], name=name)
    inside = keras.Input((6,))
    return keras.Model(inside, stack[1](stack[0](inside)), name=name)


@pytest.mark.parametrize("functional", [True, False])
def test_nested_models_shrink_inside_and_at_their_edges(functional):
    inputs = keras.Input((6,))
    left, right = inner("left", functional), inner("right", functional)
    model = made(inputs, layers.Dense(3, name="first")(layers.Concatenate()([left(inputs), right(inputs)])))
    kill(left.get_layer("first"), 0, 1, bias=0.5)
    kill(right.get_layer("second"), 3)
    assert sorted(kernels(compacted(model))) == [(3, 4), (5, 3), (6, 3), (6, 5), (7, 3)]


def test_model_called_twice_shrinks_once():
    one, other = keras.Input((6,)), keras.Input((6,))
    shared = inner("shared")
    model = made([one, other], layers.Dense(3)(layers.Subtract()([shared(one), shared(other)])))
    kill(shared.get_layer("first"), 0, 1)
    kill(shared.get_layer("second"), 2)
    smaller = compacted(model)
    assert smaller.count_params() == (6 * 3 + 3) + (3 * 3 + 3) + (3 * 3 + 3)


def test_layer_called_twice_is_shared_afterwards_too():
    one, other = keras.Input((6,)), keras.Input((6,))
    shared, after = layers.Dense(5, activation="relu"), layers.Dense(3)
    model = made([one, other], after(layers.Concatenate()([shared(one), shared(other)])))
    kill(shared, 1, bias=0.5)
    smaller = compacted(model)
    assert smaller.count_params() == (6 * 4 + 4) + (8 * 3 + 3)


def test_channel_that_is_dead_in_one_call_of_a_shared_layer_stays():
    inputs = keras.Input((6,))
    one, other = layers.Dense(5, activation="relu"), layers.Dense(5, activation="relu")
    shared = layers.Dense(4, activation="relu")
    model = made(inputs, layers.Dense(3)(layers.Add()([shared(one(inputs)), shared(other(inputs))])))
    kill(one, 0, 1)
    kill(other, 1, 2)
    assert sorted(kernels(compacted(model))) == [(4, 3), (4, 4), (6, 4), (6, 4)]


def test_different_constants_in_two_calls_of_a_shared_layer_are_not_folded():
    inputs = keras.Input((6,))
    one, other = layers.Dense(5, activation="relu"), layers.Dense(5, activation="relu")
    shared = layers.Dense(4, activation="relu")
    model = made(inputs, layers.Dense(3)(layers.Add()([shared(one(inputs)), shared(other(inputs))])))
    kill(one, 0, bias=0.3)
    kill(other, 0, bias=0.6)
    assert sorted(kernels(compacted(model))) == [(4, 3), (5, 4), (6, 5), (6, 5)]


def test_layers_of_autokeras_are_followed():
    inputs = keras.Input((8, 8), dtype="uint8")
    conv = layers.Conv2D(5, 3, activation="relu")
    x = conv(ak_layers.ExpandLastDim()(ak_layers.CastToFloat32()(inputs)))
    model = made(inputs, layers.Dense(3)(layers.Flatten()(x)))
    kill(conv, 1, 2)
    smaller = compacted(model)
    assert kernels(smaller) == [(3, 3, 1, 3), (108, 3)]
    assert smaller.inputs[0].dtype == "uint8"


def test_operators_on_tensors_compute_the_same_afterwards():
    inputs = keras.Input((6,))
    first, second = layers.Dense(5, activation="relu"), layers.Dense(5, activation="relu")
    x, y = first(inputs), second(inputs)
    model = made(inputs, layers.Dense(3)(1.0 - (x + y) * 2.0 + keras.ops.mean(y, axis=-1, keepdims=True)))
    kill(first, 0, 1)
    kill(second, 0, 1)
    (samples,) = samples_for(model, number=5)
    smaller = compacted(model, [samples])
    assert outputs_of(smaller, [samples])[0].shape == (5, 3)


def test_operators_of_the_same_name_in_two_models_do_not_collide(tmp_path):
    inside = keras.Input((4,))
    keras.Model(inside, layers.Dense(4, activation="relu")(inside) * 2.0).save(tmp_path / "inner.keras")
    one, other = (keras.models.load_model(tmp_path / "inner.keras") for _ in range(2))
    one.name, other.name = "one", "other"
    inputs = keras.Input((4,))
    model = made(inputs, layers.Dense(3)(other(one(inputs))))
    kill(one.layers[1], 1)
    assert kernels(compacted(model)) == [(4, 3), (3, 4), (4, 3)]


def test_operators_of_the_model_are_not_touched():
    inputs = keras.Input((6,))
    first = layers.Dense(5, activation="relu")
    model = made(inputs, layers.Dense(3)(keras.ops.relu(first(inputs)) + 1.0))
    kill(first, 1)
    before = [len(operation._inbound_nodes) for operation in model.operations]
    compact(model)
    assert [len(operation._inbound_nodes) for operation in model.operations] == before


@pytest.mark.parametrize("shared", [layers.BatchNormalization, lambda: layers.Dense(5, activation="relu")])
def test_layer_that_is_called_in_training_mode_once_computes_the_same(shared):
    inputs = keras.Input((6,))
    one, other, layer = layers.Dense(5, activation="relu"), layers.Dense(5, activation="relu"), shared()
    joined = layers.Concatenate()([layer(one(inputs)), layer(other(inputs), training=True)])
    model = made(inputs, layers.Dense(3)(joined))
    kill(one, 1)
    kill(other, 1)
    before = model.get_weights()
    (samples,) = samples_for(model, number=8)
    smaller = compact(model)
    expected = model(samples)
    model.set_weights(before)  # batch normalization in training mode moves its statistics
    assert np.asarray(smaller(samples)) == pytest.approx(np.asarray(expected), abs=1e-5)
    assert smaller.count_params() <= model.count_params()


def test_layer_that_a_wrapper_shares_is_not_there_twice():
    inputs = keras.Input((6, 4))
    dense = layers.Dense(5, activation="relu")
    model = made(inputs, layers.Dense(3)(layers.Concatenate()([layers.TimeDistributed(dense)(inputs), dense(inputs)])))
    kill(dense, 1)
    assert compacted(model).count_params() <= model.count_params() == (4 * 5 + 5) + (10 * 3 + 3)


def test_model_called_in_training_mode_once_is_not_there_twice():
    inputs = keras.Input((6,))
    shared = inner("shared")
    model = made(inputs, layers.Dense(3)(layers.Concatenate()([shared(inputs), shared(inputs, training=True)])))
    kill(shared.get_layer("first"), 1)
    assert compacted(model).count_params() <= model.count_params()


def test_sparse_input_stays_sparse():
    inputs = keras.Input((6,), sparse=True)
    first = layers.Dense(5, activation="relu")
    model = made(inputs, layers.Dense(3)(first(inputs)))
    kill(first, 1)
    assert compact(model).inputs[0].sparse
