"""Runs that conditions choose, and their order."""

import math
import re
from collections.abc import Callable, Sequence
from operator import ge, gt, le, lt
from typing import Any

import pandas as pd

from frugalnet import catalogue
from frugalnet.analysis.groups import ENERGY
from frugalnet.commands.show.keys import MEASURES, QUALITIES, values
from frugalnet.config.levels import NONE
from frugalnet.config.section import unknown
from frugalnet.errors import FrugalNetError

CONDITION = re.compile(r"\s*([\w.]+)\s*(>=|<=|!=|==?|>|<)\s*(.*?)\s*")
ORDERS: dict[str, Callable[[Any, Any], bool]] = {">=": ge, "<=": le, ">": gt, "<": lt}
ENTRIES = re.compile(r", (?![^(]*\))")
"""What separates the names in a cell with several, not the settings of one."""


def key_in(condition: str) -> str:
    """Return the key of a condition; raises FrugalNetError for what is none."""
    return _parts(condition)[0]


def where(runs: pd.DataFrame, conditions: Sequence[str]) -> pd.DataFrame:
    """Return the runs that fulfil all conditions, such as `network=resnet18` or `quality>=0.5`.

    Raises FrugalNetError for a condition that cannot be understood, for a value that no run has, and where no run is left.
    """
    left = runs
    for condition in conditions:
        left = left[_fulfil(runs, condition)[left.index]]
    if left.empty:
        raise FrugalNetError(
            f"{' '.join(f'--where {each}' for each in conditions)}: none of the {len(runs)} runs is like this; "
            "expected conditions that some run fulfils"
        )
    return left


def _parts(condition: str) -> tuple[str, str, str]:
    found = CONDITION.fullmatch(condition)
    if not found:
        raise FrugalNetError(
            f"--where {condition}: expected a key and a value, as network=resnet18, method!=baseline or quality>=0.5"
        )
    return found[1], found[2], found[3]


def _fulfil(runs: pd.DataFrame, condition: str) -> pd.Series:
    key, operator, wanted = _parts(condition)
    own = values(runs, key, f"--where {condition}")
    if operator in ORDERS:
        limit = as_number(wanted)
        numbers = [as_number(cell) for cell in own]
        if limit is None or all(number is None for number in numbers):
            what = "a number" if limit is None else f"{key}=VALUE, because {key} is no number"
            raise FrugalNetError(f"--where {condition}: expected {what}")
        return pd.Series([number is not None and ORDERS[operator](number, limit) for number in numbers], runs.index)
    same = pd.Series([_is(cell, wanted) for cell in own], runs.index)
    if not same.any() and key not in MEASURES:
        known = dict.fromkeys(text(cell) for cell in own)
        raise FrugalNetError(f"--where {condition}: {unknown(key, wanted, known)}")
    return ~same if operator == "!=" else same


def text(cell: Any) -> str:
    """Return a cell as it is written in a condition."""
    if pd.isna(cell):
        return NONE
    return f"{cell:g}" if isinstance(cell, float) else str(cell)


def as_number(cell: Any) -> float | None:
    """Return a cell as a number, None for one that is none."""
    try:
        found = math.nan if pd.isna(cell) else float(cell)
    except ValueError:
        return None
    return None if math.isnan(found) else found


def _is(cell: Any, wanted: str) -> bool:
    """Tell whether a cell is a value; that of a name with settings is also the name, that of several is each."""
    one, other = as_number(cell), as_number(wanted)
    if one is not None and other is not None:
        return math.isclose(one, other)
    own = text(cell)
    entries = ENTRIES.split(own)
    return wanted in (own, *entries, *(entry.partition(" (")[0] for entry in entries)) or own.lower() == wanted.lower()


def ordered(runs: pd.DataFrame, key: str, reverse: bool) -> pd.DataFrame:
    """Return runs sorted by a key, quality best first, all else upwards; `reverse` turns that around; unknown ones are last.

    Qualities of different datasets, and energies of different sources or scopes, are sorted each for itself.
    """
    own = values(runs, key, f"--sort {key}")
    if key in QUALITIES:
        own = own * -runs["metric"].map(catalogue.sign)
    rank = pd.Series([_rank(cell) for cell in own], runs.index, dtype="object")
    known = sorted((place for place in runs.index if not pd.isna(own[place])), key=rank.__getitem__, reverse=reverse)
    order = [*known, *(place for place in runs.index if pd.isna(own[place]))]
    apart = ["dataset"] if key in QUALITIES else ENERGY if key == "energy" else []
    if apart:
        groups = pd.Series([str(cells) for cells in runs[apart].itertuples(index=False)], runs.index)
        first = {group: place for place, group in reversed(list(enumerate(groups[order])))}
        order = sorted(order, key=lambda place: first[groups[place]])
    return runs.loc[order]


def _rank(cell: Any) -> tuple[int, float, str]:
    """Return what cells are sorted by: numbers, and then text."""
    number = as_number(cell)
    return (1, 0.0, str(cell)) if number is None else (0, number, "")
