"""Learning rate at the end of each epoch of all configurations, thin, and of the best one, bold.

Hues are networks, tints and dashes levels of two other axes; where rates are the same, lines lie on each other. A rate that follows
the training, as after a plateau, differs between seeds, so each seed has its line. A rate of 0 is not drawn.
"""

import pandas as pd
from matplotlib.figure import Figure

from frugalnet.drawing.over_epochs import Drawn, over_epochs

DRAWN = Drawn("learning_rate", "learning rate", None, logarithmic=True, each_seed=True)


def learning_rate_over_epochs(epochs: pd.DataFrame, runs: pd.DataFrame, configurations: pd.DataFrame) -> Figure:
    """Draw `learning_rate` of `epochs` of all `configurations`."""
    return over_epochs(epochs, runs, configurations, DRAWN)
