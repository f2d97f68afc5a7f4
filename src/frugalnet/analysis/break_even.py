"""After how many inferences a method has paid for itself: `processed/break_even.csv`."""

from collections.abc import Mapping
from math import inf, nan
from typing import Any

import numpy as np
import pandas as pd

from frugalnet.analysis.groups import COMPARABLE, ENERGY, GROUP, beside_reference
from frugalnet.analysis.inferences import ENDS
from frugalnet.analysis.means import CONFIDENCE
from frugalnet.analysis.solution import energy_to_solution
from frugalnet.analysis.statistics.fieller import ratio_interval
from frugalnet.catalogue import BASELINE

RATIO = "energy_per_inference_ratio"
OWN_J, BASELINE_J = "energy_per_inference_j", "baseline_energy_per_inference_j"
SOLUTION_J, INCREMENT_J, COMPACTION_J = "energy_to_solution_j", "increment_energy_j", "compaction_energy_j"
NAMES = {
    SOLUTION_J: "the energy to solution",
    INCREMENT_J: "what it took more than the baseline of the same seed",
    COMPACTION_J: "the energy of compaction",
    BASELINE_J: "the energy per inference of the baseline",
    RATIO: "its ratio to that of the baseline",
}
PAY_BACKS = {"": SOLUTION_J, "increment_": INCREMENT_J}
"""The sum to be earned back, by the prefix of its pay-back columns."""
NUMBERS = ("break_even_inferences", "break_even_low", "break_even_high")
COLUMNS = [
    *("dataset", "method", "variant", "batch", SOLUTION_J, OWN_J, BASELINE_J, *NUMBERS, "reason", RATIO),
    *("seeds", "energy_source", "energy_scope", "threads", "data_level"),
    *(INCREMENT_J, COMPACTION_J, *(f"increment_{name}" for name in (*NUMBERS, "reason"))),
]
SAME = "the same operations"
ONE_SEED = "one seed: the interval is that of measuring inference"


def break_even(runs: pd.DataFrame) -> pd.DataFrame:
    """Return one row per dataset, method, variant and batch size: pay-back against the baseline, as means over seeds.

    An inference of the compacted model saves energy against the baseline's compacted model of the same seed, which was
    measured in turn with it. These savings have to earn one of two sums, each plus the energy of compaction: the whole
    energy to solution, parents included; or only how much more that is than the baseline's, which is paid anyway.

    The 95 % interval lies between zero and infinity: over seeds (Fieller's theorem), or for one seed from the
    measurement of inference. Infinite: nothing is saved, which is certain for a model that does the same operations.
    Missing, with a reason: an energy is not known, or there is no baseline, or no interval.
    """
    solution = runs.assign(**{SOLUTION_J: energy_to_solution(runs)})
    measured = _by_batch(solution.assign(**{INCREMENT_J: _increment_j(solution)}))
    keys = [*GROUP, "batch"]
    groups = measured[measured["method"] != BASELINE].groupby(keys, sort=False, dropna=False)
    rows = [dict(zip(keys, key, strict=True)) | _row(beside_reference(group)) for key, group in groups]
    return pd.DataFrame(rows, columns=COLUMNS)


def is_never(row: Mapping[str, Any], of: str = "") -> bool:
    """Tell whether a sum is certainly never earned: its whole interval over seeds is infinite, or nothing can be saved.

    Older results have no interval where operations are the same.
    """
    same, low = row[f"{of}reason"] == SAME, row[f"{of}break_even_low"]
    if same and pd.isna(low):
        return bool(row[f"{of}break_even_inferences"] == inf)
    return bool(low == inf) and (same or row["seeds"] > 1)


def _increment_j(runs: pd.DataFrame) -> np.ndarray:
    """Return how much more each run took than the baseline of its seed; NaN without a baseline of the same kind of energy."""
    alike = [*COMPARABLE, *ENERGY, "seed"]
    baselines = runs.loc[runs["method"] == BASELINE, [*alike, SOLUTION_J]].drop_duplicates(alike)
    paired = runs[alike].merge(baselines, on=alike, how="left")
    return runs[SOLUTION_J].to_numpy() - paired[SOLUTION_J].to_numpy()


