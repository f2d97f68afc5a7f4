"""Weights that Keras downloads: networks of `keras.applications`, trained on ImageNet, without their output layers."""

import re
from pathlib import Path

import numpy as np

from frugalnet import catalogue
from frugalnet.backend import keras
from frugalnet.catalogue.entries import Pretrained
from frugalnet.errors import FrugalNetError
from frugalnet.recipes.precision import precision

MEANS = np.array([123.68, 116.779, 103.939])
"""Red, green and blue that `keras.applications.resnet50.preprocess_input` subtracts from bytes, before it reverses their order."""
NAME = re.compile(r"conv(\d)_block(\d)_(\d)_conv")


def downloaded(network: str) -> Path:
    """Return the file of a network's weights in Keras' cache, downloaded if it is not there; no operation of TensorFlow runs."""
    entry = _pretrained(network)
    name = entry.url.rpartition("/")[2]
    try:
        return Path(keras.utils.get_file(name, entry.url, cache_subdir="models", file_hash=entry.md5))
    except Exception as error:  # Keras raises Exception itself
        raise FrugalNetError(
            f"recipe.weights = imagenet: Keras cannot download {entry.url} ({error}). Check the network and run again, or put "
            "the file into ~/.keras/models/"
        ) from None


def weights_of(network: str, file: Path, model: keras.Model) -> dict[str, list[np.ndarray]]:
    """Return the weights in a downloaded file for a new model of a network, by its layers' names."""
    entry = _pretrained(network)
    with precision("float32"):  # whatever the model computes with
        application = catalogue.resolve(entry.application)(weights=str(file), include_top=False)
    return dict(catalogue.resolve(entry.layers)(application, model))


def _pretrained(network: str) -> Pretrained:
    entry = catalogue.NETWORKS[network].pretrained
    assert entry is not None  # the configuration refuses others
    return entry


def resnet50(application: keras.Model, model: keras.Model) -> dict[str, list[np.ndarray]]:
    """Return the weights of `keras.applications.ResNet50` for our ResNet-50, whose convolutions have no bias.

    A bias is part of the moving mean instead, and another epsilon part of gamma. The first convolution takes what the
    model's own scaling makes of bytes, red first: it has the factors of the scaling, and the means that are subtracted.
    """
    found: dict[str, list[np.ndarray]] = {}
    for layer in application.layers:
        if isinstance(layer, keras.layers.Conv2D):
            norm = application.get_layer(layer.name.removesuffix("conv") + "bn")
            kernel, bias = (np.asarray(weight, "float64") for weight in layer.get_weights())
            if layer.name == "conv1_conv":
                kernel, bias = _of_scaled(kernel, bias, model.get_layer("scaling"))
            name = _own_name(layer.name)
            gamma, beta, mean, variance = (np.asarray(weight, "float64") for weight in norm.get_weights())
            own_epsilon = model.get_layer(f"{name}_norm").epsilon
            gamma = gamma * np.sqrt((variance + own_epsilon) / (variance + norm.epsilon))
            found[name] = [kernel]
            found[f"{name}_norm"] = [gamma, beta, mean - bias, variance]
    return found


def _own_name(name: str) -> str:
    """Return our name of a convolution of Keras: `stage1_block2_conv3` for `conv2_block2_3_conv`."""
    if not (place := NAME.fullmatch(name)):
        return "stem"
    stage, block, number = map(int, place.groups())
    return f"stage{stage - 1}_block{block}_" + (f"conv{number}" if number else "shortcut")


def _of_scaled(kernel: np.ndarray, bias: np.ndarray, scaling: keras.layers.Rescaling) -> tuple[np.ndarray, np.ndarray]:
    """Return kernel and bias that do with scaled red, green and blue what the given ones do with Keras' images."""
    kernel = kernel[:, :, ::-1] / np.reshape(np.broadcast_to(scaling.scale, 3), (3, 1))
    constant = -np.broadcast_to(scaling.offset, 3) - MEANS * np.broadcast_to(scaling.scale, 3)
    return kernel, bias + np.einsum("hwio,i->o", kernel, constant)
