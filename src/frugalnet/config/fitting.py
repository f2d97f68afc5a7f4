"""Whether a recipe fits what it is used for: a dataset, a network, and trainings of some epochs."""

from collections.abc import Mapping
from typing import Any

from frugalnet import catalogue
from frugalnet.config import combinations
from frugalnet.config.factors import factors_of
from frugalnet.config.images import check_size
from frugalnet.config.levels import name_of
from frugalnet.config.recipe import Recipe
from frugalnet.config.schedules import too_long
from frugalnet.config.section import WrongValueError
from frugalnet.config.weights import unfit_weights
from frugalnet.kernels import trained_layers


def check_recipe(recipe: Recipe, dataset: str, network: Any, trainings: Mapping[str, int]) -> None:
    """Raise WrongValueError, with the key of the recipe, where it does not fit.

    `network` is a name, a mapping of `name` and settings, or None; `trainings` are epochs by the keys that set them.
    """
    combinations.check(recipe, dataset)
    check_size(recipe, dataset, network)
    samples = _training_samples(recipe, dataset)
    if samples is not None and recipe.batch_size > samples:
        too_large = (
            f"larger than the training part of {dataset}, which has {samples:,} samples; expected at most as many"
        )
        raise WrongValueError("batch_size", recipe.batch_size, too_large)
    if told := unfit_weights(recipe.weights, network):
        raise WrongValueError("weights", recipe.weights, told)
    if recipe.layer_groups and network and (layers := trained_layers(name_of(network))):
        try:
            factors_of(recipe.layer_groups, layers)
        except ValueError as wrong:
            raise WrongValueError(
                "layer_groups", recipe.layer_groups, f"{wrong} (the layers of {name_of(network)})"
            ) from None
    for key, epochs in trainings.items():
        if late := too_long(recipe.schedule, epochs):
            raise WrongValueError("schedule", recipe.schedule, f"{late} ({key} for {dataset})")


def _training_samples(recipe: Recipe, dataset: str) -> int | None:
    """Return the number of training samples in a split of the official data; made ones have fewer. None: not known."""
    if (samples := catalogue.DATASETS[dataset].samples) is None:
        return None
    training, everything = samples
    return training if recipe.split == "official" else everything * int(recipe.split.partition("-")[0]) // 100
