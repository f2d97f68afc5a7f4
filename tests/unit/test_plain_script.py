"""A plain script: of the run that was named, with what it needs and nothing of this project."""

import ast
import json
import re
import subprocess
import sys
from dataclasses import replace

import pytest

from frugalnet.commands.script import plain_script
from frugalnet.commands.script.architecture import code_of, read_architecture
from frugalnet.commands.script.prunable import kernels, units
from frugalnet.errors import FrugalNetError
from frugalnet.files import digest
from frugalnet.record import paths
from frugalnet.record.rows import Trial, write_csv
from tests.unit.conftest import made_record
from tests.unit.made_networks import DENSE, PERCEPTRON, RESIDUAL, dense, samples, scaling, write_network

SOFTWARE = {"frugalnet": "0.1.0", "python": "3.11.7", "packages": {"keras": "3.12.4"}, "git": None}
DATA = {"level": "sample", "n_classes": 10, "samples": {"train": 160, "validation": 40, "test": 40}}


def leave_run(
    results, method="baseline", seed=0, *, study="compression", variant=None, pruning=None, layers=PERCEPTRON, **changes
):
    """Leave a run in results, as far as a script needs it."""
    rec = made_record(method=method, seed=seed, software=SOFTWARE, data=DATA | changes.pop("data", {}), **changes)
    run = rec.run.model_copy(update={"variant": variant or rec.run.variant})
    if pruning:
        run = run.model_copy(update={"pruning": run.pruning.model_copy(update=pruning)})
    folder = results / study / "raw" / run.id
    folder.mkdir(parents=True)
    write_network(folder / paths.MODEL, layers)
    rec.model_copy(update={"run": run, "files": {paths.MODEL: digest(folder / paths.MODEL)}}).write(folder)
    return folder


def constant(text, name):
    return ast.literal_eval(re.search(rf"^{name} = (.*?)(?=\n[A-Z]|\n\n)", text, re.DOTALL | re.MULTILINE)[1])


def imported(text):
    """Return the packages that a script imports, also inside functions."""
    found = set()
    for node in ast.walk(ast.parse(text)):
        if isinstance(node, ast.Import):
            found |= {name.name.partition(".")[0] for name in node.names}
        if isinstance(node, ast.ImportFrom):
            found.add(node.module.partition(".")[0])
    return found


def names_of(text):
    tree = ast.parse(text)
    return {node.name for node in tree.body if isinstance(node, ast.FunctionDef | ast.ClassDef)}


@pytest.mark.parametrize("method", ["baseline", "continued", "pruning", "random", "scratch", "nas", "nas_pruning"])
def test_script_imports_keras_numpy_and_the_standard_library_only(tmp_path, method):
    leave_run(tmp_path, method)
    text = plain_script(f"mnist/{method}", tmp_path)
    assert imported(text) - sys.stdlib_module_names == {"keras", "numpy"}
    compile(text, "script", "exec")


