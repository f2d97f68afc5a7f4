"""Pay-back in sentences: every number with its interval, also where that reaches to never."""

from math import inf

import pandas as pd

from frugalnet.analysis.break_even import SAME, is_never
from frugalnet.page.wording import many


def pay_back(row: pd.Series) -> str:
    """Return after how many inferences a row of `break_even` has paid for itself: for all that it took, and over the baseline."""
    whole, increment = inferences(row), inferences(row, "increment_")
    return whole if whole == increment else f"{whole}; for what it took more than the baseline, {increment}"


def inferences(row: pd.Series, of: str = "") -> str:
    """Return the number that its columns have, those that begin with `of`, or why it is not known."""
    number, low, high = (row[f"{of}break_even_{name}"] for name in ("inferences", "low", "high"))
    if pd.isna(number):
        return f"not known when ({row[f'{of}reason']})"
    if is_never(row, of):
        same = row[f"{of}reason"] == SAME
        return "never: " + (f"it does {SAME} as the baseline" if same else "inference with it saves nothing")
    seed = "; one seed" if row["seeds"] == 1 else ""
    if low == inf:
        return f"not within the interval of measuring inference{seed}"
    interval = f"{many(low)} to {'never' if high == inf else many(high)}"
    if number == 0:
        return f"from the first on ({interval}{seed})"
    if high < inf:
        return f"after {many(number)} inferences ({interval}{seed})"
    told = "by the mean, not at all" if number == inf else f"after {many(number)} inferences or more"
    return f"{told} (interval {interval}{seed})"
