"""How a configuration names a network and the weights that it starts from, and what stands of them in rows and tables."""

import pytest

from frugalnet.analysis.runs import run_row
from frugalnet.config.prunable import unfit, unknown_layer
from frugalnet.config.pruning import Pruning
from frugalnet.config.reading import read_config, read_settings
from frugalnet.config.run import Run
from frugalnet.config.whole import Config
from frugalnet.config.yaml_files import Source
from frugalnet.errors import FrugalNetError
from frugalnet.studies.compression.sheet import run_sheet
from tests.unit.conftest import made_record


def settings(network=None, **recipe):
    own = ({} if network is None else {"network": network}) | ({"recipe": recipe} if recipe else {})
    return {"compression": {"datasets": ["cifar10"], "per_dataset": {"cifar10": own}}}


def rows(network=None, **recipe):
    return {run.method: run for run in run_sheet(Config.model_validate(settings(network, **recipe)))}


def refused(network=None, **recipe):
    with pytest.raises(FrugalNetError) as error:
        read_config([Source("--config", settings(network, **recipe))])
    return str(error.value)


# Networks


def test_network_is_named_by_its_name_alone_and_leaves_no_settings_in_the_row():
    found = rows("resnet8")["pruning"].model_dump(exclude_defaults=True)
    assert found["network"] == "resnet8"
    assert "network_settings" not in found


def test_default_settings_are_the_short_form():
    written = {"name": "resnet18", "stem": "small", "width": 1}
    assert rows(written)["baseline"] == rows("resnet18")["baseline"]


def test_settings_of_a_network_stand_in_the_row_of_every_method():
    found = rows({"name": "resnet18", "width": 0.25, "stem": "imagenet"})
    assert {run.network for run in found.values()} == {"resnet18"}
    assert all(run.network_settings == {"stem": "imagenet", "width": 0.25} for run in found.values())
    assert Run.model_validate_json(found["pruning"].model_dump_json()) == found["pruning"]


def test_tables_tell_two_widths_apart():
    def named(**settings):
        rec = made_record("cifar10")
        run = rec.run.model_copy(update={"network": "resnet20", "network_settings": settings})
        return run_row(rec.model_copy(update={"run": run}), [])["network"]

    assert named() == "resnet20"
    assert named(width=0.25) == "resnet20 (width 0.25)"
    assert named(width=2) == named(width=2.0) == "resnet20 (width 2)"
    assert named(stem="imagenet", width=0.5) == "resnet20 (stem imagenet, width 0.5)"


@pytest.mark.parametrize(
    ("network", "told"),
    [
        ("resnet19", "unknown network; known are softmax_big, .*; did you mean resnet18"),
        ({"width": 0.5}, "expected the name of network, or a mapping with its name"),
        ({"name": "resnet18", "depth": 3}, "depth is no setting of resnet18; known are stem, width"),
        ({"name": "resnet8", "stem": "imagenet"}, "stem is no setting of resnet8; known are width"),
        ({"name": "cifar_cnn", "width": 2.0}, "width is no setting of cifar_cnn; it has none"),
        ({"name": "resnet18", "stem": "large"}, "stem is small or imagenet"),
        ({"name": "resnet18", "stem": ["small"]}, "stem is small or imagenet"),
        ({"name": "resnet18", "width": 0}, "width to be a number from 0.01 to 16"),
        ({"name": "resnet18", "width": "wide"}, "width to be a number from 0.01 to 16"),
        ({"name": "housing_mlp"}, "housing_mlp does not take samples of 3 dimensions"),
    ],
)
def test_network_that_is_none_is_refused(network, told):
    message = refused(network)
    assert "compression.per_dataset.cifar10.network = " in message
    assert told.partition(".*")[0] in message
    assert told.rpartition(".*")[2] in message


def test_layers_are_known_of_networks_without_settings_alone():
    pruning = Pruning(granularity="unit", sparsity=0.99, exclude=("none",))
    assert unknown_layer("resnet20", pruning) is not None
    assert unknown_layer({"name": "resnet20", "width": 0.5}, pruning) is None
    emptied = Pruning(granularity="unit", sparsity=0.99)
    assert unfit("resnet20", emptied, own_data=False) is not None
    assert unfit({"name": "resnet20", "width": 0.5}, emptied, own_data=False) is None


# Weights


@pytest.fixture
def file(tmp_path):
    (tmp_path / "trained.keras").write_bytes(b"weights")
    return str(tmp_path / "trained.keras")


def test_weights_stand_in_the_row_of_the_baseline_alone(file):
    found, plain = rows("resnet8", weights=file), rows("resnet8")
    assert found["baseline"].recipe.weights == file
    assert found["baseline"].versions_of_parts["weights"] == 1
    others = {method: run for method, run in found.items() if method != "baseline"}
    assert {"continued", "pruning", "scratch", "nas", "joint", "width_scaled"} <= others.keys()
    for method, run in others.items():
        anew = method in ("scratch", "width_scaled") or method.startswith(("nas", "joint", "random_search"))
        if anew and method not in ("nas_continued", "nas_pruning", "nas_random"):
            assert run.resolved == {"weights": None}
            assert run.because == "the weights are those of the dataset's network"
            run = run.model_copy(update={"resolved": {}})
        assert run == plain[method]
        assert run.model_dump(exclude_defaults=True) == plain[method].model_dump(exclude_defaults=True)


def test_missing_file_is_refused_before_anything_is_run(tmp_path):
    message = refused("resnet8", weights=f"{tmp_path}/none.weights.h5")
    assert "compression.per_dataset.cifar10.recipe.weights = " in message
    assert "no such file; expected one that ends in .keras or .weights.h5" in message


def test_settings_of_results_are_read_where_the_file_is_missing(tmp_path, file):
    path = tmp_path / "settings.yaml"
    path.write_text(
        f"compression: {{datasets: [cifar10], per_dataset: {{cifar10: {{recipe: {{weights: {file}}}}}}}}}\n"
    )
    (tmp_path / "trained.keras").unlink()
    found = read_settings(path, tmp_path / "hours.csv")
    assert found.compression.recipe("cifar10").weights == file


@pytest.mark.parametrize("weights", ["trained.h5", "trained", "imagenet.npz"])
def test_file_that_is_not_of_keras_is_refused(weights):
    assert "expected imagenet, or a file that ends in .keras or .weights.h5" in refused("resnet8", weights=weights)


@pytest.mark.parametrize(
    "network", [None, "resnet8", "resnet50", {"name": "resnet50", "stem": "imagenet", "width": 0.5}]
)
def test_weights_of_imagenet_are_refused_for_networks_that_keras_has_not(network):
    message = refused(network, weights="imagenet")
    assert "per_dataset.cifar10.recipe.weights = 'imagenet'" in message
    assert "Keras has no such weights for" in message
    assert "expected a file, or one of the networks resnet50 (stem imagenet)" in message


def test_weights_of_imagenet_are_for_resnet50_with_its_stem():
    found = rows({"name": "resnet50", "stem": "imagenet"}, weights="imagenet")
    assert (found["baseline"].recipe.weights, found["pruning"].recipe.weights) == ("imagenet", None)


def test_record_shows_the_checksum_of_the_weights_and_does_without():
    rec = made_record()
    assert rec.weights_sha256 is None
    assert rec.model_copy(update={"weights_sha256": "5" * 64}).model_dump()["weights_sha256"] == "5" * 64
