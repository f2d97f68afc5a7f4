"""What a study varies, as columns of the tables that are named as the keys of the configuration."""

from typing import Any, get_args

from frugalnet import catalogue
from frugalnet.config.levels import written
from frugalnet.config.pruning import Pruning
from frugalnet.config.recipe import Recipe
from frugalnet.config.run import Run

TYPES = {bool: "boolean", int: "Int64", float: "float64"}
"""Column types of keys, which also hold missing values; all other keys are text."""
FIELDS = {
    f"{section}.{name}": field
    for section, model in (("recipe", Recipe), ("pruning", Pruning))
    for name, field in model.model_fields.items()
}


def _type(annotation: Any) -> str:
    return next((name for kind, name in TYPES.items() if kind in (annotation, *get_args(annotation))), "str")


FACTORS = {"family": "str"} | {name: _type(field.annotation) for name, field in FIELDS.items()}
"""Columns of factors, and their types."""
MEANINGS: dict[str, tuple[str | None, str]] = {
    "family": (
        None,
        "Name that the variants of a method share if they differ in sparsity alone; empty for its only variant.",
    ),
    **{name: (None, f"{field.description} Empty: not read by the method.") for name, field in FIELDS.items()},
}


def factors(run: Run) -> dict[str, Any]:
    """Return the factors of a run; keys of `pruning` are null where its method does not read them."""
    entry = catalogue.METHODS.get(run.method)
    read = entry.keys("pruning") if entry else None
    given = {"recipe": run.recipe.model_dump(), "pruning": run.pruning.model_dump(include=read) if run.pruning else {}}
    values = {f"{section}.{name}": value for section, keys in given.items() for name, value in keys.items()}
    return {"family": run.family or None} | {name: written(values.get(name)) for name in FIELDS}
