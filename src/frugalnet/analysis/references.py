"""What each method is compared with: the best of the study's reference methods that had no more epochs and no other teacher."""

from typing import Any, NamedTuple

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
    found: dict[Any, Label | None] = {}
    for _, block in runs.groupby(COMPARABLE, sort=False, dropna=False):
        traits = _traits(block)
        quality = {
            label: sign(block) * float(_of(block, label)["validation_quality"].mean())
            for label in traits
            if label[0] in references.of and references.variant in (None, label[1])
        }
        best = {}
        for label, own in traits.items():
            fair = [other for other in quality if other == label or _is_fair(traits[other], own)]
            if fair:
                best[label] = max(fair, key=quality.__getitem__)
        found |= {index: best.get(label) for index, label in zip(block.index, _labels(block), strict=True)}
    labels = [found.get(index) or (None, None) for index in runs.index]
    return runs.assign(**{name: [label[place] for label in labels] for place, name in enumerate(REFERENCE)})


class _Traits(NamedTuple):
    """What decides whether a method and variant may be a reference of another one."""

    epochs: float
    """Most epochs in all."""
    teaching: tuple[float, float] | None


def _traits(block: pd.DataFrame) -> dict[Label, _Traits]:
    """Return the traits of each method and variant, in the order in which they were run."""
    first = block.drop_duplicates(LABEL)
    most = block.groupby(LABEL, sort=False)["epochs_in_all"].max().tolist()
    taught = first[TEACHING].astype(float).itertuples(index=False)
    return {
        label: _Traits(epochs, _taught(*by)) for label, epochs, by in zip(_labels(first), most, taught, strict=True)
    }


def _labels(rows: pd.DataFrame) -> list[Label]:
    return list(zip(rows["method"], rows["variant"], strict=True))


def _of(block: pd.DataFrame, label: Label) -> pd.DataFrame:
    return block[(block["method"] == label[0]) & (block["variant"] == label[1])]


def _is_fair(reference: _Traits, own: _Traits) -> bool:
    """Tell whether a reference had no more epochs, and no other teacher, than the runs that are compared with it."""
    return reference.teaching in (None, own.teaching) and reference.epochs <= own.epochs


def teaching(group: pd.DataFrame) -> tuple[float, float] | None:
    """Return the teacher's share and temperature for the models of a method; None without a teacher."""
    return teaching_of(group[TEACHING].iloc[0])


def teaching_of(row: pd.Series) -> tuple[float, float] | None:
    """Return the same for one run, or for a row of means over runs."""
    return _taught(*row[TEACHING].astype(float))


def _taught(share: float, temperature: float) -> tuple[float, float] | None:
    return (share, temperature) if share > 0 else None