def test_script_is_written_without_keras(tmp_path):
    leave_run(tmp_path, "pruning")
    code = (
        "import sys; from pathlib import Path; from frugalnet.commands.script import plain_script; "
        f"plain_script('mnist/pruning', Path({str(tmp_path)!r})); "
        "print({'keras', 'tensorflow'} & sys.modules.keys())"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout == "set()\n"


def test_heading_says_what_was_measured_on_which_data_and_with_what(tmp_path):
    leave_run(tmp_path, quality=0.9712, validation=0.9688)
    words = " ".join(ast.get_docstring(ast.parse(plain_script("mnist/baseline/default", tmp_path))).split())
    assert "FrugalNet 0.1.0 from the run mnist/baseline/default/seed0" in words
    assert "accuracy 0.9712 on test and 0.9688 on validation data" in words
    assert "level sample (made samples" in words
    assert "Python 3.11.7" in words and "keras 3.12.4" in words


def test_chain_of_layers_is_written_as_a_sequence_with_what_is_not_the_default(tmp_path):
    code = code_of(read_architecture(write_network(tmp_path / "model.keras", PERCEPTRON)), "unit")
    lines = [line.strip() for line in code.splitlines()]
    assert 'keras.Input((28, 28), dtype="uint8", name="samples"),' in lines
    assert 'layers.Rescaling(1 / 255, name="scaling"),' in lines
    assert 'layers.Flatten(name="flatten"),' in lines
    assert 'layers.Dense(units=16, activation="relu", name="dense1"),' in lines
    assert 'layers.Dense(units=10, activation="softmax", name="output"),' in lines


def test_branches_are_written_as_a_graph(tmp_path):
    code = code_of(read_architecture(write_network(tmp_path / "model.keras", RESIDUAL)), "unit")
    assert 'x_add1 = layers.Add(name="add1")([x_norm1, x_shortcut1])' in code
    assert 'layers.BatchNormalization(momentum=0.9, name="norm1")(x_conv1)' in code
    assert 'layers.Conv2D(filters=8, kernel_size=(1, 1), name="shortcut1")(x_scaling)' in code
    assert 'layers.MaxPooling2D(pool_size=(2, 2), name="pool1")(x_add1)' in code
    assert 'keras.Model(x_samples, x_output, name="made")' in code


def test_standard_scaling_is_fitted_on_the_training_part_of_the_script(tmp_path):
    network = [
        samples(8, dtype="float32"),
        scaling(factor=[0.5] * 8),
        dense("output", 1, "scaling", activation="linear"),
    ]
    code = code_of(read_architecture(write_network(tmp_path / "model.keras", network)), "standard")
    assert "scale, offset = standard_scaling(x_train)" in code
    assert 'layers.Rescaling(scale, offset, name="scaling")' in code
    assert "0.5" not in code


def test_initializer_that_is_not_the_usual_one_is_written(tmp_path):
    he = {"module": "keras.initializers", "class_name": "HeNormal", "config": {"seed": None}}
    network = [*PERCEPTRON[:3], ("Dense", "output", DENSE | {"units": 10, "kernel_initializer": he}, ["flatten"])]
    code = code_of(read_architecture(write_network(tmp_path / "model.keras", network)), "unit")
    assert "kernel_initializer=keras.initializers.HeNormal()" in code


def test_layer_that_is_not_one_of_keras_is_refused(tmp_path):
    path = write_network(tmp_path / "model.keras", PERCEPTRON, module="autokeras.keras_layers")
    with pytest.raises(FrugalNetError, match=r"model\.keras.*class InputLayer is not one of Keras"):
        read_architecture(path)


def test_output_keeps_its_weights_unless_the_run_prunes_it_too(tmp_path):
    architecture = read_architecture(write_network(tmp_path / "model.keras", RESIDUAL))
    hidden = [("shortcut1", "kernel"), ("conv1", "pointwise_kernel"), ("dense1", "kernel")]
    assert kernels(architecture, [], prune_output=False) == hidden
    assert kernels(architecture, [], prune_output=True) == [*hidden, ("output", "kernel")]
    assert kernels(architecture, ["conv1"], prune_output=False) == [hidden[0], hidden[2]]


def test_what_is_added_shares_its_units_and_takes_all_along_that_belongs_to_them(tmp_path):
    found = units(read_architecture(write_network(tmp_path / "model.keras", RESIDUAL)), [])
    assert list(found) == ["shortcut1 + conv1", "dense1"]
    assert set(found["shortcut1 + conv1"]) == {
        ("shortcut1", "kernel", 3), ("shortcut1", "bias", 0), ("conv1", "pointwise_kernel", 3), ("conv1", "bias", 0),
        ("norm1", "gamma", 0), ("norm1", "beta", 0), ("dense1", "kernel", 0),
    }  # fmt: skip
    assert found["dense1"] == [("dense1", "kernel", 1), ("dense1", "bias", 0), ("output", "kernel", 0)]


def test_units_of_an_excluded_layer_stay_with_all_that_share_them(tmp_path):
    architecture = read_architecture(write_network(tmp_path / "model.keras", RESIDUAL))
    assert list(units(architecture, ["conv1"])) == ["dense1"]


def test_units_in_front_of_an_unknown_layer_are_refused(tmp_path):
    network = [*PERCEPTRON[:4], ("UnitNormalization", "norm", {}, ["dense1"]), dense("output", 10, "norm")]
    with pytest.raises(FrugalNetError, match=r"norm \(UnitNormalization\): not known"):
        units(read_architecture(write_network(tmp_path / "model.keras", network)), [])


def test_script_has_no_code_that_it_does_not_need(tmp_path):
    leave_run(tmp_path)
    assert names_of(plain_script("mnist/baseline", tmp_path)) == {
        "load_file", "downloaded", "load_mnist", "split", "drawn", "train", "build_network", "main",
    }  # fmt: skip


def test_pruning_of_weights_has_the_schedule_of_the_run(tmp_path):
    settings = {"sparsity": 0.95, "initial_sparsity": 0.2, "ramp": 0.4, "update_steps": 7, "epochs": 9}
    leave_run(tmp_path, "pruning", pruning=settings)
    text = plain_script("mnist/pruning", tmp_path)
    names = ("SPARSITY", "INITIAL_SPARSITY", "RAMP", "UPDATE_STEPS", "MORE_EPOCHS")
    found = [ast.literal_eval(re.search(rf"^{name} = ([\d.]+)", text, re.MULTILINE)[1]) for name in names]
    assert found == [0.95, 0.2, 0.4, 7, 9]
    assert "Masking(Weights(network), same_in_each_layer, polynomial, steps)" in text
    assert '("dense1", "kernel"),' in text


@pytest.mark.parametrize(
    ("settings", "masking"),
    [
        ({"granularity": "unit", "allocation": "spread"}, "Units(network), more_of_large_layers, polynomial"),
        ({"allocation": "global", "schedule": "constant"}, "Weights(network), smallest_of_all_layers, constant"),
        ({"granularity": "2:4", "sparsity": 0.5}, "Weights(network), two_of_four, constant"),
    ],
)
def test_each_way_of_pruning_is_written(tmp_path, settings, masking):
    leave_run(tmp_path, "pruning", pruning=settings)
    assert f"Masking({masking}, steps)" in plain_script("mnist/pruning", tmp_path)


def test_distilled_control_is_not_pruned_and_has_the_same_teacher(tmp_path):
    leave_run(tmp_path, "continued", pruning={"epochs": 9, "distillation": 0.5})
    text = plain_script("mnist/continued", tmp_path)
    assert "Masking" not in text and "DISTILLATION = 0.5" in text


@pytest.mark.parametrize("method", ["random", "nas_random"])
def test_control_draws_at_random_what_is_dropped(tmp_path, method):
    leave_run(tmp_path, method)
    assert "Masking(AtRandom(Weights(network))," in plain_script(f"mnist/{method}", tmp_path)


def test_distillation_mixes_the_predictions_of_the_network_before_pruning_into_the_targets(tmp_path):
    leave_run(tmp_path, "pruning", pruning={"distillation": 0.7, "temperature": 4.0})
    text = plain_script("mnist/pruning", tmp_path)
    assert "training = training[0], soft_classes(network, *training)" in text
    assert 'train(network, training, validation, epochs, "categorical_crossentropy", [masking])' in text
    assert "DISTILLATION = 0.7" in text and "TEMPERATURE = 4.0" in text


def test_network_that_is_trained_on_is_not_pruned(tmp_path):
    leave_run(tmp_path, "continued", pruning={"epochs": 9})
    text = plain_script("mnist/continued", tmp_path)
    assert "Masking" not in text and "DISTILLATION" not in text
    assert "MORE_EPOCHS = 9" in text


def test_control_from_new_weights_is_trained_for_as_long_as_pruning(tmp_path):
    leave_run(tmp_path, "scratch", pruning={"epochs": 9})
    text = plain_script("mnist/scratch", tmp_path)
    assert constant(text, "EPOCHS") == 5 + 9
    assert "MORE_EPOCHS" not in text


def test_search_with_pruning_inside_prunes_as_its_winner_did(tmp_path):
    folder = leave_run(tmp_path, "joint")
    chosen = json.dumps({"sparsity": 0.25, "schedule": "constant", "dense_layers": 1})
    tried = Trial(1, "complete", *[None] * 10, 2.5, 3, None, False, "run/search/trial1", "{}", "{}", None)
    write_csv([tried, replace(tried, trial=2, winner=True, hyperparameters=chosen)], folder / paths.TRIALS)
    text = plain_script("mnist/joint", tmp_path)
    assert "SPARSITY = 0.25" in text
    assert "Masking(Units(network), same_in_each_layer, constant, steps)" in text
    assert "An architecture search (tuner greedy, 3 trials" in text


@pytest.mark.parametrize(
    ("dataset", "loader"),
    [("mnist", "keras.datasets.mnist"), ("cifar10", "keras.datasets.cifar10"), ("sat6", "loadmat(path)")],
)
def test_official_data_are_loaded_by_keras_or_from_a_file(tmp_path, dataset, loader):
    leave_run(tmp_path, dataset=dataset)
    text = plain_script(f"{dataset}/baseline", tmp_path)
    assert loader in text
    assert f"load_{dataset}(arguments.data)" in text
