"""Processed tables: what a paper quotes. Means are over seeds; comparisons are paired by seed."""

from typing import Any

import numpy as np
import pandas as pd
from scipy import stats

from frugalnet.analysis import any_watts, deployed, gains
from frugalnet.analysis.co2e import co2e_to_solution
from frugalnet.analysis.factors import columns_in
from frugalnet.analysis.groups import COMPARABLE, GROUP, beside_reference
from frugalnet.analysis.inferences import ENDS, RATIOS
from frugalnet.analysis.references import LABEL, REFERENCE, with_references
from frugalnet.analysis.solution import Solution, uncertainty_of_sum_j
from frugalnet.catalogue.entries import References
from frugalnet.config.carbon import Carbon
from frugalnet.record.co2e import J_PER_KWH
from frugalnet.record.record import COST, COUNTS

CONFIDENCE = 0.95


def comparison(
    runs: pd.DataFrame, carbon: Carbon, references: References, resampled: pd.DataFrame | None = None
) -> pd.DataFrame:
    """Return one row per dataset, method and variant, in the order in which they were run.

    Each row is compared with its own reference (`with_references`): with all seeds of it, whatever meters read their
    energy. `quality_gain` is how much better the row is on test data: a mean over the seeds that both have, with a 95 %
    interval (`gains`), which covers test samples too where they were `resampled`. CO2e uses the configured intensity,
    whatever it was when the runs were made.
    """
    solution = Solution(runs)
    runs = runs.assign(energy_to_solution_j=solution.energy_j(), energy_to_shape_j=solution.shape_j())
    runs = with_references(runs.assign(**co2e_to_solution(runs, carbon), **any_watts.work(runs)), references)
    replicates = pd.DataFrame() if resampled is None else gains.replicates_of(resampled)
    methods = dict(list(runs.groupby([*COMPARABLE, *LABEL], sort=False, dropna=False)))
    rows = []
    for key, group in runs.groupby(GROUP, sort=False, dropna=False):
        reference = methods.get(tuple(group[[*COMPARABLE, *REFERENCE]].iloc[0]))
        about = dict(zip(GROUP, key, strict=True)) | {"energy_to_solution_u_j": solution.uncertainty_j(group["run"])}
        gain = gains.gain(group, reference, replicates, CONFIDENCE)
        rows.append(about | _row(group) | gain | any_watts.ratio_ranges(group, reference))
    compared = pd.DataFrame(rows)
    factors = columns_in(runs)
    compared = compared.astype(dict.fromkeys(factors, "object")).astype(factors)
    compared[list(COUNTS)] = compared[list(COUNTS)].round().astype("Int64")
    compared["is_reference"] = _places(compared, LABEL).isin(_places(compared, REFERENCE))
    return compared.assign(**_carbon(compared, carbon))[[*COLUMNS, *deployed.compared(runs), *factors]]


def _places(rows: pd.DataFrame, label: list[str]) -> pd.MultiIndex:
    """Return the method and variant of each row, with the columns in which comparable rows agree."""
    return pd.MultiIndex.from_frame(rows[[*COMPARABLE, *label]])


def _carbon(rows: pd.DataFrame, carbon: Carbon) -> dict[str, Any]:
    """Return the columns of the carbon intensity; an hourly one is averaged over the energy of the row."""
    mean_g_per_kwh = rows["co2e_to_solution_g"] / rows["energy_to_solution_j"] * J_PER_KWH / carbon.pue
    fixed_g_per_kwh = pd.Series(carbon.intensity_g_per_kwh, rows.index, float)
    return {
        "carbon_g_per_kwh": mean_g_per_kwh if carbon.hourly else fixed_g_per_kwh,
        "carbon_hourly": carbon.hourly,
        "carbon_source": carbon.source,
        "carbon_year": carbon.year,
        "carbon_pue": carbon.pue,
    }


