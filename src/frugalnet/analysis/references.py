"""What each method is compared with: the best of the study's reference methods that had no more epochs and no other teacher."""

from typing import Any

import pandas as pd

from frugalnet.analysis.chains import epochs_in_all
from frugalnet.analysis.groups import COMPARABLE, sign
from frugalnet.analysis.statistics.wording import Label
from frugalnet.catalogue.entries import References

LABEL = ["method", "variant"]
REFERENCE = ["reference", "reference_variant"]
"""Columns of the method and variant that a row is compared with."""
TEACHING = ["pruning.distillation", "pruning.temperature"]
"""The teacher's share of the targets, and the temperature of its predictions."""


def with_references(runs: pd.DataFrame, references: References) -> pd.DataFrame:
    """Return the runs with `epochs_in_all` and with what each is compared with, or None: `reference` and `reference_variant`.

    This is the method and variant (among those that the study names as references) that does best on validation data, whichever meters read its
    energy, among comparable runs whose models were trained for no more epochs in all, and by no teacher or in the same
    way. A method whose epochs are not known is a reference for itself alone.
    """
    runs = runs.assign(epochs_in_all=epochs_in_all(runs))
    found: dict[Any, Label] = {}
    for _, block in runs.groupby(COMPARABLE, sort=False, dropna=False):
        groups = dict(list(block.groupby(LABEL, sort=False)))
        quality = {
            label: sign(block) * float(group["validation_quality"].mean())
            for label, group in groups.items()
            if label[0] in references.of and references.variant in (None, label[1])
        }
        for label, group in groups.items():
            fair = [other for other in quality if other == label or _is_fair(groups[other], group)]
            if fair:
                found |= dict.fromkeys(group.index, max(fair, key=quality.__getitem__))
    labels = [found.get(index, (None, None)) for index in runs.index]
    return runs.assign(**{name: [label[place] for label in labels] for place, name in enumerate(REFERENCE)})


def _is_fair(reference: pd.DataFrame, group: pd.DataFrame) -> bool:
    """Tell whether a reference had no more epochs, and no other teacher, than the runs that are compared with it."""
    taught = teaching(reference)
    return taught in (None, teaching(group)) and bool(reference["epochs_in_all"].max() <= group["epochs_in_all"].max())


def teaching(group: pd.DataFrame) -> tuple[float, float] | None:
    """Return the teacher's share and temperature for the models of a method; None without a teacher."""
    return teaching_of(group[TEACHING].iloc[0])


def teaching_of(row: pd.Series) -> tuple[float, float] | None:
    """Return the same for one run, or for a row of means over runs."""
    share, temperature = row[TEACHING].astype(float)
    return (share, temperature) if share > 0 else None
