"""The pairs of methods that a study names: with the reference, with further methods, and with controls.

A method whose recipe is chosen is compared with all that ran with the same seeds.
"""

from collections.abc import Iterator
from dataclasses import dataclass

import pandas as pd

from frugalnet import catalogue
from frugalnet.analysis.references import LABEL, REFERENCE, teaching
from frugalnet.analysis.statistics.wording import Label
from frugalnet.catalogue.entries import References


@dataclass(frozen=True)
class Pair:
    """A method and what it is compared with, which may be its reference."""

    method: Label
    against: Label
    is_reference: bool


def named_pairs(runs: pd.DataFrame, references: References) -> list[Pair]:
    """Return the pairs of methods (of one dataset's runs, with their `reference`), each once, in the order of the runs."""
    groups = {(str(one), str(two)): own for (one, two), own in runs.groupby(LABEL, sort=False)}
    further = [label for name in references.also for label in groups if label[0] == name]
    chosen = [label for label in groups if is_chosen(label[0])]
    found = [
        *(Pair(label, own, True) for label, group in groups.items() if (own := _reference(group)) not in (None, label)),
        *(Pair(label, other, False) for other in further for label in groups if label != other),
        *(Pair(label, control, False) for label in groups for control in _controls(label, groups)),
        *(Pair(label, other, False) for label in chosen for other in _beside(label, groups)),
    ]
    once: dict[frozenset[Label], Pair] = {}
    for pair in found:
        once.setdefault(frozenset((pair.method, pair.against)), pair)
    return list(once.values())


def is_chosen(method: str) -> bool:
    """Tell whether the recipe of a method is chosen from the results of other runs."""
    entry = catalogue.METHODS.get(method)
    return entry is not None and entry.chosen


def is_control(method: str) -> bool:
    """Tell whether a method is a control of another one."""
    entry = catalogue.METHODS.get(method)
    return entry is not None and entry.control_of is not None


def _reference(group: pd.DataFrame) -> Label | None:
    method, variant = group[REFERENCE].iloc[0]
    return (method, variant) if isinstance(method, str) else None


def _beside(label: Label, groups: dict[Label, pd.DataFrame]) -> Iterator[Label]:
    """Yield the other methods and variants that ran with all seeds of one."""
    seeds = set(groups[label]["seed"])
    yield from (other for other, own in groups.items() if other != label and seeds <= set(own["seed"]))


def _controls(label: Label, groups: dict[Label, pd.DataFrame]) -> Iterator[Label]:
    """Yield the controls of a method and variant.

    A control with pruning variants of its own controls the method of the same variant. Of a control with and without a
    teacher, the one that was taught like the method is taken.
    """
    for name, entry in catalogue.METHODS.items():
        if entry.control_of != label[0]:
            continue
        own = [each for each in groups if each[0] == name]
        if entry.granularities:
            yield from (each for each in own if each[1] == label[1])
        else:
            yield from (each for each in own if len(own) == 1 or teaching(groups[each]) == teaching(groups[label]))
