"""The replication question: which conclusions of one result hold in another."""

from collections.abc import Callable, Mapping
from math import inf
from typing import Any

import moocore
import pandas as pd
from scipy import stats

from frugalnet.analysis.break_even import SAME, is_never
from frugalnet.analysis.chains import takes_shape
from frugalnet.analysis.groups import sign
from frugalnet.analysis.statistics.named import is_control
from frugalnet.analysis.statistics.wording import NOT_SHOWN
from frugalnet.analysis.statistics.wording import name as named
from frugalnet.commands.compare.numbers import ROW

HOLDS, ONLY_A, ONLY_B, OPPOSITE, UNTOLD = "holds in both", "only in A", "only in B", "opposite", "cannot be told"
RESULTS = (HOLDS, ONLY_A, ONLY_B, OPPOSITE, UNTOLD)
WEAK = (NOT_SHOWN, "not reproduced")
"""States of conclusions that may still be true: other data may show them, more seeds may reproduce them."""
AS_GOOD = {"reproduced", "at least as good"}
"""Verdicts that both say that a claim's value is no worse than was reported."""
SIGNIFICANT = 0.05
FEWEST = 4
"""Fewer methods than this cannot have a significant rank correlation."""
RANKED = (
    "quality_mean",
    "parameters_compacted",
    "macs_compacted",
    "energy_to_solution_j",
    "latency_ratio",
)
TERMS = ("reference", "margin")
"""What a conclusion depends on: two results that differ in it do not make the same statement."""
PAY_BACKS = {"": "energy to solution", "increment_": "energy over that of the baseline"}
"""What is paid back, by the prefix of its columns in `break_even`."""
COLUMNS = ["kind", "study", "dataset", "method", "variant", "conclusion", "a", "b", "result", "note"]
Tables = Mapping[str, pd.DataFrame]


def conclusions(first: Tables, second: Tables) -> pd.DataFrame:
    """Return one row per conclusion on methods that two results share, with its state in each and the combined result.

    Conclusions are drawn within each result, so that they compare even where energies or machines do not. `a` and `b`
    are the states, empty where not known. Conclusions against unequal references or with unequal margins cannot be
    told. Kinds: gain or loss against the reference and `no worse` (from `statistics`); ranking of methods (from
    `comparison`, Kendall's tau over their means); front (also from `comparison`: methods that no other beats in quality
    and cost); pay-back (from `break_even`); claim (from `claims`).
    """
    kinds: dict[str, tuple[str, Callable[[pd.DataFrame], pd.DataFrame]]] = {
        "against the reference": ("statistics", _gains),
        "no worse than the reference": ("statistics", _equivalence),
        "front": ("comparison", _fronts),
        "pay-back": ("break_even", _pay_back),
        "claim": ("claims", _claims),
    }
    shared = first["comparison"][ROW].merge(second["comparison"][ROW]).drop_duplicates()
    frames = [_rankings(first["comparison"], second["comparison"])]
    for kind, (table, states) in kinds.items():
        if table in first and table in second:
            pair = [each[table] if table == "claims" else each[table].merge(shared, on=ROW) for each in (first, second)]
            frames.append(_held(states(pair[0]), states(pair[1])).assign(kind=kind))
    found = pd.concat([frame for frame in frames if len(frame)] or frames, ignore_index=True).reindex(columns=COLUMNS)
    return found[~((found["kind"] == "front") & (found["result"] == UNTOLD) & (found["a"] == found["b"]))]


def result(first: str | None, second: str | None) -> str:
    """Return what two states of a conclusion mean together."""
    if pd.isna(first) or pd.isna(second) or first == second == NOT_SHOWN:
        return UNTOLD
    if first == second or {first, second} == AS_GOOD:
        return HOLDS
    return ONLY_A if second in WEAK else ONLY_B if first in WEAK else OPPOSITE


