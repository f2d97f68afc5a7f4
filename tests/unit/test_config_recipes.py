"""A wrong value of a recipe is one short message with the key, whatever it is."""

import pytest

from frugalnet import catalogue
from frugalnet.config.reading import read_files
from frugalnet.config.recipe import Recipe
from frugalnet.errors import FrugalNetError

LONGEST = 600
PYTHON = ("Input should", "String should", "Value error", "type=", "None", "True", "Traceback", "object at", "'>")
"""Words of the validator, and of Python."""
PARTS = [
    part.key.partition(".")[2] for part in catalogue.RECIPE_PARTS.values() if (part.key or "").startswith("recipe.")
]
DEEP = "[" * 50 + "1" + "]" * 50
ODD = {
    "a list in a list": "[[1]]",
    "a list of mappings": "[{a: 1}, {b: 2}]",
    "a deep list": DEEP,
    "a mapping in a mapping": "{a: {b: {c: [1]}}}",
    "a mapping whose name is a list": "{name: [adam]}",
    "a mapping whose name is a number": "{name: 1}",
    "a mapping whose name is a mapping": "{name: {name: adam}}",
    "a key that is a number": "{name: sgd, 1: 2}",
    "a key that is null": "{name: sgd, ~: 2}",
    "a key that is true": "{true: 2}",
    "a long key": "{name: sgd, " + "x" * 5_000 + ": 1}",
    "infinite": ".inf",
    "minus infinite": "-.inf",
    "no number": ".nan",
    "a number too large for a float": "1e400",
    "a whole number of 200 digits": "9" * 200,
    "true": "true",
    "a date": "2026-01-01",
    "empty": "''",
    "long": "x" * 5_000,
    "control characters": '"\\e[31m"',
    "half a character": '"\\ud800"',
    "empty mapping": "{}",
    "bytes": "!!binary aGVsbG8=",
    "a set": "!!set {a, b}",
}
"""YAML that is the value of hardly any key of a recipe."""
MEANT = {("weights", "a date"), ("layer_groups", "a mapping whose name is a number")}
"""A file may have this name, and so may a layer."""


@pytest.fixture
def told(tmp_path, monkeypatch):
    """Return a function that gives the message about the recipe of a dataset."""
    monkeypatch.chdir(tmp_path)

    def message(key, value, dataset="mnist"):
        text = f"compression:\n  per_dataset:\n    {dataset}:\n      recipe:\n        {key}: {value}\n"
        (tmp_path / "mine.yaml").write_text(text)
        with pytest.raises(FrugalNetError) as refused:
            read_files(["mine.yaml"])
        said = str(refused.value)
        assert len(said) <= LONGEST, said
        assert said.replace("\n", "").isprintable()
        assert not [word for word in PYTHON if word in said], said
        return said

    return message


@pytest.mark.parametrize(("key", "odd"), [(key, odd) for key in PARTS for odd in ODD if (key, odd) not in MEANT])
def test_odd_value_is_refused_in_a_short_message_with_the_key(told, key, odd):
    said = told(key, ODD[odd])
    assert f"recipe.{key}" in said or "not valid YAML" in said, said
    assert "mine.yaml" in said