def _by_batch(runs: pd.DataFrame) -> pd.DataFrame:
    """Return one row per run and batch size: energy per sample of the baseline's model, and of the run's beside it.

    A model that does the same operations gets the baseline's energy, whatever was measured.
    """
    kept = ["seed", *GROUP, SOLUTION_J, INCREMENT_J, "parameters_compacted", "same_operations", "energy_reason"]
    about = runs[kept].assign(**{COMPACTION_J: runs[COMPACTION_J].astype(float)})
    sizes = []
    for size, batch in (("_batch1", 1), ("", runs["throughput_batch"])):
        ratios = {
            f"{RATIO}{end}": runs[f"energy_per_inference{size}_ratio{end}"].astype(float).to_numpy() for end in ENDS
        }
        baseline_j = runs[f"reference_energy_per_inference{size}_j"].astype(float).to_numpy()
        sizes.append(about.assign(batch=batch, **{BASELINE_J: baseline_j}, **ratios))
    table = pd.concat([sizes[0], sizes[1][sizes[1]["batch"] > 1]]).sort_index(kind="stable")
    return table.assign(**{OWN_J: table[BASELINE_J] * table[RATIO].where(~_same(table), 1.0)})


def _same(table: pd.DataFrame) -> pd.Series:
    return table["same_operations"].astype("boolean").fillna(False).astype(bool)


def _row(group: pd.DataFrame) -> dict[str, Any]:
    """Return what is known of the pay-back of one method, from its runs."""
    row = {name: group[name].mean(skipna=False) for name in (*NAMES, OWN_J)} | {"seeds": len(group)}
    for of, sum_j in PAY_BACKS.items():
        row |= {f"{of}{name}": value for name, value in _pay_back(group, sum_j).items()}
    return row


def _pay_back(group: pd.DataFrame, sum_j: str) -> dict[str, Any]:
    """Return the number of inferences that earns a sum, with its interval, or the reason why it is not known."""
    same = bool(_same(group).all())
    if same and sum_j == SOLUTION_J:
        return _told(inf, (inf, inf), SAME)
    if reason := _unknown(group, [sum_j, COMPACTION_J] if same else [sum_j, COMPACTION_J, BASELINE_J, RATIO]):
        return _told(nan, (nan, nan), reason)
    cost_j = group[sum_j] + group[COMPACTION_J]
    saving_j = cost_j * 0 if same else group[BASELINE_J] - group[OWN_J]
    number = _earned_after(cost_j.mean(), saving_j.mean())
    if len(group) > 1:
        return _told(number, _over_seeds(cost_j, saving_j, same), SAME if same else None)
    if same:
        return _told(number, (number, number), SAME)
    run = group.iloc[0]
    if pd.isna(run[f"{RATIO}_low"]):
        return _told(nan, (nan, nan), "one seed, and the ratio of energies has no interval")
    savings_j = (run[BASELINE_J] * (1 - run[f"{RATIO}{end}"]) for end in ("_low", "_high"))
    low, high = (_earned_after(cost_j.iloc[0], each_j) for each_j in savings_j)
    return _told(number, (low, high), ONE_SEED)


def _told(number: float, ends: tuple[float, float], reason: str | None) -> dict[str, Any]:
    return dict(zip((*NUMBERS, "reason"), (number, *ends, reason), strict=True))


def _unknown(group: pd.DataFrame, needed: list[str]) -> str | None:
    """Return why a pay-back is not known; None where it is."""
    if group["parameters_compacted"].isna().any():
        return "the model cannot be compacted"
    if group["same_operations"].isna().any():
        return "no baseline was measured beside it"
    missing = [NAMES[name] for name in needed if group[name].isna().any()]
    why = "; ".join(group["energy_reason"].dropna().unique())
    return f"{' and '.join(missing)} not known" + (f" ({why})" if why else "") if missing else None


def _earned_after(cost_j: float, saving_j: float) -> float:
    """Return after how many inferences a cost is earned back for good: 0 for no cost, infinite where they save nothing."""
    if saving_j < 0 or (saving_j == 0 and cost_j > 0):
        return inf
    return cost_j / saving_j if cost_j > 0 else 0.0


def _over_seeds(cost_j: pd.Series, saving_j: pd.Series, same: bool) -> tuple[float, float]:
    """Return the limits over seeds; for the same operations they follow from the sign of the cost alone."""
    if not same:
        return ratio_interval(cost_j, saving_j, CONFIDENCE)
    low_j, high_j = ratio_interval(cost_j, np.ones(len(cost_j)), CONFIDENCE)
    return _earned_after(low_j, 0), _earned_after(high_j, 0)