def _held(first: pd.DataFrame, second: pd.DataFrame) -> pd.DataFrame:
    """Put the states of two results side by side; a conclusion without a row in one of them cannot be told."""
    key = [*ROW, "conclusion"]
    both = pd.concat([first[key], second[key]]).drop_duplicates()
    for side, states in (("a", first), ("b", second)):
        names = {name: f"{name}_{side}" for name in ("note", *TERMS)}
        both = both.merge(states.rename(columns=names | {"state": side}), on=key, how="left")
    rows = list(both.itertuples())
    return both.assign(
        result=[UNTOLD if _unequal(row) else result(row.a, row.b) for row in rows],
        note=["; ".join(filter(None, (_unequal(row), _note(row.note_a, row.note_b)))) or None for row in rows],
    )


def _unequal(row: Any) -> str | None:
    """Return in which terms two known states of a conclusion differ; None where their terms are the same."""
    found = [(name, getattr(row, f"{name}_a"), getattr(row, f"{name}_b")) for name in TERMS]
    names = [f"{name}s" for name, a, b in found if pd.notna(a) and pd.notna(b) and a != b]
    return f"unequal {' and '.join(names)}" if names else None


def _note(first: Any, second: Any) -> str | None:
    """Return the notes of both results, once where they are the same."""
    known = [None if pd.isna(note) else str(note) for note in (first, second)]
    if known[0] == known[1]:
        return known[0]
    return "; ".join(f"{name}: {note}" for name, note in zip("AB", known, strict=True) if note) or None


def _frame(rows: list[dict[str, Any]]) -> pd.DataFrame:
    return pd.DataFrame(rows, columns=[*ROW, "conclusion", "state", "note", *TERMS]).astype(object)


def _of_reference(statistics: pd.DataFrame) -> pd.DataFrame:
    return statistics[statistics["is_reference"].astype(bool)]


def _gains(statistics: pd.DataFrame) -> pd.DataFrame:
    """Return what is higher or lower than the reference: the sign of the difference, if its interval excludes zero."""
    return _frame(
        [
            {name: getattr(row, name) for name in ROW}
            | {"conclusion": row.quantity, "state": _sign(row.difference_low, row.difference_high)}
            | {"note": f"against {_against(row)}, {row.seeds} seeds", "reference": _against(row)}
            for row in _of_reference(statistics).itertuples()
        ]
    )


def _sign(low: float, high: float) -> str | None:
    if pd.isna(low) or pd.isna(high):
        return None
    return "higher" if low > 0 else "lower" if high < 0 else NOT_SHOWN


def _equivalence(statistics: pd.DataFrame) -> pd.DataFrame:
    judged = _of_reference(statistics)
    judged = judged[(judged["quantity"] == "test_quality") & ~judged["method"].map(is_control).astype(bool)]
    rows = []
    for row in judged.itertuples():
        margin = "" if pd.isna(row.equivalence_margin) else f", margin {row.equivalence_margin:g}"
        key = {name: getattr(row, name) for name in ROW} | {"conclusion": "no worse in test_quality"}
        terms = {"reference": _against(row), "margin": row.equivalence_margin}
        rows.append(key | {"state": row.equivalence, "note": f"against {_against(row)}{margin}"} | terms)
    return _frame(rows)


def _against(row: Any) -> str:
    return named((row.against, row.against_variant))


def _fronts(comparison: pd.DataFrame) -> pd.DataFrame:
    """Return which methods no other beats in quality and a cost; it is of means, and so has no interval.

    A control that takes only a shape has not paid for finding it: it is on no front of energy to solution.
    """
    rows = []
    for (_, _), group in comparison.groupby(["study", "dataset"], sort=False):
        error = -sign(group) * group["quality_mean"]
        for cost in group.columns.intersection(RANKED[1:]):
            costs = group[cost].astype(float)
            costs = costs.mask(takes_shape(group)) if cost == "energy_to_solution_j" else costs
            points = pd.DataFrame({"error": error, "cost": costs}).dropna()
            front = moocore.is_nondominated(points.to_numpy(), keep_weakly=True) if len(points) else []
            for row, on_it in zip(group.loc[points.index].itertuples(), front, strict=True):
                rows.append(
                    {name: getattr(row, name) for name in ROW}
                    | {"conclusion": f"of quality and {cost}", "state": "on it" if on_it else NOT_SHOWN}
                    | {"note": "of means: no interval"}
                )
    return _frame(rows)


