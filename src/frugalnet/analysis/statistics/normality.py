"""Whether samples may be taken as normal."""

from scipy import stats

from frugalnet.analysis.statistics.effects import Numbers

FEWEST = 4
"""With three values, the Shapiro-Wilk test sees only whether two are nearly equal, which rounding alone can cause."""
UNCHECKED = f"fewer than {FEWEST} seeds, too few to check, taken as normal"


def normality_p(samples: Numbers) -> Numbers | None:
    """Return the p-value of the Shapiro-Wilk test along the last axis; None where there are too few values for it.

    With few values it seldom rejects, so that not rejecting proves nothing.
    """
    return stats.shapiro(samples, axis=-1).pvalue if samples.shape[-1] >= FEWEST else None
