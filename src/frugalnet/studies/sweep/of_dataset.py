"""The configurations of one dataset that may be compared, and what its sentences look up in them."""

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from math import nan
from typing import Any

import pandas as pd

from frugalnet.analysis.gains import gain, replicates_of
from frugalnet.analysis.groups import energy_kind
from frugalnet.analysis.means import CONFIDENCE
from frugalnet.analysis.statistics.fieller import ratio_interval
from frugalnet.analysis.statistics.holm import SHOWN_BELOW
from frugalnet.analysis.statistics.wording import counted
from frugalnet.page.cells import number
from frugalnet.page.wording import SPACE, Scale, joules, listed, p_value, times
from frugalnet.studies.sweep.configurations import GRID
from frugalnet.studies.sweep.weights import NOT_IN_IT, from_elsewhere

PERCENT, TIMES = f"95{SPACE}%", "\N{MULTIPLICATION SIGN}"
BY_ITSELF = "by this interval alone"
"""Said of a difference that was not tested, and whose interval does not hold zero."""
Row = Mapping[str, Any]
"""A row of `configurations`."""


@dataclass(frozen=True)
class Pair:
    """How much more one configuration has than another, paired by seed; missing where it is not known."""

    difference: float
    low: float = nan
    high: float = nan
    p: float = nan
    seeds: int = 0


