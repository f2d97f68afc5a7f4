"""Magnitude pruning: exact sparsity, masks that hold, the schedule of TFMOT."""

import numpy as np
import pytest
import tensorflow_model_optimization as tfmot

from frugalnet import networks
from frugalnet.backend import keras
from frugalnet.config import Pruning, Recipe
from frugalnet.energy import Ledger
from frugalnet.pruning import MagnitudePruning, prunable_layers, sparsity
from frugalnet.recipes.training import train


def dense_network():
    keras.utils.set_random_seed(1)
    return networks.build("softmax_big", keras.layers.Rescaling(1 / 255), (28, 28), "uint8", 10)


def pruned(data, settings, steps_per_execution=1, epochs=4, layers=None):
    """Return a trained, pruned model and the sparsity after each epoch; 10 steps an epoch."""
    model = dense_network()
    masks = MagnitudePruning(layers or prunable_layers(model, settings.prune_output), settings, steps=10 * epochs)
    recipe = Recipe(batch_size=16, steps_per_execution=steps_per_execution)
    with Ledger([]) as ledger:
        rows = train(model, data, recipe, epochs, ledger, [masks])
    return model, [row.sparsity for row in rows]


def zeros(layer):
    return float((np.asarray(layer.kernel) == 0).mean())


def test_output_layer_stays_dense_by_default():
    model = dense_network()
    assert [layer.name for layer in prunable_layers(model)] == ["dense1", "dense2"]
    assert [layer.name for layer in prunable_layers(model, prune_output=True)] == ["dense1", "dense2", "output"]


@pytest.mark.parametrize("steps_per_execution", [1, 4, 16])
@pytest.mark.parametrize("update_steps", [1, 7, 100])
def test_each_layer_ends_at_exactly_the_sparsity_asked_for(digits, steps_per_execution, update_steps):
    model, _ = pruned(digits, Pruning(sparsity=0.9, update_steps=update_steps), steps_per_execution)
    for name in ("dense1", "dense2"):
        kernel = np.asarray(model.get_layer(name).kernel)
        assert np.count_nonzero(kernel) == round(kernel.size * 0.1)
    assert zeros(model.get_layer("output")) == 0


def test_ramp_over_the_whole_training_ends_at_the_sparsity_too(digits):
    model, _ = pruned(digits, Pruning(sparsity=0.8, ramp=1.0, update_steps=7), steps_per_execution=4)
    assert zeros(model.get_layer("dense1")) == pytest.approx(0.8, abs=1e-4)


@pytest.mark.parametrize("update_steps", [1, 7, 100])
def test_sparsity_rises_along_the_ramp_and_then_stays(digits, update_steps):
    _, path = pruned(digits, Pruning(sparsity=0.9, ramp=0.5, update_steps=update_steps))
    assert path[0] < path[1] == pytest.approx(0.9, abs=1e-3)
    assert path[1:] == [path[1]] * 3


def test_initial_sparsity_is_there_before_the_first_step():
    model = dense_network()
    masks = MagnitudePruning([model.get_layer("dense1")], Pruning(sparsity=0.8, initial_sparsity=0.5), steps=100)
    masks.on_train_begin()
    assert zeros(model.get_layer("dense1")) == pytest.approx(0.5, abs=1e-4)


def test_sparsity_follows_the_polynomial_of_zhu_and_gupta(digits):
    _, path = pruned(digits, Pruning(sparsity=0.9, ramp=1.0, update_steps=1))
    assert path[0] == pytest.approx(0.9 + (0.0 - 0.9) * (1 - 10 / 40) ** 3, abs=1e-3)


def test_smallest_weights_are_the_ones_that_go(digits):
    model = dense_network()
    layer = model.get_layer("dense1")
    before = np.abs(np.asarray(layer.kernel)).ravel()
    masks = MagnitudePruning([layer], Pruning(sparsity=0.5, initial_sparsity=0.5), steps=1)
    masks._renew_masks(0)
    kept = np.asarray(layer.kernel).ravel() != 0
    assert before[kept].min() >= before[~kept].max()


def test_masks_are_those_of_tfmot_on_a_keras_2_twin():
    import tf_keras

    model = dense_network()
    layer = model.get_layer("dense2")
    schedule = tfmot.sparsity.keras.ConstantSparsity(0.75, begin_step=0, frequency=1)
    twin = tf_keras.Sequential([tf_keras.layers.Dense(128, input_shape=(528,))])
    twin.layers[0].set_weights([np.asarray(layer.kernel), np.asarray(layer.bias)])
    wrapped = tfmot.sparsity.keras.prune_low_magnitude(twin, schedule)
    wrapped.layers[0].pruning_obj.weight_mask_op()
    wrapped.layers[0].pruning_step.assign(0)
    wrapped.layers[0].pruning_obj.conditional_mask_update()
    theirs = next(w for w in wrapped.layers[0].weights if "mask" in w.name).numpy()

    masks = MagnitudePruning([layer], Pruning(sparsity=0.75, initial_sparsity=0.75), steps=1)
    masks._renew_masks(0)
    assert (masks._masks[0].numpy() == theirs).all()


def test_pruned_model_is_an_ordinary_one_afterwards(digits, tmp_path):
    model, _ = pruned(digits, Pruning(sparsity=0.9))
    model.save(tmp_path / "model.keras")
    loaded = keras.models.load_model(tmp_path / "model.keras")
    assert sparsity(prunable_layers(loaded)) == pytest.approx(0.9, abs=1e-4)
    assert all(layer.kernel.constraint is None for layer in prunable_layers(model))
