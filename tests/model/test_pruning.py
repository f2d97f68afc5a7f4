"""Pruning while training: exact sparsity, masks that hold, schedules, and what competes with what."""

import numpy as np
import pytest

from frugalnet import networks
from frugalnet.backend import keras
from frugalnet.energy import Ledger
from frugalnet.errors import FrugalNetError
from frugalnet.methods.pruning import candidates
from frugalnet.pruning.allocation import spread_by_size
from frugalnet.pruning.masks import Masking
from frugalnet.pruning.scores import Random
from frugalnet.recipes.training import train
from frugalnet.sections import Pruning, Recipe


def dense_network():
    keras.utils.set_random_seed(1)
    return networks.build("softmax_big", keras.layers.Rescaling(1 / 255), (28, 28), "uint8", 10)


def pruned(data, settings, steps_per_execution=1, epochs=4, jit=False, model=None):
    """Return a trained, pruned model and the sparsity after each epoch; 10 steps an epoch."""
    model = model or dense_network()
    masking = Masking(candidates(model, settings), settings, steps=10 * epochs)
    recipe = Recipe(batch_size=16, steps_per_execution=steps_per_execution, jit=jit)
    with Ledger([]) as ledger:
        rows = train(model, data, recipe, epochs, ledger, [masking])
    return model, [row.sparsity for row in rows]


def masked(model, settings, step=0, choose=candidates):
    """Return the model with the masks of one step applied, without any training."""
    model.compile("adam", "mse")
    masking = Masking(choose(model, settings), settings, steps=100)
    masking.set_model(model)
    model.optimizer.iterations.assign(step)
    masking.on_train_begin()
    return model


def kernel(model, name):
    return np.asarray(model.get_layer(name).kernel)


def zeros(values):
    return float((values == 0).mean())


def at_once(**settings):
    return Pruning(schedule="constant", **settings)


# The schedule and the masks


@pytest.mark.parametrize("steps_per_execution", [1, 4, 16])
@pytest.mark.parametrize("update_steps", [1, 7, 100])
def test_each_layer_ends_at_exactly_the_sparsity_asked_for(digits, steps_per_execution, update_steps):
    model, _ = pruned(digits, Pruning(sparsity=0.9, update_steps=update_steps), steps_per_execution)
    for name in ("dense1", "dense2"):
        assert np.count_nonzero(kernel(model, name)) == round(kernel(model, name).size * 0.1)
    assert zeros(kernel(model, "output")) == 0


def test_masks_hold_in_a_step_compiled_by_xla(digits):
    model, _ = pruned(digits, Pruning(sparsity=0.9, update_steps=7), steps_per_execution=4, jit=True)
    assert zeros(kernel(model, "dense1")) == pytest.approx(0.9, abs=1e-4)


def test_masks_are_on_the_float32_weights_of_mixed_precision(digits):
    keras.config.set_dtype_policy("mixed_float16")
    try:
        model = dense_network()
    finally:
        keras.config.set_dtype_policy("float32")
    assert model.get_layer("dense1").compute_dtype == "float16"
    model, _ = pruned(digits, Pruning(sparsity=0.9, update_steps=7), steps_per_execution=4, model=model)
    assert kernel(model, "dense1").dtype == "float32"
    assert zeros(kernel(model, "dense1")) == pytest.approx(0.9, abs=1e-4)


def test_ramp_over_the_whole_training_ends_at_the_sparsity_too(digits):
    model, _ = pruned(digits, Pruning(sparsity=0.8, ramp=1.0, update_steps=7), steps_per_execution=4)
    assert zeros(kernel(model, "dense1")) == pytest.approx(0.8, abs=1e-4)


@pytest.mark.parametrize("update_steps", [1, 7, 100])
def test_sparsity_rises_along_the_ramp_and_then_stays(digits, update_steps):
    _, path = pruned(digits, Pruning(sparsity=0.9, ramp=0.5, update_steps=update_steps))
    assert path[0] < path[1] == pytest.approx(0.9, abs=1e-3)
    assert path[1:] == [path[1]] * 3


