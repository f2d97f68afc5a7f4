"""Claims: values that were reported for these networks beside those that the study measured, with a verdict (`analysis.reported`)."""

from typing import Any

import pandas as pd

from frugalnet import catalogue
from frugalnet.analysis import reported as beside
from frugalnet.analysis.groups import COMPARABLE, GROUP, alike
from frugalnet.analysis.reported import NOT_REPRODUCED, Reported
from frugalnet.catalogue import BASELINE
from frugalnet.config.statistics import Statistics
from frugalnet.studies.compression.reported import REPORTED


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
    return beside.table(rows)


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
            max(kept, key=lambda group: beside.values(group, factor).mean()) if kept else max(variants, key=_worst_gain)
        )
    return pd.concat(chosen) if chosen else paired


def _worst_gain(group: pd.DataFrame) -> float:
    """Return the lower end of the gain over the baseline; for one seed, the gain."""
    mean, low, _ = beside.interval(beside.values(group, "test_quality - baseline_quality"))
    return mean if pd.isna(low) else low


def _row(reported: Reported, group: pd.DataFrame, comparison: pd.DataFrame, margin: float) -> dict[str, Any]:
    """Return the row of a value beside a group of runs; a pruned model that loses too much reproduces nothing."""
    first = group.iloc[0]
    usual = catalogue.DATASETS[first["dataset"]].network
    other = None if first["network"] == usual else f"the network is {first['network']} instead of {usual}"
    if reported.method == BASELINE:
        return beside.row(reported, group, [other])
    loses = _worst_gain(group) < -margin
    instead = (NOT_REPRODUCED, "not within the margin of the baseline") if loses else None
    return beside.row(reported, group, [other], _about_pruning(group, comparison, margin), instead)


def _empty(reported: Reported) -> dict[str, Any]:
    """Return the row of a value for which the study has no runs."""
    kind = "weight pruning with its baseline" if reported.method != BASELINE else reported.method
    place = f" on {catalogue.DATASETS[reported.dataset].title}" if reported.dataset else ""
    return beside.without_runs(reported, f"this study has no runs of {kind}{place}")


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
