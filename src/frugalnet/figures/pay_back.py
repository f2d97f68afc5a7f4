"""After how many inferences a method has paid for itself.

All energy that it took to get the model (search, failed trials, training, pruning, and the runs that it starts from) is to be
earned by what one inference with the compacted model saves against one with the baseline. A mark is the number of inferences
after which it has been, the line its 95 % interval; an arrow goes on without end. *Never*: inference saves nothing. *Not
resolvable*: these runs cannot tell whether it does; a line then begins at the fewest that it may be. The table `break_even`
says why; of two words, the first is for single samples. Filled marks are inference with single samples, hollow ones with
large batches. Pale colours are energies that are estimated or simulated.
"""

from typing import Any

import numpy as np
import pandas as pd
from matplotlib.artist import Artist
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.lines import Line2D
from matplotlib.ticker import NullLocator

from frugalnet.figures.layout import WIDTH_IN, finish, grid, log_axis, message, provenance
from frugalnet.figures.rows import name_rows, row_titles, rows_height_in, separate
from frugalnet.figures.style import NOTE_COLOUR, look, shade

NEVER, UNRESOLVED, AT_ONCE = "never", "not resolvable", "at once"
ROW = ["dataset", "method", "variant"]
LIFT = 0.17
"""Distance of the marks of the first and the last batch from the middle of their row."""
FAR = 1e3
"""An interval that goes on for so many times the marks is drawn as one without end."""
WORD_SIZE = 6
CHARACTER_IN = 0.55 * WORD_SIZE / 72
COLUMNS = 2
"""Panels beside each other at most."""
NAMES_IN = 1.5
"""Width that the names of the rows take."""
MOST_TICKS = 5
FAINT = "#9a9a9a"


def pay_back(break_even: pd.DataFrame) -> Figure:
    """Draw `break_even_inferences` with its interval per method, variant and batch; words where it is no number."""
    if break_even.empty:
        return message("There are no methods that could pay for themselves.")
    numbers = {"value": "break_even_inferences", "low": "break_even_low", "high": "break_even_high"}
    rows = break_even.assign(**{name: break_even[column].astype(float) for name, column in numbers.items()})
    names = row_titles(rows.drop_duplicates(ROW))
    figure, panels = grid(rows, min(COLUMNS, len(names)), rows_height_in(max(map(len, names.values()))))
    batches = sorted(rows["batch"].unique())
    for dataset, axes in panels.items():
        _draw(axes, rows[rows["dataset"] == dataset], batches)
    name_rows(panels, names)
    finish(figure, provenance(rows, None, energy=True), _keys(batches))
    return figure


def _draw(axes: Axes, rows: pd.DataFrame, batches: list[int]) -> None:
    """Draw the marks, intervals and words of a panel."""
    kinds = list(dict.fromkeys(zip(rows["method"], rows["variant"], strict=True)))
    texts = dict[int, tuple[float, str]]()
    for place, kind in enumerate(kinds):
        own = rows[(rows["method"] == kind[0]) & (rows["variant"] == kind[1])]
        said = [(place + _lift(row.batch, batches), word) for row in own.itertuples() if (word := _word(row.value))]
        if said:
            texts[place] = float(np.mean([y for y, _ in said])), " · ".join(dict.fromkeys(word for _, word in said))
    strip = _frame(axes, rows, max((len(text) for _, text in texts.values()), default=0))
    end = _at(axes, 1 - strip)
    for row in rows.itertuples():
        _mark(axes, row, kinds.index((row.method, row.variant)) + _lift(row.batch, batches), end)
    centred: dict[str, Any] = {"transform": axes.get_yaxis_transform(), "ha": "center", "va": "center_baseline"}
    for y, text in texts.values():
        colour = FAINT if text == UNRESOLVED else NOTE_COLOUR
        axes.text(1 - strip / 2, y, text, fontsize=WORD_SIZE, color=colour, **centred)
    axes.grid(axis="y", visible=False)
    separate(axes, [method for method, _ in kinds])


def _lift(batch: int, batches: list[int]) -> float:
    """Return how far below the middle of its row a batch is drawn: single samples above, others below."""
    return 0.0 if len(batches) == 1 else -LIFT if batch == 1 else LIFT


def _word(value: float) -> str:
    """Return what is said in place of a number of inferences; empty for one that is drawn."""
    if np.isnan(value):
        return UNRESOLVED
    return NEVER if np.isinf(value) else AT_ONCE if value <= 0 else ""


def _frame(axes: Axes, rows: pd.DataFrame, longest: int) -> float:
    """Set the x axis; return the fraction of the panel at its right that is kept for words, the longest so long."""
    ends = rows[["value", "low", "high"]].to_numpy().ravel()
    ends = ends[np.isfinite(ends) & (ends > 0)]
    marks = rows["value"].where(np.isfinite(rows["value"]) & (rows["value"] > 0)).dropna().to_numpy()
    if not len(ends):
        axes.set_xticks([])
        axes.set_xlabel("inferences until paid back")
        return 1.0
    near = ends if not len(marks) else ends[(ends >= marks.min() / FAR) & (ends <= marks.max() * FAR)]
    log_axis(axes, pd.Series(near), "inferences until paid back")
    strip = _strip(axes, longest)
    low, high = axes.get_xlim()
    ticks = [tick for tick in axes.get_xticks() if low <= tick <= high]
    decades = [tick for tick in ticks if np.isclose(np.log10(tick) % 1, 0)]
    axes.set_xticks(decades if len(ticks) > MOST_TICKS and len(decades) > 1 else ticks)
    axes.xaxis.set_minor_locator(NullLocator())
    axes.set_xlim(low, low * (high / low) ** (1 / (1 - strip)))
    axes.axvline(high, color="#dddddd", linewidth=0.6, zorder=0)
    axes.spines["bottom"].set_bounds(low, high)
    return strip


def _strip(axes: Axes, longest: int) -> float:
    """Return the fraction of a panel that words take, the longest of them with so many characters."""
    place = axes.get_subplotspec()
    columns = place.get_gridspec().ncols if place else 1
    return min(0.6, CHARACTER_IN * (longest + 2) * columns / (WIDTH_IN - NAMES_IN)) if longest else 0.0


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
    if not _word(row.value):
        axes.plot(row.value, y, linestyle="", color=colour, zorder=3, **_style(row.batch))


def _style(batch: int) -> dict[str, Any]:
    """Return the keywords that draw the mark of a batch: filled for single samples, hollow for others."""
    hollow = {} if batch == 1 else {"markerfacecolor": "white"}
    return {"marker": "o", "markersize": 4.2, "markeredgewidth": 1.1} | hollow


def _keys(batches: list[int]) -> list[Artist]:
    """Return the legend entries: one for single samples, one for all larger batches."""
    larger = [batch for batch in batches if batch > 1]
    names = {1: "single samples"} if 1 in batches else {}
    names |= {larger[0]: f"batches of {' or '.join(map(str, larger))}"} if larger else {}
    style: dict[str, Any] = {"linestyle": "", "color": NOTE_COLOUR}
    return [Line2D([], [], label=f"inference with {name}", **style, **_style(batch)) for batch, name in names.items()]
