"""What one level does instead of another: runs that differ in it alone, paired, with an interval that says what it is over."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from math import nan, sqrt
from typing import Any, NamedTuple

import numpy as np
import pandas as pd
from scipy import special

from frugalnet.analysis.curves import Numbers
from frugalnet.analysis.factors import LEVEL
from frugalnet.analysis.groups import COMPARABLE, ENERGY
from frugalnet.analysis.means import CONFIDENCE
from frugalnet.analysis.statistics.holm import holm
from frugalnet.analysis.statistics.pairs import ROUNDING
from frugalnet.analysis.statistics.wording import counted, joined
from frugalnet.record.record import COMPLETE, WITHOUT_MODEL

DIFFERENCE, RATIO = "difference", "ratio"
OF_LEARNING = ("test_quality", "best_epoch")
"""Quantities that do not depend on the devices: compared whatever meters there are. Their scale is the difference."""
ESTIMATES = ("estimate", "low", "high", "p")


@dataclass(frozen=True)
class Change:
    """One level of a factor instead of another; `others` are the factors in which the runs of a pair agree, besides the seed."""

    factor: str
    level: str
    against: str
    others: tuple[str, ...]


class Estimated(NamedTuple):
    """An estimate, its 95 % interval, its p-value, and what the interval is over, or why there is none."""

    estimate: float
    low: float = nan
    high: float = nan
    p: float = nan
    told: str = ""


def kinds(block: pd.DataFrame, quantity: str) -> list[pd.DataFrame]:
    """Return the runs that may be compared in a quantity, the most first: costs only where energies are of one kind."""
    if quantity in OF_LEARNING:
        return [block]
    return sorted((own for _, own in block.groupby(ENERGY, sort=False, dropna=False)), key=len, reverse=True)


def rows_of(
    runs: pd.DataFrame, asked: Sequence[tuple[pd.Series, Change, Mapping[str, Any]]], quantities: Sequence[str]
) -> pd.DataFrame:
    """Return a row per kind of comparable runs, quantity and change, with p-values after Holm's correction in each quantity.

    `asked` has which runs a change is asked for (a mask), the change, and what is said of it. Where there are several
    kinds of energies, only the one with the most runs has rows without pairs.
    """
    found: list[pd.DataFrame] = []
    for _, block in runs.groupby(COMPARABLE, sort=False, dropna=False):
        for quantity in quantities:
            for number, own in enumerate(kinds(block, quantity)):
                rows = [dict(said) | compared(own[mask[own.index]], change, quantity) for mask, change, said in asked]
                kept = pd.DataFrame([row for row in rows if not number or row["pairs"]])
                if kept.empty:
                    continue
                one = {name: own[name].iloc[0] if own[name].nunique(dropna=False) == 1 else None for name in ENERGY}
                about = {name: own[name].iloc[0] for name in (*COMPARABLE, "metric")} | one
                found.append(kept.assign(quantity=quantity, p_holm=holm(kept["p"]), **about))
    return pd.concat(found, ignore_index=True) if found else pd.DataFrame()


def compared(runs: pd.DataFrame, change: Change, quantity: str) -> dict[str, Any]:
    """Return the columns of a change in one quantity: `pairs`, means of both levels, the estimate with its interval, and a note.

    The estimate is the mean over the combinations of the other factors, of means over seeds; of a cost, of logarithms, so
    that it is a ratio. It is about these combinations, and no others. Where each has two seeds or more, the interval is
    over seeds (`over_seeds`), otherwise over combinations (`over_combinations`).
    """
    ratio = quantity not in OF_LEARNING
    pairs, unknown = _pairs(runs, change, quantity, ratio)
    scale = RATIO if ratio else DIFFERENCE
    nothing = dict.fromkeys((*ESTIMATES, "mean", "mean_against"), nan) | {"pairs": len(pairs), "scale": scale}
    notes = [*_lost(runs, change)]
    if unknown:
        notes.append(f"not known for {unknown} of {counted(unknown + len(pairs), 'pair')}")
    if pairs.empty:
        return nothing | {"note": joined([f"no two complete runs differ in {change.factor} alone", *notes])}
    values = np.log(pairs) if ratio else pairs
    differences = (values["own"] - values["other"]).groupby(level=0, sort=False)
    of_both = pairs.groupby(level=0, sort=False).mean().mean()
    found = estimated([own.to_numpy() for _, own in differences], float(np.abs(values.to_numpy()).max()))
    numbers = {name: getattr(found, name) for name in ESTIMATES}
    if ratio:
        numbers |= {name: float(np.exp(numbers[name])) for name in ("estimate", "low", "high")}
    means = {"mean": of_both["own"], "mean_against": of_both["other"]}
    return nothing | numbers | means | {"note": joined([found.told, *notes])}


def _pairs(runs: pd.DataFrame, change: Change, quantity: str, ratio: bool) -> tuple[pd.DataFrame, int]:
    """Return both values of each pair (`own`, `other`) by combination and seed, and how many more pairs lack a value."""
    done = runs[runs["status"] == COMPLETE]
    others = [f"{LEVEL}{name}" for name in change.others]
    combination = list(zip(*(done[name].astype("str") for name in others), strict=True)) or [()] * len(done)
    keyed = done.assign(combination=[" ".join(each) for each in combination], value=done[quantity].astype(float))
    values = keyed.set_index(["combination", "seed"])[["value", f"{LEVEL}{change.factor}"]]
    levels = {
        name: values["value"][values[f"{LEVEL}{change.factor}"] == level]
        for name, level in (("own", change.level), ("other", change.against))
    }
    both = pd.concat(levels, axis="columns", join="inner").astype(float)
    known = np.isfinite(both).all(axis="columns") & (not ratio or (both > 0).all(axis="columns"))
    return both[known], int((~known).sum())


def estimated(differences: Sequence[Numbers], largest: float) -> Estimated:
    """Return the mean over combinations of the mean over seeds, with its interval; `differences` has an array per combination.

    There is no interval for one pair, nor where the differences do not differ but by the rounding of values up to `largest`.
    """
    means = np.array([own.mean() for own in differences])
    counts = np.array([len(own) for own in differences])
    estimate = float(means.mean())
    if counts.min() > 1:
        error, freedom, told = over_seeds(differences)
    elif len(means) > 1:
        error, freedom, told = over_combinations(means, counts)
    else:
        return Estimated(estimate, told="one pair: no interval")
    if error <= ROUNDING * max(1.0, largest):
        return Estimated(estimate, told="no spread: no interval can be given")
    half = float(special.stdtrit(freedom, (1 + CONFIDENCE) / 2)) * error
    p = 2 * float(special.stdtr(freedom, -abs(estimate) / error))
    return Estimated(estimate, estimate - half, estimate + half, p, told)


def over_seeds(differences: Sequence[Numbers]) -> tuple[float, int, str]:
    """Return error, degrees of freedom and a note of a mean over combinations that each ran with several seeds.

    The variance over seeds is pooled: noise is taken to be the same in all combinations, and independent between them.
    What a change does may differ between combinations; that is not noise.
    """
    counts = np.array([len(own) for own in differences])
    freedom = int((counts - 1).sum())
    variance = sum(float(((own - own.mean()) ** 2).sum()) for own in differences) / freedom
    pooled = f", pooled over {counted(len(counts), 'combination')}" if len(counts) > 1 else ""
    told = f"interval over seeds{pooled} ({counted(freedom, 'degree')} of freedom)"
    return sqrt(variance * float((1 / counts).sum())) / len(counts), freedom, told


def over_combinations(means: Numbers, counts: Any) -> tuple[float, int, str]:
    """Return the same where a combination ran with one seed: from the spread of combinations.

    That holds both noise and what differs between combinations, so that it is too wide rather than too narrow.
    """
    seeds = "one seed" if counts.max() == 1 else "one seed of some"
    told = f"interval over {len(means)} combinations, as there is {seeds}: too wide where they differ in the effect"
    return float(means.std(ddof=1)) / sqrt(len(means)), len(means) - 1, told


def _lost(runs: pd.DataFrame, change: Change) -> Iterator[str]:
    """Yield how many runs at both levels have no model, and why."""
    for level in (change.level, change.against):
        at = runs[runs[f"{LEVEL}{change.factor}"] == level]
        told = [f"{number} {WITHOUT_MODEL.get(status, status)}" for status, number in _statuses(at).items()]
        if told:
            of = counted(len(at), "run")
            yield f"of {of} at {change.factor} {level}, {', '.join(told)}, so that the others are a selection"


def _statuses(runs: pd.DataFrame) -> dict[str, int]:
    return dict(runs["status"][runs["status"] != COMPLETE].value_counts())
