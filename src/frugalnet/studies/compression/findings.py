"""What the tables say, in sentences that can be quoted: every number with its interval, where it has one."""

from collections.abc import Mapping

import pandas as pd

from frugalnet import catalogue
from frugalnet.analysis.break_even import SAME
from frugalnet.analysis.inferences import RATIOS
from frugalnet.analysis.statistics.wording import NO_WORSE, counted
from frugalnet.config.run import DEFAULT
from frugalnet.drawing.style import MEASUREMENTS, look, title
from frugalnet.page import summary
from frugalnet.page.cells import number
from frugalnet.page.wording import SPACE, Scale, many, p_value, times

REFERENCES = catalogue.STUDIES["compression"].references.of
BASELINE = ("baseline", DEFAULT)
SEARCH = ("nas", DEFAULT)
CONTROLS = {"pruning": ("scratch", "random"), "nas": ("width_scaled",)}
"""The controls that stand beside a method: where one of them does as well, the method has no merit of its own."""
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
        others = (summary.like(tables[name], rows.iloc[0]) for name in ("statistics", "break_even"))
        found = Findings(rows, *others)
        told[heading] = found.example() if rows["data_level"].iloc[0] == summary.SAMPLE else found.sentences()
    return told


def _claims(claims: pd.DataFrame) -> list[str]:
    """Return how many claims of others are reproduced."""
    if claims.empty:
        return []
    counts = claims["verdict"].value_counts()
    told = ", ".join(f"{count} {verdict}" for verdict, count in counts.items())
    return [f"Of {counted(len(claims), 'comparison')} with what others reported: {told} ([which, and why](#Claims))."]


