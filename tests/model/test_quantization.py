"""Int8: what is rounded where, a training with rounding, and the file that computes the same."""

import numpy as np
import pytest

from frugalnet.backend import keras, tf
from frugalnet.config.pruning import Pruning
from frugalnet.config.recipe import Recipe
from frugalnet.datasets import Part
from frugalnet.energy import Ledger
from frugalnet.errors import FrugalNetError
from frugalnet.measure.deployed import Int8, deployed
from frugalnet.pruning.masks import Masking
from frugalnet.pruning.scores import candidates
from frugalnet.recipes import internal
from frugalnet.recipes.precision import precision
from frugalnet.recipes.quantization import Twin, calibrated_ranges, int8_file, learned_ranges, twin_of
from frugalnet.recipes.resize import resized
from frugalnet.recipes.rounding import rounded, rounded_kernel, rounded_places
from frugalnet.recipes.training import evaluate, train
from tests.model.conftest import MadeData

layers = keras.layers
QUANTIZATION_AWARE = Recipe(batch_size=16, internal="quantization_aware")


@pytest.fixture
def images():
    """Return 160 byte-images of 8x8x3 whose class is the brightest of four columns."""
    generator = np.random.default_rng(0)
    y = np.arange(160) % 4
    x = generator.integers(0, 60, (160, 8, 8, 3))
    x[np.arange(160), :, 2 * y] += 180
    x, y = x.astype("uint8"), y.astype("int64")
    parts = {"train": Part(x[:96], y[:96]), "validation": Part(x[96:128], y[96:128]), "test": Part(x[128:], y[128:])}
    return MadeData(parts, name="cifar10", task="classification", n_classes=4)


def network(residual=True):
    """Return a network with convolutions, batch normalization, a shortcut, poolings and a softmax."""
    keras.utils.set_random_seed(0)
    given = keras.Input((8, 8, 3), dtype="uint8")
    x = first = layers.Conv2D(4, 3, padding="same", activation="relu", name="conv1")(
        layers.Rescaling(1 / 255, name="scaling")(given)
    )
    x = layers.Conv2D(4, 3, padding="same", use_bias=False, name="conv2")(x)
    x = layers.BatchNormalization(momentum=0.5, name="norm")(x)
    if residual:
        x = layers.Add(name="add")([x, first])
    x = layers.MaxPooling2D(name="pool")(layers.ReLU(name="relu")(x))
    return keras.Model(given, layers.Dense(4, activation="softmax", name="output")(layers.Flatten(name="flat")(x)))


def perceptron(samples):
    scaling = layers.Normalization(name="scaling")
    scaling.adapt(samples)
    keras.utils.set_random_seed(0)
    return keras.Sequential(
        [keras.Input((8,)), scaling, layers.Dense(16, activation="relu", name="dense"), layers.Dense(1, name="output")]
    )


def separable(samples):
    keras.utils.set_random_seed(0)
    return keras.Sequential(
        [
            keras.Input((8, 8, 3), dtype="uint8"),
            layers.Rescaling(1 / 255),
            layers.SeparableConv2D(6, 3, activation="gelu"),
            layers.DepthwiseConv2D(3, depth_multiplier=2),
            layers.BatchNormalization(),
            layers.ReLU(6.0),
            layers.Flatten(),
            layers.Dense(4, activation="softmax"),
        ]
    )


def as_rounded(model, data):
    """Return what a network computes on test samples if it rounds as its int8 file does."""
    ranges = calibrated_ranges(model, data.train.x)
    places = rounded_places(model)
    (found,) = places([tf.constant(data.test.x)], lambda name, value: rounded(value, *ranges[name]), False)
    return np.asarray(found)


# What is rounded


def test_kernel_has_255_values_per_channel_and_is_at_most_half_a_step_away():
    kernel = np.random.default_rng(0).normal(size=(3, 3, 8, 2)).astype("float32") * [1, 100]
    found = np.asarray(rounded_kernel(tf.constant(kernel, "float32")))
    for channel in (0, 1):
        steps = found[..., channel] / (np.abs(kernel[..., channel]).max() / 127)
        assert np.abs(steps - np.round(steps)).max() < 1e-3
        assert np.abs(np.round(steps)).max() == 127
        assert np.abs(found - kernel)[..., channel].max() < 0.51 * np.abs(kernel[..., channel]).max() / 127


def test_channels_of_a_depthwise_kernel_are_in_its_last_two_axes():
    kernel = np.zeros((1, 2, 2, 1), "float32")
    kernel[0, :, 0, 0], kernel[0, :, 1, 0] = (1, 0.5), (1000, 500)
    found = np.asarray(rounded_kernel(tf.constant(kernel), depthwise=True))
    assert found[0, 1, 0, 0] == pytest.approx(0.5, abs=0.004)