def test_sparsity_follows_the_polynomial_of_zhu_and_gupta(digits):
    _, path = pruned(digits, Pruning(sparsity=0.9, ramp=1.0, update_steps=1))
    assert path[0] == pytest.approx(0.9 + (0.0 - 0.9) * (1 - 10 / 40) ** 3, abs=1e-3)


def test_initial_sparsity_is_there_before_the_first_step():
    model = masked(dense_network(), Pruning(sparsity=0.8, initial_sparsity=0.5))
    assert zeros(kernel(model, "dense1")) == pytest.approx(0.5, abs=1e-4)


def test_constant_schedule_drops_all_before_the_first_step(digits):
    assert zeros(kernel(masked(dense_network(), at_once(sparsity=0.8)), "dense1")) == pytest.approx(0.8, abs=1e-4)
    _, path = pruned(digits, at_once(sparsity=0.8), epochs=2)
    assert path == [pytest.approx(0.8, abs=1e-4)] * 2


def test_training_that_is_taken_up_again_goes_on_where_it_was(digits, tmp_path):
    settings = Pruning(sparsity=0.9, ramp=1.0, update_steps=1)
    _, whole = pruned(digits, settings, epochs=4)

    model = dense_network()
    model.compile("adam", "sparse_categorical_crossentropy")
    first = Masking(candidates(model, settings), settings, steps=40)
    history = model.fit(digits.train.x, digits.train.y, batch_size=16, epochs=2, verbose=0, callbacks=[first])
    model.save(tmp_path / "half.keras")
    again = keras.models.load_model(tmp_path / "half.keras")
    second = Masking(candidates(again, settings), settings, steps=40)
    rest = again.fit(digits.train.x, digits.train.y, batch_size=16, epochs=2, verbose=0, callbacks=[second])
    assert history.history["sparsity"] == pytest.approx(whole[:2], abs=1e-3)
    assert rest.history["sparsity"] == pytest.approx(whole[2:], abs=1e-3)


def test_smallest_weights_are_the_ones_that_go():
    before = np.abs(kernel(dense_network(), "dense1"))
    kept = kernel(masked(dense_network(), at_once(sparsity=0.5)), "dense1") != 0
    assert before[kept].min() >= before[~kept].max()


def test_pruned_model_is_an_ordinary_one_afterwards(digits, tmp_path):
    model, _ = pruned(digits, Pruning(sparsity=0.9))
    model.save(tmp_path / "model.keras")
    loaded = keras.models.load_model(tmp_path / "model.keras")
    assert zeros(kernel(loaded, "dense1")) == pytest.approx(0.9, abs=1e-4)
    assert all(variable.constraint is None for variable in model.trainable_variables)


def test_constraint_that_a_kernel_has_anyway_is_kept(digits):
    inputs = keras.Input((28, 28), dtype="uint8")
    x = keras.layers.Flatten()(keras.layers.Rescaling(1 / 255)(inputs))
    x = keras.layers.Dense(16, "relu", kernel_constraint="non_neg", name="dense1")(x)
    model = keras.Model(inputs, keras.layers.Dense(10, "softmax")(x))
    pruned(digits, Pruning(sparsity=0.5), epochs=1, model=model)
    assert kernel(model, "dense1").min() >= 0
    assert isinstance(model.get_layer("dense1").kernel.constraint, keras.constraints.NonNeg)


# What competes with what


def test_output_layer_and_excluded_ones_stay_dense():
    model = masked(dense_network(), at_once(sparsity=0.5, exclude=["dense2"]))
    assert [zeros(kernel(model, name)) for name in ("dense1", "dense2", "output")] == [0.5, 0, 0]
    model = masked(dense_network(), at_once(sparsity=0.5, prune_output=True))
    assert zeros(kernel(model, "output")) == 0.5


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
