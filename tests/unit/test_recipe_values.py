"""Settings of recipes that cannot be meant are refused, with what was expected, before anything runs."""

import pytest
from pydantic import ValidationError

from frugalnet.config.compression import Compression
from frugalnet.config.nas import Nas
from frugalnet.config.recipe import Recipe
from frugalnet.config.schedules import shortest_trial, too_long


def refused(**recipe):
    with pytest.raises(ValidationError) as error:
        Recipe(**recipe)
    return str(error.value)


def test_numbers_become_floats_that_keras_takes():
    assert type(Recipe(optimizer={"name": "sgd", "momentum": 0.5}).optimizer["momentum"]) is float
    assert type(Recipe(optimizer={"name": "sgd", "weight_decay": 1}).optimizer["weight_decay"]) is float


def test_setting_at_its_default_leaves_no_trace():
    assert Recipe(optimizer={"name": "sgd", "momentum": 0, "nesterov": False}).optimizer == "sgd"
    assert Recipe(optimizer={"name": "adam", "beta_1": 0.9}).optimizer == "adam"


def test_two_ways_to_clip_exclude_each_other():
    assert "clipnorm, clipvalue exclude each other" in refused(
        optimizer={"name": "adam", "clipnorm": 1, "clipvalue": 1}
    )


def test_nesterov_needs_momentum():
    assert "expected both" in refused(optimizer={"name": "sgd", "nesterov": True})


def test_steps_of_a_schedule_rise():
    assert "expected epochs that rise" in refused(schedule={"name": "step", "epochs": [3, 2]})


def test_largest_batch_is_above_the_first():
    assert "most is not above" in refused(batch_size=64, batch_growth={"factor": 2, "most": 64})


def test_devices_share_batches_alike():
    assert "cannot share batches of 33 alike" in refused(batch_size=33, devices=2)


@pytest.mark.parametrize(
    "value", [0, -1, 1.5, True, "0.5", {}, {"a": -1}, {"a": 1001}, {"a": float("nan")}, {3: 1}, [1], {"": 1}]
)
def test_factors_of_layers_have_bounds(value):
    assert "expected a factor above 0 and at most 1" in refused(layer_groups=value)


def test_factors_of_layers_are_kept_as_floats_and_1_as_no_effect():
    assert Recipe(layer_groups={"dense*": 0, "output": 2}).layer_groups == {"dense*": 0.0, "output": 2.0}
    assert Recipe(layer_groups=0.5).layer_groups == 0.5
    assert Recipe(layer_groups=1).layer_groups is None


@pytest.mark.parametrize(
    ("schedule", "epochs", "told"),
    [
        ({"name": "cosine", "warmup_epochs": 3}, 3, "warmup_epochs 3 is not below the 3 epochs"),
        ({"name": "step", "epochs": [1, 4]}, 4, "steps after 4 epochs are not within a training of 4 epochs"),
        ({"name": "cosine", "warmup_epochs": 2.5}, 3, None),
        ("step", 1, None),
        ("constant", 1, None),
    ],
)
def test_schedule_ends_within_the_training(schedule, epochs, told):
    found = too_long(Recipe(schedule=schedule).schedule, epochs)
    assert found is None if told is None else told in found


def study(recipe, methods, **settings):
    return Compression(datasets=["cifar10"], methods=methods, per_dataset={"cifar10": {"recipe": recipe, **settings}})


def test_schedule_is_compared_with_each_training_of_the_study():
    warm = {"epochs": 6, "schedule": {"name": "cosine", "warmup_epochs": 4}}
    study(warm, ["baseline"])
    for methods, settings, key in (
        (["baseline", "pruning"], {"pruning": {"epochs": 4}}, "pruning.epochs"),
        (["nas"], {"nas": {"epochs": 4}}, "nas.epochs"),
    ):
        with pytest.raises(
            ValidationError, match=r"per_dataset\.cifar10\.recipe\.schedule = .*warmup_epochs 4"
        ) as error:
            study(warm, methods, **settings)
        assert f"({key} for cifar10)" in str(error.value)


@pytest.mark.parametrize(
    ("factors", "told"),
    [
        (
            {"conv*": 0.1, "stage1*": 0.1},
            "stage1* matches no layer with weights; expected some of conv1, conv2, conv3, dense1",
        ),
        ({"*": 0}, "freezes all layers; expected a factor above 0 for one"),
    ],
)
def test_factors_fit_the_layers_of_the_network(factors, told):
    study({"layer_groups": {"conv*": 0.1, "*": 0}}, ["baseline"])
    with pytest.raises(ValidationError) as error:
        study({"layer_groups": factors}, ["baseline"])
    assert "per_dataset.cifar10.recipe.layer_groups" in str(error.value)
    assert told in str(error.value) and "(the layers of cifar_cnn)" in str(error.value)


def test_layers_of_normalization_and_of_settings_are_known():
    study({"layer_groups": {"*_norm": 0}}, ["baseline"], network={"name": "resnet18", "width": 0.25})


def test_first_trials_of_hyperband_are_the_shortest():
    assert shortest_trial(Nas(tuner="hyperband", epochs=27)) == 1
    assert shortest_trial(Nas(tuner="hyperband", epochs=10)) == 2
    assert shortest_trial(Nas(tuner="greedy", epochs=10)) == 10


def test_regression_has_no_labels_to_smooth():
    with pytest.raises(ValidationError, match="a regression has no classes"):
        Compression(
            datasets=["california_housing"],
            methods=["baseline"],
            per_dataset={"california_housing": {"recipe": {"label_smoothing": 0.1}}},
        )


def test_centre_is_no_larger_than_the_image_that_it_is_cut_from():
    assert "crop is larger than to; expected at most 40" in refused(resize={"to": 40, "crop": 41})
    assert Recipe(resize={"to": 40, "crop": 40}).resize == {"to": 40, "crop": 40}
    assert Recipe(resize={"to": 40}).resize == 40


def test_images_that_are_too_small_for_a_network_are_refused():
    study({"resize": 18}, ["baseline"])
    with pytest.raises(ValidationError) as error:
        study({"resize": 17}, ["baseline"])
    assert "cifar_cnn gets images of 17 x 17 pixels; expected at least 18 x 18" in str(error.value)


def test_weights_of_imagenet_take_images_of_32_pixels_or_more():
    network = {"name": "resnet50", "stem": "imagenet"}
    study({"weights": "imagenet"}, ["baseline"], network=network)
    study({"weights": "imagenet", "resize": {"to": 36, "crop": 32}}, ["baseline"], network=network)
    with pytest.raises(ValidationError) as error:
        study({"weights": "imagenet", "resize": {"to": 36, "crop": 31}}, ["baseline"], network=network)
    assert "expected images of at least 32 x 32 pixels for weights of ImageNet, got 31 x 31" in str(error.value)