def test_weights_that_are_zero_stay_zero_also_if_a_whole_channel_is():
    kernel = np.array([[0, 0], [0, 0.3], [0, -0.1]], "float32")
    found = np.asarray(rounded_kernel(tf.constant(kernel)))
    assert (found == 0).tolist() == (kernel == 0).tolist()


def test_activation_has_256_values_of_which_one_is_zero():
    found = np.unique(np.asarray(rounded(tf.linspace(-2.0, 3.0, 10_000), -0.5, 1.0)))
    assert len(found) == 256
    assert 0 in found


def test_gradients_pass_the_rounding_inside_of_the_range_alone():
    x = tf.Variable([-2.0, 0.1, 0.9, 2.0])
    with tf.GradientTape() as tape:
        y = rounded(x, -1.0, 1.0)
    assert np.asarray(tape.gradient(y, x)).tolist() == [0, 1, 1, 0]


def test_gradient_of_a_kernel_is_that_of_the_rounded_kernel():
    kernel = tf.Variable([[0.5, -3.0], [-0.2, 1.0]])
    with tf.GradientTape() as tape:
        y = tf.reduce_sum(rounded_kernel(kernel) * [[1.0, 2.0], [3.0, 4.0]])
    assert np.asarray(tape.gradient(y, kernel)).tolist() == [[1, 2], [3, 4]]


def test_places_are_where_an_int8_file_rounds():
    assert rounded_places(network()).places == ["scaling", "conv1", "norm", "relu", "output/linear"]
    assert rounded_places(network(residual=False)).places == ["scaling", "conv1", "relu", "output/linear"]


def test_samples_are_scaled_before_they_are_rounded(houses):
    assert rounded_places(perceptron(houses.train.x)).places == ["scaling", "dense", "output"]


# A training with rounding


def test_twin_shares_all_weights_and_computes_with_rounded_ones(images):
    model = network()
    twin = twin_of(model)
    assert all(one is other for one, other in zip(model.trainable_variables, twin.trainable_variables, strict=True))
    twin(images.train.x, training=True)
    difference = np.abs(np.asarray(twin(images.test.x)) - np.asarray(model(images.test.x))).max()
    assert 0 < difference < 0.05


