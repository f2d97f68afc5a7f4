"""Runs that were drawn: with a seed of their own, they are no repetitions that methods could be compared over."""

import pandas as pd

from frugalnet.analysis.factors import LEVEL
from frugalnet.analysis.references import LABEL, REFERENCE


def without_drawn(runs: pd.DataFrame) -> pd.DataFrame:
    """Return comparable runs, with their `reference`, without those that were drawn.

    They are in studies that vary factors, where the levels are compared over all runs at once (`effects`). A method and
    variant counts as drawn if it has no seed in common with its reference. In other studies each is kept, so that its
    row tells what is missing.
    """
    if not any(str(name).startswith(LEVEL) for name in runs):
        return runs
    seeds = runs.groupby(LABEL, sort=False)["seed"].agg(frozenset).to_dict()
    own, other = (
        [seeds.get(label, frozenset()) for label in zip(*(runs[name] for name in names), strict=True)]
        for names in (LABEL, REFERENCE)
    )
    return runs[[bool(one & both) for one, both in zip(own, other, strict=True)]]
