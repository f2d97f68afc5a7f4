"""Two methods, paired by seed: which test their differences allow, and what it says. Arrays are pairs of methods x seeds."""

import numpy as np
import pandas as pd
from scipy import stats

from frugalnet.analysis.statistics.effects import Numbers
from frugalnet.analysis.statistics.normality import UNCHECKED, normality_p
from frugalnet.analysis.statistics.wording import NO_WORSE, NOT_SHOWN, counted, joined, p_text

T, WILCOXON = "paired t", "Wilcoxon signed-rank"


def paired_tests(differences: Numbers, alpha: float) -> pd.DataFrame:
    """Return the two-sided test of each row of differences, of which no row has no spread.

    The t test where Shapiro and Wilk's test does not reject that the differences are normal, or where they are too few for it,
    and Wilcoxon's signed-rank test otherwise, without differences of zero. Its statistic is the smaller sum of ranks. There is
    no p-value, and a note, where that test could not get below alpha whatever the differences.
    """
    normality = normality_p(differences)
    t = stats.ttest_1samp(differences, 0, axis=-1)
    rows = []
    for place, row in enumerate(differences):
        checked = UNCHECKED if normality is None else f"Shapiro-Wilk {p_text(normality[place])}"
        if normality is None or normality[place] >= alpha:
            rows.append([T, t.statistic[place], t.pvalue[place], f"differences: {checked}: {T}", None])
        else:
            statistic, p, note = signed_rank(row, alpha)
            rows.append([WILCOXON, statistic, p, f"differences: {checked}: {WILCOXON}", note])
    return pd.DataFrame(rows, columns=["paired_test", "paired_statistic", "paired_p", "assumptions", "note"])


def no_worse(advantages: Numbers, margin: float, tests: pd.DataFrame, alpha: float) -> pd.DataFrame:
    """Return whether each row of advantages (above zero: better) is shown to be no worse than by the margin.

    The non-inferiority half of the two one-sided tests of Schuirmann (1987, doi:10.1007/BF01068419), at alpha for each row on
    its own, as t or Wilcoxon test: the one that `paired_tests` chose. `not shown` does not say that it is worse.
    """
    t = stats.ttest_1samp(advantages, -margin, axis=-1, alternative="greater")
    rows = []
    for place, row in enumerate(advantages):
        p, note = t.pvalue[place], None
        if tests["paired_test"].iloc[place] == WILCOXON:
            _, p, note = signed_rank(row + margin, alpha, alternative="greater")
        shown = None if np.isnan(p) else NO_WORSE if p < alpha else NOT_SHOWN
        rows.append((margin, p, shown, joined([tests["note"].iloc[place], note])))
    return pd.DataFrame(rows, columns=["equivalence_margin", "equivalence_p", "equivalence", "note"])


def signed_rank(row: Numbers, alpha: float, alternative: str = "two-sided") -> tuple[float, float, str | None]:
    """Return statistic, p-value and note of Wilcoxon's test of one row."""
    ranked = row[row != 0]
    sides = 2 if alternative == "two-sided" else 1
    smallest = sides / 2 ** len(ranked)
    if smallest > alpha:
        what = "Wilcoxon test" if sides == 2 else "one-sided Wilcoxon test"
        pairs = counted(len(ranked), "difference")
        return np.nan, np.nan, f"no p-value: the {what} of {pairs} cannot get below {smallest:.3g}"
    found = stats.wilcoxon(ranked, alternative=alternative)
    return found.statistic, found.pvalue, None
