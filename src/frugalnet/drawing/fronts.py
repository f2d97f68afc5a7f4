"""The front between quality and a cost: what no other point beats in both."""

from typing import Any

import pandas as pd
from matplotlib.axes import Axes

from frugalnet import catalogue
from frugalnet.drawing.style import NOTE_COLOUR, key

COST_LINE: dict[str, Any] = {"color": NOTE_COLOUR, "linewidth": 0.7}
FRONT_KEY = key("front of quality and cost", linestyle="-", **COST_LINE)


def sign(dataset: str) -> int:
    """Return 1 where more is better, -1 where less is."""
    return catalogue.DATASETS[dataset].sign


def front(rows: pd.DataFrame) -> pd.DataFrame:
    """Return the rows of a dataset that no other one beats in both `x` (less is better) and `y`, from the lowest x."""
    quality = sign(rows["dataset"].iloc[0]) * rows["y"]
    ordered = rows.assign(merit=quality).sort_values(["x", "merit"], ascending=[True, False])
    before = ordered["merit"].cummax().shift(fill_value=float("-inf"))
    return ordered[ordered["merit"] > before]


def draw_front(axes: Axes, rows: pd.DataFrame, **line: Any) -> None:
    """Draw the best `y` that is had for at most `x`, as steps."""
    best = front(rows)
    x = [each for place in best["x"] for each in (place, place)][1:]
    y = [each for value in best["y"] for each in (value, value)][:-1]
    axes.plot(x, y, zorder=2, **line)


def draw_cost_front(axes: Axes, rows: pd.DataFrame, column: str, kinds: tuple[str, ...] = ()) -> None:
    """Draw the front of `quality_mean` and a column of `comparison`, among rows that are alike in `kinds`."""
    known = rows.assign(x=rows[column].astype(float), y=rows["quality_mean"])[rows[column].notna()]
    groups = known.groupby(list(kinds), sort=False, dropna=False) if kinds else [(None, known)]
    for _, own in groups:
        if len(own):
            draw_front(axes, own, **COST_LINE)
