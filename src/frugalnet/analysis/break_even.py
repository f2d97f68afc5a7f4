"""After how many inferences a method has paid for itself: `processed/break_even.csv`."""

from math import hypot, inf, nan
from typing import Any

import pandas as pd

from frugalnet.analysis.comparison import CONFIDENCE
from frugalnet.analysis.groups import BASELINE, COMPARABLE, ENERGY, GROUP, alike, energy_kind
from frugalnet.analysis.inferences import Z
from frugalnet.analysis.solution import energy_to_solution
from frugalnet.analysis.statistics.fieller import ratio_interval

ENERGIES = {
    "energy_to_solution_j": "the energy to solution",
    "energy_per_inference_j": "the energy per inference of the compacted model",
    "baseline_energy_per_inference_j": "the energy per inference of the baseline",
}
COLUMNS = [
    *("dataset", "method", "variant", "batch", *ENERGIES),
    *("break_even_inferences", "break_even_low", "break_even_high", "reason"),
    *("seeds", "energy_source", "energy_scope", "threads", "data_level"),
]


def break_even(runs: pd.DataFrame) -> pd.DataFrame:
    """Return one row per dataset, method, variant and batch size: pay-back against the baseline, as means over paired seeds.

    The whole energy to solution, with that of the parents, is to be earned by what an inference of the compacted model saves
    against one of the baseline's model as it is. Infinite: saves nothing. Missing, with a reason: that cannot be told from
    these runs, because
    - an energy is not known, or the baseline's is of another source or scope;
    - of several seeds: the 95 % interval of the saving has zero in it;
    - of one seed: the saving is within what two measurements of inference resolve (95 %; `energy_per_inference_u_j`).
    """
    measured = _by_batch(runs.assign(energy_to_solution_j=energy_to_solution(runs)))
    baselines = measured[measured["method"] == BASELINE]
    keys = [*GROUP, "batch"]
    rows = []
    for key, group in measured[measured["method"] != BASELINE].groupby(keys, sort=False, dropna=False):
        about = dict(zip(keys, key, strict=True))
        rows.append(about | _row(group, alike(baselines, about, [*COMPARABLE, "batch"])))
    return pd.DataFrame(rows, columns=COLUMNS)


def _by_batch(runs: pd.DataFrame) -> pd.DataFrame:
    """Return one row per run and batch size: energy per sample of the model and of its compacted twin, and how sure they are."""
    sizes = []
    for name, batch in (("_batch1", 1), ("", runs["throughput_batch"])):
        columns = {"batch": batch}
        for what, unit in (("masked", ""), ("compacted", "_compacted")):
            columns[f"{what}_j"] = runs[f"energy_per_inference{name}_j{unit}"].astype(float)
            columns[f"{what}_u_j"] = runs[f"energy_per_inference{name}_u_j{unit}"].astype(float)
        sizes.append(runs[["seed", *GROUP, "energy_to_solution_j", "energy_reason"]].assign(**columns))
    return pd.concat([sizes[0], sizes[1][sizes[1]["batch"] > 1]]).sort_index(kind="stable")


def _row(group: pd.DataFrame, baselines: pd.DataFrame) -> dict[str, Any]:
    """Return what is known of the pay-back of one method, from its runs and those of the baseline."""
    own = group.rename(columns={"compacted_j": "energy_per_inference_j", "compacted_u_j": "u_j"})
    same = alike(baselines, group.iloc[0], ENERGY)
    theirs = same[["seed", "masked_j", "masked_u_j"]].set_axis(
        ["seed", "baseline_energy_per_inference_j", "baseline_u_j"], axis="columns"
    )
    pairs = own.drop(columns=["masked_j", "masked_u_j"]).merge(theirs, on="seed")
    shown = pairs if len(pairs) else own.assign(baseline_energy_per_inference_j=nan)
    reason = _not_comparable(group, baselines, same, pairs)
    return {
        **{name: shown[name].mean(skipna=False) for name in ENERGIES},
        "seeds": len(shown),
        **dict.fromkeys(("break_even_inferences", "break_even_low", "break_even_high"), nan),
        **({"reason": reason} if reason else _pay_back(pairs)),
    }


def _not_comparable(
    group: pd.DataFrame, baselines: pd.DataFrame, same: pd.DataFrame, pairs: pd.DataFrame
) -> str | None:
    """Return why there is nothing to compute with; None where there is."""
    if baselines.empty:
        return "no baseline of the same dataset, batch size, threads and data level"
    if same.empty:
        kinds = energy_kind(baselines.iloc[0]), energy_kind(group.iloc[0])
        return f"the energies of the baseline are {kinds[0]}, those of the method {kinds[1]}"
    if pairs.empty:
        return "no seed in common with the baseline"
    missing = [name for column, name in ENERGIES.items() if pairs[column].isna().any()]
    if missing:
        why = "; ".join(pairs["energy_reason"].dropna().unique())
        return f"{' and '.join(missing)} not known" + (f" ({why})" if why else "")
    return None


def _pay_back(pairs: pd.DataFrame) -> dict[str, Any]:
    """Return the number of inferences with its interval, or why it cannot be told."""
    solution_j = pairs["energy_to_solution_j"]
    saving_j = pairs["baseline_energy_per_inference_j"] - pairs["energy_per_inference_j"]
    number = solution_j.mean() / saving_j.mean() if saving_j.mean() > 0 else inf
    if len(pairs) == 1:
        resolved_j = Z * hypot(pairs["u_j"].iloc[0], pairs["baseline_u_j"].iloc[0])
        if abs(saving_j.iloc[0]) > resolved_j:
            return {"break_even_inferences": number, "reason": "one seed: no interval"}
        return {"reason": "one seed, and the saving is not above what two measurements of inference resolve"}
    low, high = ratio_interval(solution_j, saving_j, CONFIDENCE)
    reason = None
    if low < high == inf:
        number, reason = nan, "the 95 % interval of the saving has zero in it"
    return {"break_even_inferences": number, "break_even_low": low, "break_even_high": high, "reason": reason}
