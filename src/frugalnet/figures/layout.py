"""The frame of all figures: a panel per dataset, one legend above, and the provenance of the rows drawn below."""

import math
import textwrap
from collections.abc import Sequence

import pandas as pd
from matplotlib.artist import Artist
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.ticker import EngFormatter, FuncFormatter, LogLocator, NullFormatter

from frugalnet import catalogue
from frugalnet.figures.style import NOTE_COLOUR

WIDTH_IN = 7.0
"""Two columns of print."""
PANEL_HEIGHT_IN = 2.3
LEGEND_COLUMNS = 5
LEGEND_ROWS = 3
"""Rows of a legend for which every figure has room."""
LEGEND_ROW_IN = 0.17
NOTE_CHARACTERS = 140
SAMPLE_NOTE = "made stand-ins, not a result"


def grid(
    frame: pd.DataFrame, columns: int | None = None, panel_height_in: float = PANEL_HEIGHT_IN
) -> tuple[Figure, dict[str, Axes]]:
    """Return a figure with a panel per dataset, in the order of the frame; `columns` None: as many as look well."""
    datasets = list(frame["dataset"].unique())
    columns = columns or (len(datasets) if len(datasets) < 4 else math.ceil(len(datasets) / 2))
    rows = math.ceil(len(datasets) / columns)
    figure = Figure(figsize=(WIDTH_IN, 1.1 + panel_height_in * rows), layout="constrained")
    axes = list(figure.subplots(rows, columns, squeeze=False).flat)
    panels = dict(zip(datasets, axes, strict=False))
    for dataset, panel in panels.items():
        panel.set_title(catalogue.DATASETS[dataset].title)
    for spare in axes[len(datasets) :]:
        spare.set_axis_off()
    return figure, panels


def matrix(frame: pd.DataFrame, columns: int, panel_height_in: float) -> tuple[Figure, dict[str, list[Axes]]]:
    """Return a figure with a row of panels per dataset, which share their y axis; the first one has the title."""
    datasets = list(frame["dataset"].unique())
    figure = Figure(figsize=(WIDTH_IN, 1.1 + panel_height_in * len(datasets)), layout="constrained")
    axes = figure.subplots(len(datasets), columns, squeeze=False, sharey="row")
    for dataset, row in zip(datasets, axes, strict=True):
        row[0].set_title(catalogue.DATASETS[dataset].title, loc="left")
    return figure, {dataset: list(row) for dataset, row in zip(datasets, axes, strict=True)}


def message(text: str) -> Figure:
    """Return a figure that says in words why there is nothing to draw."""
    figure = Figure(figsize=(WIDTH_IN, 1.2))
    figure.text(0.5, 0.5, text, ha="center", va="center", color=NOTE_COLOUR)
    return figure


def finish(figure: Figure, note: str, keys: Sequence[Artist] = ()) -> None:
    """Put one legend for all panels above them (`keys` come last), and the provenance below."""
    handles: dict[str, Artist] = {}
    for axes in figure.axes:
        for handle, label in zip(*axes.get_legend_handles_labels(), strict=True):
            handles.setdefault(label, handle)
    for key in keys:
        handles[str(key.get_label())] = key
    if handles:
        _legend(figure, handles)
    figure.supxlabel(textwrap.fill(note, NOTE_CHARACTERS), fontsize=7, color=NOTE_COLOUR)


def _legend(figure: Figure, handles: dict[str, Artist]) -> None:
    """Put a legend above the panels, in as many columns as fit; a long one makes the figure higher."""
    columns = math.ceil(len(handles) / math.ceil(len(handles) / LEGEND_COLUMNS))
    while True:
        legend = figure.legend(list(handles.values()), list(handles), loc="outside upper center", ncols=columns)
        if columns == 1 or legend.get_window_extent().width < 0.98 * figure.bbox.width:
            break
        legend.remove()
        columns -= 1
    rows = math.ceil(len(handles) / columns)
    figure.set_figheight(figure.get_figheight() + LEGEND_ROW_IN * max(0, rows - LEGEND_ROWS))


def provenance(rows: pd.DataFrame, quantity: str | None = "quality", energy: bool = False) -> str:
    """Return where the rows come from: how quantity and energy are known, how real the data are, and how many seeds.

    `quantity` None: nothing but energy is drawn.
    """
    parts = [f"{quantity}: measured"] if quantity else []
    if energy:
        scope = rows["energy_source"].where(rows["energy_source"].notna(), "not known")
        scope = scope.where(rows["energy_scope"].isna(), scope + " (" + rows["energy_scope"].astype(str) + ")")
        parts.append(f"energy: {_per_dataset(rows['dataset'], scope)}")
    level = rows["data_level"].replace("sample", f"sample ({SAMPLE_NOTE})")
    return " · ".join([*parts, f"data: {_per_dataset(rows['dataset'], level)}", _seeds(rows)])


def _per_dataset(datasets: pd.Series, values: pd.Series) -> str:
    """Return the one value; or each value with the datasets that have it."""
    owners = {value: datasets[values == value].unique() for value in values.unique()}
    if len(owners) == 1:
        return str(next(iter(owners)))
    titles = {value: ", ".join(catalogue.DATASETS[name].title for name in names) for value, names in owners.items()}
    return ", ".join(f"{value} [{names}]" for value, names in titles.items())


def _seeds(rows: pd.DataFrame) -> str:
    counts = rows["seeds"] if "seeds" in rows else rows.groupby(["dataset", "method", "variant"])["seed"].nunique()
    low, high = counts.min(), counts.max()
    if high == 1:
        return "one seed: no interval"
    return f"{high if low == high else f'{low} to {high}'} seeds"


def quality_label(dataset: str, part: str) -> str:
    """Return the axis label of a quality: metric, unit and which way is better."""
    entry = catalogue.DATASETS[dataset]
    if entry.metric == "accuracy":
        return f"{part} accuracy"
    return f"{part} {entry.metric.upper()} ({entry.unit})\nlower is better"


def log_axis(axes: Axes, values: pd.Series, label: str) -> None:
    """Make x logarithmic over at least a decade around the values, with ticks like 20k; values may be null."""
    low, high = (values.min() / 1.5, values.max() * 1.5) if values.notna().any() else (1, 10)
    spare = max(1.0, math.sqrt(10 * low / high))
    axes.set_xscale("log")
    axes.set_xlim(low / spare, high * spare)
    steps = (1, 2, 5) if high / low < 50 else (1, 3) if high / low < 1000 else (1,)
    axes.xaxis.set_major_locator(LogLocator(subs=steps))
    axes.xaxis.set_major_formatter(FuncFormatter(_tick))
    axes.xaxis.set_minor_formatter(NullFormatter())
    axes.set_xlabel(label)


def _tick(value: float, _: int) -> str:
    """Return 20k for 20,000 and 0.2 for 0.2."""
    return f"{value:g}" if value < 1000 else EngFormatter(sep="")(value)
