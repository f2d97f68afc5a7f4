"""What is done inside a training: compiling with XLA, or rounding to int8; the level of `internal` decides."""

from typing import Any

from frugalnet import catalogue
from frugalnet.catalogue.recipes import INT8, INTERNALS
from frugalnet.config.levels import name_of
from frugalnet.config.recipe import Recipe
from frugalnet.recipes.fit import Fit
from frugalnet.recipes.quantization import twin_of


def rounds_to_int8(recipe: Recipe) -> bool:
    """Tell whether the trained network is made into an int8 file too."""
    return name_of(recipe.internal) in INT8


def internal(fit: Fit, value: Any) -> None:
    """Change a training as the level says."""
    catalogue.resolve(INTERNALS[name_of(value)].path)(fit)


def jit(fit: Fit) -> None:
    """Compile the training step with XLA."""
    fit.jit = True


def quantization_aware(fit: Fit) -> None:
    """Train a twin of the network that rounds kernels and activations to 8 bits, and shares its weights."""
    fit.model = twin_of(fit.model)


def post_training_quantization(fit: Fit) -> None:
    """Train as without it: the trained network is rounded after the run's training (`measure.deployed`)."""
