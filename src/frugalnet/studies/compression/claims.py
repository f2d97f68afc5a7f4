"""Claims: values that were reported for these networks beside those that the study measured, with a verdict.

The verdict is by the whole 95 % interval over seeds (Student's t). A value is reproduced if the interval is within its
tolerance to either side; a value that was reported as a bound, if the interval keeps the bound. An interval that is
partly or wholly better has a verdict of its own: at least as good. There is no verdict without an interval, on other
data or for another network.
"""

import re
from collections.abc import Iterable
from math import nan
from typing import Any

import pandas as pd
from scipy import stats

from frugalnet import catalogue
from frugalnet.analysis.groups import COMPARABLE, GROUP, alike, energy_kind
from frugalnet.analysis.means import CONFIDENCE
from frugalnet.catalogue import BASELINE
from frugalnet.config.statistics import Statistics
from frugalnet.studies.compression.reported import REPORTED, Reported

REPRODUCED, AS_GOOD = "reproduced", "at least as good"
NOT_REPRODUCED, NOT_COMPARABLE = "not reproduced", "not comparable"
VERDICTS = (REPRODUCED, AS_GOOD, NOT_REPRODUCED, NOT_COMPARABLE)
COLUMNS = [
    *("claim", "statement", "reading", "source", "dataset", "method", "variant", "quantity", "unit", "reported"),
    *("measured", "measured_low", "measured_high", "seeds", "verdict", "reason", "data_level", "energy_source"),
]
STAND_INS = {"sample": "made stand-ins for the data", "subset": "a part of the data"}


def claims(runs: pd.DataFrame, comparison: pd.DataFrame, settings: Statistics) -> pd.DataFrame:
    """Return a row per reported value and comparable group of runs; a row without numbers if there is no such group.

    `settings.margins` says how much worse than the baseline a pruned model may be to count as one without loss.
    """
    margin = settings.margins.accuracy
    rows = []
    for reported in REPORTED:
        own = _runs_of(reported, runs, margin)
        groups = [group for _, group in own.groupby(GROUP, sort=False, dropna=False)]
        rows += [_row(reported, group, comparison, margin) for group in groups] or [_empty(reported)]
    table = pd.DataFrame(rows)[COLUMNS]
    return table.astype(dict.fromkeys(("reported", "measured", "measured_low", "measured_high"), "float64"))


def counts(table: pd.DataFrame) -> dict[str, int]:
    """Return how many claims have which verdict, the best first; a claim counts once, however many rows it has."""
    verdicts = [_verdict(rows) for _, rows in table.groupby("claim", sort=False)]
    return {text: verdicts.count(text) for text in sorted(set(verdicts), key=_rank)}


def _verdict(rows: pd.DataFrame) -> str:
    """Return the verdict on a claim; if its readings or groups of runs disagree, the best one and where it holds."""
    readings = [_agreed(group["verdict"], " in some of its runs") for _, group in rows.groupby("reading", dropna=False)]
    return _agreed(readings, " in one of its readings")


def _agreed(verdicts: Iterable[str], place: str) -> str:
    """Return the verdict on what can be compared, or the best of several with its place."""
    found = sorted(set(verdicts), key=_rank)
    known = [verdict for verdict in found if verdict != NOT_COMPARABLE] or found
    return known[0] if len(known) == 1 else known[0].removesuffix(" in some of its runs") + place


def _rank(verdict: str) -> tuple[int, str]:
    return next(place for place, each in enumerate(VERDICTS) if verdict.startswith(each)), verdict


def _runs_of(reported: Reported, runs: pd.DataFrame, margin: float) -> pd.DataFrame:
    """Return the runs that a value is compared with."""
    own = runs[runs["method"] == reported.method]
    if reported.dataset:
        own = own[own["dataset"] == reported.dataset]
    return own if reported.method == BASELINE else _most_pruned(own, runs, margin)


def _most_pruned(pruned: pd.DataFrame, runs: pd.DataFrame, margin: float) -> pd.DataFrame:
    """Return the runs of the variant without loss that has the fewest weights; if all lose, of the one that loses least.

    Each run is paired with the baseline of its seed, whose quality is added.
    """
    pairs = [*COMPARABLE, "seed"]
    quality = runs[runs["method"] == BASELINE].drop_duplicates(pairs).set_index(pairs)["test_quality"]
    weights = pruned[pruned["pruning.granularity"] == "weight"]
    paired = weights.join(quality.rename("baseline_quality"), on=pairs).dropna(subset="baseline_quality")
    chosen = []
    for _, alike_runs in paired.groupby(COMPARABLE, sort=False):
        variants = [group for _, group in alike_runs.groupby(GROUP, sort=False, dropna=False)]
        kept = [group for group in variants if _worst_gain(group) >= -margin]
        factor = "parameters / parameters_nonzero"
        chosen.append(
            max(kept, key=lambda group: _values(group, factor).mean()) if kept else max(variants, key=_worst_gain)
        )
    return pd.concat(chosen) if chosen else paired


def _worst_gain(group: pd.DataFrame) -> float:
    """Return the lower end of the gain over the baseline; for one seed, the gain."""
    mean, low, _ = _interval(_values(group, "test_quality - baseline_quality"))
    return mean if pd.isna(low) else low


def _values(group: pd.DataFrame, quantity: str) -> pd.Series:
    """Return a quantity of each run."""
    names = [name for name in re.findall(r"[a-z_]\w*", quantity) if name in group]
    return group[names].astype("float64").eval(quantity)


