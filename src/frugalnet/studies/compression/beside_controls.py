"""How methods do beside their controls: whether any is told apart from them, and each by itself."""

from collections.abc import Iterator

import pandas as pd

from frugalnet import catalogue
from frugalnet.analysis.means import CONFIDENCE
from frugalnet.analysis.statistics.wording import counted
from frugalnet.config.run import DEFAULT
from frugalnet.drawing.style import title
from frugalnet.studies.compression.of_dataset import OfDataset

BETTER, WORSE, ALIKE = "better", "worse", "no difference shown"
LISTED = 2
"""Variants that are told one by one; of more it is told how many."""


class Controls:
    """Methods beside their controls, by the tests of quality of one dataset.

    They are told apart where the p-value, corrected by Holm's method, is below 5 %. Pairs without one are left out, and the pair
    with the reference alone where the control has a twin with the same teacher.
    """

    def __init__(self, of: OfDataset) -> None:
        self._scale, self._seeds = of.scale, int(of.rows["seeds"].max())
        rows = of.statistics
        tested = rows[(rows["quantity"] == "test_quality") & rows["paired_p_holm"].notna()]
        controls = {name: entry.control_of for name, entry in catalogue.METHODS.items()}
        tested = tested[tested["against"].map(controls) == tested["method"]]
        once = tested.sort_values("is_reference", kind="stable").drop_duplicates(["method", "variant", "against"])
        gains = self._scale.sign * once["difference"]
        verdicts = list(map(_verdict, gains, once["paired_p_holm"]))
        self._pairs = once.assign(gain=gains, verdict=verdicts).sort_index()

    def unknown(self) -> str:
        """Return what cannot be said of the methods, because controls do as well."""
        seeds, pairs = counted(self._seeds, "seed"), len(self._pairs)
        if not pairs:
            return f"It cannot be said whether a method does more than its controls: with {seeds} that was not tested."
        apart = {verdict: int((self._pairs["verdict"] == verdict).sum()) for verdict in (BETTER, WORSE)}
        if not sum(apart.values()):
            return (
                "It cannot be said that pruning or search itself changes quality: with "
                f"{seeds}, none of {counted(pairs, 'comparison')} with a control shows a difference after correction."
            )
        told = " and ".join(f"{verdict} in {count}" for verdict, count in apart.items() if count)
        rest = pairs - sum(apart.values())
        text = f"Of {counted(pairs, 'comparison')} with a control ({seeds}), the method is {told}"
        return (
            f"{text}; in the other {rest} it cannot be said that the method itself does anything."
            if rest
            else f"{text}."
        )

    def one_by_one(self) -> Iterator[str]:
        """Yield how each method does against its controls."""
        for method, own in self._pairs.groupby("method", sort=False):
            told = [
                self._told(own[own["against"] == name]) for name in catalogue.METHODS if name in set(own["against"])
            ]
            yield f"Controls of {title(str(method), DEFAULT)}: {'; '.join(told)}."

    def _told(self, pairs: pd.DataFrame) -> str:
        """Return how the variants of a method do against one control."""
        control = title(pairs["against"].iloc[0], DEFAULT).removesuffix(" (control)")
        if len(pairs) <= LISTED:
            return f"{control}, {', '.join(self._one(row) for _, row in pairs.iterrows())}"
        counts = {verdict: int((pairs["verdict"] == verdict).sum()) for verdict in (BETTER, WORSE, ALIKE)}
        parts = [f"{verdict} in {count}" for verdict, count in counts.items() if count]
        spread = f"{self._scale.change(pairs['gain'].min())} to {self._scale.change(pairs['gain'].max())}"
        return f"{control}, {', '.join(parts)} of {len(pairs)} variants ({spread})"

    def _one(self, row: pd.Series) -> str:
        low, high = sorted(self._scale.sign * row[f"difference_{end}"] for end in ("low", "high"))
        place = "" if row["variant"] == DEFAULT else f" at {row['variant']}"
        return f"{row['verdict']}{place} ({self._scale.change(row['gain'])}, {self._scale.between(low, high)}, not corrected)"


def _verdict(gain: float, p: float) -> str:
    return ALIKE if p >= 1 - CONFIDENCE else BETTER if gain > 0 else WORSE
