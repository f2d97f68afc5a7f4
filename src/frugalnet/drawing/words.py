"""Words at the right of a row, where there is no number to draw."""

from typing import Any

from matplotlib.axes import Axes

from frugalnet.drawing.axes import RoomyLogLocator
from frugalnet.drawing.style import NOTE_COLOUR

WORD_SIZE = 6
CHARACTER_PT = 0.55 * WORD_SIZE
WIDEST = 0.6
"""Fraction of a panel that words take at most."""


def keep_strip(axes: Axes, longest: int) -> float:
    """Widen a logarithmic panel at its right for words, the longest of so many characters; return the fraction kept.

    The layout must be final.
    """
    low, high = axes.get_xlim()
    panel_pt = axes.bbox.width * 72 / axes.get_figure(root=True).dpi  # type: ignore[union-attr]
    strip = float(min(WIDEST, CHARACTER_PT * (longest + 2) / panel_pt)) if longest else 0.0
    axes.set_xlim(low, low * (high / low) ** (1 / (1 - strip)))
    axes.xaxis.set_major_locator(RoomyLogLocator(most=high))
    axes.axvline(high, color="#dddddd", linewidth=0.6, zorder=0)
    axes.spines["bottom"].set_bounds(low, high)
    return strip


def write_word(axes: Axes, strip: float, y: float, word: str, colour: str = NOTE_COLOUR) -> None:
    """Write a word in the middle of the strip."""
    centred: dict[str, Any] = {"transform": axes.get_yaxis_transform(), "ha": "center", "va": "center_baseline"}
    axes.text(1 - strip / 2, y, word, fontsize=WORD_SIZE, color=colour, **centred)
