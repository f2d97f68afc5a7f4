"""Energy of a run: meters, their timelines, and the windows on them. Knows neither TensorFlow nor networks."""

from frugalnet.energy.ledger import Ledger, Stretch, Window
from frugalnet.energy.meters import open_meters
from frugalnet.energy.reading import Device, Meter, MeterError, Reading

__all__ = ["Device", "Ledger", "Meter", "MeterError", "Reading", "Stretch", "Window", "open_meters"]
