"""How methods do beside their controls, in a sentence for each method."""

from collections.abc import Iterator

import pandas as pd

from frugalnet import catalogue
from frugalnet.analysis.comparison import CONFIDENCE
from frugalnet.config.run import DEFAULT
from frugalnet.drawing.style import title
from frugalnet.page.wording import Scale

BETTER, WORSE, ALIKE = "better than", "worse than", "not told apart from"
LISTED = 2
"""Variants that are told one by one; of more it is told how many."""


def beside_controls(statistics: pd.DataFrame, scale: Scale) -> Iterator[str]:
    """Yield how each method does against its controls, by the tests of quality in `statistics` of one dataset.

    They are told apart where the p-value, corrected for all of these pairs, is below 5 %. Pairs without one are left out, and one
    that is of the reference alone where the control has a twin with the same teacher.
    """
    tested = statistics[(statistics["quantity"] == "test_quality") & statistics["paired_p_holm"].notna()]
    for method, own in tested.groupby("method", sort=False):
        own = own.sort_values("is_reference", kind="stable").drop_duplicates(["variant", "against"]).sort_index()
        controls = [name for name, entry in catalogue.METHODS.items() if entry.control_of == method]
        told = [_told(own[own["against"] == name], scale) for name in controls if (own["against"] == name).any()]
        if told:
            yield f"Beside its controls, {title(str(method), DEFAULT)} is {'; '.join(told)}."


def _told(pairs: pd.DataFrame, scale: Scale) -> str:
    """Return how the variants of a method do against one control."""
    control = title(pairs["against"].iloc[0], DEFAULT).removesuffix(" (control)")
    changes = scale.sign * pairs["difference"]
    pairs = pairs.assign(verdict=list(map(_verdict, changes, pairs["paired_p_holm"])))
    if len(pairs) <= LISTED:
        return ", ".join(_one(row, control, scale) for _, row in pairs.iterrows())
    counts = {verdict: int((pairs["verdict"] == verdict).sum()) for verdict in (BETTER, WORSE, ALIKE)}
    spread = f"{scale.change(changes.min())} to {scale.change(changes.max())}"
    parts = [f"{verdict} {control} in {count}" for verdict, count in counts.items() if count]
    return f"{', '.join(parts)} of {len(pairs)} variants ({spread})"


def _one(row: pd.Series, control: str, scale: Scale) -> str:
    low, high = sorted(scale.sign * row[f"difference_{end}"] for end in ("low", "high"))
    place = "" if row["variant"] == DEFAULT else f" at {row['variant']}"
    return f"{row['verdict']} {control}{place} ({scale.change(scale.sign * row['difference'])}, {scale.between(low, high)})"


def _verdict(advantage: float, p: float) -> str:
    return ALIKE if p >= 1 - CONFIDENCE else BETTER if advantage > 0 else WORSE
