"""Claims: values that were reported for these trainings beside those that the study measured, with a verdict (`analysis.reported`)."""

from collections.abc import Iterable, Iterator
from functools import cache
from typing import Any

import pandas as pd

from frugalnet import catalogue
from frugalnet.analysis import reported as beside
from frugalnet.analysis.groups import COMPARABLE, ENERGY
from frugalnet.catalogue import BASELINE
from frugalnet.config.levels import text
from frugalnet.config.sweep import Configuration, Sweep
from frugalnet.studies.sweep.reported import HIGHEST, REPORTED, OfTraining

LEARNS_THE_SAME = ("precision", "steps_per_execution", "devices", "input")
"""Keys of a recipe that are not known to change what is learned."""
TEXTS = ("reading", "variant", "data_level", "energy_source")


def claims(runs: pd.DataFrame, study: Sweep) -> pd.DataFrame:
    """Return a row per reported value and comparable group of complete runs; a row without numbers if there is no such group.

    A configuration is compared with the reported one if it is that of the study as it is without changes: a narrower
    network, more or fewer epochs or another recipe are obstacles. Times on a GPU are compared with no others.
    """
    rows: list[dict[str, Any]] = []
    for reported in REPORTED:
        compared = _compared(reported, study)
        groups = _groups(reported, runs, [each.name for each in compared])
        found = [_row(reported, group, compared, count) for group, count in groups]
        rows += found or [_empty(reported, study)]
    return beside.table(rows).astype(dict.fromkeys(TEXTS, "str"))


@cache
def _usual() -> dict[str, Configuration]:
    """Return the configurations of the study as it is without changes, which are those that were reported."""
    study = Sweep()
    return {each.name: each for each in (*study.grid(), *study.further())}


@cache
def _usual_grid() -> frozenset[str]:
    return frozenset(each.name for each in Sweep().grid())


def _compared(reported: OfTraining, study: Sweep) -> list[Configuration]:
    """Return the configurations that a value is about; all of another grid, if it lacks some of the reported one."""
    grid = [each for each in study.grid() if each.dataset == reported.dataset]
    if reported.configuration:
        rows = [each for each in study.further() if each.dataset == reported.dataset]
        return [each for each in (*grid, *rows) if each.name == reported.configuration]
    return grid if _missing(grid) else [each for each in grid if each.name in _usual_grid()]


def _missing(grid: Iterable[Configuration]) -> int:
    """Return how many of the reported configurations of the grid are not among some."""
    return len(_usual_grid() - {each.name for each in grid})


def _groups(reported: OfTraining, runs: pd.DataFrame, names: list[str]) -> Iterator[tuple[pd.DataFrame, int]]:
    """Yield the runs of one configuration that a value is compared with, and of how many configurations it was chosen."""
    own = runs[(runs["dataset"] == reported.dataset) & (runs["method"] == BASELINE) & runs["variant"].isin(names)]
    for _, block in own.groupby([*COMPARABLE, *ENERGY], sort=False, dropna=False):
        yield block if reported.end is None else _at_the_end(reported, block), _with_values(reported, block)


def _with_values(reported: OfTraining, block: pd.DataFrame) -> int:
    """Return how many configurations have a mean of the reported quantity."""
    means = beside.values(block, reported.quantity).groupby(block["variant"], sort=False).mean()
    return int(means.notna().sum())


def _at_the_end(reported: OfTraining, block: pd.DataFrame) -> pd.DataFrame:
    """Return the runs of the configuration with the lowest or highest mean."""
    means = beside.values(block, reported.quantity).groupby(block["variant"], sort=False).mean()
    if means.isna().all():
        return block[block["variant"] == means.index[0]]
    return block[block["variant"] == (means.idxmax() if reported.end == HIGHEST else means.idxmin())]


def _row(reported: OfTraining, group: pd.DataFrame, compared: list[Configuration], count: int) -> dict[str, Any]:
    """Return the row of a value beside the runs of one configuration."""
    obstacles = list(dict.fromkeys(_differences(compared)))
    if reported.end and (missing := _missing(compared)):
        obstacles.insert(0, f"the grid lacks {missing} of the {len(_usual_grid())} configurations")
    if reported.end and count < len(compared):
        obstacles.append(f"{len(compared) - count} of {len(compared)} configurations have no such value")
    if reported.quantity.startswith("train_duration_s") and _without_gpu(group):
        obstacles.append("times on a GPU are not compared with those on a CPU")
    note = f"{reported.end} of {count} configurations, not corrected for this choice" if reported.end else None
    return beside.row(reported, group, obstacles, [*dict.fromkeys(_precisions(compared)), note])


def _differences(compared: Iterable[Configuration]) -> Iterator[str]:
    """Yield in what configurations differ from those of the study as it is without changes, if these have them."""
    for each in compared:
        other = _usual().get(each.name)
        if other is None:
            continue
        if each.network != other.network:
            yield f"the network is {text(each.network)} instead of {text(other.network)}"
        if each.start:
            yield f"it starts from the model of {each.start}"
        if each.recipe.epochs != other.recipe.epochs:
            yield f"{each.recipe.epochs} instead of {other.recipe.epochs} epochs"
        one, two = each.recipe.model_dump(), other.recipe.model_dump()
        keys = [key for key in one if one[key] != two[key] and key not in ("epochs", *LEARNS_THE_SAME)]
        if keys:
            yield f"its recipe differs in {', '.join(keys)}"


def _precisions(compared: Iterable[Configuration]) -> Iterator[str]:
    """Yield with which types of numbers configurations were trained, if that was reported otherwise."""
    for each in compared:
        other = _usual().get(each.name)
        if other and each.recipe.precision != other.recipe.precision:
            yield f"trained in {each.recipe.precision} instead of {other.recipe.precision}"


def _without_gpu(group: pd.DataFrame) -> bool:
    """Tell whether a run was made on a machine without a GPU."""
    return "gpu" not in group or bool((group["gpu"].fillna("") == "").any())


def _empty(reported: OfTraining, study: Sweep) -> dict[str, Any]:
    """Return the row of a value for which the study has no runs."""
    title = catalogue.DATASETS[reported.dataset or study.dataset].title
    what = f"no complete run of {reported.configuration}" if reported.configuration else "no complete run of a grid"
    return beside.without_runs(reported, f"this study has {what} on {title}")


MEANINGS: dict[str, dict[str, tuple[str | None, str]]] = {
    "claims": beside.MEANINGS
    | {
        "variant": (None, "Configuration whose runs are compared with it; of a range over the grid, that at its end."),
        "verdict": (
            None,
            "By the whole interval. reproduced: it is within the tolerance to either side of the reported value; at least as good: it is no worse than that, and partly or wholly better; not reproduced: neither; not comparable: other data, another network, other epochs, another recipe, other devices (times), one seed, or not enough reported.",
        ),
    }
}
"""Unit and meaning of columns, by table."""