def test_range_is_that_of_the_first_batch_and_then_a_moving_mean(images):
    twin = twin_of(model := network())
    x = images.train.x
    twin(x[:32] // 2, training=True)
    first = np.asarray(twin.ranges)[0]
    np.testing.assert_allclose(first, [0, (x[:32] // 2).max() / 255], atol=1e-6)
    twin(x[:32], training=True)
    low, high = learned_ranges(model)["scaling"]
    assert high == pytest.approx((first[1] + x[:32].max() / 255) / 2, rel=1e-5)
    assert low == pytest.approx(x[:32].min() / 510, abs=1e-6)
    twin(x[:32] // 3)
    assert learned_ranges(model)["scaling"] == (low, high)


@pytest.mark.parametrize("jit", [False, True])
def test_training_lowers_the_loss_and_moves_the_statistics_of_batches(images, monkeypatch, jit):
    if jit:
        aware = internal.quantization_aware
        monkeypatch.setattr(internal, "quantization_aware", lambda fit: (aware(fit), internal.jit(fit)))
    model = network()
    before = np.asarray(model.get_layer("norm").moving_mean).copy()
    rows = train(model, images, QUANTIZATION_AWARE, 4, Ledger([]))
    assert rows[-1].loss < 0.8 * rows[0].loss
    assert np.abs(np.asarray(model.get_layer("norm").moving_mean) - before).max() > 0
    assert evaluate(model, images, QUANTIZATION_AWARE)["test_accuracy"] > 0.6


def test_model_that_was_trained_is_the_plain_one(images, tmp_path):
    model = network()
    count = len(model.weights)
    train(model, images, QUANTIZATION_AWARE, 1, Ledger([]))
    assert len(model.weights) == count
    model.save(tmp_path / "model.keras")
    read = keras.models.load_model(tmp_path / "model.keras")
    np.testing.assert_array_equal(read(images.test.x), model(images.test.x))


def test_pruned_weights_stay_zero(images):
    model, settings = network(), Pruning(sparsity=0.5, schedule="constant")
    masking = Masking(candidates(model, settings), settings, steps=6)
    rows = train(model, images, QUANTIZATION_AWARE, 1, Ledger([]), [masking])
    kernel = np.asarray(model.get_layer("conv2").kernel)
    assert (kernel == 0).mean() == 0.5
    assert rows[-1].sparsity == pytest.approx(0.5, abs=0.01)


@pytest.mark.parametrize("policy", ["float16", "bfloat16", "float64", "mixed_float16", "mixed_bfloat16"])
def test_network_that_computes_in_another_type_is_refused(images, policy):
    with precision(policy):
        model = network()
    expected = (
        rf"recipe\.internal: .* computes in {policy.removeprefix('mixed_')}, .*; expected recipe\.precision = float32"
    )
    with pytest.raises(FrugalNetError, match=expected):
        twin_of(model)
    with pytest.raises(FrugalNetError, match=expected):
        int8_file(model, images, model)


def test_post_training_quantization_changes_no_training(images):
    weights = []
    for level in ("none", "post_training_quantization"):
        model = network()
        train(model, images, Recipe(batch_size=16, internal=level), 1, Ledger([]))
        weights.append(model.get_weights())
    for one, other in zip(*weights, strict=True):
        np.testing.assert_array_equal(one, other)


# The int8 file


@pytest.mark.parametrize("make", [lambda x: network(), separable])
def test_file_computes_what_the_rounded_network_computes(images, make):
    model = make(images.train.x)
    found = Int8(int8_file(model, images, model), 1).predict(images.test.x)
    assert found.dtype == "float32"
    np.testing.assert_allclose(found, as_rounded(model, images), atol=2.1 / 256)


def test_file_of_a_regression_takes_features_of_unlike_sizes(houses):
    model = perceptron(houses.train.x)
    ranges = calibrated_ranges(model, houses.train.x)
    found = Int8(int8_file(model, houses, model), 1).predict(houses.test.x)
    step = (ranges["output"][1] - ranges["output"][0]) / 255
    np.testing.assert_allclose(found, as_rounded(model, houses), atol=1.01 * step)


def test_file_after_a_training_with_rounding_has_the_learned_ranges(images):
    model = network()
    train(model, images, QUANTIZATION_AWARE, 2, Ledger([]))
    twin = Twin(model, rounded_places(model))
    twin.ranges.assign(list(learned_ranges(model).values()))
    found = Int8(int8_file(model, images, model), 1).predict(images.test.x)
    np.testing.assert_allclose(found, twin(images.test.x), atol=2.1 / 256)


def test_kernels_and_activations_of_the_file_are_int8(images):
    model = network()
    interpreter = tf.lite.Interpreter(model_content=int8_file(model, images, model))
    kinds = [each["dtype"].__name__ for each in interpreter.get_tensor_details()]
    assert kinds.count("int8") >= 8
    floats = {each["name"].split("/")[0] for each in interpreter.get_tensor_details() if each["dtype"] is np.float32}
    assert not any(name.startswith(("conv", "norm", "add", "relu", "pool")) for name in floats)


def test_interpreter_takes_batches_of_several_sizes(images):
    int8 = Int8(int8_file(model := network(), images, model), 1)
    one, eight = (int8.predict(images.test.x[:size]) for size in (1, 8))
    assert (one.shape, eight.shape) == ((1, 4), (8, 4))
    np.testing.assert_allclose(one[0], eight[0], atol=1 / 256)


def test_network_that_cannot_be_converted_has_a_reason_and_stops_nothing(images, caplog):
    class Own(keras.Model):
        def call(self, x):
            return x

    model = Own(name="own")
    recipe = Recipe(internal="post_training_quantization")
    made, reason = deployed(recipe, model, None, images, 1, Ledger([]))
    assert made is None
    assert reason.startswith("own is not converted to int8: own (Own) has no graph of layers")
    assert reason in caplog.text


def test_recipe_without_rounding_makes_no_file_and_no_window(images):
    ledger = Ledger([])
    assert deployed(Recipe(), network(), None, images, 1, ledger) == (None, None)
    assert not ledger.windows


def test_int8_file_resizes_as_the_rounded_network_does(images):
    keras.utils.set_random_seed(0)
    given = keras.Input((8, 8, 3), dtype="uint8")
    x = resized(layers.Rescaling(1 / 255, name="scaling")(given), {"to": 12, "crop": 10})
    x = layers.Conv2D(4, 3, activation="relu", name="conv1")(x)
    model = keras.Model(given, layers.Dense(4, activation="softmax")(layers.Flatten()(x)))
    found = Int8(int8_file(model, images, model), 1).predict(images.test.x)
    assert np.abs(found - as_rounded(model, images)).max() <= 2 / 255
