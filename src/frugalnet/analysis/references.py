"""What each method is compared with: the best of a study's reference methods, of those that had no more to learn from."""

from collections.abc import Collection
from typing import Any

import pandas as pd

from frugalnet.analysis.chains import epochs_in_all
from frugalnet.analysis.groups import COMPARABLE, sign
from frugalnet.analysis.statistics.wording import Label

LABEL = ["method", "variant"]
REFERENCE = ["reference", "reference_variant"]
"""Columns of the method and variant that a row is compared with."""
TEACHING = ["pruning.distillation", "pruning.temperature"]
"""How much of the targets a teacher's predictions are, and how soft those."""


def with_references(runs: pd.DataFrame, methods: Collection[str]) -> pd.DataFrame:
    """Return the runs with `epochs_in_all`, and with `reference` and `reference_variant`: what each is compared with, or None.

    Of runs that may be compared it is the method (one of `methods`) and variant that does best on validation data, whichever
    meters read its energy: of those whose models were trained for no more epochs in all, by no teacher or in the same way. What
    is not known of epochs makes a method no reference, but of itself.
    """
    runs = runs.assign(epochs_in_all=epochs_in_all(runs))
    found: dict[Any, Label] = {}
    for _, block in runs.groupby(COMPARABLE, sort=False, dropna=False):
        groups = dict(list(block.groupby(LABEL, sort=False)))
        quality = {
            label: sign(block) * float(group["validation_quality"].mean())
            for label, group in groups.items()
            if label[0] in methods
        }
        for label, group in groups.items():
            fair = [other for other in quality if other == label or _is_fair(groups[other], group)]
            if fair:
                found |= dict.fromkeys(group.index, max(fair, key=quality.__getitem__))
    labels = [found.get(index, (None, None)) for index in runs.index]
    return runs.assign(**{name: [label[place] for label in labels] for place, name in enumerate(REFERENCE)})


def _is_fair(reference: pd.DataFrame, group: pd.DataFrame) -> bool:
    """Tell whether runs of a reference had no more epochs, and no other teacher, than those that are compared with them."""
    taught = teaching(reference)
    return taught in (None, teaching(group)) and bool(reference["epochs_in_all"].max() <= group["epochs_in_all"].max())


def teaching(group: pd.DataFrame) -> tuple[float, float] | None:
    """Return how much and how softly a teacher taught the models of a method; None: none did."""
    return teaching_of(group[TEACHING].iloc[0])


def teaching_of(row: pd.Series) -> tuple[float, float] | None:
    """Return the same of a row that is one of them, or of their means."""
    share, temperature = row[TEACHING].astype(float)
    return (share, temperature) if share > 0 else None
