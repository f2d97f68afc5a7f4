"""Time of each epoch with its validation, of all configurations, thin, and of the best one, bold; the axis is logarithmic.

The first epoch has the compilation in it. Hues are networks, tints and dashes levels of two other axes. Lines are means over seeds as
far as all of them trained, the band of the best is one standard deviation.
"""

import pandas as pd
from matplotlib.figure import Figure

from frugalnet.drawing.over_epochs import Drawn, over_epochs

DRAWN = Drawn("whole_s", "time of an epoch (s)", "times", logarithmic=True, of_device=True)


def time_over_epochs(epochs: pd.DataFrame, runs: pd.DataFrame, configurations: pd.DataFrame) -> Figure:
    """Draw `whole_s` of `epochs` of all `configurations`."""
    return over_epochs(epochs, runs, configurations, DRAWN)
