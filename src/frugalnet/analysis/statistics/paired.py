"""Two methods, paired by seed: which test their differences allow, and what it says. Arrays are pairs of methods x seeds."""

from collections.abc import Sequence

import numpy as np
import pandas as pd
from scipy import stats

from frugalnet.analysis.statistics.effects import Numbers
from frugalnet.analysis.statistics.normality import UNCHECKED, normality_p
from frugalnet.analysis.statistics.sampling import one_sided_p
from frugalnet.analysis.statistics.wording import counted, p_text

T, WILCOXON = "paired t", "Wilcoxon signed-rank"
SAMPLED = "taken as normal, with test samples"


def paired_tests(differences: Numbers, variance: Numbers, alpha: float) -> pd.DataFrame:
    """Return the two-sided test of each row of differences; every row must have a spread.

    `variance` is that of each mean due to test samples. Where it is known, the test is t with this variance, as in
    `mean_interval`. Where it is NaN, the test is t if the Shapiro-Wilk test does not reject normality or has too few
    differences, and otherwise Wilcoxon's signed-rank test without differences of zero, whose statistic is the smaller
    sum of ranks. Where that test could not get below alpha whatever the differences, a note takes the place of its
    p-value.
    """
    normality = normality_p(differences)
    sampled = np.nan_to_num(variance)
    mean = differences.mean(axis=-1)
    t = mean / np.sqrt(stats.sem(differences, axis=-1) ** 2 + sampled)
    p = np.minimum(1, 2 * one_sided_p(np.sign(mean)[:, None] * differences, sampled))
    rows = []
    for place, row in enumerate(differences):
        if np.isfinite(variance[place]):
            checked, normal = SAMPLED, True
        else:
            checked = UNCHECKED if normality is None else f"Shapiro-Wilk {p_text(normality[place])}"
            normal = normality is None or normality[place] >= alpha
        if normal:
            rows.append([T, t[place], p[place], f"differences: {checked}: {T}", None])
        else:
            statistic, ranked, note = signed_rank(row, alpha)
            rows.append([WILCOXON, statistic, ranked, f"differences: {checked}: {WILCOXON}", note])
    return pd.DataFrame(rows, columns=["paired_test", "paired_statistic", "paired_p", "assumptions", "note"])


def no_worse(advantages: Numbers, margin: float, variance: Numbers, tests: Sequence[str], alpha: float) -> pd.DataFrame:
    """Return for each row of advantages (above zero: better) the p-value of no worse by the margin, and a note.

    This is the non-inferiority half of the two one-sided tests of Schuirmann (1987, doi:10.1007/BF01068419), for each
    row on its own. It is a t or Wilcoxon test, whichever `paired_tests` chose.
    """
    of_t = one_sided_p(advantages + margin, np.nan_to_num(variance))
    found = [
        (p, None) if test == T else signed_rank(row + margin, alpha, alternative="greater")[1:]
        for p, row, test in zip(of_t, advantages, tests, strict=True)
    ]
    return pd.DataFrame(found, columns=["equivalence_p", "note"])


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
