"""Whether samples may be taken as normal."""

from scipy import stats

from frugalnet.analysis.statistics.effects import Numbers

FEWEST = 4
"""Of three values, Shapiro and Wilk's test sees only whether two are nearly equal, which rounding alone makes them."""
UNCHECKED = f"fewer than {FEWEST} seeds, too few to check, taken as normal"


def normality_p(samples: Numbers) -> Numbers | None:
    """Return the p-value of Shapiro and Wilk's test along the last axis; None where there are too few values for it.

    Of few values it seldom rejects: that it does not is no proof.
    """
    return stats.shapiro(samples, axis=-1).pvalue if samples.shape[-1] >= FEWEST else None