@pytest.mark.parametrize(
    ("key", "value", "expected"),
    [
        ("optimizer", "addam", "unknown optimizer; known are adam, adamw, sgd, rmsprop; did you mean adam?"),
        ("optimizer", "{name: adam, momentum: 0.9}", "momentum is no setting of adam; known are beta_1, beta_2"),
        ("optimizer", "{name: adam, weight_decay: 0.1}", "weight_decay is no setting of adam"),
        ("optimizer", "{name: rmsprop, weight_decay: 0.1}", "weight_decay is no setting of rmsprop"),
        ("optimizer", "{name: adamw, nesterov: true}", "nesterov is no setting of adamw"),
        ("optimizer", "{name: sgd, beta_1: 0.9}", "beta_1 is no setting of sgd"),
        ("optimizer", "{name: sgd, momentum: 2}", "momentum to be a number from 0 to 0.9999"),
        ("optimizer", "{name: sgd, momentum: .nan}", "momentum to be a number from 0 to 0.9999"),
        ("optimizer", "{name: sgd, momentum: true}", "momentum to be a number from 0 to 0.9999"),
        ("optimizer", "{name: sgd, momentum: '0.9'}", "momentum to be a number from 0 to 0.9999"),
        ("optimizer", "{name: sgd, nesterov: 1}", "nesterov is true or false"),
        ("optimizer", "{momentum: 0.9}", "expected the name of optimizer, or a mapping with its name"),
        ("optimizer", "null", "expected the name of optimizer"),
        ("schedule", "{name: cosine, power: 1}", "power is no setting of cosine; known are warmup_epochs, floor"),
        ("schedule", "{name: step, epochs: []}", "epochs needs a list of numbers"),
        ("schedule", "{name: step, epochs: [1, .inf]}", "epochs to be a number from 0.01 to 100000"),
        ("schedule", "{name: plateau, patience: 1.5}", "patience to be a whole number from 1 to 100000"),
        ("schedule", "{name: constant, rate: 1}", "rate is no setting of constant; it has none"),
        ("scaling", "fixed", "fixed needs mean, deviation"),
        ("scaling", "{name: fixed, mean: [1]}", "fixed needs deviation"),
        ("scaling", "{name: fixed, mean: [1], deviation: [0]}", "deviation to be a number from 1e-09 to 1e+09"),
        ("scaling", "{name: fixed, mean: one, deviation: 1}", "mean needs a list of numbers"),
        ("scaling", "[unit, standard]", "expected the name of scaling, or a mapping with its name"),
        ("augmentation", "[random, random]", "names random twice; expected it once"),
        ("augmentation", "[random, none]", "expected none alone, or a list without it"),
        ("augmentation", "{name: mixup, alpha: 0}", "alpha to be a number from 0.001 to 100"),
        ("early_stopping", "0", "patience to be a whole number from 1 to 100000"),
        ("early_stopping", "{min_delta: 0.1}", "early_stopping needs patience"),
        ("early_stopping", "{patience: 3, mode: max}", "mode is no setting of early_stopping; known are patience, min_delta"),
        ("batch_growth", "1", "factor to be a number from 1.01 to 1000"),
        ("internal", "int8", "unknown internal; known are none, jit, quantization_aware, post_training_quantization"),
        ("internal", "{name: jit, threads: 2}", "threads is no setting of jit; it has none"),
        ("precision", "float8", "expected 'float32'"),
        ("split", "50-25-25", "expected 'official', '60-20-20'"),
        ("label_smoothing", "1", "expected less than 1"),
        ("devices", "0", "expected at least 1"),
        ("test_time", "65", "expected at most 64"),
        ("test_time", "1.5", "expected a whole number"),
    ],
)  # fmt: skip
def test_wrong_level_or_setting_is_refused_with_what_was_expected(told, key, value, expected):
    said = told(key, value)
    assert f"compression.per_dataset.mnist.recipe.{key} = " in said
    assert "(mine.yaml, line 5)" in said
    assert expected in said


@pytest.mark.parametrize(
    ("dataset", "key", "value", "expected"),
    [
        ("california_housing", "augmentation", "random", "cannot be used with samples rows: samples of one dimension are no images"),
        ("california_housing", "test_time", "2", "cannot be used with samples rows"),
        ("mnist", "batch_growth", "2\n        devices: 2", "cannot be used with devices 2: a batch that several devices share"),
    ],
)  # fmt: skip
def test_combination_that_cannot_work_is_refused_at_its_key_with_the_reason(told, dataset, key, value, expected):
    said = told(key, value, dataset)
    assert f"compression.per_dataset.{dataset}.recipe.{key} = " in said
    assert "(mine.yaml, line 5)" in said
    assert expected in said


def test_every_part_has_odd_values_here():
    assert set(PARTS) <= set(Recipe.model_fields)
    assert len(PARTS) == 16
