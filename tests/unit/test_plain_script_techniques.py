"""A plain script of a recipe: each part that changes a training is written, with the functions that it needs; what cannot be is refused."""

import ast
import re
import sys

import numpy as np
import pytest

from frugalnet.commands.script import plain_script
from frugalnet.commands.script.architecture import code_of, read_architecture
from frugalnet.config.levels import name_of
from frugalnet.config.recipe import Recipe
from frugalnet.config.techniques import Techniques
from frugalnet.errors import FrugalNetError
from frugalnet.recipes.split import positions
from frugalnet.record import paths
from frugalnet.record.record import Deployed, read_record
from tests.unit.conftest import made_record
from tests.unit.made_networks import DENSE, PERCEPTRON, RESIDUAL, dense, samples, write_network
from tests.unit.test_plain_script import constant, imported, leave_run, names_of

SIMPLE = {"load_file", "downloaded", "load_cifar10", "split", "drawn", "train", "build_network", "main"}
"""Functions of a script whose recipe has no other parts."""


def leave_trained(results, recipe, resolved=None, layers=RESIDUAL, **changes):
    """Leave a run that was trained by a recipe."""
    rec = made_record(changes.pop("dataset", "cifar10"), changes.pop("method", "baseline"))
    run = rec.run.model_copy(update={"recipe": Recipe.model_validate(recipe), "resolved": resolved or {}})
    return leave_run(results, run=run, layers=layers, **changes)


def script_of(results, recipe, **changes):
    leave_trained(results, recipe, **changes)
    text = plain_script("cifar10/baseline", results)
    compile(text, "script", "exec")
    return text


def function(text, name):
    """Return the code of a function of a script."""
    return next(ast.unparse(node) for node in ast.parse(text).body if getattr(node, "name", None) == name)


def usable(text, *names, **constants):
    """Return functions of a script, made without its imports."""
    made = {"np": np, "Part": tuple, "CLASSES": 10, **constants}
    exec("\n".join(function(text, name) for name in names), made)
    return made[names[0]]


STUDY = Techniques()


@pytest.mark.parametrize("factor", STUDY.varied)
def test_every_level_of_the_study_but_training_with_rounding_is_written(tmp_path, factor):
    folder = leave_trained(tmp_path, {})
    rec = read_record(folder / paths.RECORD)
    off = {name: each.off for name, each in STUDY.varied.items()}
    for level in STUDY.varied[factor].levels:
        recipe, _ = STUDY.recipe_of(off | {factor: level})
        if recipe.internal != "quantization_aware":
            rec.model_copy(update={"run": rec.run.model_copy(update={"recipe": recipe})}).write(folder)
            text = plain_script("cifar10/baseline", tmp_path)
            compile(text, "script", "exec")
            assert imported(text) - sys.stdlib_module_names <= {"keras", "numpy", "tensorflow"}
            used = {node.id for node in ast.walk(ast.parse(text)) if isinstance(node, ast.Name)}
            assert names_of(text) <= used


def test_training_with_rounding_is_refused_with_the_reason(tmp_path):
    leave_trained(tmp_path, {"internal": "quantization_aware"})
    told = r"recipe\.internal quantization_aware \(no layer of Keras rounds while it is trained\); expected a recipe"
    with pytest.raises(FrugalNetError, match=told):
        plain_script("cifar10/baseline", tmp_path)


@pytest.mark.parametrize(
    ("recipe", "parts"),
    [
        ({"batch_growth": 2, "layer_groups": 0.5}, "recipe.layer_groups 0.5, recipe.batch_growth 2.0"),
        ({"precision": "bfloat16", "devices": 2}, "recipe.devices 2"),
        ({"weights": "a.keras", "test_time": 1, "schedule": "cosine"}, "recipe.weights a.keras, recipe.test_time 1"),
    ],
)
def test_recipe_with_other_parts_is_refused_with_their_values(tmp_path, recipe, parts):
    leave_trained(tmp_path, recipe)
    with pytest.raises(FrugalNetError, match=f"cannot do what the run had: {parts}; expected a recipe in which only"):
        plain_script("cifar10/baseline", tmp_path)


