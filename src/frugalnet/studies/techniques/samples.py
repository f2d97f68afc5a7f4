"""What models of this study are fitted to: runs that may be compared, and the level that each factor has in them."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd

from frugalnet.analysis.groups import COMPARABLE, ENERGY, energy_kind
from frugalnet.analysis.statistics.wording import counted
from frugalnet.config.techniques import Techniques
from frugalnet.record.record import COMPLETE
from frugalnet.studies.techniques.swept import DEPLOYED, idle_as_off, is_rounded, swept_runs

QUALITY = "test_quality"
COSTS = ("train_energy_j", "train_duration_s", "train_cpu_s", "latency_batch1_ms")
"""Compared as logarithms, and only where energies are of the same source and of the same devices."""
DISTURBED = {
    **dict.fromkeys(COSTS[:3], "train_flags"),
    "latency_batch1_ms": "inference_flags",
}
"""Columns of `runs` that say what disturbed the measurement of a cost."""
BLOCK = [*COMPARABLE, "network", "metric"]
"""Runs that differ in any of these are never in one model."""
ABOUT = ["dataset", "network", "metric", "threads", "data_level", *ENERGY]
"""What the tables say of the runs behind a row."""


@dataclass(frozen=True)
class Sample:
    """A quantity in complete runs that may be compared.

    `levels` has a row per run with a known value and a column per factor, `values` the quality or the logarithm of the
    cost; `idle` says where a factor had no effect; `present` and `lost` have the levels of all complete runs, and of those
    that got no model, with their `status`.
    """

    quantity: str
    about: dict[str, Any]
    levels: pd.DataFrame
    values: pd.Series
    names: pd.Series
    idle: pd.DataFrame
    present: pd.DataFrame
    lost: pd.DataFrame
    remarks: tuple[str, ...]

    def combinations(self) -> tuple[pd.DataFrame, pd.Series, list[str]]:
        """Return levels, value and names of each combination once, as the mean over its runs.

        What a combination has on its own, beside the effects of its factors, is common to its repetitions: they are not
        as good as other combinations.
        """
        groups = self.values.groupby([self.levels[name] for name in self.levels], sort=False)
        means = groups.mean().rename("value").reset_index()
        names = self.names.groupby([self.levels[name] for name in self.levels], sort=False).agg(
            lambda own: ", ".join(dict.fromkeys(own))
        )
        return means[list(self.levels)], means["value"], names.tolist()


def levels_of(runs: pd.DataFrame, study: Techniques) -> pd.DataFrame:
    """Return the level of each factor in runs; a factor that had no effect is at its off level, unless `none` is a level."""
    return idle_as_off(_given(runs, study), study)


def _given(runs: pd.DataFrame, study: Techniques) -> pd.DataFrame:
    return pd.DataFrame({name: runs[f"factor.{name}"].astype("str") for name in study.varied}, runs.index)


def samples(all_runs: pd.DataFrame, study: Techniques) -> Iterator[Sample]:
    """Yield the quantities of the study, each for all runs of the method `baseline` that may be compared in it."""
    runs = swept_runs(all_runs).reset_index(drop=True)
    complete = runs["status"] == COMPLETE
    for _, block in runs[complete].groupby(BLOCK, sort=False, dropna=False):
        lost = _like(runs[~complete], block.iloc[0])
        for quantity in (QUALITY, *COSTS):
            kinds = block.groupby(ENERGY, sort=False, dropna=False) if quantity in COSTS else [(None, block)]
            for _, own in kinds:
                yield _sample(quantity, own, block, lost, study)


def _like(lost: pd.DataFrame, run: pd.Series) -> pd.DataFrame:
    """Return the runs without a model that agree with a run in what is known of them."""
    same = pd.Series(True, lost.index)
    for name in BLOCK:
        same &= lost[name].isna() | (lost[name] == run[name])
    return lost[same]


def _sample(quantity: str, runs: pd.DataFrame, block: pd.DataFrame, lost: pd.DataFrame, study: Techniques) -> Sample:
    given = runs[quantity].astype("float64")
    known = np.isfinite(given) & (given > 0 if quantity in COSTS else True)
    values = np.log(given[known]) if quantity in COSTS else given[known]
    levels = levels_of(runs, study)
    about = {name: runs[name].iloc[0] if runs[name].nunique(dropna=False) == 1 else None for name in ABOUT}
    return Sample(
        quantity,
        about,
        levels[known],
        values,
        runs["variant"][known],
        (levels != _given(runs, study))[known],
        levels,
        levels_of(lost, study).assign(status=lost["status"]),
        tuple(_remarks(quantity, known, runs, block)),
    )


def _remarks(quantity: str, known: pd.Series, runs: pd.DataFrame, block: pd.DataFrame) -> Iterator[str]:
    """Yield which complete runs are not in the sample, and which are not like the others."""
    if quantity in DEPLOYED and (rounded := int(is_rounded(runs).sum())):
        yield f"{counted(rounded, 'run')} as int8 files in TensorFlow Lite, the others in TensorFlow"
    if quantity in DISTURBED and (disturbed := int((runs[DISTURBED[quantity]].fillna("") != "").sum())):
        yield f"{disturbed} of {counted(len(runs), 'run')} disturbed, or shorter than a meter resolves ({DISTURBED[quantity]})"
    if unknown := int((~known).sum()):
        yield f"not known for {unknown} of {counted(len(known), 'run')}"
    others = block.drop(runs.index)
    for _, own in others.groupby(ENERGY, sort=False, dropna=False):
        yield f"{counted(len(own), 'run')} with energies that are {energy_kind(own.iloc[0])}: in rows of their own"
