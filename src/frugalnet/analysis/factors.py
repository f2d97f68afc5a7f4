"""What a study varies, as columns of the tables that are named as the keys of the configuration.

A recipe part that no run of a study uses has no column.
"""

from types import NoneType
from typing import Any, get_args

import pandas as pd

from frugalnet import catalogue
from frugalnet.config.levels import NONE, written
from frugalnet.config.pruning import Pruning
from frugalnet.config.recipe import Recipe
from frugalnet.config.run import Run

LEVEL = "factor."
"""What the columns of levels begin with, in studies that vary factors by name."""
TYPES = {bool: "boolean", int: "Int64", float: "float64"}
"""Column types of keys, which also hold missing values; all other keys are text."""
TEXT = "str"
FIELDS = {
    f"{section}.{name}": field
    for section, model in (("recipe", Recipe), ("pruning", Pruning))
    for name, field in model.model_fields.items()
}


def _type(annotation: Any) -> str:
    """Return the type of a column; a key that takes values of several types is text."""
    kinds = set(get_args(annotation) or [annotation]) - {NoneType}
    return TYPES.get(kinds.pop(), TEXT) if len(kinds) == 1 else TEXT


FACTORS = {"family": TEXT} | {name: _type(field.annotation) for name, field in FIELDS.items()}
"""Columns of factors, and their types. Tables have no column of a part of recipes that none of their runs uses."""


def _cell(name: str, value: Any) -> Any:
    """Return the value of a key as it stands in its column, in its short form where it has one."""
    short = NONE if name in RECIPE and value == () else written(value)
    return str(short).removesuffix(".0") if short is not None and FACTORS[name] == TEXT else short


RESOLVED = "resolved"
RECIPE = [name for name in FIELDS if name.startswith("recipe.")]
UNUSED = {
    part.key: _cell(part.key, part.without)
    for part in catalogue.RECIPE_PARTS.values()
    if part.key in RECIPE and FIELDS[part.key].default == part.without
} | {RESOLVED: None}
"""Cells of runs that do not use a part, by the column of the part; only of parts that are not used by default."""


def _meaning(name: str) -> str:
    about = FIELDS[name].description
    if name not in UNUSED:
        return f"{about} Empty: not read by the method."
    value = "an empty one" if UNUSED[name] is None else UNUSED[name]
    return f"{about} The column is there only if a run has another value than {value}."


MEANINGS: dict[str, tuple[str | None, str]] = {
    "family": (
        None,
        "Name that the variants of a method share if they differ in sparsity alone; empty for its only variant.",
    ),
    RESOLVED: (
        None,
        "Keys of the recipe that are not as asked for, with what they are instead, and why; empty: all are.",
    ),
    **{name: (None, _meaning(name)) for name in FIELDS},
}


def level_meaning(column: str) -> tuple[str | None, str]:
    """Return unit and meaning of the column of a factor's levels; raises KeyError for another column."""
    if not column.startswith(LEVEL):
        raise KeyError(column)
    return None, f"Level of {column.removeprefix(LEVEL)} that the run ended up with; none: it has no effect there."


def factors(run: Run) -> dict[str, Any]:
    """Return the factors of a run; keys of `pruning` are null where its method does not read them."""
    entry = catalogue.METHODS.get(run.method)
    read = entry.keys("pruning") if entry else None
    given = {"recipe": run.recipe.model_dump(), "pruning": run.pruning.model_dump(include=read) if run.pruning else {}}
    values = {f"{section}.{name}": value for section, keys in given.items() for name, value in keys.items()}
    found = {"family": run.family or None} | {name: _cell(name, values.get(name)) for name in FIELDS}
    return found | {f"{LEVEL}{name}": level for name, level in run.factors.items()}


def used(runs: pd.DataFrame) -> pd.DataFrame:
    """Return a table of runs without the columns of parts that none of them uses, and with the types of FACTORS."""
    unused = [
        name for name, cell in UNUSED.items() if (runs[name].isna() if cell is None else runs[name] == cell).all()
    ]
    return runs.drop(columns=unused).astype(columns_in(runs.drop(columns=unused)))


def columns_in(runs: pd.DataFrame) -> dict[str, str]:
    """Return the columns of factors that a table of runs has, and their types."""
    levels = dict.fromkeys((name for name in runs if str(name).startswith(LEVEL)), TEXT)
    return {name: kind for name, kind in FACTORS.items() if name in runs} | levels
