"""The frame of all figures: a panel per dataset, one legend above, and the provenance of the rows drawn below.

What is estimated, simulated or made up stands in a box above all else.
"""

import math
import textwrap
from collections.abc import Sequence

import pandas as pd
from matplotlib import rcParams
from matplotlib.artist import Artist
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from frugalnet import catalogue
from frugalnet.drawing.style import MEASUREMENTS, NOTE_COLOUR, TAG_BOX

PANEL_HEIGHT_IN = 2.2
NARROW_IN = 5.0
"""Width below which a figure is for one column of print: panels below each other, and lower ones."""
NARROW_HEIGHT = 0.8
"""Height of a panel in one column, as a fraction of that in two."""
LEGEND_COLUMNS = 5
MOST_KEYS = 14
"""Entries of a legend above which they are small, so that more of them stand beside each other."""
NOTE_SIZE = 6.5
MESSAGE_HEIGHT_IN = 1.2
SAMPLE_NOTE = "made stand-ins, not a result"
SAMPLE_TAG = "sample data, not a result"
OUTSIDE_IN = 0.12
"""Space around legend and note."""


class Note(str):
    """What stands below a figure; `tag` is the part of it that nobody may miss, empty where there is none."""

    tag: str

    def __new__(cls, text: str, tag: str = "") -> "Note":
        """Return a text with its tag."""
        note = super().__new__(cls, text)
        note.tag = tag
        return note

    def __add__(self, more: str) -> "Note":
        """Return a longer text with the same tag."""
        return Note(str(self) + more, self.tag)


def width_in() -> float:
    """Return the width of the figure that is being drawn: one or two columns of print."""
    return float(rcParams["figure.figsize"][0])


def narrow() -> bool:
    """Return whether the figure that is being drawn is for one column of print."""
    return width_in() < NARROW_IN


def grid(
    frame: pd.DataFrame,
    columns: int | None = None,
    panel_height_in: float | Sequence[float] = PANEL_HEIGHT_IN,
    fixed: bool = False,
) -> tuple[Figure, dict[str, Axes]]:
    """Return a figure with a panel per dataset, in the order of the frame; `columns` None: as many as look well.

    In one column of print, panels stand below each other and are lower, unless their height is `fixed`.
    """
    datasets = list(frame["dataset"].unique())
    columns = columns or (len(datasets) if len(datasets) < 4 else math.ceil(len(datasets) / 2))
    heights_in = [panel_height_in] * len(datasets) if isinstance(panel_height_in, float) else panel_height_in
    figure, axes = panels(heights_in, 1 if narrow() else columns, fixed)
    for dataset, panel in zip(datasets, axes, strict=True):
        panel.set_title(catalogue.DATASETS[dataset].title)
    return figure, dict(zip(datasets, axes, strict=True))


def panels(heights_in: Sequence[float], columns: int, fixed: bool = False) -> tuple[Figure, list[Axes]]:
    """Return a figure with panels of these heights, so many beside each other."""
    count = len(heights_in)
    of_rows = [max(heights_in[start : start + columns]) for start in range(0, count, columns)]
    height_in = sum(of_rows) * (NARROW_HEIGHT if narrow() and not fixed else 1)
    figure = Figure(figsize=(width_in(), height_in), layout="constrained")
    axes = list(figure.subplots(len(of_rows), columns, squeeze=False, height_ratios=of_rows).flat)
    for panel in axes:  # said again: how many ticks there are else follows from the style at the time of writing
        panel.tick_params(labelsize=rcParams["xtick.labelsize"])
    for spare in axes[count:]:
        spare.set_axis_off()
    return figure, axes[:count]


def matrix(frame: pd.DataFrame, columns: int, panel_height_in: float) -> tuple[Figure, dict[str, list[Axes]]]:
    """Return a figure with a row of panels per dataset, which share their y axis; the first one has the title.

    In one column of print, a row goes on below after two panels.
    """
    datasets = list(frame["dataset"].unique())
    beside = min(columns, 2) if narrow() else columns
    lines = math.ceil(columns / beside)
    figure, axes = panels([panel_height_in] * len(datasets) * lines * beside, beside)
    found = {}
    for number, dataset in enumerate(datasets):
        own = axes[number * lines * beside :][:columns]
        own[0].set_title(catalogue.DATASETS[dataset].title, loc="left")
        for place, panel in enumerate(own[1:], 1):
            panel.sharey(own[0])
            panel.tick_params(labelleft=place % beside == 0)
        found[dataset] = own
    return figure, found


def message(text: str) -> Figure:
    """Return a figure that says in words why there is nothing to draw."""
    figure = Figure(figsize=(width_in(), MESSAGE_HEIGHT_IN))
    figure.text(0.5, 0.5, _filled(text, rcParams["font.size"]), ha="center", va="center", color=NOTE_COLOUR)
    return figure


