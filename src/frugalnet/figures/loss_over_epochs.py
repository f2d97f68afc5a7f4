"""Loss on validation data after each epoch of all configurations, thin, and of the best one, bold; dotted on training data.

Hues are networks, tints and dashes levels of two other axes. Lines are means over seeds as far as all of them trained. Losses of
configurations with other losses, as with label smoothing or mixed samples, are not to be compared with each other.
"""

import pandas as pd
from matplotlib.figure import Figure

from frugalnet.drawing.over_epochs import Drawn, over_epochs

DRAWN = Drawn("validation_loss", "validation loss", "loss", training="loss", logarithmic=True)


def loss_over_epochs(epochs: pd.DataFrame, runs: pd.DataFrame, configurations: pd.DataFrame) -> Figure:
    """Draw `validation_loss` of `epochs` of all `configurations`."""
    return over_epochs(epochs, runs, configurations, DRAWN)
