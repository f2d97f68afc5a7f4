"""Mean power over each epoch of all configurations, thin, and of the best one, bold; paler where energies are not measured.

Power is the energy of an epoch by its time, validation included, and the first epoch has the compilation in it. A lower line does not
mean less energy: its epochs may be longer. Hues are networks, tints and dashes levels of two other axes.
"""

import pandas as pd
from matplotlib.figure import Figure

from frugalnet.drawing.over_epochs import Drawn, over_epochs

DRAWN = Drawn("power_w", "mean power (W)", None, energy=True, of_device=True)


def power_over_epochs(epochs: pd.DataFrame, runs: pd.DataFrame, configurations: pd.DataFrame) -> Figure:
    """Draw `power_w` of `epochs` of all `configurations`."""
    return over_epochs(epochs, runs, configurations, DRAWN)