def blank(axes: Axes, text: str) -> None:
    """Say in a panel why there is nothing to draw."""
    axes.text(0.5, 0.5, text, ha="center", color=NOTE_COLOUR, transform=axes.transAxes)
    axes.set_xticks([])


def finish(figure: Figure, note: Note, keys: Sequence[Artist] = ()) -> None:
    """Put one legend for all panels above them (`keys` come last) under the note's tag, and the note below."""
    handles: dict[str, Artist] = {}
    for axes in figure.axes:
        for handle, label in zip(*axes.get_legend_handles_labels(), strict=True):
            handles.setdefault(label, handle)
    for key in keys:
        handles[str(key.get_label())] = key
    above_in = _legend(figure, handles, note.tag) if handles or note.tag else 0.0
    text = _filled(note, NOTE_SIZE)
    figure.supxlabel(text, fontsize=NOTE_SIZE, color=NOTE_COLOUR)
    below_in = (1 + text.count("\n")) * 1.2 * NOTE_SIZE / 72 + OUTSIDE_IN
    figure.set_figheight(figure.get_figheight() + above_in + below_in)


def settle(figure: Figure) -> None:
    """Lay a figure out for good, so that what is placed or written later moves nothing and takes no more time."""
    engine = figure.get_layout_engine()
    if engine is not None:
        engine.execute(figure)
        figure.set_layout_engine(None)


def _filled(text: str, size: float) -> str:
    """Return a text in lines of the width of the figure; characters are a good half as wide as high."""
    return textwrap.fill(text, int(0.96 * width_in() * 72 / (0.54 * size)))


def _legend(figure: Figure, handles: dict[str, Artist], tag: str) -> float:
    """Put a legend above the panels, in as many columns as fit, under the tag; return its height in inches."""
    columns = math.ceil(len(handles) / math.ceil(max(1, len(handles)) / LEGEND_COLUMNS)) or 1
    title = {"title": _filled(tag, 1.2 * rcParams["legend.title_fontsize"])} if tag else {}
    small = {"fontsize": min(NOTE_SIZE, rcParams["legend.fontsize"])} if len(handles) > MOST_KEYS else {}
    while True:
        legend = figure.legend(
            list(handles.values()), list(handles), loc="outside upper center", ncols=columns, **title, **small
        )
        legend.get_title().set(bbox=TAG_BOX, ha="center", weight="bold")
        extent = legend.get_window_extent()
        if columns == 1 or extent.width < 0.98 * figure.bbox.width:
            return float(extent.height) / figure.dpi + OUTSIDE_IN
        legend.remove()
        columns -= 1


def provenance(
    rows: pd.DataFrame, quantity: str | None = "quality", energy: bool = False, counted: str | None = None
) -> Note:
    """Return where the rows come from: how quantity and energy are known, how real the data are, and how many seeds.

    `quantity` None: nothing but energy is drawn; `counted` stands in place of the seeds. The tag names energies that are
    not measured, and data that are samples.
    """
    parts, tags = [f"{quantity}: measured"] if quantity else [], []
    datasets, source = rows["dataset"], rows["energy_source"]
    if energy:
        scope = source.where(source.notna(), "not known")
        scope = scope.where(rows["energy_scope"].isna(), scope + " (" + rows["energy_scope"].astype(str) + ")")
        parts.append(f"energy: {_per_dataset(datasets, scope)}")
        kinds = [kind for kind in source.dropna().unique() if kind not in MEASUREMENTS]
        tags += [f"{kind} energy{_only(datasets, source == kind)}" for kind in kinds]
    level = rows["data_level"].replace("sample", f"sample ({SAMPLE_NOTE})")
    tags += [SAMPLE_TAG + _only(datasets, made)] if (made := rows["data_level"] == "sample").any() else []
    text = " · ".join([*parts, f"data: {_per_dataset(datasets, level)}", counted or _seeds(rows)])
    return Note(text, " · ".join(tags))


def _per_dataset(datasets: pd.Series, values: pd.Series) -> str:
    """Return the one value; or each value with the datasets that have it."""
    kinds = values.unique()
    return ", ".join(f"{value}{_only(datasets, values == value)}" for value in kinds)


def _only(datasets: pd.Series, which: pd.Series) -> str:
    """Return the titles of the datasets of some rows, empty where these are all rows."""
    if which.all():
        return ""
    return f" [{', '.join(catalogue.DATASETS[name].title for name in datasets[which].unique())}]"


def _seeds(rows: pd.DataFrame) -> str:
    counts = rows["seeds"] if "seeds" in rows else rows.groupby(["dataset", "method", "variant"])["seed"].nunique()
    low, high = counts.min(), counts.max()
    if high == 1:
        return "one seed: no interval over seeds"
    return f"{high if low == high else f'{low} to {high}'} seeds"
