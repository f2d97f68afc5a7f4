"""Processed tables: what a paper quotes. Means are over seeds; comparisons are paired by seed."""

from math import nan

import pandas as pd
from scipy import stats

GROUP = ["dataset", "method", "variant", "metric", "threads", "energy_source", "energy_scope", "data_level"]
"""Runs that differ in any of these are never put in one mean."""
REFERENCES = ("baseline", "continued")
CONFIDENCE = 0.95


def comparison(runs: pd.DataFrame) -> pd.DataFrame:
    """Return one row per dataset, method and variant, in the order in which they were run.

    The reference of a dataset is the better of `baseline` and `continued` on validation data; `quality_gain` says by how much
    a method is better than it on test data, as the mean over seeds that both have, with a 95 % interval (Student's t).
    """
    runs = runs.assign(energy_to_solution_j=_energy_to_solution(runs))
    rows = []
    for key, group in runs.groupby(GROUP, sort=False, dropna=False):
        reference = _reference(runs[(runs["dataset"] == key[0]) & (runs["threads"] == key[4])])
        gain, low, high = _gain(group, reference)
        rows.append(
            dict(zip(GROUP, key, strict=True))
            | {
                "seeds": len(group),
                "quality_mean": group["test_quality"].mean(),
                "quality_std": group["test_quality"].std(),
                "validation_quality_mean": group["validation_quality"].mean(),
                "train_quality_mean": group["train_quality"].mean(),
                "reference": None if reference is None else reference["method"].iloc[0],
                "quality_gain": gain,
                "quality_gain_low": low,
                "quality_gain_high": high,
                "failed_tries": group["failed_tries"].sum(),
            }
            | {column: round(group[column].mean()) for column in ("parameters", "parameters_nonzero", "model_bytes")}
            | {column: group[column].mean(skipna=False) for column in MEANS}
        )
    return pd.DataFrame(rows)[COLUMNS]


MEANS = [
    "train_energy_j",
    "energy_to_solution_j",
    "train_duration_s",
    "latency_batch1_ms",
    "throughput_per_s",
    "energy_per_inference_j",
]
COLUMNS = [
    *("dataset", "method", "variant", "seeds", "metric", "quality_mean", "quality_std"),
    *(
        "validation_quality_mean",
        "train_quality_mean",
        "reference",
        "quality_gain",
        "quality_gain_low",
        "quality_gain_high",
    ),
    *("parameters", "parameters_nonzero", "model_bytes", "train_energy_j", "energy_to_solution_j", "energy_source"),
    *("energy_scope", "train_duration_s", "latency_batch1_ms", "throughput_per_s", "energy_per_inference_j"),
    *("failed_tries", "threads", "data_level"),
]


def _energy_to_solution(runs: pd.DataFrame) -> pd.Series:
    """Return each run's own energy plus that of all its parents, failed tries included, in joules."""
    own = (runs["train_energy_j"].astype(float) + runs["failed_energy_j"].astype(float)).set_axis(runs["run"])
    parent = runs.set_index("run")["parent"]

    def chain(run: str) -> float:
        above = parent[run]
        return own[run] + (chain(above) if isinstance(above, str) else 0)

    return runs["run"].map(chain)


def _reference(runs: pd.DataFrame) -> pd.DataFrame | None:
    candidates = [group for method, group in runs.groupby("method", sort=False) if method in REFERENCES]
    if not candidates:
        return None
    sign = _sign(runs)
    return max(candidates, key=lambda group: sign * group["validation_quality"].mean())


def _sign(runs: pd.DataFrame) -> int:
    """Return 1 where more is better, -1 where less is."""
    return 1 if runs["metric"].iloc[0] == "accuracy" else -1


def _gain(group: pd.DataFrame, reference: pd.DataFrame | None) -> tuple[float, float, float]:
    if reference is None:
        return nan, nan, nan
    paired = group.set_index("seed")["test_quality"] - reference.set_index("seed")["test_quality"]
    differences = _sign(group) * paired.dropna()
    if len(differences) < 2 or (differences == 0).all():
        return differences.mean(), nan, nan
    low, high = stats.t.interval(CONFIDENCE, len(differences) - 1, loc=differences.mean(), scale=stats.sem(differences))
    return differences.mean(), low, high
