"""A plain script does what the run did: the same network, the same masks, and a quality like the run's, without this project."""

import re
import subprocess
import sys

import numpy as np
import pytest

from frugalnet import catalogue, networks, run
from frugalnet.backend import keras
from frugalnet.commands.script import plain_script
from frugalnet.commands.script.architecture import code_of, read_architecture
from frugalnet.commands.script.pieces import data as data_pieces
from frugalnet.commands.script.pieces import masking as masking_pieces
from frugalnet.commands.script.prunable import kernels, units
from frugalnet.config.carbon import Carbon
from frugalnet.config.pruning import Pruning
from frugalnet.config.whole import Config
from frugalnet.datasets import load
from frugalnet.datasets.fetch import fetch
from frugalnet.datasets.prepared import prepare
from frugalnet.measure import costs
from frugalnet.pruning.allocation import spread_by_size
from frugalnet.pruning.masks import Masking
from frugalnet.pruning.scores import Random, candidates
from frugalnet.recipes.scaling import scaling_layer
from frugalnet.record.probe import Probe
from frugalnet.record.record import read_record
from frugalnet.studies.compression.sheet import run_sheet
from tests.model.test_networks import SAMPLES
from tests.model.test_spaces import WIDE, built, declared, drawn

CONFIG = Config.model_validate(
    {
        "measure": {"meters": "none", "inference_s": 0.05, "idle_s": 0, "memory": "none"},
        "compression": {
            "datasets": ["mnist", "california_housing"],
            "variants": [{}, {"granularity": "unit", "sparsity": 0.5, "allocation": "spread", "distillation": 0.5}],
            "pruning": {"epochs": 4, "update_steps": 8},
            "per_dataset": {
                "mnist": {"recipe": {"epochs": 4, "batch_size": 32}},
                "california_housing": {"recipe": {"epochs": 4, "batch_size": 32, "scaling": "standard"}},
            },
        },
    }
)
PROBE = Probe(machine={}, started="2026-01-01T00:00:00+00:00", on_gpu=False, meters=[], missing={})
RUNS = [
    *("mnist/baseline/default", "mnist/pruning/weight-s0.90", "mnist/pruning/unit-s0.50"),
    *("california_housing/baseline/default", "california_housing/pruning/unit-s0.50"),
]
ALONE = "import runpy, sys; sys.modules['frugalnet'] = None; sys.argv = sys.argv[1:]; runpy.run_path(sys.argv[0], run_name='__main__')"
"""Run a script where this project cannot be imported."""


def built_by_code(path, x, scaling="unit"):
    """Return the network that the code of a saved model builds."""
    names = {"keras": keras, "layers": keras.layers, "np": np, "standard_scaling": data_pieces.standard_scaling}
    exec(code_of(read_architecture(path), scaling), names)
    return names["build_network"](x)


def saved(model, folder):
    model.save(folder / "model.keras")
    return folder / "model.keras"


def assert_same_function(model, rebuilt, x):
    rebuilt.set_weights(model.get_weights())
    np.testing.assert_allclose(np.asarray(rebuilt(x)), np.asarray(model(x)), rtol=1e-5, atol=1e-5)


@pytest.mark.parametrize("name", catalogue.NETWORKS)
def test_code_of_each_named_network_builds_it_again(tmp_path, name):
    shape, n_classes = SAMPLES[name]
    x = np.random.default_rng(0).integers(0, 256, (8, *shape)).astype("uint8")
    scaling = "standard" if n_classes is None else "unit"
    model = networks.build(name, scaling_layer(scaling, x), shape, "uint8", n_classes)
    rebuilt = built_by_code(saved(model, tmp_path), x, scaling)
    assert_same_function(model, rebuilt, x)
    assert sum(np.prod(weight.shape) for weight in rebuilt.trainable_variables) == catalogue.NETWORKS[name].parameters


@pytest.mark.parametrize("space", WIDE)
def test_code_of_networks_that_a_search_may_find_builds_them_again(tmp_path, space):
    known = declared(space)
    for seed in range(6):
        model = built(space, drawn(known, seed))
        x = np.random.default_rng(0).integers(0, 256, (2, *model.input_shape[1:])).astype("uint8")
        assert_same_function(model, built_by_code(saved(model, tmp_path), x), x)