def _interval(values: pd.Series) -> tuple[float, float, float]:
    """Return mean and interval over seeds; no interval for one seed, or where a value is not known."""
    mean, count = values.mean(skipna=False), len(values)
    if count < 2 or pd.isna(mean):
        return mean, nan, nan
    if values.nunique() == 1:
        return mean, mean, mean
    low, high = stats.t.interval(CONFIDENCE, count - 1, loc=mean, scale=stats.sem(values))
    return mean, low, high


def _row(reported: Reported, group: pd.DataFrame, comparison: pd.DataFrame, margin: float) -> dict[str, Any]:
    first = group.iloc[0]
    mean, low, high = _interval(_values(group, reported.quantity))
    obstacles = _obstacles(reported, group, mean)
    outcome, why = _outcome(reported, mean, low, high)
    if outcome and reported.method != BASELINE and _worst_gain(group) < -margin:
        outcome, why = NOT_REPRODUCED, "not within the margin of the baseline"
    if obstacles and outcome:
        why = f"by the {'value' if pd.isna(low) else 'numbers'} alone: {outcome}"
    notes = [reported.note, f"energies are {energy_kind(first)}" if "energy" in reported.quantity else None]
    if reported.method != BASELINE:
        notes += _about_pruning(group, comparison, margin)
    return _about(reported) | {
        **{name: first[name] for name in ("dataset", "method", "variant", "data_level", "energy_source")},
        **{"measured": mean, "measured_low": low, "measured_high": high, "seeds": len(group)},
        "verdict": NOT_COMPARABLE if obstacles else outcome,
        "reason": "; ".join(filter(None, [*obstacles, why, *notes])),
    }


def _about(reported: Reported) -> dict[str, Any]:
    names = ("claim", "statement", "reading", "source", "dataset", "method", "quantity", "unit")
    return {name: getattr(reported, name) for name in names} | {"reported": reported.value}


def _empty(reported: Reported) -> dict[str, Any]:
    """Return the row of a value for which the study has no runs."""
    kind = "weight pruning with its baseline" if reported.method != BASELINE else reported.method
    place = f" on {catalogue.DATASETS[reported.dataset].title}" if reported.dataset else ""
    return _about(reported) | {
        **dict.fromkeys(("measured", "measured_low", "measured_high"), nan),
        **dict.fromkeys(("variant", "data_level", "energy_source")),
        **{"seeds": 0, "verdict": NOT_COMPARABLE, "reason": f"this study has no runs of {kind}{place}"},
    }


def _obstacles(reported: Reported, group: pd.DataFrame, mean: float) -> list[str]:
    """Return why the measured value cannot be compared with the reported one."""
    first = group.iloc[0]
    usual = catalogue.DATASETS[first["dataset"]].network
    found = [
        reported.obstacle,
        STAND_INS.get(first["data_level"]),
        None if first["network"] == usual else f"the network is {first['network']} instead of {usual}",
        "not known for all runs" if pd.isna(mean) else None,
        "one seed: no interval" if len(group) == 1 else None,
    ]
    return [text for text in found if text]


def _outcome(reported: Reported, mean: float, low: float, high: float) -> tuple[str | None, str | None]:
    """Return the verdict and the reason for it: by the value alone without an interval; None without a rule."""
    if pd.isna(mean) or (reported.tolerance is None and not reported.bound):
        return None, None
    sign, tolerance = 1 if reported.more_is_better else -1, reported.tolerance or 0.0
    worst, best = sorted(sign * end for end in ((mean, mean) if pd.isna(low) else (low, high)))
    limit, beyond = (reported.value - sign * tolerance, reported.value + sign * tolerance)
    good, other = ("above", "below") if reported.more_is_better else ("below", "above")
    if best < sign * limit:
        return NOT_REPRODUCED, f"no part of the interval is {good} {limit:.4g}"
    if worst < sign * limit:
        return NOT_REPRODUCED, f"the interval reaches to both sides of {limit:.4g}: more seeds may tell"
    if reported.bound:
        return REPRODUCED, f"the whole interval is {good} {limit:.4g}"
    if best <= sign * beyond:
        return REPRODUCED, f"the whole interval is between {limit:.4g} and {beyond:.4g}"
    return AS_GOOD, f"the whole interval is {good} {limit:.4g}, and not all of it {other} {beyond:.4g}"


def _about_pruning(group: pd.DataFrame, comparison: pd.DataFrame, margin: float) -> list[str]:
    """Return how the variant was chosen, and what it gains over its reference."""
    first = group.iloc[0]
    left = group["parameters_nonzero"].astype("float64").mean()
    lossless = f"within {margin:g} of the baseline by the interval over seeds (or value), not corrected for this choice"
    chosen = f"the variant with the fewest weights that is {lossless}"
    if _worst_gain(group) < -margin:
        chosen = f"the variant that loses least; none is {lossless}"
    notes = [f"{chosen}: {left:,.0f} of {first['parameters']:,} parameters are left"]
    for row in alike(comparison, first, GROUP).itertuples():
        if row.reference != BASELINE and not pd.isna(row.quality_gain):
            interval = f" [{row.quality_gain_low:.4f}, {row.quality_gain_high:.4f}]" if row.seeds > 1 else ""
            notes.append(f"over {row.reference}, its reference, it gains {row.quality_gain:.4f}{interval}")
    return notes
