"""Parts of recipes that act during a training: layers' rates, early stopping, growing batches, precisions, devices."""

import logging
import subprocess
import sys

import numpy as np
import pytest

from frugalnet.backend import keras, tf
from frugalnet.config.recipe import Recipe
from frugalnet.datasets import Part
from frugalnet.errors import FrugalNetError
from frugalnet.recipes import batch_growth
from frugalnet.recipes.batch_growth import planned_sizes, trial_step
from frugalnet.recipes.layer_groups import _per_variable
from frugalnet.recipes.training import compile_model
from tests.model.made_fits import fit_of, tiny_network, trained


def moved(data, recipe, epochs=1):
    """Return by layer how far a training moves its weights at most."""
    before = {layer.name: layer.get_weights() for layer in tiny_network(data).layers if layer.weights}
    model, _ = trained(data, recipe, epochs)
    return {
        name: max(float(np.abs(a - b).max()) for a, b in zip(weights, model.get_layer(name).get_weights(), strict=True))
        for name, weights in before.items()
    }


@pytest.mark.parametrize("optimizer", ["adam", "adamw", "sgd", "rmsprop"])
def test_layers_of_factor_0_stay_as_they_are(digits, optimizer):
    frozen = {"dense1": 0, "norm*": 0}
    far = moved(digits, Recipe(batch_size=16, optimizer=optimizer, layer_groups=frozen))
    assert far["dense1"] == far["norm1"] == 0
    assert far["dense2"] > 0 and far["output"] > 0


def test_frozen_layers_can_be_trained_afterwards(digits):
    model, _ = trained(digits, Recipe(batch_size=16, layer_groups={"dense1": 0}), 1)
    assert all(layer.trainable for layer in model.layers)


def test_step_of_adam_is_scaled_by_the_factor(digits):
    # the first step of Adam is the rate, whatever the gradient
    far = moved(digits, Recipe(batch_size=160, learning_rate=0.01, layer_groups=0.5))
    expected = {"output": 0.01, "dense2": 0.005, "norm1": 0.0025, "dense1": 0.00125}
    for name in ("output", "dense2", "dense1"):
        assert far[name] == pytest.approx(expected[name], rel=0.01)


def test_weight_decay_is_scaled_by_the_factor():
    weights = [keras.Variable([1.0]), keras.Variable([1.0])]
    optimizer = keras.optimizers.AdamW(0.1, weight_decay=0.5)
    factors = {optimizer._var_key(weights[0]): 0.1}
    scaled = _per_variable(optimizer, lambda key: factors.get(key, 1))
    scaled.apply([tf.constant([0.0])] * 2, weights)
    assert [float(weight[0]) for weight in weights] == pytest.approx([1 - 0.005, 1 - 0.05])


def test_factors_of_1_change_nothing(digits):
    recipe = {"batch_size": 16, "optimizer": "adamw", "schedule": "cosine"}
    plain, _ = trained(digits, Recipe(**recipe), 1)
    scaled, _ = trained(digits, Recipe(layer_groups={"*": 1}, **recipe), 1)
    for a, b in zip(plain.get_weights(), scaled.get_weights(), strict=True):
        assert np.array_equal(a, b)


def test_pattern_that_matches_no_layer_is_refused_with_the_known_ones(digits):
    with pytest.raises(FrugalNetError, match=r"conv\* matches no layer.*dense1, norm1, dense2, output"):
        fit_of(digits, Recipe(layer_groups={"conv*": 0.1}), 1)


def test_something_is_left_to_train(digits):
    with pytest.raises(FrugalNetError, match="freezes all layers"):
        fit_of(digits, Recipe(layer_groups={"*": 0}), 1)


class Noted(keras.callbacks.Callback):
    """Notes weights, rate and the size of the last epoch's batches."""

    def __init__(self):
        super().__init__()
        self.weights, self.iterations = [], []

    def on_epoch_end(self, epoch, logs=None):
        self.weights.append(self.model.get_weights())
        self.iterations.append(int(self.model.optimizer.iterations))


def test_weights_of_the_best_epoch_come_back(digits):
    noted = Noted()
    part = digits.validation
    digits.validation = Part(part.x, (part.y + 1) % 10)  # what is learned makes this loss worse
    model, rows = trained(digits, Recipe(batch_size=16, early_stopping=2), 10, [noted])
    losses = [row.validation_loss for row in rows]
    best = losses.index(min(losses))
    assert len(rows) == best + 1 + 2 < 10
    for kept, own in zip(noted.weights[best], model.get_weights(), strict=True):
        assert np.array_equal(kept, own)


def test_settings_of_early_stopping_reach_keras(digits):
    fit = fit_of(digits, Recipe(early_stopping={"patience": 4, "min_delta": 0.5, "restore_best": False}), 2)
    (stopping,) = fit.callbacks
    assert (stopping.patience, stopping.restore_best_weights) == (4, False)
    assert abs(stopping.min_delta) == 0.5


def test_batches_grow_up_to_the_largest_and_the_data():
    recipe = Recipe(batch_size=16, batch_growth={"factor": 2, "every": 2, "most": 100})
    assert planned_sizes(recipe, 8, 1000) == [16, 16, 32, 32, 64, 64, 100, 100]
    assert planned_sizes(recipe, 8, 50) == [16, 16, 32, 32, 50, 50, 50, 50]


