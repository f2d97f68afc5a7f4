"""Values that others reported, beside those that a study measured, with a verdict and its reason.

The verdict is by the whole 95 % interval over seeds (Student's t). A value is reproduced if the interval is within its
tolerance to either side; a value that was reported as a bound, if the interval keeps the bound. An interval that is
partly or wholly better has a verdict of its own: at least as good. There is no verdict without an interval, on other
data or for another network.
"""

import re
from collections.abc import Iterable
from dataclasses import dataclass
from math import nan
from typing import Any

import pandas as pd
from scipy import stats

from frugalnet.analysis.groups import energy_kind
from frugalnet.analysis.means import CONFIDENCE

REPRODUCED, AS_GOOD = "reproduced", "at least as good"
NOT_REPRODUCED, NOT_COMPARABLE = "not reproduced", "not comparable"
VERDICTS = (REPRODUCED, AS_GOOD, NOT_REPRODUCED, NOT_COMPARABLE)
COLUMNS = [
    *("claim", "statement", "reading", "source", "dataset", "method", "variant", "quantity", "unit", "reported"),
    *("measured", "measured_low", "measured_high", "seeds", "verdict", "reason", "data_level", "energy_source"),
]
NUMBERS = ("reported", "measured", "measured_low", "measured_high")
STAND_INS = {"sample": "made stand-ins for the data", "subset": "a part of the data"}
MEANINGS: dict[str, tuple[str | None, str]] = {
    "claim": (None, "Short name of what was reported."),
    "statement": (None, "What was reported."),
    "reading": (
        None,
        "How the report was read, if it can be read in several ways; each reading has a row, and all of them are one claim.",
    ),
    "source": (None, "Where it was reported."),
    "method": (None, "Method whose runs are compared with it."),
    "quantity": (None, "What was measured, computed from columns of `runs` for each run."),
    "unit": (None, "Unit of the values in the row."),
    "reported": ("`unit`", "Value that was reported."),
    "measured": ("`unit`", "What this study measured: mean over seeds; empty: it has no such runs."),
    "measured_low": ("`unit`", "Lower end of its 95 % interval (Student's t over seeds); empty for one seed."),
    "measured_high": ("`unit`", "Upper end of the same interval."),
    "reason": (None, "Reason of the verdict, how the report was read, and what was assumed."),
}
"""Unit and meaning of the columns that say the same in every study."""


@dataclass(frozen=True)
class Reported:
    """A reported value, and the `quantity` of the table `runs` that is compared with it.

    `quantity` may compute with columns of the runs that it is compared with. `tolerance` is how far to either side still
    counts as the same; a `bound` was reported as a limit and needs no tolerance; without either there is no rule.
    `reading` says how the report was read, if it can be read in several ways; each is an entry of the same claim.
    `obstacle` says why the value cannot be compared with any study's numbers, `note` what was assumed.
    """

    claim: str
    statement: str
    source: str
    dataset: str | None
    """None: the report does not name one; it is compared with every dataset."""
    quantity: str
    unit: str
    value: float
    tolerance: float | None = None
    bound: bool = False
    more_is_better: bool = True
    method: str = "baseline"
    reading: str | None = None
    obstacle: str | None = None
    note: str | None = None


def table(rows: Iterable[dict[str, Any]]) -> pd.DataFrame:
    """Return the rows as a table with the columns COLUMNS."""
    return pd.DataFrame(rows, columns=COLUMNS).astype(dict.fromkeys(NUMBERS, "float64"))


def counts(claims: pd.DataFrame) -> dict[str, int]:
    """Return how many claims have which verdict, the best first; a claim counts once, however many rows it has."""
    verdicts = [_verdict(rows) for _, rows in claims.groupby("claim", sort=False)]
    return {text: verdicts.count(text) for text in sorted(set(verdicts), key=_rank)}


def _verdict(rows: pd.DataFrame) -> str:
    """Return the verdict on a claim; if its readings or groups of runs disagree, the best one and where it holds."""
    readings = [_agreed(group["verdict"], " in some of its runs") for _, group in rows.groupby("reading", dropna=False)]
    return _agreed(readings, " in one of its readings")


def _agreed(verdicts: Iterable[str], place: str) -> str:
    """Return the verdict on what can be compared, or the best of several with its place."""
    found = sorted(set(verdicts), key=_rank)
    known = [verdict for verdict in found if verdict != NOT_COMPARABLE] or found
    return known[0] if len(known) == 1 else known[0].removesuffix(" in some of its runs") + place