class Findings:
    """Sentences about one dataset: its rows of `comparison`, `statistics` and `break_even`."""

    def __init__(self, rows: pd.DataFrame, statistics: pd.DataFrame, break_even: pd.DataFrame) -> None:
        keys = ["method", "variant"]
        self._rows = rows.drop_duplicates(keys).set_index(keys)
        self._statistics = statistics
        self._break_even = break_even
        self._scale = Scale(rows["metric"].iloc[0])
        reference = rows["reference"].iloc[0]
        self._reference = (reference, DEFAULT) if isinstance(reference, str) else None

    def sentences(self) -> list[str]:
        """Return the findings: the reference, the best, the smallest that is no worse, the controls, the search."""
        if self._reference not in self._rows.index:
            return ["There is neither *baseline* nor *continued*: nothing to compare with."]
        if not set(self._rows.index) - {(name, DEFAULT) for name in REFERENCES}:
            return [self._about_reference()]
        best, smallest = self._best(), self._smallest()
        told = [
            self._about_reference(),
            self._about_best(best),
            self._about_smallest(smallest, best),
            *self._controls(),
        ]
        return told if SEARCH in (best, smallest) or SEARCH not in self._rows.index else [*told, self._about_search()]

    def example(self) -> list[str]:
        """Return the range of what was measured, with no word on which method does better."""
        quality, energy = self._rows["quality_mean"], self._rows["energy_to_solution_j"]
        count = f"{len(self._rows)} methods and variants"
        joules = f"{number(energy.min())} to {number(energy.max())} J{self._kind(self._rows.index[0])}"
        spread = f"{self._scale.name} from {self._scale.level(quality.min())} to {self._scale.level(quality.max())}"
        return [f"{count}: {spread}" + (f"; energy to solution from {joules}." if energy.notna().all() else ".")]

    def _best(self) -> Key:
        """Return what does best on validation data, which the choice may look at."""
        return (self._scale.sign * self._rows["validation_quality_mean"]).idxmax()

    def _smallest(self) -> Key | None:
        """Return the smallest model that is shown to be no worse than the reference, if it is smaller than that."""
        tested = self._tested()
        found = tested[tested["equivalence"] == NO_WORSE]
        shown = self._rows.loc[
            [key for key in zip(found["method"], found["variant"], strict=True) if key in self._rows.index]
        ]
        smaller = shown[shown["parameters_compacted"].astype(float) < self._parameters()]
        control = [look(method).control for method in smaller.index.get_level_values("method")]
        order = ["parameters_compacted", "control"]
        return smaller.assign(control=control).sort_values(order, kind="stable").index[0] if len(smaller) else None

    def _about_reference(self) -> str:
        key = self._of_reference()
        row = self._rows.loc[key]
        spread = "" if pd.isna(row["quality_std"]) else f" ± {self._scale.level(row['quality_std'])}"
        unit = "" if self._scale.metric == "accuracy" else f"{SPACE}({catalogue.DATASETS[row['dataset']].unit})"
        return (
            f"The reference is *{key[0]}*, the better of *baseline* and *continued* on validation data: {self._scale.name} "
            f"{self._scale.level(row['quality_mean'])}{spread}{unit} ({counted(row['seeds'], 'seed')}).{self._cost(key)}"
        )

    def _about_best(self, key: Key) -> str:
        if key[0] in REFERENCES:
            return f"No method is better than *{key[0]}* on validation data."
        share = 100 * self._rows.loc[key, "parameters_nonzero"] / self._parameters()
        return (
            f"Best on validation data is **{title(*key)}**: {self._quality(key)}, with {share:.2g}{SPACE}% of the reference's "
            f"parameters not zero.{self._cost(key)}"
        )

    def _about_smallest(self, key: Key | None, best: Key) -> str:
        tested = self._tested()
        if tested["equivalence"].isna().all():
            notes = list(dict.fromkeys(note for note in tested["note"].dropna() if note))
            why = notes[0] if len(notes) == 1 else "the table `statistics` says why"
            return f"Which models are no worse than the reference is not known: it was not tested ({why})."
        if key is None:
            margin = self._scale.margin(tested["equivalence_margin"].dropna().iloc[0])
            return f"No smaller model is shown to be no worse than *{self._of_reference()[0]}* by more than {margin}."
        parameters = self._rows.loc[key, "parameters_compacted"]
        size = (
            f"{number(parameters)} parameters, {number(self._parameters() / parameters)} times fewer than the reference"
        )
        rest = f"{self._savings(key)}{self._pay_back(key)}"
        if key == best:
            return f"It is also the smallest model that is shown to be no worse: {size}.{rest}"
        return (
            f"The smallest model that is shown to be no worse is **{title(*key)}**: {size}; {self._quality(key)}."
            f"{self._cost(key)}{rest}"
        )

    def _about_search(self) -> str:
        parameters = number(self._rows.loc[SEARCH, "parameters"])
        return (
            f"The search alone finds a network of {parameters} parameters: {self._quality(SEARCH)}.{self._cost(SEARCH)}"
        )

    def _controls(self) -> list[str]:
        """Return how methods do against their controls, one sentence per method."""
        told = []
        for method, controls in CONTROLS.items():
            variants = [variant for own, variant in self._rows.index if own == method]
            found = [self._beside(control, (method, variant)) for variant in variants for control in controls]
            known = "; ".join(text for text in found if text)
            told += [f"Beside its controls, {title(method, DEFAULT)} is {known}."] if known else []
        return told

    def _beside(self, control: str, key: Key) -> str:
        """Return whether a method does better than its control of the same variant; empty where seeds cannot tell."""
        row = self._pair("test_quality", key, (control, key[1]))
        if row is None or pd.isna(row["difference_low"]):
            return ""
        low, high = sorted(self._scale.sign * row[f"difference_{end}"] for end in ("low", "high"))
        verdict = "better than" if low > 0 else "worse than" if high < 0 else "not told apart from"
        change = self._scale.change(self._scale.sign * row["difference"])
        place = "" if key[1] == DEFAULT else f" at {key[1]}"
        name = title(control, DEFAULT).removesuffix(" (control)")
        return f"{verdict} {name}{place} ({change}, {self._scale.between(low, high)})"

    def _quality(self, key: Key) -> str:
        """Return quality, gain over the reference with its interval, and whether it is shown to be no worse."""
        row, tested = self._rows.loc[key], self._pair("test_quality", key, self._of_reference())
        gain = f"{self._scale.change(row['quality_gain'])} against {self._of_reference()[0]}"
        text = f"{self._scale.name} {self._scale.level(row['quality_mean'])}, {gain}"
        if tested is None or pd.isna(row["quality_gain_low"]):
            seeds = "" if tested is None else f"{counted(tested['seeds'], 'paired seed')}, "
            return f"{text} ({seeds}no interval)"
        text += f" ({self._scale.between(row['quality_gain_low'], row['quality_gain_high'])}; {counted(tested['seeds'], 'paired seed')})"
        if pd.isna(tested["equivalence_p_adjusted"]):
            return text
        told = "" if tested["equivalence"] == NO_WORSE else "not shown to be "
        margin = self._scale.margin(tested["equivalence_margin"])
        return f"{text}, {told}no worse by more than {margin} ({p_value(tested['equivalence_p_adjusted'])})"

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
        told = [f"in batches of {row['batch']:.0f}, {_inferences(row)}" for _, row in own.iterrows()]
        return f" Pay-back: {'; '.join(told)}." if told else ""

    def _tested(self) -> pd.DataFrame:
        """Return the rows of `statistics` on quality against the reference."""
        rows = self._statistics
        return rows[(rows["quantity"] == "test_quality") & rows["is_reference"].astype(bool)]

    def _pair(self, quantity: str, key: Key, other: Key) -> pd.Series | None:
        """Return the row of `statistics` of two methods; None where there is not exactly one."""
        wanted = {"quantity": quantity, "method": key[0], "variant": key[1]}
        wanted |= {"against": other[0], "against_variant": other[1]}
        rows = self._statistics[(self._statistics[list(wanted)] == pd.Series(wanted)).all(axis="columns")]
        return rows.iloc[0] if len(rows) == 1 else None

    def _of_reference(self) -> Key:
        assert self._reference is not None
        return self._reference

    def _parameters(self) -> float:
        return float(self._rows.loc[self._of_reference(), "parameters"])

    def _kind(self, key: Key) -> str:
        """Return how energies are known, where they are not measured."""
        source = self._rows.loc[key, "energy_source"]
        return "" if pd.isna(source) or source in MEASUREMENTS else f" ({source})"


def _inferences(row: pd.Series) -> str:
    """Return after how many inferences a method has paid for itself, or why that is not known."""
    count, low, high = row["break_even_inferences"], row["break_even_low"], row["break_even_high"]
    if pd.isna(count):
        return f"not known when ({row['reason']})"
    if count == float("inf"):
        return "never: " + (
            f"it does {SAME} as the baseline" if row["reason"] == SAME else "inference with it saves nothing"
        )
    return f"after {many(count)} inferences" + (" (no interval)" if pd.isna(low) else f" ({many(low)} to {many(high)})")
