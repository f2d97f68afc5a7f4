"""Holm's correction of p-values."""

import numpy as np
import pandas as pd


def holm(p: pd.Series) -> pd.Series:
    """Return the p-values corrected for their number (Holm 1979, Scandinavian Journal of Statistics 6, 65).

    A missing one is of a test that could not reject: it counts in the number, and stays missing. The same as statsmodels'
    `multipletests`, which collects all garbage of the process whenever it is called.
    """
    ordered = p.fillna(1).sort_values()
    corrected = np.maximum.accumulate(ordered.to_numpy() * np.arange(len(p), 0, -1)).clip(max=1)
    return pd.Series(corrected, ordered.index).reindex(p.index).where(p.notna())
