"""Short and mapping forms of a recipe's keys: the checks of the configuration and its published JSON schema agree."""

import json
from pathlib import Path

import pytest
from jsonschema import Draft202012Validator
from pydantic import ValidationError

from frugalnet.config.recipe import Recipe

SCHEMA = json.loads((Path(__file__).parents[2] / "workflow" / "schemas" / "config.schema.json").read_text())
OF_RECIPES = Draft202012Validator({"$ref": "#/$defs/Recipe", "$defs": SCHEMA["$defs"]})

RIGHT = [
    ("optimizer", "adamw"),
    ("optimizer", {"name": "sgd", "momentum": 0.9, "nesterov": True}),
    ("optimizer", {"name": "adamw", "weight_decay": 0.01, "clipnorm": 1}),
    ("optimizer", {"name": "adam", "clipvalue": None}),
    ("schedule", "constant"),
    ("schedule", {"name": "constant"}),
    ("schedule", "cosine"),
    ("schedule", {"name": "cosine", "warmup_epochs": 0.5, "floor": 0.01}),
    ("schedule", {"name": "step", "factor": 0.2, "epochs": [2, 4]}),
    ("schedule", {"name": "step", "epochs": 4}),
    ("schedule", {"name": "plateau", "patience": 3}),
    ("scaling", "none"),
    ("scaling", "robust"),
    ("scaling", {"name": "unit"}),
    ("scaling", {"name": "fixed", "mean": [125.3, 123.0, 113.9], "deviation": [63.0, 62.1, 66.7]}),
    ("resize", None),
    ("resize", 256),
    ("resize", {"to": 256, "crop": 224}),
    ("resize", {"to": 256, "crop": None}),
    ("augmentation", "none"),
    ("augmentation", []),
    ("augmentation", "mixup"),
    ("augmentation", ["random", "mixup"]),
    ("augmentation", {"name": "random", "crop": 2, "flip": False}),
    ("augmentation", ["random", {"name": "cutmix", "alpha": 0.5}]),
    ("label_smoothing", 0.1),
    ("precision", "mixed_bfloat16"),
    ("batch_growth", None),
    ("batch_growth", 2),
    ("batch_growth", {"factor": 1.5, "every": 2, "most": 1024}),
    ("split", "60-20-20"),
    ("early_stopping", None),
    ("early_stopping", 3),
    ("early_stopping", {"patience": 3, "restore_best": False}),
    ("test_time", 4),
    ("input", "disk"),
    ("layer_groups", None),
    ("layer_groups", 0.5),
    ("layer_groups", {"stage1*": 0.1, "output": 1}),
    ("weights", None),
    ("weights", "imagenet"),
    ("weights", "start.weights.h5"),
    ("devices", 2),
    ("internal", "none"),
    ("internal", "jit"),
    ("internal", {"name": "quantization_aware"}),
]
WRONG = [
    ("optimizer", "adamm"),
    ("optimizer", 3),
    ("optimizer", None),
    ("optimizer", ["adam"]),
    ("optimizer", {"momentum": 0.9}),
    ("optimizer", {"name": "adam", "momentum": 0.9}),
    ("optimizer", {"name": "sgd", "momentum": 1.5}),
    ("optimizer", {"name": "sgd", "momentum": "0.9"}),
    ("optimizer", {"name": "sgd", "nesterov": 1}),
    ("schedule", {"name": "constant", "floor": 0.1}),
    ("schedule", {"name": "step", "epochs": []}),
    ("schedule", {"name": "step", "epochs": "4"}),
    ("schedule", {"name": "step", "factor": None}),
    ("schedule", {"name": "plateau", "patience": 2.5}),
    ("scaling", "fixed"),
    ("scaling", {"name": "fixed", "mean": [0.5]}),
    ("scaling", {"name": "fixed", "mean": [0.5], "deviation": [0]}),
    ("scaling", {"name": "fixed", "mean": [0.5], "deviation": None}),
    ("resize", 0),
    ("resize", 4097),
    ("resize", 256.5),
    ("resize", {"crop": 224}),
    ("resize", {"to": 256, "crop": 0}),
    ("resize", {"to": 256, "method": "nearest"}),
    ("augmentation", None),
    ("augmentation", "turned"),
    ("augmentation", ["none"]),
    ("augmentation", [["random"]]),
    ("augmentation", {"name": "mixup", "beta": 1}),
    ("augmentation", {"name": "random", "crop": True}),
    ("label_smoothing", 1),
    ("label_smoothing", "0.1"),
    ("precision", "float8"),
    ("batch_growth", 1),
    ("batch_growth", True),
    ("batch_growth", {"every": 2}),
    ("split", "50-25-25"),
    ("early_stopping", 0),
    ("early_stopping", "3"),
    ("early_stopping", {"patience": None}),
    ("early_stopping", {"patience": 3, "restore": True}),
    ("test_time", 65),
    ("input", "cloud"),
    ("input", {"name": "disk"}),
    ("layer_groups", "stage1*"),
    ("layer_groups", {"stage1*": "slow"}),
    ("weights", 3),
    ("devices", 0),
    ("internal", "none of these"),
    ("internal", {"name": "jit", "level": 2}),
    ("augmentations", "mixup"),
]


@pytest.mark.parametrize(("key", "value"), RIGHT)
def test_form_is_taken_by_the_checks_and_by_the_schema(key, value):
    Recipe.model_validate({key: value})
    OF_RECIPES.validate({key: value})


@pytest.mark.parametrize(("key", "value"), WRONG)
def test_wrong_value_is_refused_by_the_checks_and_by_the_schema(key, value):
    with pytest.raises(ValidationError):
        Recipe.model_validate({key: value})
    assert not OF_RECIPES.is_valid({key: value})


def test_every_key_of_a_recipe_has_an_example():
    assert {key for key, _ in RIGHT} | {"epochs", "batch_size", "learning_rate", "steps_per_execution"} == set(
        Recipe.model_fields
    )


def test_schema_is_itself_valid():
    Draft202012Validator.check_schema(SCHEMA)


@pytest.mark.parametrize(
    ("long", "short"),
    [
        ({"optimizer": {"name": "adamw"}}, {"optimizer": "adamw"}),
        ({"schedule": {"name": "cosine", "floor": 0.0}}, {"schedule": "cosine"}),
        ({"augmentation": {"name": "mixup", "alpha": 0.2}}, {"augmentation": ["mixup"]}),
        ({"augmentation": "none"}, {}),
        ({"early_stopping": {"patience": 3, "restore_best": True}}, {"early_stopping": 3}),
        ({"internal": {"name": "none"}}, {}),
        ({"jit": False}, {}),
    ],
)
def test_forms_that_say_the_same_leave_the_same_in_a_row(long, short):
    rows = [Recipe.model_validate(written).model_dump(exclude_defaults=True) for written in (long, short)]
    assert rows[0] == rows[1]
    assert json.loads(json.dumps(rows[0])) == json.loads(json.dumps(short))


def test_row_of_a_recipe_is_read_back_as_it_was():
    recipe = Recipe.model_validate({key: value for key, value in RIGHT if key not in ("weights",)})
    assert Recipe.model_validate_json(recipe.model_dump_json(exclude_defaults=True)) == recipe
    assert Recipe.model_validate(json.loads(recipe.model_dump_json())) == recipe
