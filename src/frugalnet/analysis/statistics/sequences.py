"""The claims of a dataset, `no worse`, tested so that a false one among all of them is as rare as alpha says."""

from collections.abc import Iterable, Sequence

import numpy as np
import pandas as pd

from frugalnet.analysis.statistics.effects import Numbers


def in_sequence(claims: pd.DataFrame) -> list[list[int]]:
    """Return the places of claims in the sequences in which they are tested, the largest model first.

    `claims` have `method`, `family` and `size`, in the order in which they were run. A sequence is one of the variants of a
    method that differ in sparsity alone; models whose size is not known come last.
    """
    ordered = claims.reset_index(drop=True).sort_values("size", ascending=False, kind="stable")
    return [list(own.index) for _, own in ordered.groupby(["method", "family"], sort=False, dropna=False)]


def adjusted(p: Sequence[float], sequences: Iterable[Sequence[int]]) -> Numbers:
    """Return for each p-value the smallest alpha at which its claim is shown; not a number where there is no p-value.

    Alpha is shared equally among the sequences. A claim that is shown hands the share of its sequence to the next one, a sequence in which
    all are shown hands its share to those that are left, and a claim that is not shown ends its sequence. The probability of
    any false claim is at most alpha, whatever the p-values have to do with each other (the graphical procedure of Bretz, Maurer, Brannath and
    Posch 2009, doi:10.1002/sim.3495). One sequence is a fixed sequence; sequences of one claim are Holm's procedure.
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
