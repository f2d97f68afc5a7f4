"""Whether weights fit the network that starts from them, told before any run: the layers in their file, and the size of its images."""

import io
import json
import zipfile
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from frugalnet.config.images import input_pixels
from frugalnet.config.levels import given_settings, name_of, written
from frugalnet.config.recipe import Recipe
from frugalnet.config.weights import missing_weights, named_file
from frugalnet.kernels import OUTPUT, Shape, kernels_of, trained_layers

INSIDE, ABOUT = "model.weights.h5", "config.json"
"""The file of weights inside a file `.keras`, and that of its architecture."""
LISTED = 4
"""Most layers that a message names."""


def unfit_start(recipe: Recipe, dataset: str, network: Any) -> str | None:
    """Return what is wrong with the file of weights that a recipe names; None if nothing is known to be.

    It is missing, has weights of another network (number of inputs of a layer aside, which the data decide), or those of a
    network that got images of another size, as far as the file says. What cannot be read at all is refused by the run.
    """
    file = named_file(recipe.weights)
    if file is None:
        return None
    if told := missing_weights(recipe.weights):
        return told
    try:
        found, pixels = _shapes_in(file), _pixels_in(file)
    except Exception:  # of h5py, zipfile or json, for a damaged file; or an environment that has no h5py
        return None
    if wrong := list(_unfit(found, network)):
        return another_network(name_of(network), wrong)
    own = input_pixels(recipe, dataset)
    return other_size(pixels, own) if pixels and own and pixels != own else None


def unfit_network_of(start: Any, network: Any) -> str | None:
    """Return what is wrong with starting a network from the model of another one; None if nothing is. Both are names or mappings."""
    kernels = kernels_of(name_of(start), **given_settings(start))
    found = {layer: kernels.get(layer, ()) for layer in trained_layers(name_of(start))}
    wrong = list(_unfit(found, network))
    return another_network(str(written(network)), wrong) if wrong else None


def other_size(trained: int, own: int) -> str:
    """Return what was expected where weights are of images of another size than those that a network gets."""
    return (
        f"weights of a network that got images of {trained} x {trained} pixels, here they have {own} x {own}; expected "
        f"recipe.resize = {trained}, or one with crop {trained}"
    )


def another_network(network: str, wrong: list[str]) -> str:
    """Return what was expected where weights are those of another network, with the first layers that do not fit."""
    more = f" and {len(wrong) - LISTED} more" if len(wrong) > LISTED else ""
    return (
        f"weights of another network than {network}: {'; '.join(wrong[:LISTED])}{more}. "
        "Expected the same layers but for the output layer: those of the same network with the same settings"
    )


def _unfit(found: Mapping[str, Shape], network: Any) -> Iterator[str]:
    """Yield what is wrong with layers, by the shapes of the first weights in a file; nothing for a network that is not known."""
    name = name_of(network)
    layers, kernels = trained_layers(name), kernels_of(name, **given_settings(network))
    for layer in layers:
        if layer == OUTPUT:
            continue
        if layer not in found:
            yield f"{layer} is not in it"
        elif layer in kernels and _without_inputs(found[layer]) != _without_inputs(kernels[layer]):
            yield f"{layer} has {_written(found[layer])} in it instead of {_written(kernels[layer])}"
    for layer in found if layers else ():
        if layer not in layers:
            yield f"{layer} is in it, but not in the network"


def _without_inputs(shape: Shape) -> Shape:
    return shape[:-2] + shape[-1:]


def _written(shape: Shape) -> str:
    return "x".join(map(str, shape))


def _shapes_in(path: Path) -> dict[str, Shape]:
    """Return the shape of the first weight of each layer in a file of Keras."""
    import h5py

    source: Any = path
    if path.suffix == ".keras":
        with zipfile.ZipFile(path) as archive:
            source = io.BytesIO(archive.read(INSIDE))
    with h5py.File(source) as file:
        held = [layer["vars"] for layer in file["layers"].values() if len(layer.get("vars", ()))]
        return {str(each.attrs["name"]): tuple(each["0"].shape) for each in held}


def _pixels_in(path: Path) -> int | None:
    """Return the pixels of each side of the images that the network of a file got, after resizing; None if it does not say."""
    if path.suffix != ".keras":
        return None
    with zipfile.ZipFile(path) as archive:
        layers = json.loads(archive.read(ABOUT))["config"]["layers"]
    pixels = None
    for layer in layers:
        about = layer["config"]
        if layer["class_name"] == "InputLayer":
            sides = about["batch_shape"][1:3] if len(about["batch_shape"]) > 2 else (None, 0)
        elif layer["class_name"] in ("Resizing", "CenterCrop"):
            sides = about["height"], about["width"]
        else:
            continue
        pixels = sides[0] if sides[0] == sides[1] else None
    return pixels
