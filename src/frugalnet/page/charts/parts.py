"""What charts are made of: options of ECharts for a panel of points, and the figure of HTML that holds them."""

import json
import math
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from html import escape
from typing import Any

import pandas as pd
from matplotlib.colors import to_hex, to_rgb
from matplotlib.markers import MarkerStyle
from matplotlib.path import Path
from matplotlib.transforms import Affine2D

from frugalnet import catalogue
from frugalnet.drawing.axes import quality_label
from frugalnet.drawing.layout import Note

Option = dict[str, Any]
"""Of ECharts, with `{light, dark}` where a colour follows the scheme."""
STEPS = ((1, 2, 5), (1, 1.5, 2, 3, 5, 7))
"""Ticks of a decade; closer ones where there are fewer than LEAST_TICKS."""
LEAST_TICKS = 3
ROUND = {"o": "circle", "s": "rect", "D": "diamond"}
"""Markers that ECharts has itself."""
LETTERS = {Path.MOVETO: "M", Path.LINETO: "L", Path.CURVE3: "Q", Path.CURVE4: "C", Path.CLOSEPOLY: "Z"}
UPSIDE_DOWN = Affine2D().scale(100, -100)
SIZE_PX = 12
CLEAR = "transparent"
NOTE = {"light": "#555555", "dark": "#aaaaaa"}


@dataclass(frozen=True)
class Panel:
    """The chart of one dataset: its options by what is on the x axis."""

    heading: str
    options: dict[str, Option]


@dataclass(frozen=True)
class Exploration:
    """A figure of charts whose x axis is chosen; `instead` names the print figure and the table with the same numbers."""

    choose: str
    panels: Sequence[Panel]
    note: Note
    instead: str

    def as_html(self) -> str:
        """Return the figure; empty where there is nothing to draw. Without scripts it shows where the numbers stand."""
        if not any(panel.options for panel in self.panels):
            return ""
        charts = [{"heading": panel.heading, "options": panel.options} for panel in self.panels]
        return framed("points", {"choose": self.choose, "charts": charts}, self.note, self.instead)


def framed(kind: str, drawn: Mapping[str, Any], note: Note, instead: str) -> str:
    """Return the figure that the page's script of this kind draws; until then it says where the numbers stand `instead`."""
    text = json.dumps(drawn, allow_nan=False, separators=(",", ":")).replace("<", chr(92) + "u003c")
    tag = f"<strong>{escape(note.tag)}</strong> " if note.tag else ""
    return (
        f'<figure class="explore" data-kind="{kind}"><script type="application/json">{text}</script>'
        f'<p class="without">The interactive chart needs scripts. {escape(instead)}</p>'
        f"<figcaption>{tag}{escape(note)}</figcaption></figure>"
    )


def heading(dataset: str, part: str) -> str:
    """Return the heading of a dataset's panel: its title, and the quality on its y axis."""
    return f"{catalogue.DATASETS[dataset].title}: {quality_label(dataset, part).replace(chr(10), ', ')}"


def quality_of(dataset: str, part: str) -> str:
    """Return the name of a quality, with its unit."""
    return quality_label(dataset, part).partition("\n")[0]


@cache
def ink(colour: str) -> dict[str, str]:
    """Return a colour for both schemes: on a dark ground, a dark one is mixed with as much white as it is darker than grey."""
    parts = to_rgb(colour)
    white = max(0.0, 1 - max(parts) - min(parts))
    return {"light": to_hex(colour), "dark": to_hex([part * (1 - white) + white for part in parts])}


def mark(style: dict[str, Any], shown: bool = True) -> dict[str, Any]:
    """Return symbol and colours of a marker, from the keywords of `marker_style`; fainter where its place is not `shown`."""
    face, edge = style["markerfacecolor"], style["markeredgecolor"]
    fill: Any = CLEAR if face in ("none", "white") else ink(face)
    if style.get("fillstyle") == "left":
        stops = [(0, fill), (0.5, fill), (0.5, CLEAR), (1, CLEAR)]
        colours = [{"offset": offset, "color": colour} for offset, colour in stops]
        fill = {"type": "linear", "x": 0, "y": 0, "x2": 1, "y2": 0, "colorStops": colours}
    return {
        "symbol": symbol(style["marker"]),
        "itemStyle": {"color": fill, "borderColor": ink(edge), "borderWidth": 1.6, "opacity": 1 if shown else 0.5},
    }


