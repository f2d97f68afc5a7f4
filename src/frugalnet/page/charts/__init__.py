"""Interactive charts: those of CHARTS, made of the study's tables; `scripts/charts.js` draws them with ECharts.

A chart is a function of the tables that returns an `Exploration`; a new one is its file and its line in CHARTS.
"""

from collections.abc import Callable, Mapping

import pandas as pd

from frugalnet.page.charts.curves import curves
from frugalnet.page.charts.fronts import fronts
from frugalnet.page.charts.parts import Exploration
from frugalnet.page.charts.trials import trials

CHARTS: dict[str, Callable[[Mapping[str, pd.DataFrame]], Exploration]] = {
    "curves": curves,
    "fronts": fronts,
    "trials": trials,
}


def chart(name: str, tables: Mapping[str, pd.DataFrame]) -> str:
    """Return a chart of CHARTS as HTML; empty where the tables have nothing to draw."""
    return CHARTS[name](tables).as_html()
