"""What can be pruned, what competes with what, and which units go together."""

import numpy as np
import pytest

from frugalnet import networks
from frugalnet.backend import keras
from frugalnet.config.pruning import Pruning
from frugalnet.errors import FrugalNetError
from frugalnet.methods.pruning import candidates
from frugalnet.pruning.allocation import spread_by_size
from frugalnet.pruning.masks import Masking
from frugalnet.pruning.scores import Random
from tests.model.masking import at_once, dense_network, kernel, masked, pruned, zeros


def test_output_layer_and_excluded_ones_stay_dense():
    model = masked(dense_network(), at_once(sparsity=0.5, exclude=["dense2"]))
    assert [zeros(kernel(model, name)) for name in ("dense1", "dense2", "output")] == [0.5, 0, 0]
    model = masked(dense_network(), at_once(sparsity=0.5, prune_output=True))
    assert zeros(kernel(model, "output")) == 0.5


def nested_network():
    """Return a network of two blocks whose layers have the same names, and an output inside of a third."""
    keras.utils.set_random_seed(0)
    layers = keras.layers

    def block(name, *units):
        return keras.Sequential(
            [layers.Dense(width, "relu", name=f"d{place}") for place, width in enumerate(units)], name
        )

    return keras.Sequential([keras.Input((12,)), block("a", 8, 8), block("b", 16, 8), block("c", 8, 2)])


def test_layers_of_nested_models_are_pruned_all_but_the_output(digits):
    model = masked(nested_network(), at_once(sparsity=0.5))
    found = [[zeros(np.asarray(layer.kernel)) for layer in block.layers] for block in model.layers]
    assert found == [[0.5, 0.5], [0.5, 0.5], [0.5, 0]]


def test_layers_of_one_name_in_nested_models_keep_their_units_apart():
    model = masked(nested_network(), at_once(granularity="unit", sparsity=0.5))
    alive = [
        [int((np.asarray(layer.kernel) != 0).any(axis=0).sum()) for layer in block.layers] for block in model.layers
    ]
    assert alive == [[4, 4], [8, 4], [4, 2]]


def test_every_output_of_a_model_stays_dense():
    inputs = keras.Input((12,))
    x = keras.layers.Dense(8, "relu", name="hidden")(inputs)
    one, two = (keras.layers.Dense(2, name=name)(x) for name in ("one", "two"))
    model = masked(keras.Model(inputs, [one, keras.layers.Activation("softmax")(two)]), at_once(sparsity=0.5))
    assert [zeros(kernel(model, name)) for name in ("hidden", "one", "two")] == [0.5, 0, 0]


def test_excluded_layer_that_is_not_there_is_named_with_those_that_are():
    with pytest.raises(FrugalNetError, match=r"pruning\.exclude: dense9 .* expected some of dense1, dense2"):
        candidates(dense_network(), Pruning(exclude=["dense9"]))


def test_global_allocation_drops_the_smallest_of_all_layers():
    model = dense_network()
    model.get_layer("dense2").kernel.assign(10 * model.get_layer("dense2").kernel)
    masked(model, at_once(sparsity=0.8, allocation="global"))
    sizes = [784 * 528, 528 * 128]
    found = [zeros(kernel(model, name)) for name in ("dense1", "dense2")]
    assert found[0] > 0.85 > 0.8 > found[1]
    assert np.average(found, weights=sizes) == pytest.approx(0.8, abs=1e-4)


def test_global_allocation_never_empties_a_layer():
    model = dense_network()
    model.get_layer("dense2").kernel.assign(1e-6 * model.get_layer("dense2").kernel)
    masked(model, at_once(sparsity=0.5, allocation="global"))
    assert np.count_nonzero(kernel(model, "dense2")) == 1


def test_spread_allocation_drops_more_of_large_layers():
    model = masked(dense_network(), at_once(sparsity=0.9, allocation="spread"))
    # Densities in proportion to (784 + 528) / (784 * 528) and (528 + 128) / (528 * 128), 10 % of all in sum.
    assert zeros(kernel(model, "dense1")) == pytest.approx(0.9222, abs=1e-3)
    assert zeros(kernel(model, "dense2")) == pytest.approx(0.7618, abs=1e-3)


def test_layer_too_small_for_its_share_keeps_all_and_the_rest_pays():
    assert spread_by_size([(100, 100), (2, 2)], 0.5) == pytest.approx([0.5002, 0])


def test_sparsity_that_would_empty_a_layer_is_refused():
    model = networks.build("housing_mlp", keras.layers.Rescaling(1.0), (8,), "float32", None)
    with pytest.raises(FrugalNetError, match=r"pruning\.sparsity: 0\.97 would leave nothing of dense4, which has 13"):
        Masking(
            candidates(model, Pruning(granularity="unit", sparsity=0.97)), Pruning(granularity="unit", sparsity=0.97), 1
        )


