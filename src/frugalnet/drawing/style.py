"""The look of all figures: a colour per method, a marker per method and granularity, paler colours for estimates.

Variants that differ in sparsity alone are one family, drawn alike.
"""

import math
from colorsys import hls_to_rgb
from dataclasses import dataclass
from typing import Any
from zlib import crc32

import pandas as pd
from matplotlib.colors import to_hex, to_rgb
from matplotlib.lines import Line2D

from frugalnet import catalogue
from frugalnet.config.pruning import digits
from frugalnet.config.run import DEFAULT

RC: dict[str, Any] = {
    "figure.figsize": (7.0, 2.2),
    "figure.dpi": 200,  # that of a png: the layout is computed with the text as it is drawn
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
    "legend.title_fontsize": 8,
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
"""For two columns of print."""
COLUMN_RC: dict[str, Any] = RC | {
    "figure.figsize": (3.4, 1.8),
    "font.size": 7,
    "axes.titlesize": 7.5,
    "axes.labelsize": 7,
    "legend.fontsize": 6,
    "legend.title_fontsize": 6.5,
    "legend.columnspacing": 0.8,
    "legend.handlelength": 1.5,
    "legend.handletextpad": 0.4,
    "legend.borderaxespad": 0.2,
    "lines.linewidth": 1.1,
    "lines.markersize": 4.5,
    "xtick.labelsize": 6.5,
    "ytick.labelsize": 6.5,
}
"""For one column of print."""
TAG_BOX: dict[str, Any] = {
    "facecolor": "#ffe27a",
    "edgecolor": "#111111",
    "linewidth": 0.8,
    "boxstyle": "square,pad=0.25",
}
"""Box around what nobody may miss: dark on light for readers with any colour vision, and in greyscale."""
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
    "nas_pruning": Look("#009e73", "P"),
    "joint": Look("#cc79a7", "*"),
    "scratch": Look("#e69f00", "v", control=True),
    "random": Look("#7a6a00", "v", control=True),
    "width_scaled": Look("#6f4fa0", "^", control=True),
    "random_search": Look("#003f66", "X", control=True),
    "nas_random": Look("#4f7a1f", "P", control=True),
    "nas_scratch": Look("#3fb892", "P", control=True),
    "joint_random": Look("#8c2d62", "*", control=True),
    "joint_scratch": Look("#b07a9a", "*", control=True),
}
"""Colours of Okabe and Ito (2008), which readers with any colour vision can tell apart; markers differ too."""
SPARE_MARKERS = ("p", "h", "X", "<", ">", "8")
GRANULARITY_MARKERS = {"unit": "D"}
"""Markers of the granularities that do not have their method's own."""
RIM_COLOUR = "#111111"
"""Edge of the markers of variants with a recipe of their own; those of controls are half filled."""
LOOK = ["family", "pruning.granularity", "pruning.sparsity"]
"""Factors that a look follows."""


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
    return mixed(colour, 0.5)


def tint(colour: str, place: int, count: int) -> str:
    """Return the colour of one of `count` lines of a family: the last in full, those before it lighter."""
    return mixed(colour, 1 - 0.55 * (count - 1 - place) / max(1, count - 1))


def mixed(colour: str, part: float) -> str:
    """Return a colour of which so large a part is left, mixed with white."""
    return to_hex([part * each + 1 - part for each in to_rgb(colour)])


def key(label: str, **style: Any) -> Line2D:
    """Return a legend entry: a grey mark without a line, so far as nothing else is said."""
    return Line2D([], [], label=label, **{"linestyle": "", "color": NOTE_COLOUR} | style)


def looks(rows: pd.DataFrame, runs: pd.DataFrame | None = None) -> pd.DataFrame:
    """Return rows with what their look follows: `family`, `granularity`, and `setting`, the sparsity as text.

    Those are factors of the rows, or of the `runs` that they are of.
    """
    if runs is not None:
        rows = rows.merge(runs[["run", *LOOK]], on="run", how="left")
    sparsities = rows["pruning.sparsity"].astype(float)
    settings = ["" if math.isnan(sparsity) else digits(sparsity) for sparsity in sparsities]
    return rows.assign(granularity=rows["pruning.granularity"], setting=settings, family=rows["family"].fillna(""))


def marker_style(
    method: str, source: str = "measured", granularity: Any = None, family: str = "", hollow_face: str = "none"
) -> dict[str, Any]:
    """Return the keywords of `Axes.plot` that draw the marker of a method's variant."""
    chosen = look(method)
    colour = shade(chosen.colour, source)
    own_recipe = family not in ("", granularity)
    half = {"fillstyle": "left", "markerfacecoloralt": "white"} if chosen.control and own_recipe else {}
    return {
        "marker": GRANULARITY_MARKERS.get(granularity, chosen.marker),
        "color": colour,
        "markerfacecolor": hollow_face if chosen.control and not own_recipe else colour,
        "markeredgecolor": RIM_COLOUR if own_recipe else colour,
        **half,
    }


def source_keys(sources: pd.Series) -> list[Line2D]:
    """Return a legend entry per source of energy, in its shade, where there are several."""
    kinds = list(sources.unique())
    keys = [key(f"energy {source}", marker="s", color=shade(NOTE_COLOUR, source)) for source in kinds]
    return keys if len(kinds) > 1 else []


def title(method: str, variant: str) -> str:
    """Return the name of a method, and of its variant where it is not the default one, for a row or a heading."""
    return _name(method) if variant == DEFAULT else f"{_name(method)}, {variant}"


def series(method: str, family: str) -> str:
    """Return the name of a method and of a family of its variants, for a legend."""
    return ", ".join(part for part in (_name(method), family) if part)


def _name(method: str) -> str:
    known = catalogue.METHODS.get(method)
    return known.title if known else method
