"""After how many inferences a method has paid for itself.

All energy that it took to get the model (search, failed trials, training, pruning, the runs that it starts from, and
compaction; of a control that takes no more than a shape, its own training and compaction) is to be earned by what one inference with the compacted model saves against one with the baseline's, measured in turn
with it. A mark is the number of inferences after which it has been, the line its 95 % interval; an arrow goes on to *never*, as
inference may save nothing. A line without a mark: the mean saves nothing. *Never*: the whole interval over seeds does not, or the
model does the same operations as the baseline's. *Not within*: nor does the interval of measuring inference, of one seed. *Not
known*: the table `break_even` says why. Of two words, the first is for single samples. Filled marks are inference with single
samples, hollow ones with large batches. Pale colours are energies that are estimated or simulated.
"""

from typing import Any

import numpy as np
import pandas as pd
from matplotlib.artist import Artist
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.lines import Line2D
from matplotlib.ticker import NullLocator

from frugalnet.analysis.break_even import is_never
from frugalnet.drawing.axes import log_axis
from frugalnet.drawing.layout import finish, grid, message, narrow, provenance, settle
from frugalnet.drawing.rows import name_rows, row_titles, rows_heights_in, separate
from frugalnet.drawing.style import NOTE_COLOUR, look, shade
from frugalnet.drawing.words import keep_strip, write_word

NEVER, BEYOND, UNKNOWN = "never", "not within", "not known"
ROW = ["dataset", "method", "variant"]
LIFT = 0.17
"""Distance of the marks of the first and the last batch from the middle of their row."""
FAR = 1e3
"""An interval that goes on for so many times the marks is drawn as one without end."""
COLUMNS = 2
"""Panels beside each other at most."""
ROW_HEIGHT_IN = 0.155
"""Height of low rows, which have two marks."""
FAINT = "#9a9a9a"


def pay_back(break_even: pd.DataFrame) -> Figure:
    """Draw `break_even_inferences` with its interval per method, variant and batch; words where it is no number."""
    if break_even.empty:
        return message("There are no methods that could pay for themselves.")
    numbers = {"value": "break_even_inferences", "low": "break_even_low", "high": "break_even_high"}
    rows = break_even.assign(
        **{name: break_even[column].astype(float) for name, column in numbers.items()},
        word=[_word(row) for _, row in break_even.iterrows()],
    )
    names = row_titles(rows.drop_duplicates(ROW))
    figure, panels = grid(rows, min(COLUMNS, len(names)), rows_heights_in(names, ROW_HEIGHT_IN), fixed=True)
    batches = sorted(rows["batch"].unique())
    of_panels = {axes: rows[rows["dataset"] == dataset] for dataset, axes in panels.items()}
    for axes, own in of_panels.items():
        _frame(axes, own)
    name_rows(panels, names)
    finish(figure, provenance(rows, None, energy=True), _keys(batches))
    settle(figure)
    for axes, own in of_panels.items():
        _draw(axes, own, batches)
    return figure


def _draw(axes: Axes, rows: pd.DataFrame, batches: list[int]) -> None:
    """Draw the marks, intervals and words of a panel."""
    kinds = list(dict.fromkeys(zip(rows["method"], rows["variant"], strict=True)))
    texts = dict[int, tuple[float, str]]()
    for place, kind in enumerate(kinds):
        own = rows[(rows["method"] == kind[0]) & (rows["variant"] == kind[1])]
        said = [(place + _lift(row.batch, batches), row.word) for row in own.itertuples() if row.word]
        if said:
            texts[place] = float(np.mean([y for y, _ in said])), " · ".join(dict.fromkeys(word for _, word in said))
    longest = max((len(text) for _, text in texts.values()), default=0)
    strip = keep_strip(axes, longest) if axes.get_xscale() == "log" else 1.0
    end = _at(axes, 1 - strip)
    for row in rows.itertuples():
        _mark(axes, row, kinds.index((row.method, row.variant)) + _lift(row.batch, batches), end)
    for y, text in texts.values():
        write_word(axes, strip, y, text, FAINT if text == UNKNOWN else NOTE_COLOUR)
    axes.grid(axis="y", visible=False)
    separate(axes, [method for method, _ in kinds])


def _lift(batch: int, batches: list[int]) -> float:
    """Return how far below the middle of its row a batch is drawn: single samples above, others below."""
    return 0.0 if len(batches) == 1 else -LIFT if batch == 1 else LIFT


def _word(row: pd.Series) -> str:
    """Return what is said in place of a number of inferences and its interval; empty where these are drawn."""
    if np.isnan(row["break_even_inferences"]):
        return UNKNOWN
    return NEVER if is_never(row) else BEYOND if np.isinf(row["break_even_low"]) else ""


def _frame(axes: Axes, rows: pd.DataFrame) -> None:
    """Set the x axis, which stays without numbers where none is drawn."""
    ends = rows[["value", "low", "high"]].to_numpy().ravel()
    ends = ends[np.isfinite(ends) & (ends > 0)]
    drawn = rows["value"].where(np.isfinite(rows["value"]), rows["low"])
    drawn = drawn[np.isfinite(drawn) & (drawn > 0)]
    if not len(ends):
        axes.set_xticks([])
        axes.set_xlabel("inferences until paid back")
        return
    near = ends if drawn.empty else ends[(ends >= drawn.min() / FAR) & (ends <= drawn.max() * FAR)]
    log_axis(axes, pd.Series(near), "inferences until paid back")
    axes.xaxis.set_minor_locator(NullLocator())


def _at(axes: Axes, fraction: float) -> float:
    """Return the x at a fraction of the panel."""
    return float(axes.transData.inverted().transform(axes.transAxes.transform((fraction, 0)))[0])


def _mark(axes: Axes, row: Any, y: float, end: float) -> None:
    """Draw mark and interval of a row; an interval that goes on beyond `end` has an arrow there."""
    colour = shade(look(row.method).colour, row.energy_source)
    if np.isfinite(row.low) and not np.isnan(row.high) and row.low < end:
        axes.plot([max(row.low, axes.get_xlim()[0]), min(row.high, end)], [y, y], color=colour, linewidth=1.1, zorder=2)
        if row.high > end:
            axes.plot(end, y, marker=">", markersize=3.5, color=colour, linestyle="", clip_on=False, zorder=2)
    if np.isfinite(row.value):
        axes.plot(row.value, y, linestyle="", color=colour, zorder=3, **_style(row.batch))


def _style(batch: int) -> dict[str, Any]:
    """Return the keywords that draw the mark of a batch: filled for single samples, hollow for others."""
    hollow = {} if batch == 1 else {"markerfacecolor": "white"}
    size = {"markersize": 3.2, "markeredgewidth": 0.9} if narrow() else {"markersize": 4.2, "markeredgewidth": 1.1}
    return {"marker": "o"} | size | hollow


def _keys(batches: list[int]) -> list[Artist]:
    """Return the legend entries: one for single samples, one for all larger batches."""
    larger = [batch for batch in batches if batch > 1]
    names = {1: "single samples"} if 1 in batches else {}
    names |= {larger[0]: f"batches of {' or '.join(map(str, larger))}"} if larger else {}
    style: dict[str, Any] = {"linestyle": "", "color": NOTE_COLOUR}
    return [Line2D([], [], label=f"inference with {name}", **style, **_style(batch)) for batch, name in names.items()]
