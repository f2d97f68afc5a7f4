"""Sentences on what levels of the grid, and techniques that save time or memory, change."""

from collections.abc import Iterator

import pandas as pd

from frugalnet.analysis.groups import energy_kind
from frugalnet.analysis.statistics.holm import SHOWN_BELOW
from frugalnet.page.wording import SPACE, Scale, times
from frugalnet.studies.sweep.configurations import NETWORK
from frugalnet.studies.sweep.of_dataset import PERCENT, TIMES, Row
from frugalnet.studies.sweep.sensitivity import ALL

COSTS = {
    "train_duration_s": "time of training",
    "train_device_peak_mib": "GPU memory",
    "train_host_peak_mib": "resident memory",
    "train_energy_j": "energy",
}


def of_networks(sensitivity: pd.DataFrame, scale: Scale) -> str:
    """Return the axis that changes the test quality of each network most; empty without a grid of several levels."""
    quality = sensitivity[(sensitivity["quantity"] == "test_quality") & sensitivity["estimate"].notna()]
    if quality.empty:
        return ""
    networks = [name for name in quality["network"].unique() if name != ALL] or [ALL]
    told = []
    for network in networks:
        own = quality[quality["network"] == network]
        row = own.loc[own["estimate"].abs().idxmax()]
        named = "" if network == ALL else f"for {network} that of "
        told.append(f"{named}{row['axis']}, {_instead(row, scale)}")
    if networks != [ALL]:
        between = quality[(quality["network"] == ALL) & (quality["axis"] == NETWORK)]
        told += [f"between networks, {_instead(row, scale)}" for row in between.to_dict("records")]
    return f"The largest effect of an axis on the {scale.name}: {'; '.join(told)}."


def _instead(row: Row, scale: Scale) -> str:
    return f"*{row['level']}* instead of *{row['against']}*: {_difference(row, scale)}"


def of_factors(efficiency: pd.DataFrame, scale: Scale) -> Iterator[str]:
    """Yield what each technique changes in time, memory, energy and test quality."""
    for factor, rows in efficiency.groupby("factor", sort=False):
        by_quantity = {row["quantity"]: row for row in rows.to_dict("records") if pd.notna(row["estimate"])}
        told = [_ratio(by_quantity[name], words) for name, words in COSTS.items() if name in by_quantity]
        if "test_quality" in by_quantity:
            told.append(f"{scale.name} {_difference(by_quantity['test_quality'], scale)}")
        first = rows.iloc[0]
        what = f"{factor} *{first['on']}* instead of *{first['off']}*"
        if told:
            yield f"With {what}: {'; '.join(told)}."
        else:
            yield f"What {what} changes is not known: {first['note']}."


def _difference(row: Row, scale: Scale) -> str:
    around = "no interval" if pd.isna(row["low"]) else f"{PERCENT} interval {scale.between(row['low'], row['high'])}"
    return f"{scale.change(row['estimate'])} ({around}{_shown(row)})"


def _ratio(row: Row, words: str) -> str:
    kind = f", {energy_kind(row)}" if row["quantity"] == "train_energy_j" else ""
    shown = f" ({_shown(row)[2:]})" if _shown(row) else ""
    return f"{words}{kind} {TIMES}{SPACE}{times(row['estimate'], row['low'], row['high'])}{shown}"


def _shown(row: Row) -> str:
    """Return that an effect is not shown, where it was tested and is not."""
    return ", not shown" if pd.notna(row["p_holm"]) and not row["p_holm"] < SHOWN_BELOW else ""