@pytest.mark.parametrize("steps_per_execution", [1, 8])
def test_steps_follow_the_batch_size(digits, steps_per_execution):
    noted = Noted()
    recipe = Recipe(batch_size=16, batch_growth=2, steps_per_execution=steps_per_execution)
    _, rows = trained(digits, recipe, 4, [noted])
    assert np.diff([0, *noted.iterations]).tolist() == [10, 5, 3, 2]
    assert rows[-1].loss < rows[0].loss
    assert [row.batch_size for row in rows] == [16, 32, 64, 128]


def test_batch_size_stays_where_memory_is_too_small(digits, monkeypatch, caplog):
    noted = Noted()
    monkeypatch.setattr(batch_growth, "memory", lambda: (100 * 2**20, 150 * 2**20))
    caplog.set_level(logging.INFO)
    trained(digits, Recipe(batch_size=16, batch_growth={"factor": 2, "every": 1}), 3, [noted])
    assert np.diff([0, *noted.iterations]).tolist() == [10, 5, 3]
    monkeypatch.setattr(batch_growth, "memory", lambda: (100 * 2**20, 99 * 2**20))
    noted = Noted()
    trained(digits, Recipe(batch_size=16, batch_growth={"factor": 2, "every": 2}), 4, [noted])
    assert np.diff([0, *noted.iterations]).tolist() == [10, 10, 10, 10]
    assert "the batch size stays at 16: 32 samples would take up to 100 MiB more, 99 are free" in caplog.text


def test_trial_step_leaves_the_model_as_it_is(digits):
    model = tiny_network(digits)
    before = model.get_weights()
    assert trial_step(model, digits.train.x[:1], 8)
    for a, b in zip(before, model.get_weights(), strict=True):
        assert np.array_equal(a, b)


def test_trial_step_that_exhausts_memory_is_told(digits, monkeypatch):
    model = tiny_network(digits)

    def exhausted(*args, **kwargs):
        raise tf.errors.ResourceExhaustedError(None, None, "too large")

    monkeypatch.setattr(type(model), "__call__", exhausted)
    assert not trial_step(model, digits.train.x[:1], 8)


@pytest.mark.parametrize(
    ("precision", "weights", "output"),
    [
        ("float64", "float64", "float64"),
        ("float16", "float16", "float16"),
        ("bfloat16", "bfloat16", "bfloat16"),
        ("mixed_bfloat16", "float32", "float32"),
    ],
)
def test_precision_trains_and_is_saved(digits, tmp_path, precision, weights, output):
    model, rows = trained(digits, Recipe(batch_size=16, optimizer="sgd", precision=precision), 2)
    assert rows[-1].loss < rows[0].loss
    assert model.get_layer("dense1").kernel.dtype == weights
    assert model.output.dtype == output
    model.save(tmp_path / "model.keras")
    again = keras.models.load_model(tmp_path / "model.keras", compile=False)
    policies = [[each.dtype_policy.name for each in one.layers[1:]] for one in (model, again)]  # without the input
    assert policies[0] == policies[1]


def test_loss_is_scaled_in_mixed_float16_after_reloading_too(digits, tmp_path):
    recipe = Recipe(precision="mixed_float16")
    model = tiny_network(digits, "mixed_float16")
    model.save(tmp_path / "model.keras")
    for each in (model, keras.models.load_model(tmp_path / "model.keras", compile=False)):
        compile_model(each, digits, recipe)
        assert isinstance(each.optimizer, keras.optimizers.LossScaleOptimizer)
        assert each.optimizer.inner_optimizer.name == "adam"


def test_samples_are_scaled_in_float32_at_least(digits):
    for precision, expected in (("float16", "float32"), ("mixed_float16", "float32"), ("float64", "float64")):
        assert tiny_network(digits, precision).get_layer("scaling").compute_dtype == expected


SHARED = """
import numpy as np
from frugalnet import backend
from frugalnet.backend import tf
backend.configure(1, 0)
part = tf.config.LogicalDeviceConfiguration
tf.config.set_logical_device_configuration(tf.config.list_physical_devices("CPU")[0], [part(), part()])
from frugalnet.config.recipe import Recipe
from frugalnet.errors import FrugalNetError
from tests.model.conftest import made_digits
from tests.model.made_fits import tiny_network, trained
data = made_digits()
recipe = {"batch_size": 32, "optimizer": "adamw", "layer_groups": {"dense1": 0, "dense2": 0.5}, "schedule": "cosine"}
start = tiny_network(data).get_weights()
one, alone = trained(data, Recipe(**recipe))
for _ in range(2):  # two trainings in one process
    two, shared = trained(data, Recipe(devices=2, **recipe))
    for before, a, b, weight in zip(start, one.get_weights(), two.get_weights(), two.weights):
        assert np.abs(a - b).max() < 0.05, weight.path
    assert np.array_equal(start[0], two.get_weights()[0]) and not np.array_equal(start[-1], two.get_weights()[-1])
    assert shared[-1].loss < shared[0].loss and abs(shared[-1].loss - alone[-1].loss) < 0.05, (shared, alone)
try:
    trained(data, Recipe(batch_size=33, devices=3))
except FrugalNetError as error:
    assert "recipe.devices = 3: this machine has 2 of the kind CPU" in str(error)
else:
    raise AssertionError
"""


def test_two_devices_share_batches_with_the_result_of_one():
    done = subprocess.run([sys.executable, "-c", SHARED], capture_output=True, text=True)
    assert done.returncode == 0, done.stderr[-2000:]