def networks_with_units(folder):
    """Yield a small residual network, and networks of the wide spaces of images."""
    for space, seed in (
        ("cifar10_wide", 0),
        ("cifar10_wide", 3),
        ("sat6_wide", 1),
        ("sat6_wide", 5),
        ("mnist_wide", 2),
    ):
        keras.utils.set_random_seed(seed)
        model = built(space, drawn(declared(space), seed))
        yield model, read_architecture(saved(model, folder))


def test_what_can_be_pruned_is_what_the_project_prunes(tmp_path, monkeypatch):
    for model, architecture in networks_with_units(tmp_path):
        theirs = candidates(model, Pruning(granularity="unit", sparsity=0.5))
        monkeypatch.setattr(masking_pieces, "UNITS", units(architecture, []))
        own = masking_pieces.Units(model)
        assert {name for names in masking_pieces.UNITS for name in names.split(" + ")} == {
            name for names in theirs.names for name in names.split(" + ")
        }
        assert {variable.path for variable in own.variables} == {variable.path for variable, _ in theirs.masks}
        scores = {len(score): np.sort(score) for score in theirs.scores()}
        for score in own.scores():
            assert len(score) in scores
        np.testing.assert_allclose(
            np.sort(np.concatenate(own.scores())), np.sort(np.concatenate(theirs.scores())), rtol=1e-5
        )
        names = candidates(model, Pruning()).names
        assert [layer for layer, _ in kernels(architecture, [], prune_output=False)] == names


@pytest.mark.parametrize(
    ("settings", "choose"),
    [
        ({"granularity": "weight", "sparsity": 0.83}, "same_in_each_layer"),
        ({"granularity": "weight", "sparsity": 0.8, "allocation": "global"}, "smallest_of_all_layers"),
        ({"granularity": "weight", "sparsity": 0.8, "allocation": "spread"}, "more_of_large_layers"),
        (
            {"granularity": "unit", "sparsity": 0.6, "allocation": "spread", "initial_sparsity": 0.2},
            "more_of_large_layers",
        ),
        ({"granularity": "unit", "sparsity": 0.5, "schedule": "constant"}, "same_in_each_layer"),
        ({"granularity": "2:4", "sparsity": 0.5, "exclude": ("conv1",)}, "two_of_four"),
    ],
)
@pytest.mark.parametrize("at_random", [False, True])
def test_masks_are_those_of_the_project_at_every_update(tmp_path, monkeypatch, settings, choose, at_random):
    shape, n_classes = SAMPLES["cifar_cnn"]
    keras.utils.set_random_seed(0)
    model = networks.build("cifar_cnn", keras.layers.Rescaling(1 / 255, name="scaling"), shape, "uint8", n_classes)
    pruning, start = Pruning(**settings), model.get_weights()
    once = pruning.granularity == "2:4"
    monkeypatch.setattr(masking_pieces, "SPARSITY", pruning.sparsity)
    monkeypatch.setattr(masking_pieces, "INITIAL_SPARSITY", pruning.initial_sparsity)
    monkeypatch.setattr(masking_pieces, "RAMP", pruning.ramp)
    architecture = read_architecture(saved(model, tmp_path))
    monkeypatch.setattr(masking_pieces, "WEIGHTS", kernels(architecture, pruning.exclude, prune_output=False))
    monkeypatch.setattr(masking_pieces, "UNITS", units(architecture, []))
    theirs = candidates(model, pruning)
    own = masking_pieces.Units(model) if pruning.granularity == "unit" else masking_pieces.Weights(model)
    if at_random:
        theirs, own = Random(theirs, masking_pieces.SEED), masking_pieces.AtRandom(own)
    schedule = masking_pieces.constant if once or pruning.schedule == "constant" else masking_pieces.polynomial
    masking = masking_pieces.Masking(own, getattr(masking_pieces, choose), schedule, 40)
    reference = Masking(theirs, pruning, 40)
    for step in (1,) if once else (0, 7, 20):
        model.set_weights(start)
        reference._renew(step)
        expected = {variable.path: mask.numpy() for variable, mask in theirs.masks}
        model.set_weights(start)
        masking.renew(step)
        for variable, mask in zip(own.variables, masking.masks, strict=True):
            np.testing.assert_array_equal(mask.values.numpy(), expected[variable.path], err_msg=variable.path)


def test_sparsity_is_spread_as_by_the_project():
    shapes = [(784, 528), (528, 128), (3, 3, 32, 64), (64,), (16,)]
    assert masking_pieces.spread_by_size(shapes, 0.9) == spread_by_size(shapes, 0.9)


