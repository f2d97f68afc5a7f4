"""Labels beside points, where there is room: none on another one, on a marker or on a line."""

from typing import NamedTuple

import numpy as np
from matplotlib.axes import Axes
from matplotlib.collections import LineCollection, PathCollection
from matplotlib.figure import Figure
from matplotlib.lines import Line2D
from matplotlib.patheffects import withStroke

from frugalnet.drawing.layout import settle

OFFSETS = ((5, 4), (5, -4), (-5, 4), (-5, -4), (0, 8), (0, -8), (9, 0), (-9, 0))
"""Where a label is tried, in points between it and its point; the first that is free is taken."""
FAR_OFFSETS = tuple((right, up) for far in (12, 20) for up in (far, -far) for right in (9, -9))
"""Where important labels are tried after that."""
LABEL_SIZE = 6
MARKER_PT = 2.9
LINE_PT = 0.36
LINE_STEP_PT = 2.9
PADDING_PT = 0.7
HALO = withStroke(linewidth=1.2, foreground="white")


class Label(NamedTuple):
    """A text beside a point, in the coordinates of its panel; an `important` one has a line to it, and may stand farther off."""

    x: float
    y: float
    text: str
    colour: str
    important: bool = False


def place_labels(figure: Figure, wanted: dict[Axes, list[Label]]) -> None:
    """Write the labels that have room and leave out the others; the layout of the figure is final then."""
    texts = {label.text for labels in wanted.values() for label in labels}
    if not texts:
        return
    settle(figure)
    sizes = {text: _size(figure, text) for text in texts}
    for axes, labels in wanted.items():
        taken = _taken(axes)
        for label in labels:
            taken = _place(axes, label, sizes[label.text], taken)


def _size(figure: Figure, text: str) -> np.ndarray:
    """Return width and height of a text, in pixels."""
    written = figure.text(0, 0, text, fontsize=LABEL_SIZE)
    extent = written.get_window_extent()
    written.remove()
    return np.array([extent.width, extent.height])


def _place(axes: Axes, label: Label, size: np.ndarray, taken: np.ndarray) -> np.ndarray:
    """Write a label at the first place that is inside the panel and free; return what is taken then."""
    point = axes.transData.transform((label.x, label.y))
    panel, pt = np.array(axes.bbox.extents), _pt(axes)
    beside = (size - [0, LABEL_SIZE * pt]) / 2
    for offset in OFFSETS + FAR_OFFSETS * label.important:
        middle = point + np.array(offset) * pt + np.sign(offset) * beside
        box = _around(middle, size / 2 + PADDING_PT * pt)
        if _inside(box, panel) and not _overlap(box, taken).any():
            leader = {"arrowstyle": "-", "linewidth": 0.5, "color": label.colour, "shrinkA": 0}
            axes.annotate(
                label.text, (label.x, label.y), tuple((middle - point) / pt), textcoords="offset points", ha="center",
                va="center", fontsize=LABEL_SIZE, color=label.colour, path_effects=[HALO],
                arrowprops=leader if label.important else None,
            )  # fmt: skip
            return np.vstack([taken, box])
    return taken


def _inside(box: np.ndarray, panel: np.ndarray) -> bool:
    return bool(np.all(panel[:2] <= box[:2]) and np.all(box[2:] <= panel[2:]))


def _overlap(box: np.ndarray, others: np.ndarray) -> np.ndarray:
    """Return which of the other boxes a box lies on."""
    return np.all((others[:, :2] < box[2:]) & (box[:2] < others[:, 2:]), axis=1)


def _taken(axes: Axes) -> np.ndarray:
    """Return boxes over what is drawn in a panel, but for pale bars, in pixels: left, bottom, right, top."""
    pt = _pt(axes)
    boxes = [np.empty((0, 4)), *(box for line in axes.get_lines() for box in _of_line(line, pt))]
    boxes += [np.array([text.get_window_extent().extents]) for text in axes.texts]
    for bars in axes.collections:
        if isinstance(bars, LineCollection) and bars.get_alpha() is None:
            boxes += [_along(bars.get_transform().transform(path.vertices), pt) for path in bars.get_paths()]
        if isinstance(bars, PathCollection):
            places = bars.get_offset_transform().transform(np.ma.getdata(bars.get_offsets()))
            boxes.append(_around(places, MARKER_PT * pt))
    return np.concatenate(boxes)


def _pt(axes: Axes) -> float:
    """Return the pixels of a point."""
    return float(axes.get_figure(root=True).dpi) / 72  # type: ignore[union-attr]


def _of_line(line: Line2D, pt: float) -> list[np.ndarray]:
    """Return boxes over the markers of a line and along it."""
    points = line.get_transform().transform(np.asarray(line.get_xydata(), dtype=float).reshape(-1, 2))
    points = points[np.isfinite(points).all(axis=1)]
    half = MARKER_PT if line.get_marker() not in ("None", "|", "_", "", None) else LINE_PT
    drawn = line.get_linestyle() not in ("None", "none", "", " ")
    return [_around(points, half * pt), *([_along(points, pt)] if drawn and len(points) > 1 else [])]


def _along(points: np.ndarray, pt: float) -> np.ndarray:
    """Return boxes along the line through some points."""
    ends = np.concatenate([[0], np.hypot(*np.diff(points, axis=0).T).cumsum()])
    steps = np.linspace(0, ends[-1], max(2, int(ends[-1] / (LINE_STEP_PT * pt))))
    return _around(np.column_stack([np.interp(steps, ends, points[:, axis]) for axis in (0, 1)]), LINE_PT * pt)


def _around(places: np.ndarray, half: float | np.ndarray) -> np.ndarray:
    return np.hstack([places - half, places + half])
