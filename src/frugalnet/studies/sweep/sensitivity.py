"""How each network answers to each axis of the grid: `processed/sensitivity.csv`."""

from collections.abc import Iterator

import pandas as pd

from frugalnet.analysis.factors import LEVEL
from frugalnet.config.sweep import Sweep
from frugalnet.studies.sweep.by_run import of_part, with_epochs
from frugalnet.studies.sweep.configurations import NETWORK
from frugalnet.studies.sweep.paired import Change, rows_of

ALL = "all"
QUANTITIES = ("test_quality", "train_energy_j", "train_duration_s", "train_cpu_s", "best_epoch")
TYPES = {
    **dict.fromkeys(("dataset", "metric", NETWORK, "axis", "level", "against", "quantity", "scale"), "str"),
    "pairs": "int64",
    **dict.fromkeys(("estimate", "low", "high", "p", "p_holm"), "float64"),
    **dict.fromkeys(("note", "energy_source", "energy_scope"), "str"),
    **{"threads": "Int64", "data_level": "str"},
}


def sensitivity(all_runs: pd.DataFrame, epochs: pd.DataFrame, study: Sweep) -> pd.DataFrame:
    """Return one row per network, level of another axis and quantity: the level against the first of its axis, all else equal.

    A network is a level of the axis `network`, or `all`: the mean over all combinations of the grid, which tells of the
    axis `network` too. Runs that cannot be compared are in rows of their own. Rows without an estimate or an interval
    say why. Holm's correction is over the rows of a quantity.
    """
    runs = of_part(with_epochs(all_runs, epochs, study), study.grid(), study)
    asked = [
        (_of_network(runs, network), change, {NETWORK: network, "axis": change.factor} | _levels(change))
        for network, change in _asked(study)
    ]
    found = rows_of(runs, asked, QUANTITIES)
    return found.reindex(columns=list(TYPES)).astype(TYPES)


def _asked(study: Sweep) -> Iterator[tuple[str, Change]]:
    """Yield the changes of each network, and then those of all."""
    axes = study.levels
    networks = list(axes.get(NETWORK, ()))
    for network in [*(networks if len(networks) > 1 else []), ALL]:
        for axis, levels in axes.items():
            others = tuple(name for name in axes if name != axis)
            first, *rest = levels
            if network == ALL or axis != NETWORK:
                yield from ((network, Change(axis, level, first, others)) for level in rest)


def _of_network(runs: pd.DataFrame, network: str) -> pd.Series:
    return pd.Series(True, runs.index) if network == ALL else runs[f"{LEVEL}{NETWORK}"] == network


def _levels(change: Change) -> dict[str, str]:
    return {"level": change.level, "against": change.against}


ESTIMATE: dict[str, tuple[str | None, str]] = {
    "quantity": (
        None,
        "Column of `runs`, `best_epoch` or `epoch_s` (as in `configurations`) that is compared. All but quality and best epoch are compared only where energies are of one kind.",
    ),
    "scale": (
        None,
        "difference: the estimate is added to the quantity at the other level; ratio: it multiplies it (means of logarithms).",
    ),
    "pairs": ("pairs", "Pairs of complete runs that differ in this alone, seed included, and whose values are known."),
    "low": (
        "metric, epochs or ratio",
        "Lower end of its 95 % interval (Student's t), for these combinations. Where each ran with several seeds: over seeds, with the spread pooled over combinations, in which noise is taken to be the same and independent. Otherwise over combinations. `note` says which, or why there is none.",
    ),
    "high": ("metric, epochs or ratio", "Upper end of the same interval."),
    "p": (None, "Two-sided p-value of the hypothesis that both levels do the same on average."),
    "p_holm": (None, "The same after Holm's correction for all rows of the quantity that can be compared."),
    "note": (None, "What the interval is over, why numbers are empty, and which runs have no model."),
}
"""Columns that this table and `efficiency` have in common."""
MEANINGS: dict[str, dict[str, tuple[str | None, str]]] = {
    "sensitivity": ESTIMATE
    | {
        "network": (None, "Level of the axis `network` that the row is about; all: mean over the whole grid."),
        "axis": (None, "Axis of the grid."),
        "level": (None, "Its level."),
        "against": (None, "Its first level, which the level is compared with."),
        "estimate": (
            "metric, epochs or ratio",
            "What the level does instead of the first one with all else equal: mean over the combinations of the other axes, of means over seeds.",
        ),
    }
}
"""Unit and meaning of columns, by table."""