@pytest.fixture(scope="module")
def prepared(tmp_path_factory):
    """Return folders of the prepared sample data, by dataset."""
    folder = tmp_path_factory.mktemp("data")
    for dataset in CONFIG.compression.datasets:
        fetch(dataset, CONFIG.data, folder / "raw" / dataset)
        prepare(dataset, folder / "raw" / dataset, folder / dataset)
    return {dataset: folder / dataset for dataset in CONFIG.compression.datasets}


def as_file(data_folder, folder):
    """Write the data of a dataset as the file that a script takes: what is not for testing, and what is."""
    data = load(data_folder)
    x, y, test = (np.load(data_folder / f"{name}.npy") for name in ("x", "y", "test"))
    rest = np.setdiff1d(np.arange(len(y)), test)
    np.savez(folder / "data.npz", x_train=x[rest], y_train=y[rest], x_test=x[test], y_test=y[test])
    return data


@pytest.mark.parametrize("dataset", ["mnist", "california_housing"])
def test_split_is_that_of_the_project(tmp_path, monkeypatch, prepared, dataset):
    data = as_file(prepared[dataset], tmp_path)
    monkeypatch.setattr(data_pieces, "CLASSES", data.n_classes)
    found = data_pieces.split(*data_pieces.load_file(tmp_path / "data.npz"))
    for (x, y), part in zip(found, (data.train, data.validation, data.test), strict=True):
        np.testing.assert_array_equal(x, part.x)
        np.testing.assert_array_equal(y, part.y)


@pytest.fixture(scope="module")
def results(tmp_path_factory, prepared):
    """Return a folder of results in which baselines and pruned networks of the study are."""
    folder = tmp_path_factory.mktemp("results")
    study = folder / "compression"
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(run.backend, "configure", lambda threads, seed: keras.utils.set_random_seed(seed))
        patch.setattr(costs, "tflite_bytes", lambda model: (None, None))
        for row in run_sheet(CONFIG):
            if row.id.removesuffix("/seed0") in RUNS:
                parent = study / "raw" / row.parent if row.parent else None
                run.execute(row, run.Inputs(prepared[row.dataset], parent), PROBE, Carbon(), study)
    return folder


def trained_alone(text, folder):
    """Run a script in a folder with `data.npz`, where this project is not there; return quality, parameters that are not zero, all, and what it said."""
    (folder / "script.py").write_text(text)
    done = subprocess.run(
        [sys.executable, "-c", ALONE, "script.py", "--data", "data.npz"], cwd=folder, capture_output=True, text=True
    )
    assert done.returncode == 0, done.stderr
    quality = float(re.search(r"test \w+ ([\d.]+);", done.stdout)[1])
    left, total = (
        int(text.replace(",", "")) for text in re.search(r"([\d,]+) of ([\d,]+) parameters", done.stdout).groups()
    )
    return quality, left, total, done.stdout


@pytest.mark.parametrize("variant", ["weight-s0.90", "unit-s0.50"])
def test_script_of_a_pruned_network_comes_to_what_the_run_came_to(tmp_path, prepared, results, variant):
    rec = read_record(results / "compression" / "raw" / "mnist" / "pruning" / variant / "seed0" / "record.json")
    as_file(prepared["mnist"], tmp_path)
    quality, left, total, _ = trained_alone(plain_script(f"mnist/pruning/{variant}", results), tmp_path)
    assert total == rec.model.parameters
    assert left == pytest.approx(rec.model.parameters_nonzero, rel=0.01)
    assert quality == pytest.approx(rec.quality["test_accuracy"], abs=0.1)
    assert keras.models.load_model(tmp_path / "model.keras").count_params() == rec.model.parameters


def test_script_of_a_regression_comes_to_what_the_run_came_to(tmp_path, prepared, results):
    raw = results / "compression" / "raw" / "california_housing" / "pruning" / "unit-s0.50"
    rec = read_record(raw / "seed0" / "record.json")
    as_file(prepared["california_housing"], tmp_path)
    quality, left, total, _ = trained_alone(plain_script("california_housing/pruning/unit-s0.50", results), tmp_path)
    assert total == rec.model.parameters
    assert left == pytest.approx(rec.model.parameters_nonzero, rel=0.02)
    assert quality == pytest.approx(rec.quality["test_mae"], abs=0.1)
