"""Size of the images that a network gets: that of the data, or what a recipe's `resize` makes of it."""

from typing import Any

from frugalnet import catalogue
from frugalnet.catalogue.recipes import RESIZE
from frugalnet.config.levels import name_of, settings_of
from frugalnet.config.recipe import Recipe
from frugalnet.config.section import WrongValueError
from frugalnet.config.weights import IMAGENET

LEAST_OF_IMAGENET = 32
"""Pixels of each side below which `keras.applications.ResNet50` takes no images."""


def input_pixels(recipe: Recipe, dataset: str) -> int | None:
    """Return the pixels of each side of the images that a network gets; None for rows, and where the size is not known."""
    if recipe.resize is None:
        return catalogue.DATASETS[dataset].pixels
    sizes = settings_of(recipe.resize, RESIZE)
    return int(sizes.get("crop", sizes["to"]))


def check_size(recipe: Recipe, dataset: str, network: Any) -> None:
    """Raise WrongValueError, with the key of the recipe, for images that are too small for a network, or for its weights."""
    pixels = input_pixels(recipe, dataset)
    if pixels is None or network is None:
        return
    name = name_of(network)
    if pixels < (least := catalogue.NETWORKS[name].least_pixels):
        told = f"{name} gets images of {pixels} x {pixels} pixels; expected at least {least} x {least}"
        raise WrongValueError("resize", recipe.resize, told)
    if recipe.weights == IMAGENET and pixels < LEAST_OF_IMAGENET:
        least = LEAST_OF_IMAGENET
        told = f"expected images of at least {least} x {least} pixels for weights of ImageNet, got {pixels} x {pixels}"
        raise WrongValueError("resize", recipe.resize, told)
