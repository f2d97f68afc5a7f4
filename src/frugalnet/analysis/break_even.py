"""After how many inferences a method has paid for itself: `processed/break_even.csv`."""

from math import inf, nan
from typing import Any

import pandas as pd

from frugalnet.analysis.comparison import CONFIDENCE
from frugalnet.analysis.groups import GROUP
from frugalnet.analysis.inferences import ENDS
from frugalnet.analysis.solution import energy_to_solution
from frugalnet.analysis.statistics.fieller import ratio_interval
from frugalnet.catalogue import BASELINE

RATIO = "energy_per_inference_ratio"
OWN_J, BASELINE_J = "energy_per_inference_j", "baseline_energy_per_inference_j"
ENERGIES = {
    "energy_to_solution_j": "the energy to solution",
    BASELINE_J: "the energy per inference of the baseline",
    RATIO: "its ratio to that of the baseline",
}
COLUMNS = [
    *("dataset", "method", "variant", "batch", "energy_to_solution_j", OWN_J, BASELINE_J),
    *("break_even_inferences", "break_even_low", "break_even_high", "reason", RATIO),
    *("seeds", "energy_source", "energy_scope", "threads", "data_level"),
]
SAME = "the same operations"


def break_even(runs: pd.DataFrame) -> pd.DataFrame:
    """Return one row per dataset, method, variant and batch size: pay-back against the baseline, as means over seeds.

    The whole energy to solution, with that of the parents, is to be earned by what an inference of the compacted model saves
    against one of the baseline's compacted model of the same seed, which was measured in turn with it. Infinite:
    saves nothing, which is certain of a model that does the same operations. Missing, with a reason: that cannot be told from
    these runs, because
    - there is no baseline, or an energy is not known;
    - of several seeds: the 95 % interval of the saving has zero in it;
    - of one seed: the 95 % interval of the ratio has one in it.
    """
    measured = _by_batch(runs.assign(energy_to_solution_j=energy_to_solution(runs)))
    keys = [*GROUP, "batch"]
    groups = measured[measured["method"] != BASELINE].groupby(keys, sort=False, dropna=False)
    rows = [dict(zip(keys, key, strict=True)) | _row(group) for key, group in groups]
    return pd.DataFrame(rows, columns=COLUMNS)


def _by_batch(runs: pd.DataFrame) -> pd.DataFrame:
    """Return one row per run and batch size: energy per sample of the baseline's model, and of the run's beside it.

    A model that does the same operations takes the same, whatever was measured.
    """
    sizes = []
    for size, batch in (("_batch1", 1), ("", runs["throughput_batch"])):
        ratios = {
            f"{RATIO}{end}": runs[f"energy_per_inference{size}_ratio{end}"].astype(float).to_numpy() for end in ENDS
        }
        baseline_j = runs[f"reference_energy_per_inference{size}_j"].astype(float).to_numpy()
        about = runs[
            ["seed", *GROUP, "energy_to_solution_j", "parameters_compacted", "same_operations", "energy_reason"]
        ]
        sizes.append(about.assign(batch=batch, **{BASELINE_J: baseline_j}, **ratios))
    table = pd.concat([sizes[0], sizes[1][sizes[1]["batch"] > 1]]).sort_index(kind="stable")
    return table.assign(**{OWN_J: table[BASELINE_J] * table[RATIO].where(~_same(table), 1.0)})


def _same(table: pd.DataFrame) -> pd.Series:
    return table["same_operations"].astype("boolean").fillna(False).astype(bool)


def _row(group: pd.DataFrame) -> dict[str, Any]:
    """Return what is known of the pay-back of one method, from its runs."""
    return {
        **{name: group[name].mean(skipna=False) for name in (*ENERGIES, OWN_J)},
        "seeds": len(group),
        **dict.fromkeys(("break_even_inferences", "break_even_low", "break_even_high"), nan),
        **_pay_back(group),
    }


def _pay_back(group: pd.DataFrame) -> dict[str, Any]:
    """Return the number of inferences with its interval, or why it cannot be told."""
    if _same(group).all():
        return {"break_even_inferences": inf, "reason": SAME}
    if group["parameters_compacted"].isna().any():
        return {"reason": "the model cannot be compacted"}
    if group["same_operations"].isna().any():
        return {"reason": "no baseline was measured beside it"}
    if missing := [name for column, name in ENERGIES.items() if group[column].isna().any()]:
        why = "; ".join(group["energy_reason"].dropna().unique())
        return {"reason": f"{' and '.join(missing)} not known" + (f" ({why})" if why else "")}
    solution_j, saving_j = group["energy_to_solution_j"], group[BASELINE_J] - group[OWN_J]
    number = solution_j.mean() / saving_j.mean() if saving_j.mean() > 0 else inf
    if len(group) == 1:
        return _of_one_seed(group.iloc[0], number)
    low, high = ratio_interval(solution_j, saving_j, CONFIDENCE)
    reason = None
    if low < high == inf:
        number, reason = nan, "the 95 % interval of the saving has zero in it"
    return {"break_even_inferences": number, "break_even_low": low, "break_even_high": high, "reason": reason}


def _of_one_seed(run: pd.Series, number: float) -> dict[str, Any]:
    if pd.isna(run[f"{RATIO}_low"]):
        return {"reason": "one seed, and the ratio of energies has no interval"}
    if run[f"{RATIO}_low"] <= 1 <= run[f"{RATIO}_high"]:
        return {"reason": "one seed, and the 95 % interval of the ratio of energies has 1 in it"}
    ends = [run[BASELINE_J] * (1 - run[f"{RATIO}{end}"]) for end in ("_low", "_high")]
    low, high = (run["energy_to_solution_j"] / saving_j if saving_j > 0 else inf for saving_j in ends)
    reason = "one seed: the interval is that of measuring inference"
    return {"break_even_inferences": number, "break_even_low": low, "break_even_high": high, "reason": reason}