def _pay_back(break_even: pd.DataFrame) -> pd.DataFrame:
    rows = []
    for of, what in PAY_BACKS.items():
        if f"{of}reason" not in break_even:  # an earlier version does not have it
            continue
        for _, row in break_even.iterrows():
            size = "one sample" if row["batch"] == 1 else "large batches"
            key = {name: row[name] for name in ROW} | {"conclusion": f"{what}, {size}"}
            note = None if pd.isna(row[f"{of}reason"]) else row[f"{of}reason"]
            rows.append(key | {"state": _paid(row, of), "note": note})
    return _frame(rows)


def _paid(row: pd.Series, of: str) -> str | None:
    """Return whether a method pays for itself, by the whole interval over seeds, or because it does the same operations."""
    if is_never(row, of):
        return "saves nothing"
    if pd.isna(row[f"{of}break_even_high"]) or (row["seeds"] == 1 and row[f"{of}reason"] != SAME):
        return None
    return "pays back" if row[f"{of}break_even_high"] < inf else NOT_SHOWN


def _claims(claims: pd.DataFrame) -> pd.DataFrame:
    """Return the verdict on each claim on a dataset, whichever variant a result judges it by."""
    rows = []
    for row in claims.itertuples():
        judged = [str(part) for part in (row.method, row.variant) if not pd.isna(part)]
        note = ": ".join(text for text in ("/".join(judged), "" if pd.isna(row.reason) else str(row.reason)) if text)
        state = None if row.verdict == "not comparable" else row.verdict
        key = {"study": row.study, "dataset": row.dataset, "method": None, "variant": None}
        reading = getattr(row, "reading", None)  # an earlier version does not have it
        claim = f"{row.claim}: {row.statement}" + (f" ({reading})" if isinstance(reading, str) else "")
        rows.append(key | {"conclusion": claim, "state": state, "note": note})
    return _frame(rows)


def _rankings(first: pd.DataFrame, second: pd.DataFrame) -> pd.DataFrame:
    """Return per dataset and quantity whether the methods come in the same order: Kendall's tau, tested."""
    both = first.merge(second, on=[*ROW, "metric"], suffixes=("_a", "_b"))
    rows = []
    for (study, dataset), group in both.groupby(["study", "dataset"], sort=False):
        more_is_better = sign(group) > 0
        for name in RANKED:
            if f"{name}_a" not in group:  # an earlier version does not have it
                continue
            known = group.dropna(subset=[f"{name}_a", f"{name}_b"])
            values = [known[f"{name}_{side}"].astype(float) for side in "ab"]
            if len(known) < FEWEST or min(each.nunique() for each in values) < 2:
                continue
            tau = stats.kendalltau(*values)
            same = HOLDS if tau.statistic > 0 else OPPOSITE
            best = [_best(known, each, more_is_better and name == "quality_mean") for each in values]
            rows.append(
                {"kind": "ranking", "study": study, "dataset": dataset, "conclusion": f"order of methods by {name}"}
                | {"a": f"best: {best[0]}", "b": f"best: {best[1]}"}
                | {"result": same if tau.pvalue < SIGNIFICANT else UNTOLD}
                | {"note": f"Kendall's tau {tau.statistic:.2f} over {len(known)} methods (p = {tau.pvalue:.2g})"}
            )
    return pd.DataFrame(rows, columns=COLUMNS).astype(object)


def _best(rows: pd.DataFrame, values: pd.Series, most: bool) -> str:
    row = rows.loc[values.idxmax() if most else values.idxmin()]
    return f"{row['method']}/{row['variant']}"
