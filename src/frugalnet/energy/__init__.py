"""Energy of a run: meters, their timeline, and the windows on it. Knows neither TensorFlow nor networks."""

from frugalnet.energy.ledger import Ledger, Window
from frugalnet.energy.meters import Meter, Reading, open_meter

__all__ = ["Ledger", "Meter", "Reading", "Window", "open_meter"]
