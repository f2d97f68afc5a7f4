"""A model is served with the mean of its predictions of an image and of mirrored and shifted copies."""

import numpy as np
import pytest

from frugalnet import networks
from frugalnet.backend import keras
from frugalnet.config.recipe import Recipe
from frugalnet.errors import FrugalNetError
from frugalnet.measure.operations import same_operations
from frugalnet.recipes.scaling import scaling_layer
from frugalnet.recipes.test_time import SHIFTS, served
from frugalnet.recipes.training import compile_model, evaluate, scores_of
from frugalnet.record import paths
from frugalnet.record.record import read_record
from frugalnet.record.scores import read_scores
from tests.model.test_run import RUNS, execute_in


@pytest.fixture
def model(digits):
    """Return a network with random weights for digits."""
    keras.utils.set_random_seed(0)
    return networks.build("softmax_big", scaling_layer("unit", digits.train.x), (28, 28), "uint8", 10)


def predicted(model, x):
    return np.asarray(model(x, training=False))


def shifted(x, down, right):
    """Return images shifted by rows and columns of at most 3, with zeros at the edge."""
    around = np.pad(x, [(0, 0), (3, 3), (3, 3)])
    return around[:, 3 - down : 31 - down, 3 - right : 31 - right]


def test_model_without_copies_is_served_itself(model, digits):
    assert served([model, None], digits, Recipe()) == [model, None]


def test_first_copy_is_mirrored(model, digits):
    (mean,) = served([model], digits, Recipe(test_time=1))
    x = digits.test.x[:5]
    assert predicted(mean, x) == pytest.approx((predicted(model, x) + predicted(model, x[:, :, ::-1])) / 2, abs=1e-6)


def test_prediction_is_the_mean_over_the_nearest_shifts_plain_and_mirrored(model, digits):
    (mean,) = served([model], digits, Recipe(test_time=9))
    x = digits.test.x[:5]
    copies = [shifted(x, *shift) for shift in [(0, 0), (-1, 0), (0, -1), (0, 1), (1, 0)]]
    each = [predicted(model, copy[:, :, ::step]) for copy in copies for step in (1, -1)]
    assert predicted(mean, x) == pytest.approx(np.mean(each, axis=0), abs=1e-6)


@pytest.mark.parametrize("shape", [(6, 4), (6, 4, 3)])
def test_each_image_is_averaged_with_its_own_copies(shape, digits):
    inputs = keras.Input(shape, dtype="uint8")
    total = keras.layers.Dense(1, kernel_initializer="ones")(
        keras.layers.Flatten()(keras.layers.Rescaling(1.0)(inputs))
    )
    (mean,) = served([keras.Model(inputs, total)], digits, Recipe(test_time=1))
    x = np.stack([np.full(shape, value, "uint8") for value in (1, 2, 3)])
    assert predicted(mean, x)[:, 0].tolist() == [size * x[0].size for size in (1, 2, 3)]


def test_there_are_shifts_for_as_many_copies_as_a_recipe_may_ask_for():
    assert SHIFTS[0] == (0, 0)
    assert len(SHIFTS) >= 33


def test_a_model_that_is_named_twice_is_served_once(model, digits):
    first, second = served([model, model], digits, Recipe(test_time=2))
    assert first is second


def test_served_models_of_one_shape_do_the_same_operations(model, digits):
    first, second = served([model, keras.models.clone_model(model)], digits, Recipe(test_time=2))
    (other,) = served([model], digits, Recipe(test_time=3))
    assert same_operations(first, second)
    assert not same_operations(first, other)
    assert not same_operations(first, model)


def test_quality_is_that_of_the_mean_prediction(model, digits):
    recipe = Recipe(test_time=3)
    (mean,) = served([model], digits, recipe)
    scores = scores_of(mean, digits, 3)
    right = predicted(mean, digits.test.x).argmax(axis=1) == digits.test.y
    assert scores.tolist() == right.tolist()
    assert evaluate(mean, digits, recipe)["test_accuracy"] == pytest.approx(right.mean())


def test_plain_model_stays_as_it_is(model, digits):
    before, recipe = predicted(model, digits.test.x), Recipe(test_time=3)
    compile_model(model, digits, recipe)
    (mean,) = served([model], digits, recipe)
    assert mean.count_params() == model.count_params()
    assert [layer.name for layer in model.layers] == ["samples", "scaling", "flatten", "dense1", "dense2", "output"]
    model.get_layer("output").bias.assign_add(np.eye(10)[3])
    assert (predicted(mean, digits.test.x)[:, 3] > 0.2).all()
    assert (predicted(model, digits.test.x)[:, 3] > before[:, 3]).all()


def test_rows_of_numbers_have_no_copies(houses):
    numbers = networks.build("housing_mlp", scaling_layer("unit", houses.train.x), (8,), "float32", None)
    with pytest.raises(
        FrugalNetError, match=r"recipe.test_time = 2: the samples of california_housing have the shape \(8,\)"
    ):
        served([numbers], houses, Recipe(test_time=2))


def test_run_is_judged_by_the_mean_and_keeps_the_plain_model(tmp_path, digits, monkeypatch, without_tflite):
    row = RUNS["baseline"]
    recipe = row.recipe.model_copy(update={"test_time": 2})
    monkeypatch.setitem(RUNS, "baseline", row.model_copy(update={"recipe": recipe}))
    folder = execute_in(tmp_path, digits, monkeypatch)("baseline")
    model = keras.models.load_model(folder / paths.MODEL, compile=False)
    assert model.name == "softmax_big"
    (mean,) = served([model], digits, recipe)
    right = predicted(mean, digits.test.x).argmax(axis=1) == digits.test.y
    assert read_scores(folder / paths.TEST_SCORES).tolist() == right.tolist()
    found = read_record(folder / paths.RECORD)
    assert found.quality["test_accuracy"] == pytest.approx(right.mean())
    assert {(each.model, each.same_operations) for each in found.inference} == {("masked", True), ("reference", None)}