@cache
def symbol(marker: str) -> str:
    """Return the symbol of a marker of matplotlib."""
    if marker in ROUND:
        return ROUND[marker]
    style = MarkerStyle(marker)
    path = style.get_path().transformed(style.get_transform())
    pieces = [
        LETTERS[Path.code_type(code)]
        + ("" if code == Path.CLOSEPOLY else " ".join(f"{round(float(part), 1) + 0.0:g}" for part in ends))
        for ends, code in path.transformed(UPSIDE_DOWN).iter_segments(simplify=False)
    ]
    return "path://" + "".join(pieces)


def points(name: str, data: Sequence[dict[str, Any]], style: dict[str, Any], **more: Any) -> dict[str, Any]:
    """Return a series of points, named in the legend with the marker of this style."""
    return {"type": "scatter", "name": name, "data": list(data), "symbolSize": SIZE_PX, "z": 3, **mark(style), **more}


def point(row: Any, about: Iterable[str], name: str, look: dict[str, Any]) -> dict[str, Any]:
    """Return a point at `x` and `y` of a row, with what is said about it on hover, and the row's name on the page."""
    return {"value": [float(row.x), float(row.y)], "about": list(about), "row": name, **look}


def steps(name: str, rows: pd.DataFrame, colour: dict[str, str]) -> dict[str, Any]:
    """Return the line of a front, whose rows have `x` and `y`: the best `y` for at most `x`."""
    return {
        "type": "line", "name": name, "data": rows[["x", "y"]].astype(float).to_numpy().tolist(), "step": "end", "silent": True,
        "symbol": "none", "lineStyle": {"color": colour, "width": 1.2}, "itemStyle": {"color": colour}, "z": 2,
    }  # fmt: skip


def panel(x: str, values: pd.Series, span: tuple[float, float], series: list[Any], about: str) -> Option:
    """Return the option of a panel: x logarithmic around `values`, y over `span`; `about` describes it to screen readers."""
    low, high = values.min() / 1.3, values.max() * 1.3
    places = {"customValues": ticks(low, high)}
    return {
        "aria": {"enabled": True, "label": {"description": about}},
        "xAxis": {
            "type": "log", "name": x, "nameLocation": "middle", "nameGap": 28, "min": low, "max": high,
            "axisTick": places, "axisLabel": places, "splitLine": {"show": False}, "minorTick": {"show": False},
        },
        "yAxis": {
            "type": "value", "min": span[0], "max": span[1], "axisLabel": {"showMinLabel": False, "showMaxLabel": False},
        },
        "series": series,
    }  # fmt: skip


def ticks(low: float, high: float) -> list[float]:
    """Return the ticks of a logarithmic axis."""
    decades = range(math.floor(math.log10(low)), math.ceil(math.log10(high)) + 1)
    found: list[float] = []
    for steps_of_decade in STEPS:
        found = [step * 10.0**decade for decade in decades for step in steps_of_decade]
        found = [tick for tick in found if low <= tick <= high]
        if len(found) >= LEAST_TICKS:
            break
    return found


def span(shown: pd.Series) -> tuple[float, float]:
    """Return the ends of the y axis: the values shown with a margin."""
    margin = max(0.12 * (shown.max() - shown.min()), 1e-3)
    return float(shown.min() - margin), float(shown.max() + margin)


def within(ends: tuple[float, float], value: float) -> float:
    """Return where a value is drawn: itself, or just inside the end of the axis that it lies beyond."""
    inset = 0.03 * (ends[1] - ends[0])
    return float(min(max(value, ends[0] + inset), ends[1] - inset))


def source(rows: Any) -> str:
    """Return how the energy of a row is known."""
    if pd.isna(rows.energy_source):
        return "not known how"
    scope = "" if pd.isna(rows.energy_scope) else f" ({rows.energy_scope})"
    return f"{rows.energy_source}{scope}"