class OfDataset:
    """Rows of `configurations`, `statistics` and `runs` that may be compared with each other."""

    def __init__(
        self, rows: pd.DataFrame, statistics: pd.DataFrame, runs: pd.DataFrame, resampled: pd.DataFrame
    ) -> None:
        self.rows = rows
        self.ranked = rows[rows["rank"].notna()].sort_values("rank", kind="stable")
        self.runs = runs
        self._statistics = statistics[statistics["quantity"] == "test_quality"]
        self._resampled = resampled
        self.scale = Scale(rows["metric"].iloc[0])

    def of_grid(self) -> pd.DataFrame:
        """Return the ranked combinations of the grid, best first."""
        return self.ranked[self.ranked["part"] == GRID]

    def of_one_kind(self) -> pd.DataFrame:
        """Return the ranked configurations with energies of the kind that most of them have."""
        kinds = [own for _, own in self.ranked.groupby(["energy_source", "energy_scope"], sort=False, dropna=False)]
        return max(kinds, key=len, default=self.ranked)

    def has_parent(self, row: Row) -> bool:
        """Tell whether the runs of a configuration started from the models of other runs."""
        own = self._of(row["variant"])
        return bool(own["parent"].notna().any())

    def from_elsewhere(self, row: Row) -> bool:
        """Tell whether runs of a configuration started from weights of ImageNet or of a file."""
        return bool(from_elsewhere(self._of(row["variant"])).any())

    def more(self, row: Row) -> str:
        """Return what the energy to solution of a configuration has beside its own training; empty if nothing."""
        failed = (self._of(row["variant"])["failed_energy_j"] > 0).any()
        parts = {"failed tries": failed, "the model that it started from": self.has_parent(row)}
        return " and ".join(name for name, is_there in parts.items() if is_there)

    def parents_j(self, row: Row) -> float:
        """Return the energy of the runs whose models a configuration started from; mean over seeds, 0 where there are none."""
        own = self._of(row["variant"])
        if not self.has_parent(row):
            return 0.0
        parts = own["energy_to_solution_j"] - own["train_energy_j"] - own["failed_energy_j"]
        return float(parts.astype(float).mean(skipna=False))

    def pair(self, one: str, other: str) -> Pair:
        """Return the difference in test quality of two configurations, from `statistics` where that compares them."""
        found = self._statistics
        for first, second, flips in ((one, other, 1), (other, one, -1)):
            rows = found[(found["variant"] == first) & (found["against_variant"] == second) & (found["seeds"] > 0)]
            if len(rows) == 1:
                row = rows.iloc[0]
                low, high = sorted((flips * row["difference_low"], flips * row["difference_high"]))
                return Pair(flips * row["difference"], low, high, row["paired_p_holm"], int(row["seeds"]))
        gained = gain(self._of(one), self._of(other), self._replicates, CONFIDENCE)
        low, high = sorted(self.scale.sign * gained[f"quality_gain_{end}"] for end in ("low", "high"))
        both = set(self._of(one)["seed"]) & set(self._of(other)["seed"])
        return Pair(self.scale.sign * gained["quality_gain"], low, high, seeds=len(both))

    def change(self, pair: Pair) -> str:
        """Return a difference with its interval, and whether it is shown."""
        if pd.isna(pair.difference):
            return "how much is not known, as they have no seed in common"
        seeds = counted(pair.seeds, "seed")
        if pd.isna(pair.low):
            return f"{self.scale.change(pair.difference)} (no interval, {seeds})"
        around = f"{PERCENT} interval {self.scale.between(pair.low, pair.high)}, {seeds}"
        if pd.notna(pair.p):
            shown = f"{'shown' if pair.p < SHOWN_BELOW else 'not shown'}, {p_value(pair.p)}"
        else:
            shown = "not shown" if pair.low <= 0 <= pair.high else BY_ITSELF
        return f"{self.scale.change(pair.difference)} ({around}; {shown})"

    def quality(self, row: Row) -> str:
        """Return the test quality of a configuration with its interval."""
        low, high, seeds = row["test_quality_low"], row["test_quality_high"], counted(row["seeds"], "seed")
        around = f"no interval, {seeds}"
        if pd.notna(low):
            around = f"{PERCENT} interval {self.scale.level(low)} to {self.scale.level(high)}, {seeds}"
        return f"{self.scale.name} {self.scale.level(row['test_quality'])} ({around})"

    def cost(self, row: Row) -> str:
        """Return what the training of a configuration took, as far as it is known."""
        found = []
        if pd.notna(row["train_duration_s"]):
            found.append(minutes(row["train_duration_s"] / 60))
        if pd.notna(row["train_cpu_s"]):
            found.append(f"{number(row['train_cpu_s'])} CPU seconds")
        known = pd.notna(row["train_energy_j"])
        found += [f"{joules(row['train_energy_j'])}, {energy_kind(row)}"] if known else []
        if known and pd.notna(row["energy_to_solution_j"]) and (more := self.more(row)):
            found[-1] += f" ({joules(row['energy_to_solution_j'])} with {more})"
        if known and self.from_elsewhere(row):
            found[-1] += f" ({NOT_IN_IT})"
        told = f"; its training took {listed(found)}" if found else ""
        return told if known else f"{told}; its energy is not known"

    def ratio(self, one: str, other: str, name: str) -> str:
        """Return a cost as a multiple of that of another configuration, paired by seed; empty where it is not known."""
        values = {
            key: self._of(variant).set_index("seed")[name].astype(float)
            for key, variant in (("one", one), ("other", other))
        }
        pairs = pd.concat(values, axis="columns", join="inner").dropna()
        kinds = pd.concat([self._of(one), self._of(other)])[["energy_source", "energy_scope"]].drop_duplicates()
        if pairs.empty or len(kinds) > 1:
            return ""
        ends = ratio_interval(pairs["one"], pairs["other"], CONFIDENCE) if len(pairs) > 1 else (nan, nan)
        return f"{TIMES}{SPACE}{times(pairs['one'].mean() / pairs['other'].mean(), *ends)}"

    def _of(self, variant: str) -> pd.DataFrame:
        return self.runs[self.runs["variant"] == variant]

    @cached_property
    def _replicates(self) -> pd.DataFrame:
        return replicates_of(self._resampled) if len(self._resampled) else pd.DataFrame()


def given(scale: Scale, value: float) -> str:
    """Return a quality that a configuration gives, as it was written: `70 %`."""
    return f"{100 * value:.4g}{SPACE}%" if scale.metric == "accuracy" else f"{value:g}"


def minutes(value: float) -> str:
    """Return a time in the unit that suits its size."""
    return f"{number(60 * value)} s" if value < 1 else f"{number(value)} minutes"
