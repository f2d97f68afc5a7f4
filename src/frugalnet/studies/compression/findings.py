"""What the tables say, in sentences that can be quoted: every number with its interval, where it has one."""

from collections.abc import Mapping

import pandas as pd

from frugalnet import catalogue
from frugalnet.analysis.groups import ENERGY
from frugalnet.analysis.inferences import RATIOS
from frugalnet.analysis.references import teaching_of
from frugalnet.analysis.statistics.named import is_control
from frugalnet.analysis.statistics.wording import NO_WORSE, counted
from frugalnet.config.run import DEFAULT
from frugalnet.drawing.style import MEASUREMENTS, title
from frugalnet.page import paid, summary
from frugalnet.page.cells import number
from frugalnet.page.wording import SPACE, Scale, joules, listed, p_value, ranged, times
from frugalnet.studies.compression.beside_controls import beside_controls
from frugalnet.studies.compression.claims import counts

REFERENCES = catalogue.STUDIES["compression"].references.of
BASELINE = ("baseline", DEFAULT)
SEARCH = ("nas", DEFAULT)
SAVINGS = {
    "macs_compacted": "operations",
    "latency_ratio": "latency",
    "energy_per_inference_batch1_ratio": "energy",
}

Key = tuple[str, str]
"""Method and variant."""


def findings(tables: Mapping[str, pd.DataFrame]) -> dict[str, list[str]]:
    """Return the sentences of each heading, how the claims of others stand below none; of made data, the range of the numbers."""
    told = {"": _claims(tables["claims"])}
    for heading, rows in summary.alike(tables["comparison"]):
        others = (summary.like(tables[name], rows.iloc[0]) for name in ("statistics", "break_even", "runs"))
        found = Findings(rows, *others)
        told[heading] = found.example() if rows["data_level"].iloc[0] == summary.SAMPLE else found.sentences()
    return told


def _claims(claims: pd.DataFrame) -> list[str]:
    """Return how many claims of others are reproduced."""
    if claims.empty:
        return []
    of = counts(claims)
    told = ", ".join(f"{count} {verdict}" for verdict, count in of.items())
    return [f"Of {counted(sum(of.values()), 'claim')} of others: {told} ([which, and why](#Claims))."]


