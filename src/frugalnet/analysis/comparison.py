"""Processed tables: what a paper quotes. Means are over seeds; comparisons are paired by seed."""

from typing import Any

import pandas as pd

from frugalnet.analysis import any_watts, deployed, gains
from frugalnet.analysis.co2e import co2e_to_solution
from frugalnet.analysis.factors import columns_in
from frugalnet.analysis.groups import COMPARABLE, GROUP
from frugalnet.analysis.inferences import ENDS, RATIOS
from frugalnet.analysis.means import CONFIDENCE, INFERENCE, Means
from frugalnet.analysis.places import Cells, Places, places_of
from frugalnet.analysis.references import LABEL, REFERENCE, with_references
from frugalnet.analysis.solution import Solution
from frugalnet.catalogue.entries import References
from frugalnet.config.carbon import Carbon
from frugalnet.record.co2e import J_PER_KWH
from frugalnet.record.record import COST, COUNTS


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
    cells, means, methods = Cells(runs), Means(runs), _by_label(runs)
    compared_with = _keys(cells, REFERENCE)
    groups = runs.groupby(GROUP, sort=False, dropna=False)
    rows = []
    for key, places in zip(groups.size().index, places_of(groups), strict=True):
        about = dict(zip(GROUP, key, strict=True))
        about["energy_to_solution_u_j"] = solution.uncertainty_j(cells.values("run")[places])
        reference = methods.get(compared_with[places[0]])
        rows.append(about | means.row(places) | _against(runs, cells, places, reference, replicates))
    compared = pd.DataFrame(rows)
    factors = columns_in(runs)
    compared = compared.astype(dict.fromkeys(factors, "object")).astype(factors)
    compared[list(COUNTS)] = compared[list(COUNTS)].round().astype("Int64")
    compared["is_reference"] = _places(compared, LABEL).isin(_places(compared, REFERENCE))
    return compared.assign(**_carbon(compared, carbon))[[*COLUMNS, *deployed.compared(runs), *factors]]


def _by_label(runs: pd.DataFrame) -> dict[tuple[Any, ...], Places]:
    """Return the places of the runs of each method and variant, by its key."""
    keys = _keys(Cells(runs), LABEL)
    groups = places_of(runs.groupby([*COMPARABLE, *LABEL], sort=False, dropna=False))
    return {keys[places[0]]: places for places in groups}


def _keys(cells: Cells, label: list[str]) -> list[tuple[Any, ...]]:
    """Return a method and variant that each run names, with the columns in which comparable rows agree."""
    columns = [cells.values(name) for name in (*COMPARABLE, *label)]
    return [tuple(None if pd.isna(each) else each for each in key) for key in zip(*columns, strict=True)]


def _against(
    runs: pd.DataFrame, cells: Cells, own: Places, other: Places | None, replicates: pd.DataFrame
) -> dict[str, Any]:
    """Return how runs compare with those of their reference, if it has any of the same seeds."""
    seeds = cells.values("seed")
    if other is None or not set(seeds[own]) & set(seeds[other]):
        group, reference = runs.iloc[:0], None
    else:
        group, reference = runs.iloc[own], runs.iloc[other]
    return gains.gain(group, reference, replicates, CONFIDENCE) | any_watts.ratio_ranges(group, reference)


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
