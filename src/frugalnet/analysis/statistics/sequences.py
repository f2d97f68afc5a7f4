"""All claims `no worse` of a dataset, tested so that the probability of any false one is at most alpha."""

from collections.abc import Iterable, Sequence

import numpy as np
import pandas as pd

from frugalnet.analysis.statistics.effects import Numbers


def in_sequence(claims: pd.DataFrame) -> list[list[int]]:
    """Return the places of claims in the sequences in which they are tested, the largest model first.

    `claims` have `method`, `family` and `size`, in the order in which they were run. A sequence holds the variants of a
    method that differ in sparsity alone; models of unknown size come last.
    """
    ordered = claims.reset_index(drop=True).sort_values("size", ascending=False, kind="stable")
    return [list(own.index) for _, own in ordered.groupby(["method", "family"], sort=False, dropna=False)]


def adjusted(p: Sequence[float], sequences: Iterable[Sequence[int]]) -> Numbers:
    """Return for each p-value the smallest alpha at which its claim is shown; NaN where there is no p-value.

    Alpha is shared equally among the sequences. A claim that is shown hands the share of its sequence to the next
    claim; a sequence in which all are shown hands its share to the sequences that are left; a claim that is not shown
    ends its sequence. The probability of any false claim is at most alpha, however the p-values depend on each other
    (graphical procedure of Bretz, Maurer, Brannath and Posch 2009, doi:10.1002/sim.3495). A single sequence gives the
    fixed-sequence test; sequences of one claim each give Holm's.
    """
    found = np.full(len(p), np.nan)
    left = [list(sequence) for sequence in sequences]
    shares = [1 / len(left) for _ in left]
    bar = 0.0
    while left:
        needed = [
            1.0 if np.isnan(p[own[0]]) else min(1.0, p[own[0]] / share) for own, share in zip(left, shares, strict=True)
        ]
        place = int(np.argmin(needed))
        bar = max(bar, needed[place])
        claim = left[place].pop(0)
        found[claim] = bar if np.isfinite(p[claim]) else np.nan
        if not left[place]:
            del left[place]
            share = shares.pop(place)
            shares = [each + share / len(shares) for each in shares]
    return found