def _rank(verdict: str) -> tuple[int, str]:
    return next(place for place, each in enumerate(VERDICTS) if verdict.startswith(each)), verdict


def values(group: pd.DataFrame, quantity: str) -> pd.Series:
    """Return a quantity of each run."""
    names = [name for name in re.findall(r"[a-z_]\w*", quantity) if name in group]
    return group[names].astype("float64").eval(quantity)


def interval(of_runs: pd.Series) -> tuple[float, float, float]:
    """Return mean and interval over seeds; no interval for one seed, or where a value is not known."""
    mean, count = of_runs.mean(skipna=False), len(of_runs)
    if count < 2 or pd.isna(mean):
        return mean, nan, nan
    if of_runs.nunique() == 1:
        return mean, mean, mean
    low, high = stats.t.interval(CONFIDENCE, count - 1, loc=mean, scale=stats.sem(of_runs))
    return mean, low, high


def row(
    reported: Reported,
    group: pd.DataFrame,
    obstacles: Iterable[str | None],
    notes: Iterable[str | None] = (),
    instead: tuple[str, str] | None = None,
) -> dict[str, Any]:
    """Return the row of a value beside the runs of one method and variant, which may be put in one mean.

    `obstacles` are what a study has against comparing the two, None for nothing; `instead` takes the place of a verdict
    and the reason for it.
    """
    first = group.iloc[0]
    mean, low, high = interval(values(group, reported.quantity))
    against = _obstacles(reported, group, mean, obstacles)
    outcome, why = _outcome(reported, mean, low, high)
    if outcome and instead:
        outcome, why = instead
    if against and outcome:
        why = f"by the {'value' if pd.isna(low) else 'numbers'} alone: {outcome}"
    energies = f"energies are {energy_kind(first)}" if "energy" in reported.quantity else None
    return _about(reported) | {
        **{name: first[name] for name in ("dataset", "method", "variant", "data_level", "energy_source")},
        **{"measured": mean, "measured_low": low, "measured_high": high, "seeds": len(group)},
        "verdict": NOT_COMPARABLE if against else outcome,
        "reason": "; ".join(filter(None, [*against, why, reported.note, energies, *notes])),
    }


def without_runs(reported: Reported, why: str) -> dict[str, Any]:
    """Return the row of a value for which a study has no runs, and why not."""
    return _about(reported) | {
        **dict.fromkeys(("measured", "measured_low", "measured_high"), nan),
        **dict.fromkeys(("variant", "data_level", "energy_source")),
        **{"seeds": 0, "verdict": NOT_COMPARABLE, "reason": why},
    }


def _about(reported: Reported) -> dict[str, Any]:
    names = ("claim", "statement", "reading", "source", "dataset", "method", "quantity", "unit")
    return {name: getattr(reported, name) for name in names} | {"reported": reported.value}


def _obstacles(reported: Reported, group: pd.DataFrame, mean: float, own: Iterable[str | None]) -> list[str]:
    """Return why the measured value cannot be compared with the reported one."""
    found = [
        reported.obstacle,
        STAND_INS.get(group.iloc[0]["data_level"]),
        *own,
        "not known for all runs" if pd.isna(mean) else None,
        "one seed: no interval" if len(group) == 1 else None,
    ]
    return [text for text in found if text]


def _outcome(reported: Reported, mean: float, low: float, high: float) -> tuple[str | None, str | None]:
    """Return the verdict and the reason for it: by the value alone without an interval; None without a rule."""
    if pd.isna(mean) or (reported.tolerance is None and not reported.bound):
        return None, None
    sign, tolerance = 1 if reported.more_is_better else -1, reported.tolerance or 0.0
    worst, best = sorted(sign * end for end in ((mean, mean) if pd.isna(low) else (low, high)))
    limit, beyond = (reported.value - sign * tolerance, reported.value + sign * tolerance)
    good, other = ("above", "below") if reported.more_is_better else ("below", "above")
    if best < sign * limit:
        return NOT_REPRODUCED, f"no part of the interval is {good} {limit:.4g}"
    if worst < sign * limit:
        return NOT_REPRODUCED, f"the interval reaches to both sides of {limit:.4g}: more seeds may tell"
    if reported.bound:
        return REPRODUCED, f"the whole interval is {good} {limit:.4g}"
    if best <= sign * beyond:
        return REPRODUCED, f"the whole interval is between {limit:.4g} and {beyond:.4g}"
    return AS_GOOD, f"the whole interval is {good} {limit:.4g}, and not all of it {other} {beyond:.4g}"
