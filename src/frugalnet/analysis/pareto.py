"""The trials of searches as choices between quality and costs, and what they gain on the baseline: `processed/pareto.csv`."""

from math import nan
from typing import Any

import moocore
import pandas as pd

from frugalnet.analysis.groups import COMPARABLE, ENERGY, alike, energy_kind
from frugalnet.catalogue import BASELINE

EPOCH_J = "train_energy_per_epoch_j"
LATENCY = "latency_ratio"
"""Latency of a trial over that of the baseline's compacted model, measured in turn; 1 for the baseline."""
COSTS = {
    "parameters_compacted": "parameters",
    "macs_compacted": "macs",
    EPOCH_J: EPOCH_J,
    LATENCY: LATENCY,
}
"""Costs of a trial, and the columns of the baseline's run to compare them with."""
COLUMNS = [
    *("run", "dataset", "method", "variant", "seed", "metric", "data_level", "energy_source", "energy_scope"),
    *("trial", "winner", "quality", "parameters_compacted", "macs_compacted", "train_energy_j", EPOCH_J),
    *("latency_ms", LATENCY),
    *("front", "hypervolume", "hypervolume_parameters", "costs", "reason"),
]


def pareto(trials: pd.DataFrame, runs: pd.DataFrame) -> pd.DataFrame:
    """Return one row per complete trial, with whether it is on the front of its search, and the hypervolume of that front.

    A trial is on the front if no other trial of its search is at least as good in validation quality and all `costs`,
    and better in one; `costs` are those that are known for all trials of the search. The hypervolume is relative to the
    baseline of the same seed: each coordinate is the fraction of the baseline's error or cost that is saved, from 0
    (the baseline) to 1. A trial that is not better in every coordinate adds nothing. Training energies are compared per
    epoch, because trials have fewer epochs.
    """
    complete = trials[trials["status"] == "complete"]
    complete = complete.assign(**{EPOCH_J: complete["train_energy_j"] / complete["epochs"].astype(float)})
    runs = runs.assign(**{EPOCH_J: runs["train_energy_j"].astype(float) / runs["epochs"], LATENCY: 1.0})
    nothing = {"front": False, "hypervolume": nan, "hypervolume_parameters": nan, "costs": "", "reason": None}
    judged = [rows.assign(**_judged(rows, runs)) for _, rows in complete.groupby("run", sort=False)]
    return pd.concat(judged or [complete.assign(**nothing)], ignore_index=True)[COLUMNS]


def _judged(rows: pd.DataFrame, runs: pd.DataFrame) -> dict[str, Any]:
    """Return the columns on front and hypervolume for the trials of one search."""
    costs = [name for name in COSTS if rows[name].notna().all()]
    points = rows[costs].astype(float).assign(error=_error(rows["quality"], rows["metric"].iloc[0]))
    run = runs[runs["run"] == rows["run"].iloc[0]].iloc[0]
    baselines = alike(runs[runs["method"] == BASELINE], run, [*COMPARABLE, "seed"])
    reference = _reference(baselines.iloc[0]) if len(baselines) else pd.Series(nan, points.columns)
    reason = _not_comparable(costs, run, baselines, reference)
    small = ["parameters_compacted", "error"]
    known = "parameters_compacted" in costs and reference[small].notna().all()
    return {
        "front": moocore.is_nondominated(points.to_numpy(), keep_weakly=True),
        "hypervolume": nan if reason else _hypervolume(points, reference),
        "hypervolume_parameters": _hypervolume(points[small], reference) if known else nan,
        "costs": ", ".join(costs),
        "reason": reason,
    }


def _not_comparable(costs: list[str], run: pd.Series, baselines: pd.DataFrame, reference: pd.Series) -> str | None:
    """Return why there is no hypervolume; None where there is one."""
    if baselines.empty:
        return "no baseline of the same dataset, seed, threads and data level"
    missing = [COSTS[name] for name in costs if pd.isna(reference[name])]
    if missing:
        return f"not known of the baseline: {', '.join(missing)}"
    if EPOCH_J in costs and alike(baselines.iloc[:1], run, ENERGY).empty:
        return (
            f"the energies of the baseline are {energy_kind(baselines.iloc[0])}, those of the search {energy_kind(run)}"
        )
    return None


def _reference(baseline: pd.Series) -> pd.Series:
    """Return error and costs of the baseline, under the names of a trial's columns."""
    costs = {name: baseline[column] for name, column in COSTS.items()}
    return pd.Series(costs | {"error": _error(baseline["validation_quality"], baseline["metric"])}, dtype=float)


def _error(quality: Any, metric: str) -> Any:
    """Return a quality as an error, of which less is better: an accuracy as 1 minus it."""
    return 1 - quality if metric == "accuracy" else quality


def _hypervolume(points: pd.DataFrame, reference: pd.Series) -> float:
    """Return the volume that some points dominate, in fractions of the reference that they save.

    Where the reference is zero, nothing can be saved.
    """
    against = reference[points.columns].replace(0.0, nan)
    shares = (1 - points / against).fillna(0).to_numpy()
    better = shares[(shares > 0).all(axis=1)]
    return float(moocore.hypervolume(better, ref=0, maximise=True)) if len(better) else 0.0
