"""Panels of quantities beside each other that share named rows, as the factors of a sweep and their levels."""

import textwrap
from collections.abc import Sequence
from typing import Any, NamedTuple

from matplotlib.axes import Axes
from matplotlib.figure import Figure

from frugalnet.drawing.layout import narrow, panels
from frugalnet.drawing.rows import NARROW_FRAME_IN, SMALL, SMALLEST
from frugalnet.drawing.style import NOTE_COLOUR
from frugalnet.drawing.words import WORD_SIZE

LINE_IN, NARROW_LINE_IN = 0.145, 0.125
"""Height of a row, in two columns of print and in one."""
MORE_LINE = 0.8
"""Height of further lines of a name, as a fraction of a row."""
FRAME_IN = 0.65
"""Height of what is above and below the rows of a panel, with a label of one line."""
LABEL_LINE_IN = 0.125
CHARACTERS, NARROW_CHARACTERS = 30, 18
"""Characters of a name above which it stands in more lines."""
WORDS_WIDTH = 18
"""Characters in a line of what is said in place of a panel."""
FAINT = "#dddddd"


class Row(NamedTuple):
    """A named row; a `heading` has the name of what is below it, in bold."""

    name: str
    heading: bool = False


def level_panels(
    rows: Sequence[Row], count: int, columns: int, label_lines: int
) -> tuple[Figure, list[Axes], list[float]]:
    """Return a figure with so many panels, `columns` beside each other, and where the rows are on y, from the top.

    Names stand at the left of the first panel of each line; labels below the panels have so many lines.
    """
    width = NARROW_CHARACTERS if narrow() else CHARACTERS
    names = [folded(row.name, width) for row in rows]
    places, tops, depth = [], [], 0.0
    for name in names:
        lines = 1 + MORE_LINE * name.count("\n")
        places.append(depth + (lines - 1) / 2)
        tops.append(depth - 0.5)
        depth += lines
    line_in, frame_in = (NARROW_LINE_IN, NARROW_FRAME_IN) if narrow() else (LINE_IN, FRAME_IN)
    frame_in += (label_lines - 1) * LABEL_LINE_IN
    figure, found = panels([frame_in + (depth + 0.2) * line_in] * count, columns, fixed=True)
    for place, axes in enumerate(found):
        axes.set_ylim(depth - 0.4, -0.6)
        axes.grid(axis="y", visible=False)
        for row, top in list(zip(rows, tops, strict=True))[1:]:
            if row.heading:
                axes.axhline(top, color=FAINT, linewidth=0.6, zorder=0)
        if place % columns:
            axes.set_yticks([])
            continue
        axes.set_yticks(places, names, linespacing=1.0)
        axes.tick_params(axis="y", length=0, labelsize=SMALLEST if narrow() else SMALL)
        for row, label in zip(rows, axes.get_yticklabels(), strict=True):
            label.set_fontweight("bold" if row.heading else "normal")
    return figure, found, places


def say(axes: Axes, text: str) -> None:
    """Say in a panel why there is nothing to draw, as far as there is room."""
    axes.set_xticks([])
    rows = axes.get_ylim()[0] - axes.get_ylim()[1]
    height_pt = 72 * rows * (NARROW_LINE_IN if narrow() else LINE_IN)
    lines = max(1, int(height_pt / (1.3 * WORD_SIZE)))
    told = textwrap.fill(text, WORDS_WIDTH, max_lines=lines, placeholder=" \N{HORIZONTAL ELLIPSIS}")
    style: dict[str, Any] = {"ha": "center", "va": "top", "fontsize": WORD_SIZE, "color": NOTE_COLOUR}
    ground = {"facecolor": "white", "edgecolor": "none", "pad": 1.0}
    axes.text(0.5, 0.98, told, transform=axes.transAxes, in_layout=False, bbox=ground, **style)


def folded(name: str, width: int) -> str:
    """Return a name in lines of at most so many characters, which may also break after an underscore."""
    return textwrap.fill(name.replace("_", "_ "), width, break_long_words=False).replace("_ ", "_")