INFERENCE = [
    *(
        f"latency_{size}_{name}{suffix}"
        for size in ("batch1", "large")
        for suffix in ("", "_compacted")
        for name in ("ms", "iqr_ms", "p90_ms", "p99_ms")
    ),
    *("throughput_per_s", "throughput_per_s_compacted", "energy_per_inference_j", "energy_per_inference_j_compacted"),
    *("energy_per_inference_net_j", "energy_per_inference_net_j_compacted"),
]
MEANS = [
    "train_energy_j",
    "train_energy_net_j",
    "energy_to_solution_j",
    "energy_to_shape_j",
    "train_duration_s",
    "host_energy_estimate_j",
    "co2e_to_solution_g",
]
COLUMNS = [
    *("dataset", "method", "variant", "seeds", "metric", "quality_mean", "quality_std", "validation_quality_mean"),
    *("train_quality_mean", "epochs_in_all", *REFERENCE, *gains.COLUMNS),
    *COST,
    *("train_energy_j", "energy_to_solution_j", "energy_to_solution_u_j", "energy_to_shape_j"),
    *("energy_source", "energy_scope", "train_duration_s"),
    *INFERENCE,
    *(f"{column}{end}" for column in RATIOS for end in ENDS),
    *("same_operations", "inference_flagged"),
    *("train_energy_net_j", "train_u_stat_j", "train_u_sys_j", "disturbed"),
    *any_watts.COLUMNS,
    *("host_energy_estimate_j", "co2e_to_solution_g", "co2e_reason", "carbon_g_per_kwh", "carbon_hourly"),
    *("carbon_source", "carbon_year", "carbon_pue"),
    *("failed_tries", "threads", "data_level", "network", "is_reference"),
]


def _row(group: pd.DataFrame) -> dict[str, Any]:
    """Summarize the runs of one method and variant."""
    return (
        {
            "seeds": len(group),
            "quality_mean": group["test_quality"].mean(),
            "quality_std": group["test_quality"].std(),
            "validation_quality_mean": group["validation_quality"].mean(),
            "train_quality_mean": group["train_quality"].mean(),
            "epochs_in_all": group["epochs_in_all"].max(),
            "co2e_reason": "; ".join(group["co2e_reason"].dropna().unique()) or None,
            "failed_tries": group["failed_tries"].sum(),
            "disturbed": int((group["train_flags"] != "").sum()),
            "inference_flagged": int((group["inference_flags"] != "").sum()),
        }
        | {
            column: group[column].astype(float).mean(skipna=False)
            for column in (*COST, *INFERENCE, *MEANS, *deployed.compared(group))
        }
        | _ratios(group)
        | _uncertainties(group)
        | {column: group[column].iloc[0] for column in (*REFERENCE, *columns_in(group))}
    )


def _uncertainties(group: pd.DataFrame) -> dict[str, float]:
    """Return the uncertainties of the mean net energy of some runs."""
    columns = zip(group["train_u_stat_j"], group["train_u_sys_by_device_j"], strict=True)
    statistical_j, systematic_j = uncertainty_of_sum_j((1 / len(group), part) for part in columns)
    return {"train_u_stat_j": statistical_j, "train_u_sys_j": systematic_j}


def _ratios(group: pd.DataFrame) -> dict[str, Any]:
    """Return ratios of inference costs to the reference as geometric means over seeds, with 95 % intervals.

    The interval of several seeds is Student's t of the logarithms; that of one seed is from measuring in turn. Seeds that
    were measured without a reference are left out.
    """
    group = beside_reference(group)
    found: dict[str, Any] = {
        "same_operations": group["same_operations"].all() if group["same_operations"].notna().all() else None
    }
    for column in RATIOS:
        own = group[[f"{column}{end}" for end in ENDS]].astype(float)
        values = np.log(own[column]).to_numpy()
        ends = own.iloc[0].tolist()
        if len(values) > 1:
            half = stats.t.ppf((1 + CONFIDENCE) / 2, len(values) - 1) * stats.sem(values)
            ends = np.exp([values.mean(), values.mean() - half, values.mean() + half]).tolist()
        found |= {f"{column}{end}": value for end, value in zip(ENDS, ends, strict=True)}
    return found
