"""All methods at once: which test they allow, whether they differ, and which pairs do."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from math import nan

import numpy as np
import scikit_posthocs
from scipy import stats
from statsmodels.stats.oneway import anova_oneway

from frugalnet.analysis.statistics.effects import Numbers
from frugalnet.analysis.statistics.games_howell import games_howell
from frugalnet.analysis.statistics.normality import UNCHECKED, normality_p
from frugalnet.analysis.statistics.wording import Label, counted, joined, p_text

WELCH, KRUSKAL = "Welch ANOVA", "Kruskal-Wallis"
GAMES_HOWELL, DUNN = "Games-Howell", "Dunn (Holm)"


@dataclass(frozen=True)
class Omnibus:
    """What the test of all methods says, and the p-value of each pair in it, adjusted for all pairs."""

    assumptions: str | None
    test: str | None = None
    statistic: float = nan
    p: float = nan
    posthoc_test: str | None = None
    posthoc_p: Mapping[tuple[Label, Label], float] = field(default_factory=dict)


def all_methods(samples: Mapping[Label, Numbers], alpha: float, min_seeds: int) -> Omnibus:
    """Return the test of all methods that have enough seeds, and a spread over them.

    Welch's ANOVA and Games-Howell where Shapiro and Wilk's test, with Holm's correction over the methods, rejects for none that
    it is normal, or where seeds are too few for it; Kruskal-Wallis and Dunn's test with Holm's correction otherwise. Unequal variances do not change that choice,
    as Welch's test allows for them; under ranks, they mean that more than the location is compared. Seeds are taken as
    independent, which is careful where methods of one seed are alike: the paired tests are not in need of that.
    """
    enough = {label: sample for label, sample in samples.items() if len(sample) >= min_seeds}
    used = {label: sample for label, sample in enough.items() if np.ptp(sample) > 0}
    few, same = len(samples) - len(enough), len(enough) - len(used)
    left_out = joined(
        [
            f"{counted(few, 'method')} with fewer than {min_seeds} seeds left out" if few else None,
            f"{counted(same, 'method')} without spread over seeds left out" if same else None,
        ]
    )
    if len(used) < 2:
        return Omnibus(None)
    checked = [float(p) for p in map(normality_p, used.values()) if p is not None]
    smallest = min([1.0, *(len(checked) * p for p in checked)])  # with Holm's correction
    normal = smallest >= alpha
    shapiro = f"Shapiro-Wilk, smallest {p_text(smallest)} (Holm, {counted(len(checked), 'method')})"
    said = f"methods: {shapiro if checked else UNCHECKED}"
    chosen = f"{_variances(list(used.values()))}: {WELCH if normal else KRUSKAL}"
    return compare_all(used, normal, joined([said, chosen, left_out]))


def compare_all(used: Mapping[Label, Numbers], normal: bool, assumptions: str | None) -> Omnibus:
    """Return the test of all samples and that of all pairs: of means, with whatever variances, or of ranks."""
    samples, labels = list(used.values()), list(used)
    found = anova_oneway(samples, use_var="unequal") if normal else stats.kruskal(*samples)
    pairs = games_howell(samples) if normal else scikit_posthocs.posthoc_dunn(samples, p_adjust="holm").to_numpy()
    return Omnibus(
        assumptions,
        WELCH if normal else KRUSKAL,
        float(found.statistic),
        float(found.pvalue),
        GAMES_HOWELL if normal else DUNN,
        {(one, two): pairs[i, j] for i, one in enumerate(labels) for j, two in enumerate(labels) if i != j},
    )


def _variances(samples: list[Numbers]) -> str:
    with np.errstate(divide="ignore", invalid="ignore"):  # all values as far from their median as each other
        p = stats.levene(*samples, center="median").pvalue
    return f"Brown-Forsythe {p_text(p)}" if np.isfinite(p) else "Brown-Forsythe not computable"