@pytest.mark.parametrize(("shape", "name"), [((9, 9, 3), "conv"), ((9, 6), "conv")])
def test_layer_that_cannot_have_2_of_4_is_refused_by_name(shape, name):
    kind = keras.layers.Conv2D if len(shape) == 3 else keras.layers.Conv1D
    model = keras.Sequential([keras.Input(shape), kind(8, 3, name=name), keras.layers.Flatten(), keras.layers.Dense(2)])
    settings = Pruning(granularity="2:4", sparsity=0.5)
    with pytest.raises(FrugalNetError, match=r"conv, with a kernel of .* cannot have 2:4 sparsity"):
        Masking(candidates(model, settings), settings, steps=1)


def test_two_of_each_four_inputs_of_a_unit_stay(digits):
    model, _ = pruned(digits, Pruning(granularity="2:4", sparsity=0.5), epochs=1)
    assert ((kernel(model, "dense1").T.reshape(-1, 4) != 0).sum(axis=1) == 2).all()


# Units


def test_units_go_with_all_that_depends_on_them():
    model = masked(dense_network(), at_once(granularity="unit", sparsity=0.75))
    first, second = model.get_layer("dense1"), model.get_layer("dense2")
    gone = (kernel(model, "dense1") == 0).all(axis=0)
    assert gone.sum() == 528 * 3 // 4
    assert (np.asarray(first.bias)[gone] == 0).all()
    assert (kernel(model, "dense2")[gone] == 0).all()
    assert np.count_nonzero((np.asarray(second.kernel) != 0).any(axis=0)) == 32


def test_units_with_the_smallest_norm_of_weights_in_and_out_go():
    before = dense_network()
    into, out = kernel(before, "dense1"), kernel(before, "dense2")
    norm = np.sqrt((into**2).sum(axis=0) + (out**2).sum(axis=1))
    kept = (kernel(masked(dense_network(), at_once(granularity="unit", sparsity=0.5)), "dense1") != 0).any(axis=0)
    assert norm[kept].min() >= norm[~kept].max()


def residual_network():
    keras.utils.set_random_seed(0)
    inputs = keras.Input((8, 8, 3))
    x = trunk = keras.layers.Conv2D(8, 3, padding="same", name="stem")(inputs)
    x = keras.layers.BatchNormalization(name="norm")(x)
    x = keras.layers.Conv2D(6, 3, padding="same", activation="relu", name="inner")(x)
    x = keras.layers.Conv2D(8, 3, padding="same", name="branch")(x)
    x = keras.layers.GlobalAveragePooling2D()(keras.layers.Add()([x, trunk]))
    return keras.Model(inputs, keras.layers.Dense(2, name="output")(x))


def test_residual_partners_go_together_with_batch_norm_and_next_inputs():
    model = masked(residual_network(), at_once(granularity="unit", sparsity=0.5))
    gone = (kernel(model, "stem") == 0).all(axis=(0, 1, 2))
    assert gone.sum() == 4
    assert ((kernel(model, "branch") == 0).all(axis=(0, 1, 2)) == gone).all()
    assert (np.asarray(model.get_layer("norm").gamma)[gone] == 0).all()
    assert (kernel(model, "inner")[:, :, gone] == 0).all()
    assert (kernel(model, "output")[gone] == 0).all()


def test_layers_that_share_their_units_are_excluded_together():
    settings = at_once(granularity="unit", sparsity=0.5, exclude=["stem"])
    model = masked(residual_network(), settings)
    assert [zeros(kernel(model, name)) > 0 for name in ("stem", "inner", "output")] == [False, True, False]


def test_excluding_one_of_partners_where_nothing_else_can_go_is_refused():
    inputs = keras.Input((12,))
    one, two = (keras.layers.Dense(8, name=name)(inputs) for name in ("one", "two"))
    model = keras.Model(inputs, keras.layers.Dense(2)(keras.layers.Add()([one, two])))
    with pytest.raises(FrugalNetError, match=r"pruning\.exclude: leaves nothing to prune"):
        candidates(model, Pruning(granularity="unit", exclude=["one"]))


# The control


def test_random_masks_have_the_sparsity_but_not_the_choice():
    def chosen(model, settings):
        return Random(candidates(model, settings), seed=7)

    settings = at_once(sparsity=0.5)
    before = np.abs(kernel(dense_network(), "dense1"))
    kept = kernel(masked(dense_network(), settings, choose=chosen), "dense1") != 0
    again = kernel(masked(dense_network(), settings, choose=chosen), "dense1") != 0
    assert kept.mean() == pytest.approx(0.5, abs=1e-4)
    assert (kept == again).all()
    assert before[kept].mean() == pytest.approx(before[~kept].mean(), rel=0.02)
