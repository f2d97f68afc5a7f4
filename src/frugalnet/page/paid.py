"""Pay-back in sentences: every number with its interval, also where that reaches to never."""

from math import inf

import pandas as pd

from frugalnet.analysis.break_even import SAME, is_never
from frugalnet.page.wording import many


def in_batches(row: pd.Series) -> str:
    """Return how many samples a row of `break_even` is inferred at a time, as a sentence begins."""
    return "One sample at a time" if row["batch"] == 1 else f"In batches of {row['batch']:,.0f}"


def pays_back(name: str, row: pd.Series, of: str = "") -> str:
    """Return after how many inferences a method has paid for itself by a row of `break_even`, or why that is not known.

    `name` is the subject of the sentence, and `of` is what the names of the columns begin with: `increment_` for what was taken beyond the baseline's.
    """
    number, low, high = (row[f"{of}break_even_{part}"] for part in ("inferences", "low", "high"))
    if pd.isna(number):
        return f"it is not known whether {name} pays back ({row[f'{of}reason']})"
    if is_never(row, of):
        same = row[f"{of}reason"] == SAME
        return f"{name} never pays back: " + (
            f"it does {SAME} as the baseline" if same else "inference with it saves nothing"
        )
    seed = ", one seed" if row["seeds"] == 1 else ""
    if low == inf:
        return f"{name} does not pay back within the interval of measuring inference{seed}"
    interval = f"interval {many(low)} to {'never' if high == inf else many(high)}{seed}"
    if number == 0:
        return f"{name} pays back from the first inference on ({interval})"
    if number == inf:
        return f"{name} does not pay back on average ({interval})"
    more = " or more" if high == inf else ""
    return f"{name} pays back after {many(number)} inferences{more} ({interval})"