class Findings:
    """Sentences about one dataset: its rows of `comparison`, `statistics`, `break_even` and `runs`."""

    def __init__(
        self, rows: pd.DataFrame, statistics: pd.DataFrame, break_even: pd.DataFrame, runs: pd.DataFrame
    ) -> None:
        keys = ["method", "variant"]
        self._rows = rows.drop_duplicates(keys).set_index(keys)
        self._compared = self._rows[self._rows["reference"].notna()]
        self._statistics = statistics
        self._break_even = break_even
        self._runs = runs
        self._scale = Scale(rows["metric"].iloc[0])

    def sentences(self) -> list[str]:
        """Return the findings: the references, the best, the smallest that is no worse, the controls, the search."""
        references = self._references()
        if not references:
            return ["There is neither *baseline* nor *continued*: nothing to compare with."]
        told = [self._about_reference(key, rows) for key, rows in references.items()]
        if not set(self._rows.index) - references.keys():
            return told
        best, smallest = self._best(), self._smallest()
        told += [
            self._about_best(best),
            self._about_smallest(smallest, best),
            *beside_controls(self._statistics, self._scale),
        ]
        other = SEARCH in self._compared.index and SEARCH not in (best, smallest)
        return [*told, self._about_search()] if other else told

    def example(self) -> list[str]:
        """Return the range of what was measured, with no word on which method does better."""
        quality, energy = self._rows["quality_mean"], self._rows["energy_to_solution_j"]
        count = f"{len(self._rows)} methods and variants"
        joules = f"{number(energy.min())} to {number(energy.max())} J{self._kind(self._rows.index[0])}"
        spread = f"{self._scale.name} from {self._scale.level(quality.min())} to {self._scale.level(quality.max())}"
        return [f"{count}: {spread}" + (f"; energy to solution from {joules}." if energy.notna().all() else ".")]

    def _references(self) -> dict[Key, pd.DataFrame]:
        """Return what methods are compared with, and the rows that are compared with it."""
        groups = self._compared.groupby(["reference", "reference_variant"], sort=False)
        return {(str(key[0]), str(key[1])): rows for key, rows in groups if key in self._rows.index}

    def _of(self, key: Key) -> Key:
        """Return what a method is compared with."""
        row = self._rows.loc[key]
        return row["reference"], row["reference_variant"]

    def _best(self) -> Key:
        """Return what does best on validation data, which the choice may look at."""
        return (self._scale.sign * self._compared["validation_quality_mean"]).idxmax()

    def _smallest(self) -> Key | None:
        """Return the smallest model that is shown to be no worse than its reference, if it is smaller than that."""
        tested = self._tested()
        found = tested[tested["equivalence"] == NO_WORSE]
        keys = zip(found["method"], found["variant"], strict=True)
        shown = self._compared.loc[[key for key in keys if key in self._compared.index]]
        parameters = shown["parameters_compacted"].astype(float)
        smaller = shown[parameters < [self._parameters(key) for key in shown.index]]
        return smaller.sort_values("parameters_compacted", kind="stable").index[0] if len(smaller) else None

    def _about_reference(self, key: Key, compared: pd.DataFrame) -> str:
        row, scale = self._rows.loc[key], self._scale
        spread = "" if pd.isna(row["quality_std"]) else f" ± {scale.level(row['quality_std'])}"
        unit = "" if scale.metric == "accuracy" else f"{SPACE}({catalogue.DATASETS[row['dataset']].unit})"
        epochs = compared["epochs_in_all"].dropna().unique()
        trained = f"trained for {ranged(epochs)} epochs in all" if len(epochs) else "trained"
        taught = " by a teacher" if (compared["pruning.distillation"].fillna(0) > 0).all() else ""
        return (
            f"What is {trained}{taught} is compared with *{_name(key)}*{self._chosen(compared)}: {scale.name} "
            f"{scale.level(row['quality_mean'])}{spread}{unit} ({counted(row['seeds'], 'seed')}).{self._cost(key)}"
        )

    def _chosen(self, compared: pd.DataFrame) -> str:
        """Return among what the reference of some rows was chosen; empty where there was no choice."""
        teachings = {None, *(teaching_of(row) for _, row in compared.iterrows())}
        others = [
            f"*{_name((method, variant))}*"
            for (method, variant), row in self._rows.iterrows()
            if method in REFERENCES
            and row["epochs_in_all"] <= compared["epochs_in_all"].max()
            and teaching_of(row) in teachings
        ]
        best = "better" if len(others) == 2 else "best"
        return f", the {best} of {listed(others)} on validation data" if len(others) > 1 else ""

    def _about_best(self, key: Key) -> str:
        if key[0] in REFERENCES:
            return f"No method is better than *{_name(key)}* on validation data."
        left = self._sizes(key, "parameters_nonzero")
        share = ranged(100 * size / self._parameters(key) for size in left)
        return (
            f"Of {len(self._rows)} methods and variants, **{title(*key)}** is best on validation data, by which it was "
            f"chosen: {self._quality(key)}, with {share}{SPACE}% of the reference's parameters not zero.{self._cost(key)}"
        )

    def _about_smallest(self, key: Key | None, best: Key) -> str:
        tested = self._tested()
        if tested["equivalence"].isna().all():
            claimed = tested[~tested["method"].map(is_control).astype(bool)]
            notes = list(dict.fromkeys(note for note in claimed["note"].dropna() if note))
            why = notes[0] if len(notes) == 1 else "the table `statistics` says why"
            return f"Which models are no worse than their references is not known: it was not tested ({why})."
        if key is None:
            margin = self._scale.margin(tested["equivalence_margin"].dropna().iloc[0])
            return f"No smaller model is shown to be no worse than its reference by more than {margin}."
        rest = f"{self._savings(key)}{self._pay_back(key)}{self._study()}"
        if key == best:
            return f"It is also the smallest model that is shown to be no worse: {self._size(key)}.{rest}"
        return (
            f"The smallest model that is shown to be no worse is **{title(*key)}**: {self._size(key)}; {self._quality(key)}."
            f"{self._cost(key)}{rest}"
        )

    def _size(self, key: Key) -> str:
        """Return the parameters of a method's models: of each seed, where they are not of one size."""
        sizes = self._sizes(key)
        of_seeds = " (of each seed its own)" if len(sizes) > 1 else ""
        fewer = [self._parameters(key) / size for size in sizes]
        return f"{ranged(sizes)} parameters{of_seeds}, {ranged(fewer)} times fewer than the reference"

    def _sizes(self, key: Key, column: str = "parameters_compacted") -> list[float]:
        """Return the sizes of a method's models, each once."""
        own = self._runs[(self._runs["method"] == key[0]) & (self._runs["variant"] == key[1])]
        return sorted(own[column].fillna(own["parameters"]).astype(float).unique())

    def _study(self) -> str:
        """Return what all runs of the dataset took, one of which the smallest was chosen from; empty where that is not known."""
        energy_j = (self._runs["train_energy_j"] + self._runs["failed_energy_j"]).sum(skipna=False)
        of_baseline_j = self._rows["energy_to_solution_j"].get(BASELINE, float("nan"))
        if len(self._runs[ENERGY].drop_duplicates()) > 1 or pd.isna(energy_j / of_baseline_j):
            return ""
        return (
            f" To find that out took the whole study of the dataset: {counted(len(self._runs), 'run')} and {joules(energy_j)}"
            f"{self._kind(BASELINE)}, {number(energy_j / of_baseline_j)} times what one baseline takes."
        )

    def _about_search(self) -> str:
        networks = "a network" if len(self._sizes(SEARCH)) == 1 else "networks"
        size = f"{networks} of {ranged(self._sizes(SEARCH))} parameters"
        return f"The search alone finds {size}: {self._quality(SEARCH)}.{self._cost(SEARCH)}"

    def _quality(self, key: Key) -> str:
        """Return quality, gain over the reference with its interval, and whether it is shown to be no worse."""
        row, tested = self._rows.loc[key], self._pair("test_quality", key, self._of(key))
        gain = f"{self._scale.change(row['quality_gain'])} against {_name(self._of(key))}"
        text = f"{self._scale.name} {self._scale.level(row['quality_mean'])}, {gain}"
        if tested is None or pd.isna(row["quality_gain_low"]):
            seeds = "" if tested is None else f"{counted(tested['seeds'], 'paired seed')}, "
            return f"{text} ({seeds}no interval)"
        text += f" ({self._scale.between(row['quality_gain_low'], row['quality_gain_high'])}; {counted(tested['seeds'], 'paired seed')})"
        if pd.isna(tested["equivalence_p_adjusted"]):
            return text
        told = "" if tested["equivalence"] == NO_WORSE else "not shown to be "
        margin = self._scale.margin(tested["equivalence_margin"])
        return f"{text}, {told}no worse by more than {margin} (corrected {p_value(tested['equivalence_p_adjusted'])})"

    def _cost(self, key: Key) -> str:
        """Return the energy to solution as a multiple of the baseline's; empty where that is not known."""
        ratio = self._times("energy_to_solution_j", key)
        return f" Its energy to solution is {ratio} times the baseline's{self._kind(key)}." if ratio else ""

    def _savings(self, key: Key) -> str:
        parts = [(text, self._times(quantity, key)) for quantity, text in SAVINGS.items()]
        known = ", ".join(f"{text} {ratio}" for text, ratio in parts if ratio)
        return f" Inference of one sample takes, as multiples of the baseline's: {known}." if known else ""

    def _times(self, quantity: str, key: Key) -> str:
        """Return a quantity as a multiple of the baseline's, inference measured in turn with it; empty where it is not known."""
        if quantity in RATIOS:
            row, name = self._rows.loc[key], quantity
        else:
            row, name = self._pair(quantity, key, BASELINE), "ratio"
        if row is None or pd.isna(row[name]):
            return ""
        return times(row[name], row[f"{name}_low"], row[f"{name}_high"])

    def _pay_back(self, key: Key) -> str:
        own = self._break_even[(self._break_even["method"] == key[0]) & (self._break_even["variant"] == key[1])]
        told = [f"in batches of {row['batch']:.0f}, {paid.pay_back(row)}" for _, row in own.iterrows()]
        return f" Pay-back: {'; '.join(told)}." if told else ""

    def _tested(self) -> pd.DataFrame:
        """Return the rows of `statistics` on quality against the reference."""
        rows = self._statistics
        return rows[(rows["quantity"] == "test_quality") & rows["is_reference"].astype(bool)]

    def _pair(self, quantity: str, key: Key, other: Key) -> pd.Series | None:
        """Return the row of `statistics` of two methods; None where there is not exactly one."""
        rows = self._statistics[self._statistics["quantity"] == quantity]
        rows = rows[(rows["method"] == key[0]) & (rows["variant"] == key[1])]
        rows = rows[(rows["against"] == other[0]) & (rows["against_variant"] == other[1])]
        return rows.iloc[0] if len(rows) == 1 else None

    def _parameters(self, key: Key) -> float:
        """Return the parameters of what a method is compared with."""
        return float(self._rows.loc[self._of(key), "parameters"])

    def _kind(self, key: Key) -> str:
        """Return how energies are known, where they are not measured."""
        source = self._rows.loc[key, "energy_source"]
        return "" if pd.isna(source) or source in MEASUREMENTS else f" ({source})"


def _name(key: Key) -> str:
    """Return the name of a reference, which may be a control of others."""
    return title(*key).replace(" (control)", "")
