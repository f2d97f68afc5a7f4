"""Weights that a network starts from: those of a file, or those that Keras downloads."""

import io
import zipfile
from collections.abc import Iterator, Mapping
from pathlib import Path

import h5py
import numpy as np

from frugalnet.backend import keras, tf
from frugalnet.config.starting import INSIDE, another_network
from frugalnet.config.weights import IMAGENET, missing_weights
from frugalnet.errors import FrugalNetError
from frugalnet.files import reading
from frugalnet.recipes import imagenet

Weights = Mapping[str, list[np.ndarray]]
"""Weights by the names of layers, in the order in which a layer has them."""
EXPECTED = "weights as Keras 3 writes them"


def file_of(weights: str | None, network: str) -> Path | None:
    """Return the file of a recipe's `weights`, downloaded if it is Keras'; None where there are none.

    No operation of TensorFlow runs. Raises FrugalNetError for a missing file, and where Keras cannot download it.
    """
    if weights is None:
        return None
    if weights == IMAGENET:
        return imagenet.downloaded(network)
    if told := missing_weights(weights):
        raise FrugalNetError(f"recipe.weights = {weights}: {told}")
    return Path(weights)


def start_from(model: keras.Model, weights: str, network: str) -> None:
    """Give a new model the weights that a recipe names; its output layer takes them if they fit, or else stays new.

    Raises FrugalNetError for weights of another network, with the layers that do not fit.
    """
    file = file_of(weights, network)
    assert file is not None
    found = imagenet.weights_of(network, file, model) if weights == IMAGENET else read_weights(file)
    wanted = {layer.name: layer.get_weights() for layer in model.layers if layer.weights}
    output = model.layers[-1].name
    if wrong := list(_unfit(wanted, found, output)):
        raise FrugalNetError(f"recipe.weights = {weights}: {another_network(network, wrong)}")
    for name, own in wanted.items():
        if name != output or _shapes(found.get(name, [])) == _shapes(own):
            model.get_layer(name).set_weights(found[name])


def _unfit(wanted: Weights, found: Weights, output: str) -> Iterator[str]:
    """Yield what is wrong with layers: that they are missing, have other shapes, or are not in the network."""
    for name, own in wanted.items():
        if name != output and name not in found:
            yield f"{name} is not in it"
        elif name != output and _shapes(found[name]) != _shapes(own):
            yield f"{name} has {_written(found[name])} in it instead of {_written(own)}"
    for name in found:
        if name not in (*wanted, output):
            yield f"{name} is in it, but not in the network"


def read_weights(path: Path) -> Weights:
    """Return the weights in a file `.keras` or `.weights.h5`; raises FrugalNetError for one that is damaged or of an earlier Keras."""
    with reading(path, EXPECTED):
        if path.suffix == ".keras":
            with zipfile.ZipFile(path) as archive:
                return _weights(io.BytesIO(archive.read(INSIDE)))
        return _weights(path)


def _weights(source: Path | io.BytesIO) -> Weights:
    with h5py.File(source) as file:
        held = [layer["vars"] for layer in file["layers"].values() if len(layer.get("vars", ()))]
        return {
            str(each.attrs["name"]): [_numbers(each[str(number)][()]) for number in range(len(each))] for each in held
        }


def _numbers(value: np.ndarray) -> np.ndarray:
    """Return an array of a file; bfloat16, which HDF5 does not know, is kept there as bytes."""
    return value.view(tf.bfloat16.as_numpy_dtype).astype("float32") if value.dtype.kind == "V" else value


def _shapes(weights: list[np.ndarray]) -> list[tuple[int, ...]]:
    return [weight.shape for weight in weights]


def _written(weights: list[np.ndarray]) -> str:
    return " and ".join("x".join(map(str, shape)) for shape in _shapes(weights))
