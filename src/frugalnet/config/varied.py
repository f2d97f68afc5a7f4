"""A factor: a choice of a training that a study varies, and what it can set."""

import re
from collections.abc import Iterable, Mapping
from typing import Any, Literal

from pydantic import ConfigDict, Field

from frugalnet import catalogue
from frugalnet.config.recipe import Recipe
from frugalnet.config.section import NAME, PATTERNS, Section, WrongValueError, unknown

GROUPS = ("preprocessing", "model")
OFF, ON, ONLY = "all-off", "all-on", "only-"
"""Base cases: without any technique, with all, and with those of a single factor or group, whose name follows."""
TAKEN = (
    *("run", "refused", "status", "validation_quality", "test_quality", "train_energy_j", "energy_source"),
    *("train_duration_s", "train_cpu_s", "started", "error"),
)
"""Columns beside those of factors in the lists of runs `runs.tsv` and `runs.csv`."""
OF_LEVELS = {
    f"{key}.{setting}": part.levels
    for part in catalogue.RECIPE_PARTS.values()
    for _, _, key in [(part.key or "").partition(".")]
    for level in part.levels.values()
    for setting in level.settings
}
"""Settings that some levels of a recipe key have, as `optimizer.momentum`, with all levels of that key."""
KEYS = (*Recipe.model_fields, *OF_LEVELS)
"""What a factor can set."""


class Factor(Section):
    """A choice of a training that is varied."""

    # A factor that a study has by itself has what a configuration leaves out.
    model_config = ConfigDict(json_schema_extra=lambda schema: schema.pop("required", None))

    key: str | None = None
    """Key of the recipe, or setting of one (`optimizer.momentum`), that it sets; null: the factor's name."""
    off: Any
    """Level without the technique; needed where the factor is none of the usual ones, like `on` and `levels`."""
    on: Any
    """Level with the technique, in the base cases."""
    levels: list[Any] = Field(min_length=2, max_length=100)
    """Levels that runs are drawn from."""
    group: Literal["preprocessing", "model"] = "model"
    """Which of the base cases `only-preprocessing` and `only-model` has it on."""

    @property
    def places(self) -> dict[str, Any]:
        """Return the levels by where they stand."""
        return {"off": self.off, "on": self.on} | {f"levels.{n}": level for n, level in enumerate(self.levels)}


def check_name(name: str, given: Any, usual: Iterable[str]) -> None:
    """Raise ValueError for a name that no factor can have, and for one that says nothing where no key is given.

    `usual` are the names of the factors that a study has by itself.
    """
    key = given.get("key") if isinstance(given, Mapping) else getattr(given, "key", None)
    told = None
    if name in GROUPS:
        told = "is a group of factors; expected another name"
    elif name in TAKEN:
        told = "is a column of the lists of runs; expected another name"
    elif not re.fullmatch(NAME, name):  # it is a part of ids of runs
        told = f"expected a name of {PATTERNS[NAME]}; what it sets can stand in `key`"
    elif not key and name not in (*usual, *KEYS):
        told = unknown("factor or key of a recipe", name, dict.fromkeys([*usual, *KEYS]))
    if told:
        raise WrongValueError(name, name, told)


def is_base_case(variant: str) -> bool:
    """Tell whether a variant is a base case, and no run whose levels were drawn or given."""
    return variant in (OFF, ON) or variant.startswith(ONLY)
