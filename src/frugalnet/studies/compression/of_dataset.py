"""The tables of one dataset, and what its sentences look up in them."""

from collections.abc import Iterator

import pandas as pd

from frugalnet import catalogue
from frugalnet.analysis.groups import ENERGY
from frugalnet.analysis.inferences import RATIOS
from frugalnet.analysis.references import teaching_of
from frugalnet.analysis.statistics.wording import NO_WORSE
from frugalnet.config.run import DEFAULT
from frugalnet.drawing.style import title
from frugalnet.page.wording import Scale, times

REFERENCES = catalogue.STUDIES["compression"].references.of
BASELINE = ("baseline", DEFAULT)

Key = tuple[str, str]
"""Method and variant."""


class OfDataset:
    """Rows of `comparison`, `statistics`, `break_even` and `runs` that may be compared with each other."""

    def __init__(
        self, rows: pd.DataFrame, statistics: pd.DataFrame, break_even: pd.DataFrame, runs: pd.DataFrame
    ) -> None:
        keys = ["method", "variant"]
        self.rows = rows.drop_duplicates(keys).set_index(keys)
        self.compared = self.rows[self.rows["reference"].notna()]
        self.statistics = statistics
        self.break_even = break_even
        self.runs = runs
        self.scale = Scale(rows["metric"].iloc[0])
        self.unit = "" if self.scale.metric == "accuracy" else f" ({catalogue.DATASETS[rows['dataset'].iloc[0]].unit})"

    def references(self) -> dict[Key, pd.DataFrame]:
        """Return what methods are compared with, and the rows that are compared with it."""
        groups = self.compared.groupby(["reference", "reference_variant"], sort=False)
        return {(str(key[0]), str(key[1])): rows for key, rows in groups if key in self.rows.index}

    def reference_of(self, key: Key) -> Key:
        """Return what a method is compared with."""
        row = self.rows.loc[key]
        return row["reference"], row["reference_variant"]

    def candidates(self, compared: pd.DataFrame) -> list[Key]:
        """Return among what the reference of some rows was chosen."""
        teachings = {None, *(teaching_of(row) for _, row in compared.iterrows())}
        longest = compared["epochs_in_all"].max()
        return [
            key
            for key, row in self.rows.iterrows()
            if key[0] in REFERENCES and row["epochs_in_all"] <= longest and teaching_of(row) in teachings
        ]

    def best(self) -> Key:
        """Return what does best on validation data, which the choice may look at."""
        return (self.scale.sign * self.compared["validation_quality_mean"]).idxmax()

    def smallest(self) -> Key | None:
        """Return the smallest model that is shown to be no worse than its reference, if it is smaller than that with every seed."""
        tested = self.tested()
        found = tested[tested["equivalence"] == NO_WORSE]
        keys = zip(found["method"], found["variant"], strict=True)
        shown = self.compared.loc[[key for key in keys if key in self.compared.index]]
        smaller = shown[[max(self.sizes(key)) < self.parameters(key) for key in shown.index]]
        return smaller.sort_values("parameters_compacted", kind="stable").index[0] if len(smaller) else None

    def tested(self) -> pd.DataFrame:
        """Return the rows of `statistics` on quality against the reference."""
        rows = self.statistics
        return rows[(rows["quantity"] == "test_quality") & rows["is_reference"].astype(bool)]

    def pair(self, quantity: str, key: Key, other: Key) -> pd.Series | None:
        """Return the row of `statistics` of two methods; None where there is not exactly one."""
        rows = self.statistics[self.statistics["quantity"] == quantity]
        rows = rows[(rows["method"] == key[0]) & (rows["variant"] == key[1])]
        rows = rows[(rows["against"] == other[0]) & (rows["against_variant"] == other[1])]
        return rows.iloc[0] if len(rows) == 1 else None

    def times(self, quantity: str, key: Key) -> str:
        """Return a quantity as a multiple of the baseline's, inference measured in turn with it; empty where it is not known."""
        if quantity in RATIOS:
            row, name = self.rows.loc[key], quantity
        else:
            row, name = self.pair(quantity, key, BASELINE), "ratio"
        if row is None or pd.isna(row[name]):
            return ""
        return times(row[name], row[f"{name}_low"], row[f"{name}_high"])

    def sizes(self, key: Key, column: str = "parameters_compacted") -> list[float]:
        """Return the sizes of a method's models, each once."""
        own = self.runs[(self.runs["method"] == key[0]) & (self.runs["variant"] == key[1])]
        return sorted(own[column].fillna(own["parameters"]).astype(float).unique())

    def parameters(self, key: Key) -> float:
        """Return the parameters of what a method is compared with."""
        return float(self.rows.loc[self.reference_of(key), "parameters"])

    def pay_backs(self, key: Key) -> Iterator[pd.Series]:
        """Yield the rows of `break_even` of a method, the smallest batch first."""
        own = self.break_even[(self.break_even["method"] == key[0]) & (self.break_even["variant"] == key[1])]
        yield from (row for _, row in own.sort_values("batch").iterrows())

    def study_j(self) -> float:
        """Return the energy of all runs and failed tries; NaN where it is not known of all, or not in the same way."""
        if len(self.runs[ENERGY].drop_duplicates()) > 1:
            return float("nan")
        return float((self.runs["train_energy_j"] + self.runs["failed_energy_j"]).sum(skipna=False))

    def source(self, key: Key) -> str:
        """Return how the energy of a method is known."""
        source = self.rows.loc[key, "energy_source"]
        return "not known" if pd.isna(source) else str(source)


def reference_name(key: Key) -> str:
    """Return the name of a reference, which may be a control of others."""
    return title(*key).replace(" (control)", "")