def test_part_of_the_run_that_the_model_comes_from_is_refused_too(tmp_path):
    leave_trained(tmp_path, {}, resolved={"early_stopping": None, "because": "of masks"}, method="pruning")
    with pytest.raises(FrugalNetError, match=r"recipe\.early_stopping of the run that it starts from; expected"):
        plain_script("cifar10/pruning", tmp_path)


def test_recipe_that_was_resolved_is_written_as_it_was_trained(tmp_path):
    resolved = {"internal": "none", "because": "an int8 file is made of a network that computes in float32"}
    text = script_of(tmp_path, {"precision": "float64"}, resolved=resolved)
    assert constant(text, "PRECISION") == "float64"
    assert "int8_file" not in text


def test_optimizer_is_written_with_its_settings_and_compiled_steps_too(tmp_path):
    text = script_of(tmp_path, {"optimizer": {"name": "sgd", "momentum": 0.9}, "internal": "jit"})
    assert "\nOPTIMIZER = keras.optimizers.SGD\n" in text
    assert constant(text, "OPTIMIZER_SETTINGS") == {"momentum": 0.9}
    assert constant(text, "JIT") is True


@pytest.mark.parametrize(
    ("schedule", "settings", "more"),
    [
        ("exponential", {"rate": 0.9}, {"exponential_rate"}),
        ({"name": "polynomial", "power": 2}, {"power": 2.0, "floor": 0.0}, {"polynomial_rate"}),
        ({"name": "cosine", "warmup_epochs": 3}, {"warmup_epochs": 3.0, "floor": 0.0}, {"cosine_rate", "steps_in"}),
        ("step", {"factor": 0.1}, {"step_rate", "steps_in"}),
    ],
)
def test_learning_rate_that_changes_is_given_to_the_optimizer(tmp_path, schedule, settings, more):
    text = script_of(tmp_path, {"schedule": schedule})
    assert constant(text, "SCHEDULE") == settings
    assert names_of(text) == SIMPLE | more
    train = function(text, "train")
    assert "steps = math.ceil(len(x) / BATCH_SIZE)" in train
    assert f"learning_rate={name_of(schedule)}_rate(steps, epochs, **SCHEDULE)" in train


def test_plateau_and_early_stopping_are_callbacks_in_this_order(tmp_path):
    text = script_of(tmp_path, {"schedule": {"name": "plateau", "patience": 2}, "early_stopping": 3})
    assert "callbacks=[*callbacks, plateau(**SCHEDULE), keras.callbacks.EarlyStopping(**EARLY_STOPPING)]" in text
    assert "learning_rate=LEARNING_RATE" in text
    assert constant(text, "SCHEDULE") == {"factor": 0.1, "patience": 2, "floor": 0.0}
    assert constant(text, "EARLY_STOPPING") == {"patience": 3, "min_delta": 0.0, "restore_best_weights": True}


def test_augmentations_are_written_in_the_order_of_the_recipe_with_their_settings(tmp_path):
    random = {"name": "random", "crop": 2, "colour": 0.5, "erasing": 0}
    text = script_of(tmp_path, {"augmentation": ["cutmix", random, {"name": "mixup", "alpha": 0.4}]})
    made = re.search(r"return \[(.*?)\n    \]", text, re.DOTALL)[1].split("\n        ")[1:]
    assert made == [
        'mixing(layers.CutMix((1.0, 1.0), dtype="float32")),',
        "cropping(2, flip=True),",
        'by_layer(layers.RandomBrightness(0.5, dtype="float32")),',
        'by_layer(layers.RandomContrast(0.5, dtype="float32")),',
        'by_layer(layers.RandomSaturation((0.3333333333333333, 0.6), value_range=(0, 1), dtype="float32")),',
        'mixing(layers.MixUp(0.4, dtype="float32")),',
    ]
    assert "batches(x, y, changes())" in function(text, "train")
    assert "tensorflow" in imported(text)


