"""Whether a recipe fits what it is used for: a dataset, a network, and trainings of some epochs."""

from collections.abc import Mapping
from typing import Any

from frugalnet.config import combinations
from frugalnet.config.recipe import Recipe
from frugalnet.config.schedules import too_long
from frugalnet.config.section import WrongValueError
from frugalnet.config.weights import unfit_weights


def check_recipe(recipe: Recipe, dataset: str, network: Any, trainings: Mapping[str, int]) -> None:
    """Raise WrongValueError, with the key of the recipe, where it does not fit.

    `network` is a name, a mapping of `name` and settings, or None; `trainings` are epochs by the keys that set them.
    """
    combinations.check(recipe, dataset)
    if told := unfit_weights(recipe.weights, network):
        raise WrongValueError("weights", recipe.weights, told)
    for key, epochs in trainings.items():
        if late := too_long(recipe.schedule, epochs):
            raise WrongValueError("schedule", recipe.schedule, f"{late} ({key} for {dataset})")
