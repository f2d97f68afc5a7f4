"""What range of quality a panel shows: controls that are far worse than all methods lie on its edge."""

import math

import pandas as pd
from matplotlib.axes import Axes

from frugalnet.drawing.labels import Label
from frugalnet.drawing.style import look

FAR = 3
"""Controls are far worse where they are so many times the span of all methods below the worst of them."""
LEAST_SPAN = 0.003
"""The span at least, as a fraction of the quality."""

INSET = 0.05
"""Distance of markers on the edge from it, as a fraction of the axis."""


def within_sight(rows: pd.DataFrame) -> pd.Series:
    """Return which rows of a dataset are in the range of quality drawn: all but controls far worse than every method."""
    quality, control = rows["quality_mean"], rows["method"].map(lambda method: look(method).control).astype(bool)
    methods = quality[~control | rows["is_reference"]]
    if methods.empty:
        return quality.notna()
    margin = FAR * max(methods.max() - methods.min(), LEAST_SPAN * abs(methods.max()))
    return ~control | quality.between(methods.min() - margin, methods.max() + margin)


def show_range(axes: Axes, values: pd.Series, deviation: pd.Series | float = 0.0) -> None:
    """Set the y axis to values and what they deviate by, with a margin."""
    low, high = (values - deviation).min(), (values + deviation).max()
    if pd.notna(low):
        margin = max(0.12 * (high - low), 1e-3)
        axes.set_ylim(low - margin, high + margin)


def edge(axes: Axes, quality: float) -> float:
    """Return where the marker of a quality that is out of sight is drawn: inside the y axis, at the nearer end."""
    low, high = axes.get_ylim()
    inside = INSET * (high - low)
    return low + inside if quality < (low + high) / 2 else high - inside


def edge_labels(axes: Axes, rows: pd.DataFrame, most: float = math.inf) -> list[Label]:
    """Return the values of the points on the edge, where they are at most so many: of rows that are not `shown`."""
    far = rows[~rows["shown"] & rows["x"].notna()]
    points = far[["x", "y", "method"]].itertuples(index=False) if len(far) <= most else ()
    return [Label(x, edge(axes, y), f"{y:.3g}", look(method).colour) for x, y, method in points]
