"""Two results, number by number: what differs, with an interval over seeds, and whether that is more than chance."""

from collections.abc import Iterator, Mapping
from math import exp, nan
from typing import Any

import numpy as np
import pandas as pd
from scipy import stats

from frugalnet.analysis.groups import GROUP, energy_kind
from frugalnet.analysis.inferences import RATIOS
from frugalnet.analysis.means import CONFIDENCE
from frugalnet.analysis.solution import energy_to_solution
from frugalnet.config.statistics import Margins
from frugalnet.record.record import COST

ROW = ["study", "dataset", "method", "variant"]
"""Columns that identify a row in both results."""
QUALITIES = ("test_quality", "validation_quality", "train_quality")
SIZES = tuple(name for name in COST if name not in ("activation_batch", "compaction_error"))
TIMES = ("train_duration_s", "train_cpu_s")
TRAINING = (
    *("train_energy_j", "energy_to_solution_j", "train_duration_s"),
    *("train_host_peak_mib", "train_device_peak_mib"),
)
INFERENCE = (
    *RATIOS,
    *(
        f"{name}{twin}"
        for name in (
            *("latency_batch1_ms", "latency_large_ms", "throughput_per_s"),
            *("energy_per_inference_batch1_j", "energy_per_inference_j"),
        )
        for twin in ("", "_compacted")
    ),
)
RATIO_MARGIN = 0.1
"""Sizes, times and energies agree if the interval of their ratio is within this distance of 1."""
AGREE, DIFFER, UNTOLD = "agree", "differ", "cannot be told"
COLUMNS = [*ROW, "quantity", "seeds_a", "seeds_b", "a", "b", "compared", "value", "low", "high", "verdict", "reason"]


def numbers(first: pd.DataFrame, second: pd.DataFrame, margins: Margins) -> pd.DataFrame:
    """Return one row per method and quantity that the tables `runs` of two results have in common.

    `a` and `b` are means over seeds. `value` is the difference B - A for qualities, and the ratio B / A of geometric
    means otherwise, with Welch's 95 % interval (of logarithms for ratios; seeds are not paired). Verdict: `agree` if
    the interval is within the margin (that of the metric, or `RATIO_MARGIN`); `differ` if it excludes equality and is
    not within the margin; otherwise `cannot be told`, with a reason also where there is no interval or the two are not
    comparable.
    """
    rows = [row for pair in _pairs(first, second) for row in _rows(*pair, margins)]
    return pd.DataFrame(rows, columns=COLUMNS)


def _pairs(first: pd.DataFrame, second: pd.DataFrame) -> Iterator[tuple[pd.DataFrame, pd.DataFrame]]:
    """Yield the runs of the same method in both results; runs that differ within a result are not put together."""
    groups = [
        [group for _, group in runs.groupby(["study", *GROUP], sort=False, dropna=False)]
        for runs in (each.assign(energy_to_solution_j=energy_to_solution(each)) for each in (first, second))
    ]
    for one in groups[0]:
        for other in groups[1]:
            if (one[[*ROW, "metric"]].iloc[0] == other[[*ROW, "metric"]].iloc[0]).all():
                yield one, other


def _rows(first: pd.DataFrame, second: pd.DataFrame, margins: Margins) -> Iterator[dict[str, Any]]:
    key = first[ROW].iloc[0].to_dict()
    there = first.columns.intersection(second.columns)  # results of an earlier version lack some
    for name in (*QUALITIES, *SIZES, *TRAINING, *INFERENCE):
        if name not in there:
            continue
        one, other = (runs[name].astype(float).dropna().to_numpy() for runs in (first, second))
        if len(one) == len(other) == 0:
            continue
        margin = getattr(margins, first["metric"].iloc[0]) if name in QUALITIES else None
        reason = not_comparable(name, first.iloc[0], second.iloc[0])
        judged = _untold(one, other, margin, reason) if reason else compared(one, other, margin)
        yield key | {"quantity": name, "seeds_a": len(one), "seeds_b": len(other)} | judged


