"""For the same weights, schedule and step, masks are bit for bit those of TFMOT's wrappers on a tf_keras twin."""

import numpy as np
import pytest
import tensorflow_model_optimization as tfmot
import tf_keras

from frugalnet.backend import keras
from frugalnet.config.pruning import Pruning
from frugalnet.methods.pruning import candidates
from frugalnet.pruning.masks import Masking

STEPS = 100
SHAPES = {"dense": (40,), "conv": (9, 9, 8)}


def layers(library, kind):
    if kind == "dense":
        return library.layers.Dense(24, name="pruned")
    return library.layers.Conv2D(12, 3, name="pruned")


def ours(kind, settings, kernel, step):
    """Return the mask of our own engine at a step."""
    model = keras.Sequential([keras.Input(SHAPES[kind]), layers(keras, kind)])
    model.layers[0].kernel.assign(kernel)
    model.compile("adam", "mse")
    masking = Masking(candidates(model, settings), settings, STEPS)
    masking.set_model(model)
    model.optimizer.iterations.assign(step)
    masking.on_train_begin()
    return masking._candidates.masks[0][1].numpy()


def theirs(kind, kernel, step, **pruning):
    """Return the mask of TFMOT's wrapper at a step."""
    model = tf_keras.Sequential([tf_keras.layers.InputLayer(SHAPES[kind]), layers(tf_keras, kind)])
    model.layers[0].set_weights([kernel, np.zeros(kernel.shape[-1], "float32")])
    wrapper = tfmot.sparsity.keras.prune_low_magnitude(model, **pruning).layers[0]
    wrapper.pruning_step.assign(step)
    wrapper.pruning_obj.conditional_mask_update()
    return next(weight for weight in wrapper.weights if "mask" in weight.name).numpy()


def made_kernel(kind, seed):
    shape = (40, 24) if kind == "dense" else (3, 3, 8, 12)
    return np.random.default_rng(seed).normal(size=shape).astype("float32")


@pytest.mark.parametrize("kind", SHAPES)
@pytest.mark.parametrize("step", [0, 1, 13, 50, 99, 100])
@pytest.mark.parametrize(("initial", "sparsity"), [(0.0, 0.9), (0.3, 0.777), (0.0, 0.5)])
def test_masks_of_the_polynomial_schedule_are_equal(kind, step, initial, sparsity):
    kernel = made_kernel(kind, step)
    settings = Pruning(sparsity=sparsity, initial_sparsity=initial, ramp=1.0, prune_output=True)
    schedule = tfmot.sparsity.keras.PolynomialDecay(initial, sparsity, 0, STEPS, frequency=1)
    found = ours(kind, settings, kernel, step)
    assert (found == theirs(kind, kernel, step, pruning_schedule=schedule)).all()
    assert found.mean() < 1 or step == 0


@pytest.mark.parametrize("kind", SHAPES)
@pytest.mark.parametrize("sparsity", [0.25, 0.75, 0.98])
def test_masks_of_the_constant_schedule_are_equal(kind, sparsity):
    kernel = made_kernel(kind, 3)
    settings = Pruning(sparsity=sparsity, schedule="constant", prune_output=True)
    schedule = tfmot.sparsity.keras.ConstantSparsity(sparsity, 0, frequency=1)
    found = ours(kind, settings, kernel, 0)
    assert (found == theirs(kind, kernel, 0, pruning_schedule=schedule)).all()
    assert found.mean() == pytest.approx(1 - sparsity, abs=0.01)


@pytest.mark.parametrize("kind", SHAPES)
def test_masks_of_2_of_4_are_equal(kind):
    kernel = made_kernel(kind, 5)
    settings = Pruning(granularity="2:4", sparsity=0.5, prune_output=True)
    schedule = tfmot.sparsity.keras.ConstantSparsity(0.5, 0, frequency=1)
    found = ours(kind, settings, kernel, 1)
    assert (found == theirs(kind, kernel, 1, pruning_schedule=schedule, sparsity_m_by_n=(2, 4))).all()
    assert found.mean() == 0.5


def test_masks_of_equal_magnitudes_are_equal():
    kernel = np.round(made_kernel("dense", 7), 1)
    settings = Pruning(sparsity=0.6, schedule="constant", prune_output=True)
    schedule = tfmot.sparsity.keras.ConstantSparsity(0.6, 0, frequency=1)
    assert (ours("dense", settings, kernel, 0) == theirs("dense", kernel, 0, pruning_schedule=schedule)).all()