def test_saturation_of_grey_images_does_not_change(tmp_path):
    leave_trained(
        tmp_path, {"augmentation": {"name": "random", "crop": 0, "flip": False}}, None, PERCEPTRON, dataset="mnist"
    )
    text = plain_script("mnist/baseline", tmp_path)
    assert "RandomBrightness" in text and "RandomSaturation" not in text and "cropping" not in text


@pytest.mark.parametrize(
    ("recipe", "lines"),
    [
        ({"augmentation": "random"}, []),
        ({"augmentation": "cutmix"}, ["y, validation = one_hot(y), (validation[0], one_hot(validation[1]))"]),
        (
            {"augmentation": "mixup", "label_smoothing": 0.1},
            ["y, validation = one_hot(y), (validation[0], one_hot(validation[1]))", "y = smoothed(y)"],
        ),
    ],
)
def test_classes_become_probabilities_where_they_are_mixed_or_smoothed(tmp_path, recipe, lines):
    text = script_of(tmp_path, recipe)
    assert re.findall(r"^    (.*(?:one_hot|smoothed)\(y\).*)$", text, re.MULTILINE) == lines
    loss = '"categorical_crossentropy"' if lines else "LOSS"
    assert f"train(network, training, validation, arguments.epochs or EPOCHS, {loss})" in text
    assert constant(text, "LOSS") == "sparse_categorical_crossentropy"


def test_smoothed_labels_keep_their_sum(tmp_path):
    smoothed = usable(script_of(tmp_path, {"label_smoothing": 0.2}), "smoothed", SMOOTHING=0.2)
    found = smoothed(np.eye(10, dtype="float32")[[3]])
    assert found.dtype == "float32"
    assert found[0, [2, 3]] == pytest.approx([0.02, 0.82])


@pytest.mark.parametrize("split", ["60-20-20", "70-15-15", "80-10-10", "90-5-5"])
def test_parts_of_all_samples_are_those_of_the_run(tmp_path, split):
    text = script_of(tmp_path, {"split": split})
    assert "training, validation, test = split_of_all(*load_cifar10(arguments.data))" in text
    divided = usable(text, "split_of_all", "drawn", SPLIT=constant(text, "SPLIT"))
    y = np.arange(1003) * 7 % 10
    x = np.arange(1003) + 5
    found = divided((x[:800], y[:800, None]), (x[800:], y[800:, None]))
    expected = positions(y, split, stratified=True)
    for part, (own_x, own_y) in zip(("train", "validation", "test"), found, strict=True):
        assert (own_x == expected[part] + 5).all() and (own_y == y[expected[part]]).all(), part


@pytest.mark.parametrize(
    ("name", "affine"),
    [
        ("standard", ([0.5, 1.0], [-2.0, -6.0])),
        ("robust", ([1.0, 1.0], [-4.0, -6.0])),
        ("min_max", ([1 / 6, 1.0], [-1 / 6, -6.0])),
    ],
)
def test_scaling_is_fitted_on_the_training_part_of_the_script(tmp_path, name, affine):
    text = script_of(tmp_path, {"scaling": name})
    assert f"    scale, offset = {name}_scaling(x_train)\n" in text
    assert 'layers.Rescaling(scale, offset, name="scaling")' in text
    x = {
        "standard": np.array([[2, 6], [6, 6], [2, 6], [6, 6]], "uint8"),
        "robust": np.array([[3, 6], [4, 6], [5, 6], [4, 6], [200, 6]], "uint8"),
        "min_max": np.array([[1, 6], [7, 6], [3, 6]], "uint8"),
    }[name]
    scale, offset = usable(text, f"{name}_scaling", "affine")(x)
    assert scale == pytest.approx(affine[0]) and offset == pytest.approx(affine[1])


def test_samples_that_are_not_scaled_are_told_to_be_so(tmp_path):
    text = script_of(tmp_path, {"scaling": "none"})
    assert 'layers.Rescaling(1.0, name="scaling")' in text
    assert names_of(text) == SIMPLE