def not_comparable(name: str, first: Mapping[str, Any], second: Mapping[str, Any]) -> str | None:
    """Return why a quantity of two runs cannot be compared, None where it can."""
    of_training = name in (*TRAINING, *TIMES)
    if (name in QUALITIES or of_training) and first["data_level"] != second["data_level"]:
        return f"data: {first['data_level']} against {second['data_level']}"
    if (name in INFERENCE or of_training) and first["threads"] != second["threads"]:
        return f"threads: {first['threads']} against {second['threads']}"
    kinds = energy_kind(first), energy_kind(second)
    if name in TIMES and kinds[0] != kinds[1]:  # an energy of another kind alone may mean another meter
        gpus = [_gpu(run) for run in (first, second)]
        if gpus[0] != gpus[1]:
            return f"GPUs: {gpus[0]} against {gpus[1]}"
    if "energy" in name:
        if kinds[0] != kinds[1]:
            return f"energies: {kinds[0]} against {kinds[1]}"
        assumed = [None if pd.isna(run["energy_assumptions"]) else run["energy_assumptions"] for run in (first, second)]
        if assumed[0] != assumed[1]:
            return "energies: estimates that assume unequal powers"
    return None


def _gpu(run: Mapping[str, Any]) -> str:
    """Return the models of the GPUs of the machine of a run; results of an earlier version do not know them."""
    found = run.get("gpu")
    return "none" if found is None or pd.isna(found) else str(found)


def compared(first: np.ndarray, second: np.ndarray, margin: float | None) -> dict[str, Any]:
    """Return how two samples compare: their difference where there is a margin in their unit, otherwise their ratio."""
    if not (len(first) and len(second)):
        return _untold(first, second, margin, f"not known in {'B' if len(first) else 'A'}")
    if margin is None and min(first.min(), second.min()) <= 0:
        same = bool(first.max() == second.max() == 0)
        return _untold(first, second, margin, None if same else "no ratio of zeros") | (
            {"verdict": AGREE} if same else {}
        )
    told = _untold(first, second, margin, None)
    nothing, limits = (0.0, (-margin, margin)) if margin else (1.0, (1 - RATIO_MARGIN, 1 + RATIO_MARGIN))
    if min(len(first), len(second)) < 2:
        same = set(first) == set(second)
        why = "one seed, and the same number" if same else "one seed: no interval"
        return told | {"verdict": AGREE if same else UNTOLD, "reason": why}
    low, high = _interval(first, second, margin is None)
    verdict = AGREE if limits[0] <= low and high <= limits[1] else DIFFER if not low <= nothing <= high else UNTOLD
    reason = "the interval has equality in it, and more than the margin" if verdict == UNTOLD else None
    return told | {"low": low, "high": high, "verdict": verdict, "reason": reason}


def _untold(first: np.ndarray, second: np.ndarray, margin: float | None, reason: str | None) -> dict[str, Any]:
    """Return values without a verdict; a difference or ratio only where no reason is against it."""
    means = [values.mean() if len(values) else nan for values in (first, second)]
    value = nan
    if reason is None and margin is not None:
        value = means[1] - means[0]
    elif reason is None and min(*first, *second) > 0:
        value = exp(np.log(second).mean() - np.log(first).mean())
    return {
        "a": means[0],
        "b": means[1],
        "compared": "difference" if margin is not None else "ratio",
        "value": value,
        "low": nan,
        "high": nan,
        "verdict": UNTOLD,
        "reason": reason,
    }


def _interval(first: np.ndarray, second: np.ndarray, ratio: bool) -> tuple[float, float]:
    """Return Welch's interval of B - A, or by logarithms of B / A; without any spread it is a point."""
    if ratio:
        first, second = np.log(first), np.log(second)
    if np.ptp(first) == np.ptp(second) == 0:
        low = high = second[0] - first[0]
    else:
        low, high = stats.ttest_ind(second, first, equal_var=False).confidence_interval(CONFIDENCE)
    return (exp(low), exp(high)) if ratio else (float(low), float(high))


def margin_in_words(margins: Margins) -> str:
    """Return how close two numbers must be to agree."""
    return (
        f"accuracies within {margins.accuracy:g}, errors within {margins.mae:g}, ratios within {RATIO_MARGIN:.0%} of 1"
    )
