"""What is shown of runs: the columns in which they differ, what they have in common, and what a reader must know."""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any

import pandas as pd

from frugalnet import catalogue
from frugalnet.analysis.factors import FIELDS, LEVEL
from frugalnet.analysis.groups import COMPARABLE
from frugalnet.commands.show.keys import MEASURES, NAMES, QUALITIES, of_measure, parameters
from frugalnet.config.levels import NONE
from frugalnet.config.run import DEFAULT
from frugalnet.page.cells import DASH, number, quality
from frugalnet.record.record import COMPLETE

ALWAYS = ("quality", "energy", "time")
"""What came out that is always shown; the rest is where runs are sorted or chosen by it."""
MAIN = ("recipe.epochs", "recipe.batch_size", "recipe.optimizer", "recipe.learning_rate")
"""Keys that are said to be the same in all runs even if they are as by default."""
WORDS = {"dataset": "datasets", "threads": "numbers of threads", "data_level": "levels of data"}
UP, DOWN = "\N{NO-BREAK SPACE}\N{UPWARDS ARROW}", "\N{NO-BREAK SPACE}\N{DOWNWARDS ARROW}"


@dataclass(frozen=True)
class Column:
    """A heading and its cells, at least `width` characters wide.

    `is_parameter`: its cells may be told in one cell where columns have no room.
    """

    heading: str
    cells: list[str]
    right: bool = True
    is_parameter: bool = False
    width: int = 0


@dataclass(frozen=True)
class Shown:
    """A table of runs: `heading` above it, `notes` below."""

    heading: list[str]
    columns: list[Column]
    notes: list[str]


def shown(runs: pd.DataFrame, more: Sequence[str] = (), left_out: Sequence[str] = ()) -> Shown:
    """Return what is shown of runs; `more` are keys of what came out that are shown too, `left_out` why other runs are not."""
    differing, same = differences(runs)
    keys = [key for key in MEASURES if key in (*ALWAYS, *more)]
    columns = [
        Column("run", short_names(runs), right=False),
        *(_parameter(runs, key, column) for key, column in differing.items()),
        *(column for key in keys for column in _measure(runs, key)),
    ]
    if (runs["status"] != COMPLETE).any():
        columns.append(Column("status", [status.replace("_", " ") for status in runs["status"]], right=False))
    notes = [*_notes(runs, differing.values(), more), *(f"A run is left out: {reason}" for reason in left_out)]
    return Shown(_heading(runs, same), columns, notes)


def short_names(runs: pd.DataFrame) -> list[str]:
    """Return the names of runs without the parts that all of them have in common."""
    parts = [name.split("/") for name in runs["name"]]
    kept = [place for place in range(len(NAMES) - 1) if len({name[place] for name in parts}) > 1]
    return ["/".join(name[place] for place in kept) if kept else "/".join(name) for name in parts]


def differences(runs: pd.DataFrame) -> tuple[dict[str, str], dict[str, str]]:
    """Return the parameters that differ between runs, and those that are the same in all: keys with their columns.

    A factor that another column tells is in neither.
    """
    differing: dict[str, str] = {}
    same: dict[str, str] = {}
    for key, column in parameters(runs).items():
        if column.startswith(LEVEL) and _is_told(runs, column, [*differing.values(), *same.values()]):
            continue
        # A key of pruning, or a factor, is empty where it has no effect; an empty key of the recipe is a choice.
        chosen = runs[column] if column.startswith("recipe.") else runs[column].dropna()
        (differing if chosen.nunique(dropna=False) > 1 else same)[key] = column
    return differing, same


def _is_told(runs: pd.DataFrame, factor: str, others: Sequence[str]) -> bool:
    """Tell whether other columns have what the levels of a factor say: its key, or it as a setting of a name."""
    own = factor.removeprefix(LEVEL)
    if any(column.rpartition(".")[2] == own for column in others):
        return True
    told = [" ".join(map(str, cells)) for cells in runs[list(others)].itertuples(index=False)]
    levels = runs[factor].fillna(NONE)
    return all(level in (NONE, "0") or f"{own} {level}" in cells for level, cells in zip(levels, told, strict=True))


