"""What runs of a sweep are compared in: quality and costs, what they are called, and which runs may be compared."""

from collections.abc import Iterator
from typing import NamedTuple

import pandas as pd

from frugalnet import catalogue
from frugalnet.analysis.factors import LEVEL
from frugalnet.analysis.groups import COMPARABLE, ENERGY, energy_kind
from frugalnet.config.varied import GROUPS, ONLY
from frugalnet.drawing.layout import Note, provenance
from frugalnet.drawing.style import shade

QUALITY, ENERGY_J, CPU_S, TIME_S, LATENCY_MS = (
    "test_quality",
    "train_energy_j",
    "train_cpu_s",
    "train_duration_s",
    "latency_batch1_ms",
)
RAM_MIB, VRAM_MIB = "train_host_peak_mib", "train_device_peak_mib"
COLOUR = "#0072b2"
"""Colour of what is drawn of a quantity, in the shade of its source."""
OF_GROUPS = tuple(f"{ONLY}{group}" for group in GROUPS)
MOST_MARKS = 2000
"""Marks in a panel above which they are an image in a vector graphic."""


class Quantity(NamedTuple):
    """A quantity's name above a panel, and what it is of, with its unit."""

    title: str
    of: str
    unit: str


QUANTITIES = {
    ENERGY_J: Quantity("energy", "energy of training", "J"),
    CPU_S: Quantity("CPU time", "CPU time of training", "CPU s"),
    TIME_S: Quantity("time", "time of training", "s"),
    LATENCY_MS: Quantity("latency", "latency, single samples", "ms"),
    "epoch_s": Quantity("epoch", "time of an epoch", "s"),
    RAM_MIB: Quantity("RAM", "largest memory of the process", "MiB"),
    VRAM_MIB: Quantity("VRAM", "largest memory of the GPU", "MiB"),
    "best_epoch": Quantity("best epoch", "epoch of the best model", "epochs"),
}


def quantity(name: str, dataset: str) -> Quantity:
    """Return what a column of numbers is called; one that is not known by its own name."""
    if name == QUALITY:
        entry = catalogue.DATASETS[dataset]
        if entry.metric == "accuracy":
            return Quantity("quality", "test accuracy", "")
        return Quantity("quality", f"test {entry.metric.upper()}", entry.unit)
    return QUANTITIES.get(name, Quantity(name.replace("_", " "), name.replace("_", " "), ""))


def ordered(names: pd.Series) -> list[str]:
    """Return the different quantities of a table: quality, energy, CPU time, time, latency, and then others."""
    found = list(names.unique())
    known = [name for name in (QUALITY, *QUANTITIES) if name in found]
    return known + [name for name in found if name not in known]


def colour(name: str, source: str | None) -> str:
    """Return the colour of a quantity: paler for an energy that is not measured."""
    return shade(COLOUR, source) if name == ENERGY_J else COLOUR


def kinds(rows: pd.DataFrame) -> Iterator[tuple[str, pd.DataFrame]]:
    """Yield the rows that may be compared with each other, and a heading that tells them from the others.

    Rows without any energy, as of runs that diverged early, are with each kind of energy; rows of which nothing else is
    known either are with the first rows of their dataset.
    """
    alike = [name for name in (*COMPARABLE, "network") if name in rows]
    first = rows.groupby("dataset")[alike].transform("first")
    rows = rows.assign(**{name: rows[name].where(rows[name].notna(), first[name]) for name in alike})
    for values, own in rows.groupby(alike, sort=False, dropna=False):
        of = dict(zip(alike, values, strict=True))
        others = rows[rows["dataset"] == of["dataset"]]
        told = [_said(name, of[name]) for name in alike if others[name].nunique(dropna=False) > 1]
        title = ", ".join([catalogue.DATASETS[str(of["dataset"])].title, *told])
        sources = list(own[own["energy_source"].notna()].groupby(ENERGY, sort=False, dropna=False))
        for _, same in sources:
            several = f", {energy_kind(same.iloc[0])}" if len(sources) > 1 else ""
            yield title + several, own[own.index.isin(same.index) | own["energy_source"].isna()]
        if not sources:
            yield title, own


def _said(name: str, value: object) -> str:
    return f"{value} threads" if name == "threads" else f"{value} data" if name == "data_level" else str(value)


def origin(rows: pd.DataFrame, counted: str | None = None, quantity: str | None = "quality") -> Note:
    """Return where rows come from; those without any energy tell nothing of it where others have one."""
    for name in ("energy_source", "data_level"):
        rows = rows[rows[name].notna()] if rows[name].notna().any() else rows
    return provenance(rows, quantity, energy=True, counted=counted)


def factors(rows: pd.DataFrame) -> list[str]:
    """Return the factors of which a table has the levels."""
    return [name.removeprefix(LEVEL) for name in rows if str(name).startswith(LEVEL)]


def counted(rows: pd.DataFrame) -> str:
    """Return how many combinations of levels a ranking has, and how many runs where these are more."""
    runs, combinations = int(rows["runs"].sum()), len(rows[["dataset", "variant"]].drop_duplicates())
    told = f"{combinations:,} combination{'s' * (combinations != 1)} of levels"
    return told if runs <= combinations else f"{told}, {runs:,} runs"


def counted_runs(runs: pd.Series) -> str | None:
    """Return of how many runs models are, from the fewest to the most; None where it is not known."""
    low, high = runs.min(), runs.max()
    return None if pd.isna(high) else f"{high:.0f} runs" if low == high else f"{low:.0f} to {high:.0f} runs"


def common_notes(notes: pd.Series) -> list[str]:
    """Return the parts of some notes, between semicolons, that all of them have."""
    parts = [note.split("; ") if isinstance(note, str) else [] for note in notes]
    first = [part for part in parts[0] if part] if parts else []
    return [part for part in first if all(part in other for other in parts)]
