"""The look of all figures: a colour and marker per method, the same everywhere, and paler colours for estimates."""

from colorsys import hls_to_rgb
from dataclasses import dataclass
from typing import Any
from zlib import crc32

from matplotlib.colors import to_hex, to_rgb

from frugalnet import catalogue

RC: dict[str, Any] = {
    "font.size": 8,
    "axes.titlesize": 9,
    "axes.titleweight": "bold",
    "axes.labelsize": 8,
    "axes.spines.top": False,
    "axes.spines.right": False,
    "axes.grid": True,
    "axes.axisbelow": True,
    "grid.color": "#e4e4e4",
    "grid.linewidth": 0.6,
    "legend.fontsize": 8,
    "legend.frameon": False,
    "legend.columnspacing": 1.4,
    "hatch.linewidth": 0.6,
    "lines.linewidth": 1.4,
    "lines.markersize": 6.5,
    "xtick.labelsize": 7.5,
    "ytick.labelsize": 7.5,
    "savefig.facecolor": "white",
    "svg.fonttype": "path",  # text as text would need the reader to have the font
    "svg.hashsalt": "frugalnet",
}
NOTE_COLOUR = "#555555"
MEASUREMENTS = ("measured", "integrated")


@dataclass(frozen=True)
class Look:
    """How a method is drawn; controls are hollow and dashed."""

    colour: str
    marker: str
    control: bool = False

    @property
    def dashes(self) -> str:
        """Return the line style."""
        return "--" if self.control else "-"


LOOKS = {
    "baseline": Look("#222222", "o"),
    "continued": Look("#8a8a8a", "o", control=True),
    "pruning": Look("#d55e00", "v"),
    "nas": Look("#0072b2", "s"),
    "nas_continued": Look("#56b4e9", "s", control=True),
    "nas_pruning": Look("#009e73", "D"),
    "joint": Look("#cc79a7", "P"),
    "scratch": Look("#e69f00", "^", control=True),
    "random": Look("#a08c00", "X", control=True),
}
"""Colours of Okabe and Ito (2008), which readers with any colour vision can tell apart; markers differ too."""
SPARE_MARKERS = ("p", "h", "*", "<", ">", "8")


def look(method: str) -> Look:
    """Return how a method is drawn; one that is not in LOOKS gets a look of its own, made from its name."""
    if method in LOOKS:
        return LOOKS[method]
    digest = crc32(method.encode())
    colour = to_hex(hls_to_rgb(digest % 997 / 997, 0.4, 0.65))
    return Look(colour, SPARE_MARKERS[digest % len(SPARE_MARKERS)])


def shade(colour: str, source: str | None) -> str:
    """Return the colour for an energy of this source: as it is for a measurement, paler for what is not one."""
    if source in MEASUREMENTS:
        return colour
    return to_hex([0.5 * part + 0.5 for part in to_rgb(colour)])


def marker_style(method: str, source: str = "measured") -> dict[str, Any]:
    """Return the keywords of `Axes.plot` that draw a method's marker."""
    chosen = look(method)
    colour = shade(chosen.colour, source)
    return {
        "marker": chosen.marker,
        "color": colour,
        "markerfacecolor": "none" if chosen.control else colour,
        "markeredgecolor": colour,
    }


def title(method: str, variant: str) -> str:
    """Return the name of a method, and of its variant where it is not the default one, for a legend."""
    known = catalogue.METHODS.get(method)
    name = known.title if known else method
    return name if variant == "default" else f"{name}, {variant}"