def _parameter(runs: pd.DataFrame, key: str, column: str) -> Column:
    empty = NONE if column.startswith("recipe.") else DASH
    cells = [empty if pd.isna(cell) else _plain(cell) for cell in runs[column]]
    return Column(key, cells, right=pd.api.types.is_numeric_dtype(runs[column]), is_parameter=True)


def _plain(cell: Any) -> str:
    return f"{cell:g}" if isinstance(cell, float) else str(cell)


def _measure(runs: pd.DataFrame, key: str) -> Iterator[Column]:
    """Yield the column of what came out of runs, and one that says what it is where that differs between them."""
    own, heading = of_measure(runs, MEASURES[key]), MEASURES[key].heading
    if key in QUALITIES:
        metrics = [f"{metric}{UP if catalogue.sign(metric) > 0 else DOWN}" for metric in runs["metric"]]
        part = heading.partition(" ")[0]
        alike = len(set(metrics)) == 1
        yield Column(f"{part} {metrics[0]}" if alike else heading, [str(quality(cell)) for cell in own])
        if not alike and key == QUALITIES[0]:
            yield Column("metric", metrics, right=False)
    elif key == "energy":
        kinds = _kinds(runs)
        alike = len(set(kinds) - {DASH}) <= 1
        known = next((kind for kind in kinds if kind != DASH), "not known")
        yield Column(f"{heading} ({known})" if alike else heading, [str(number(cell)) for cell in own])
        if not alike:
            yield Column("energy is", kinds, right=False)
    else:
        yield Column(heading, [str(number(cell)) for cell in own])


def _kinds(runs: pd.DataFrame) -> list[str]:
    """Return how the energy of each run is known, and of what it is; a dash where it is not."""
    known = runs["train_energy_j"].notna() & runs["energy_source"].notna()
    pairs = zip(runs["energy_source"], runs["energy_scope"], known, strict=True)
    return [f"{source}, {scope}" if is_known else DASH for source, scope, is_known in pairs]


def _heading(runs: pd.DataFrame, same: dict[str, str]) -> list[str]:
    """Return how many runs there are, of what, and which parameters all of them have."""
    one = runs.iloc[0]
    alike = {name: _plain(one[name]) for name in NAMES[:5] if runs[name].nunique() == 1}
    named = [f"{name} {value}" for name, value in alike.items() if (name, value) != ("variant", DEFAULT)]
    lines = [f"{len(runs)} run{'s' * (len(runs) > 1)}{': ' if named else ''}{', '.join(named)}"]
    told = {key: one[column] for key, column in same.items() if _is_worth_telling(column, one[column])}
    if told:
        pairs = (f"{key} {NONE if pd.isna(value) else _plain(value)}" for key, value in told.items())
        lines.append(f"{'The same in all' if len(runs) > 1 else 'With'}: {'; '.join(pairs)}")
    return lines


def _is_worth_telling(column: str, value: Any) -> bool:
    if column in ("processor", "gpu"):
        return False
    if column in FIELDS and column not in MAIN:
        default = FIELDS[column].default
        return not pd.isna(value) and str(value) not in (str(default), NONE)
    return not pd.isna(value)


def _notes(runs: pd.DataFrame, differing: Iterable[str], more: Sequence[str]) -> Iterator[str]:
    """Yield what a reader must know before comparing the rows."""
    unequal = [WORDS[name] for name in COMPARABLE if name in (*differing, "dataset") and runs[name].nunique() > 1]
    if unequal:
        yield f"The runs have different {' and '.join(unequal)}: compare only those in which they are equal."
    if len(set(_kinds(runs)) - {DASH}) > 1:
        yield "Energies are of different sources or scopes: compare only those in which `energy is` is equal."
    reasons = runs.loc[runs["train_energy_j"].isna(), "energy_reason"].dropna().unique()
    if len(reasons):
        missing = int(runs["train_energy_j"].isna().sum())
        yield f"The energy of {missing} run{'s' * (missing > 1)} is not known: {'; '.join(reasons[:3])}"
    if "latency" in more:
        yield "Latencies are of one sample, measured in a process per run: small differences between runs mean nothing."