def test_given_mean_and_deviation_are_constants(tmp_path):
    text = script_of(tmp_path, {"scaling": {"name": "fixed", "mean": [125, 120, 110], "deviation": 60}})
    assert constant(text, "MEAN") == [125.0, 120.0, 110.0] and constant(text, "DEVIATION") == [60.0]
    assert "scale, offset = affine(np.array(MEAN), np.array(DEVIATION))" in text


def policy(name):
    return {"dtype": {"module": "keras", "class_name": "DTypePolicy", "config": {"name": name}}}


def test_types_of_numbers_are_set_once_and_at_layers_that_differ(tmp_path):
    layers = [
        samples(28, 28),
        ("Rescaling", "scaling", {"scale": 1.0, "offset": 0.0} | policy("float32"), ["samples"]),
        ("Flatten", "flatten", policy("mixed_float16"), ["scaling"]),
        ("Dense", "dense1", DENSE | {"units": 16} | policy("mixed_float16"), ["flatten"]),
        dense("output", 10, "dense1", activation="softmax"),
    ]
    code = code_of(read_architecture(write_network(tmp_path / "model.keras", layers)), "unit", "mixed_float16")
    lines = [line.strip() for line in code.splitlines()]
    assert lines[2] == "keras.config.set_dtype_policy(PRECISION)"
    assert 'layers.Rescaling(1 / 255, name="scaling", dtype="float32"),' in lines
    assert 'layers.Flatten(name="flatten"),' in lines
    assert 'layers.Dense(activation="relu", units=16, name="dense1"),' in lines
    assert 'layers.Dense(units=10, activation="softmax", dtype="float32", name="output"),' in lines


def test_float32_is_not_told(tmp_path):
    text = script_of(tmp_path, {})
    assert "dtype_policy" not in text and "PRECISION" not in text
    assert names_of(text) == SIMPLE


def test_rounded_network_is_a_file_beside_the_other_one(tmp_path):
    deployed = Deployed(bytes=12345, float_bytes=40000, quality={"test_accuracy": 0.875, "validation_accuracy": 0.9})
    text = script_of(tmp_path, {"internal": "post_training_quantization"}, deployed=deployed)
    assert "content = int8_file(network, training[0])" in text
    assert 'arguments.save.with_suffix(".tflite").write_bytes(content)' in text
    assert "the run had 0.8750 and 12,345" in text
    assert names_of(text) == SIMPLE | {"int8_file", "int8_quality"}
    assert "so the int8 file differs a little" in " ".join(text.split())


def test_run_without_an_int8_file_is_told_to_have_none(tmp_path):
    text = script_of(tmp_path, {"internal": "post_training_quantization"}, deployed_reason="not converted")
    assert "the run had no such file" in text


def test_schedule_and_smoothing_are_those_of_both_trainings_of_a_pruned_network(tmp_path):
    leave_trained(tmp_path, {"schedule": "cosine", "label_smoothing": 0.1}, method="pruning")
    text = plain_script("cifar10/pruning", tmp_path)
    assert text.count('"categorical_crossentropy"') == 2
    assert 'train(network, training, validation, epochs, "categorical_crossentropy", [masking])' in text


def test_heading_names_the_parts_of_the_recipe(tmp_path):
    recipe = {"split": "60-20-20", "augmentation": ["random", "mixup"], "schedule": {"name": "cosine", "floor": 0.1}}
    words = " ".join(ast.get_docstring(ast.parse(script_of(tmp_path, recipe))).split())
    assert "The recipe has split 60-20-20; augmentation random, mixup; schedule cosine (floor 0.1)." in words
    assert "The parts are drawn from all samples" in words


def test_heading_says_that_samples_on_disk_are_held_in_memory(tmp_path):
    words = " ".join(ast.get_docstring(ast.parse(script_of(tmp_path, {"input": "disk"}))).split())
    assert "The script holds all samples in memory; the run read its training samples from disk." in words


def test_heading_says_nothing_of_samples_that_were_in_memory(tmp_path):
    assert "holds all samples" not in script_of(tmp_path, {})
