"""Quality on validation data after each epoch of all configurations, thin, and of the best one, bold; dotted on training data.

A hue is a network, a tint and dashes are levels of two other axes, and rows beside the grid have hues of their own. Lines are means over
seeds as far as all of them trained, the band of the best is one standard deviation. The best was chosen on validation data.
Training quality is a mean over the epoch, of augmented samples, so it can lie below validation quality.
"""

import pandas as pd
from matplotlib.figure import Figure

from frugalnet.drawing.over_epochs import Drawn, over_epochs

DRAWN = Drawn("validation_quality", "validation quality", "quality", training="quality")


def quality_over_epochs(epochs: pd.DataFrame, runs: pd.DataFrame, configurations: pd.DataFrame) -> Figure:
    """Draw `validation_quality` of `epochs` of all `configurations`."""
    return over_epochs(epochs, runs, configurations, DRAWN)
