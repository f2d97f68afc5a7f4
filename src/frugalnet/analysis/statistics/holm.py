"""Holm's correction of p-values."""

import pandas as pd

from frugalnet.analysis.statistics.sequences import adjusted

SHOWN_BELOW = 0.05
"""An effect is shown if its corrected p-value is below this."""


def holm(p: pd.Series) -> pd.Series:
    """Return the p-values corrected for their number (Holm 1979, Scandinavian Journal of Statistics 6, 65).

    A missing p-value is that of a test that could not reject: it counts in the number, and stays missing.
    """
    return pd.Series(adjusted(p.tolist(), [[place] for place in range(len(p))]), p.index)
