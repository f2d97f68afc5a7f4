"""Which runs may be put in one mean, and which may be compared."""

from collections.abc import Mapping, Sequence
from typing import Any

import pandas as pd

from frugalnet import catalogue

GROUP = ["dataset", "network", "method", "variant", "metric", "threads", "energy_source", "energy_scope", "data_level"]
"""Runs that differ in any of these are never put in one mean."""
COMPARABLE = ["dataset", "threads", "data_level"]
"""A row is compared with a reference that agrees with it in these."""
ENERGY = ["energy_source", "energy_scope"]
"""Energies that differ in these are never compared."""


def sign(runs: pd.DataFrame) -> int:
    """Return 1 where more quality is better, -1 where less is."""
    return catalogue.sign(runs["metric"].iloc[0])


def alike(rows: pd.DataFrame, other: Mapping[str, Any], columns: Sequence[str]) -> pd.DataFrame:
    """Return the rows that agree with another row in some columns; two unknown values agree."""
    same = pd.Series(True, rows.index)
    for name in columns:
        same &= rows[name].isna() if pd.isna(other[name]) else rows[name] == other[name]
    return rows[same]


def beside_reference(rows: pd.DataFrame) -> pd.DataFrame:
    """Return the runs that were measured in turn with a reference; all where none was.

    Without one are the seeds whose baseline got no model.
    """
    alone = measured_alone(rows)
    return rows if alone.all() else rows[~alone]


def measured_alone(rows: pd.DataFrame) -> pd.Series:
    """Tell which runs were measured without a reference."""
    return rows["parameters_compacted"].notna() & rows["same_operations"].isna()


def energy_kind(row: Mapping[str, Any]) -> str:
    """Return the source and the scope of a row's energies, in words."""
    return "not known" if pd.isna(row["energy_source"]) else f"{row['energy_source']} ({row['energy_scope']})"
