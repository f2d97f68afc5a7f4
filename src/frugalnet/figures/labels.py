"""Labels beside points, where there is room: none on another one, on a marker or on a line."""

from collections.abc import Iterator
from itertools import pairwise
from typing import NamedTuple

import numpy as np
from matplotlib.axes import Axes
from matplotlib.collections import LineCollection, PathCollection
from matplotlib.figure import Figure
from matplotlib.lines import Line2D

OFFSETS = ((5, 4), (5, -4), (-5, 4), (-5, -4), (0, 8), (0, -8), (9, 0), (-9, 0))
"""Where a label is tried, in points from its own; the first that is free is taken."""
LABEL_SIZE = 6
MARKER_PX = 4.0
LINE_STEP_PX = 4.0
PADDING_PX = 1.0


class Label(NamedTuple):
    """A text beside a point, in the coordinates of its panel."""

    x: float
    y: float
    text: str
    colour: str


def place_labels(figure: Figure, wanted: dict[Axes, list[Label]]) -> None:
    """Write the labels that have room and leave out the others; the layout of the figure is final then."""
    if not any(wanted.values()):
        return
    figure.draw_without_rendering()
    figure.set_layout_engine("none")
    for axes, labels in wanted.items():
        taken = _taken(axes)
        for label in labels:
            taken = _place(axes, label, taken)


def _place(axes: Axes, label: Label, taken: np.ndarray) -> np.ndarray:
    """Write a label at the first place that is inside the panel and free; return what is taken then."""
    for right, up in OFFSETS:
        text = axes.annotate(
            label.text, (label.x, label.y), (right, up), textcoords="offset points", fontsize=LABEL_SIZE,
            color=label.colour, ha="left" if right > 0 else "right" if right < 0 else "center", va="center",
        )  # fmt: skip
        box = np.array(text.get_window_extent().padded(PADDING_PX).extents)
        if _inside(box, np.array(axes.bbox.extents)) and not _overlap(box, taken).any():
            return np.vstack([taken, box])
        text.remove()
    return taken


def _inside(box: np.ndarray, panel: np.ndarray) -> bool:
    return bool(np.all(panel[:2] <= box[:2]) and np.all(box[2:] <= panel[2:]))


def _overlap(box: np.ndarray, others: np.ndarray) -> np.ndarray:
    """Return which of the other boxes a box lies on."""
    return np.all((others[:, :2] < box[2:]) & (box[:2] < others[:, 2:]), axis=1)


def _taken(axes: Axes) -> np.ndarray:
    """Return boxes over all that is drawn in a panel, in pixels: left, bottom, right, top."""
    boxes = [box for line in axes.get_lines() for box in _of_line(line)]
    for bars in axes.collections:
        if isinstance(bars, LineCollection):
            extents = [path.get_extents(bars.get_transform()).padded(0.5).extents for path in bars.get_paths()]
            boxes += [np.array(each) for each in extents]
        if isinstance(bars, PathCollection):
            places = bars.get_offset_transform().transform(np.ma.getdata(bars.get_offsets()))
            boxes += [np.concatenate([place - MARKER_PX, place + MARKER_PX]) for place in places]
    return np.reshape(boxes, (-1, 4))


def _of_line(line: Line2D) -> Iterator[np.ndarray]:
    """Yield boxes over the markers of a line and along it."""
    points = line.get_transform().transform(np.asarray(line.get_xydata(), dtype=float))
    points = points[np.isfinite(points).all(axis=1)]
    half = MARKER_PX if line.get_marker() not in ("None", "|", "_", "", None) else 0.5
    yield from (np.concatenate([point - half, point + half]) for point in points)
    if line.get_linestyle() not in ("None", "none", "", " "):
        for start, end in pairwise(points):
            steps = np.linspace(0, 1, max(2, int(np.hypot(*(end - start)) / LINE_STEP_PX)))
            along = start + steps[:, None] * (end - start)
            yield from np.hstack([along - 0.5, along + 0.5])
