"""What each method is compared with: the best of a study's reference methods, of those that had no more to learn from."""

from collections.abc import Collection

import pandas as pd

from frugalnet.analysis.chains import epochs_in_all
from frugalnet.analysis.groups import COMPARABLE, sign

LABEL = ["method", "variant"]
TEACHER = ["pruning.distillation", "pruning.temperature"]


def with_references(runs: pd.DataFrame, methods: Collection[str]) -> pd.DataFrame:
    """Return the runs with `epochs_in_all`, and with `reference` and `reference_variant`: what each is compared with, or None.

    Of runs that may be compared it is the method (one of `methods`) and variant that does best on validation data, whichever
    meters read its energy: of those whose models were trained for no more epochs in all, by no teacher or the same one.
    """
    runs = runs.assign(epochs_in_all=epochs_in_all(runs))
    taught = runs[TEACHER[0]].fillna(0).astype(float)
    runs = runs.assign(_teacher=taught.astype(str) + runs[TEACHER[1]].astype(str).where(taught > 0, ""))
    found: dict[object, tuple[str, str]] = {}
    for _, block in runs.groupby(COMPARABLE, sort=False, dropna=False):
        groups = {label: group for label, group in block.groupby(LABEL, sort=False)}
        candidates = {label: group for label, group in groups.items() if label[0] in methods}
        for group in groups.values():
            fair = {label: other for label, other in candidates.items() if _is_fair(other, group)}
            if fair:
                best = max(fair, key=lambda label: sign(block) * fair[label]["validation_quality"].mean())
                found |= dict.fromkeys(group.index, best)
    named = {name: [found.get(index, (None, None))[place] for index in runs.index] for place, name in enumerate(NAMED)}
    return runs.drop(columns="_teacher").assign(**named)


NAMED = ("reference", "reference_variant")


def _is_fair(reference: pd.DataFrame, group: pd.DataFrame) -> bool:
    """Tell whether runs of a reference had no more epochs, and no other teacher, than those that are compared with them."""
    teacher, own = reference["_teacher"].iloc[0], group["_teacher"].iloc[0]
    untaught = not reference["pruning.distillation"].fillna(0).iloc[0]
    return bool(reference["epochs_in_all"].max() <= group["epochs_in_all"].max()) and (untaught or teacher == own)
