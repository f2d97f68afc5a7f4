"""After how many inferences a method has paid for itself: further left is sooner.

The energy that it took to get the model is earned by what an inference of the compacted model saves against the baseline's; a
control that takes only a shape has to earn its own training alone. The line is a 95 % interval, which goes on to *never* at an
arrow. Filled marks, and the upper of two words, are for single samples, hollow marks for large batches; the table `break_even`
has the reasons for words.
"""

from typing import Any

import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.lines import Line2D
from matplotlib.ticker import NullLocator

from frugalnet.analysis.break_even import is_never
from frugalnet.drawing.axes import log_axis
from frugalnet.drawing.layout import finish, message, narrow, provenance, settle
from frugalnet.drawing.rows import row_panels, row_titles
from frugalnet.drawing.style import NOTE_COLOUR, key, look, shade
from frugalnet.drawing.words import keep_strip, write_word

NEVER, BEYOND, UNKNOWN = "never", "not within", "not known"
LIFT = 0.17
"""Distance of the marks of the first and the last batch from the middle of their row."""
FAR = 1e3
"""An interval that goes on for so many times the marks is drawn as one without end."""
ROW_HEIGHT_IN = 0.155
"""Height of low rows, which have two marks."""
FAINT = "#9a9a9a"


def pay_back(break_even: pd.DataFrame) -> Figure:
    """Draw `break_even_inferences` with its interval per method, variant and batch; words where it is no number."""
    if break_even.empty:
        return message("There are no methods that could pay for themselves.")
    numbers = {"value": "break_even_inferences", "low": "break_even_low", "high": "break_even_high"}
    rows = break_even.assign(word=[_word(row) for _, row in break_even.iterrows()])
    rows = rows.assign(**{name: rows[column].astype(float) for name, column in numbers.items()})
    of_rows = rows.drop_duplicates(["dataset", "method", "variant"])
    figure, panels = row_panels(of_rows, row_titles(of_rows), low_in=ROW_HEIGHT_IN)
    batches = sorted(rows["batch"].unique())
    of_panels = {axes: rows[rows["dataset"] == dataset] for dataset, axes in panels.items()}
    for axes, own in of_panels.items():
        _frame(axes, own)
    finish(figure, provenance(rows, None, energy=True), _keys(batches))
    settle(figure)
    for axes, own in of_panels.items():
        _draw(axes, own, batches)
    return figure


def _draw(axes: Axes, rows: pd.DataFrame, batches: list[int]) -> None:
    """Draw the marks, intervals and words of a panel."""
    place = rows.groupby(["method", "variant"], sort=False).ngroup()
    rows = rows.assign(place=place, y=place + [_lift(batch, batches) for batch in rows["batch"]])
    said = rows[rows["word"] != ""].groupby("place")
    texts = [(own["y"].mean(), " · ".join(own["word"].unique())) for _, own in said]
    end, strip = axes.get_xlim()[1], 1.0
    if axes.get_xscale() == "log":
        strip = keep_strip(axes, max((len(text) for _, text in texts), default=0))
    for row in rows.itertuples():
        _mark(axes, row, end)
    for y, text in texts:
        write_word(axes, strip, y, text, FAINT if text == UNKNOWN else NOTE_COLOUR)


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


def _mark(axes: Axes, row: Any, end: float) -> None:
    """Draw mark and interval of a row; an interval that goes on beyond `end` has an arrow there."""
    colour = shade(look(row.method).colour, row.energy_source)
    if np.isfinite(row.low) and not np.isnan(row.high) and row.low < end:
        axes.plot(
            [max(row.low, axes.get_xlim()[0]), min(row.high, end)], [row.y] * 2, color=colour, linewidth=1.1, zorder=2
        )
        if row.high > end:
            axes.plot(end, row.y, marker=">", markersize=3.5, color=colour, linestyle="", clip_on=False, zorder=2)
    if np.isfinite(row.value):
        axes.plot(row.value, row.y, linestyle="", color=colour, zorder=3, **_style(row.batch))


def _style(batch: int) -> dict[str, Any]:
    """Return the keywords that draw the mark of a batch: filled for single samples, hollow for others."""
    hollow = {} if batch == 1 else {"markerfacecolor": "white"}
    size = {"markersize": 3.2, "markeredgewidth": 0.9} if narrow() else {"markersize": 4.2, "markeredgewidth": 1.1}
    return {"marker": "o"} | size | hollow


def _keys(batches: list[int]) -> list[Line2D]:
    """Return the legend entries: one for single samples, one for all larger batches."""
    larger = [batch for batch in batches if batch > 1]
    names = {1: "single samples"} if 1 in batches else {}
    names |= {larger[0]: f"batches of {' or '.join(map(str, larger))}"} if larger else {}
    return [key(f"inference with {name}", **_style(batch)) for batch, name in names.items()]
