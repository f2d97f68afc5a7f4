"""Pruning while training: exact sparsity along a schedule, and masks that hold."""

import numpy as np
import pytest

from frugalnet.backend import keras
from frugalnet.config.pruning import Pruning
from frugalnet.errors import FrugalNetError
from frugalnet.methods.pruning import candidates
from frugalnet.pruning.masks import Masking
from tests.model.masking import at_once, dense_network, kernel, masked, pruned, zeros


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


def fitted(model, data, settings, epochs, **compiled):
    """Train on for some of 4 epochs of 10 steps, and return the sparsity after each."""
    if compiled:
        model.compile(loss="sparse_categorical_crossentropy", **compiled)
    masking = Masking(candidates(model, settings), settings, steps=40)
    fit = model.fit(data.train.x, data.train.y, 16, epochs, verbose=0, shuffle=False, callbacks=[masking])
    return fit.history["sparsity"]


def test_training_that_is_taken_up_again_goes_on_where_it_was(digits, tmp_path):
    settings = Pruning(sparsity=0.9, ramp=1.0, update_steps=1)
    whole = dense_network()
    path = fitted(whole, digits, settings, 4, optimizer="adam")
    half = dense_network()
    before = fitted(half, digits, settings, 2, optimizer="adam")
    half.save(tmp_path / "half.keras")
    again = keras.models.load_model(tmp_path / "half.keras")
    assert zeros(kernel(again, "dense1")) == pytest.approx(path[1], abs=1e-3) != pytest.approx(0.9, abs=0.05)
    assert before + fitted(again, digits, settings, 2) == pytest.approx(path, abs=1e-6)
    assert kernel(again, "dense1") == pytest.approx(kernel(whole, "dense1"), abs=1e-5)


def test_model_that_was_trained_before_is_pruned_in_the_same_compile(digits):
    model = dense_network()
    model.compile("adam", "sparse_categorical_crossentropy")
    model.fit(digits.train.x, digits.train.y, 16, verbose=0)
    fitted(model, digits, Pruning(sparsity=0.9, ramp=0.5, update_steps=2), 4)
    assert zeros(kernel(model, "dense1")) == pytest.approx(0.9, abs=1e-3)
    model.fit(digits.train.x, digits.train.y, 16, verbose=0)
    assert zeros(kernel(model, "dense1")) < 0.5, "the masks ended with the training that they were for"


def test_average_of_weights_that_the_optimizer_puts_in_place_is_masked(digits):
    model = dense_network()
    fitted(
        model, digits, Pruning(sparsity=0.9, ramp=0.5, update_steps=2), 4, optimizer=keras.optimizers.Adam(use_ema=True)
    )
    assert zeros(kernel(model, "dense1")) == pytest.approx(0.9, abs=1e-3)


def test_masks_that_an_interrupted_training_left_are_not_those_of_the_next(digits):
    class Interrupt(keras.callbacks.Callback):
        def on_epoch_end(self, epoch, logs=None):
            raise KeyboardInterrupt

    model, settings = dense_network(), Pruning(sparsity=0.9, schedule="constant")
    model.compile("adam", "sparse_categorical_crossentropy")
    masking = Masking(candidates(model, settings), settings, steps=40)
    with pytest.raises(KeyboardInterrupt):
        model.fit(digits.train.x, digits.train.y, 16, verbose=0, callbacks=[masking, Interrupt()])
    fitted(model, digits, Pruning(sparsity=0.1, schedule="constant"), 1)
    assert all(variable.constraint is None for variable in model.trainable_variables)


@pytest.mark.parametrize("granularity", ["weight", "unit"])
def test_weights_that_are_not_finite_are_named(granularity):
    model = dense_network()
    model.get_layer("dense2").bias.assign([float("nan")] * 128)
    model.get_layer("dense2").kernel.assign(keras.ops.full((528, 128), float("nan")))
    with pytest.raises(FrugalNetError, match=r"dense\d: its weights are not finite at step 0"):
        masked(model, at_once(granularity=granularity, sparsity=0.5))


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
