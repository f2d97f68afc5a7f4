"""Weights of another network, and of images of another size, are refused when the configuration is read."""

import io
import json
import zipfile

import h5py
import numpy as np
import pytest

from frugalnet.config.reading import read_files
from frugalnet.config.recipe import Recipe
from frugalnet.config.starting import unfit_start
from frugalnet.errors import FrugalNetError
from frugalnet.kernels import KERNELS, NORMALIZATIONS, kernels_of

BEHIND_INPUT = {
    "as they are": [],
    "resized": [("Resizing", 40)],
    "cut out": [("Resizing", 40), ("CenterCrop", 36)],
}


def weights_file(path, network="resnet8", behind="as they are", **settings):
    """Write a file `.keras` as Keras does it, with zeros for the weights of a network for images of 32 x 32 pixels."""
    layers = [{"class_name": "InputLayer", "config": {"batch_shape": [None, 32, 32, 3]}}]
    layers += [{"class_name": kind, "config": {"height": size, "width": size}} for kind, size in BEHIND_INPUT[behind]]
    shapes = {**kernels_of(network, **settings), **dict.fromkeys(NORMALIZATIONS[network], (16,))}
    with zipfile.ZipFile(path, "w") as archive:
        archive.writestr("config.json", json.dumps({"config": {"layers": layers}}))
        held_in = io.BytesIO()
        with h5py.File(held_in, "w") as file:
            for number, (name, shape) in enumerate(shapes.items()):
                held = file.create_group(f"layers/layer{number}/vars")
                held.attrs["name"] = name
                held["0"] = np.zeros(shape, "float16")
        archive.writestr("model.weights.h5", held_in.getvalue())
    return str(path)


def told(path, network="resnet8", dataset="cifar100", **recipe):
    return unfit_start(Recipe(weights=str(path), **recipe), dataset, network)


def test_weights_of_the_same_network_fit(tmp_path):
    assert told(weights_file(tmp_path / "same.keras")) is None
    narrow = {"name": "resnet18", "stem": "imagenet", "width": 0.1}
    assert told(weights_file(tmp_path / "narrow.keras", "resnet18", stem="imagenet", width=0.1), narrow) is None


@pytest.mark.parametrize(
    ("network", "expected"),
    [
        ("resnet20", "weights of another network than resnet20: stage1_block2_conv1 is not in it; stage1_block2_conv2 is"),
        ("softmax_big", "weights of another network than softmax_big: dense1 is not in it; dense2 is not in it; stem is in it, but"),
        ({"name": "resnet8", "width": 0.5}, "weights of another network than resnet8: stem has 3x3x3x16 in it instead of 3x3x3x8; stage1"),
    ],
)  # fmt: skip
def test_layers_of_another_network_are_named(tmp_path, network, expected):
    file = weights_file(tmp_path / "other.keras")
    assert expected in told(file, network, "mnist" if network == "softmax_big" else "cifar100")


def test_first_layers_of_another_kind_are_no_fit(tmp_path):
    file = weights_file(tmp_path / "small.keras", "resnet18")
    assert "stem has 3x3x3x64 in it instead of 7x7x3x64" in told(file, {"name": "resnet18", "stem": "imagenet"})


def test_channels_of_the_data_and_number_of_classes_are_no_other_network(tmp_path):
    assert KERNELS["resnet8"]["output"][-1] == 10
    assert told(weights_file(tmp_path / "same.keras"), dataset="cifar10") is None


@pytest.mark.parametrize(
    ("behind", "resize", "sizes"),
    [
        ("as they are", None, None),
        ("as they are", 40, (32, 40)),
        ("as they are", {"to": 40, "crop": 32}, None),
        ("resized", None, (40, 32)),
        ("resized", 40, None),
        ("resized", {"to": 40, "crop": 36}, (40, 36)),
        ("cut out", 40, (36, 40)),
        ("cut out", {"to": 40, "crop": 36}, None),
    ],
)
def test_images_of_another_size_are_refused_with_both_sizes(tmp_path, behind, resize, sizes):
    found = told(weights_file(tmp_path / "made.keras", behind=behind), resize=resize)
    if sizes is None:
        assert found is None
    else:
        trained, own = sizes
        assert f"got images of {trained} x {trained} pixels, here they have {own} x {own}" in found
        assert f"expected recipe.resize = {trained}" in found


def test_file_without_an_architecture_does_not_say_which_images(tmp_path):
    with zipfile.ZipFile(weights_file(tmp_path / "made.keras", behind="resized")) as archive:
        (tmp_path / "made.weights.h5").write_bytes(archive.read("model.weights.h5"))
    assert told(tmp_path / "made.weights.h5") is None
    assert "is not in it" in told(tmp_path / "made.weights.h5", "resnet20")


def test_file_that_cannot_be_read_is_left_to_the_run(tmp_path):
    (tmp_path / "damaged.keras").write_bytes(b"no archive")
    assert told(tmp_path / "damaged.keras") is None


@pytest.mark.parametrize(
    ("text", "place"),
    [
        ("compression: {datasets: [cifar10], per_dataset: {cifar10: {network: resnet20, recipe: {weights: made.keras}}}}", "compression.per_dataset.cifar10.recipe.weights"),
        ("techniques: {network: resnet20, recipe: {weights: made.keras}}", "techniques.recipe.weights"),
        ("techniques: {network: resnet8, recipe: {weights: made.keras}, factors: {resize: {off: null, on: 40, levels: [null, 40]}}}", "techniques.factors.resize.on = 40"),
        ("sweep: {rows: {strong: {recipe: {weights: made.keras}}}}", "sweep.rows.strong.recipe.weights"),
        ("sweep: {rows: {pretrained: {start: strong, network: resnet50, recipe: {weights: null}}}}", "sweep.rows.pretrained.start = 'strong' (mine.yaml, line 1): weights of a network that got images of 32 x 32 pixels, here they have 224 x 224"),
    ],
)  # fmt: skip
def test_studies_refuse_them_before_anything_is_run(tmp_path, monkeypatch, text, place):
    monkeypatch.chdir(tmp_path)
    weights_file(tmp_path / "made.keras")
    (tmp_path / "mine.yaml").write_text(text)
    with pytest.raises(FrugalNetError) as refused:
        read_files(["mine.yaml"])
    assert place in str(refused.value)
