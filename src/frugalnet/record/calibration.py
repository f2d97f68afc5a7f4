"""How the meters of a machine compare with a wall plug: `calibration.json`, read, written and checked."""

import json
import math
from pathlib import Path
from typing import Any

from frugalnet.files import replacing
from frugalnet.record.reading import read_model
from frugalnet.record.record import Part


class ComparedMeter(Part):
    """A device whose power was compared, and how much that rose under load."""

    device: str
    meter: str
    model: str | None
    scope: str
    source: str
    assumptions: dict[str, Any]
    rise_w: float


class Gain(Part):
    """Change of a machine's power at the plug over the change that its meters read, between rest and load.

    The plug is taken as right: the interval leaves its own error out. The plug also measures the losses of the power supply and
    what no meter reads (fans, memory, disks), so a gain above 1 is not an error of the sensors alone.
    """

    plug: str
    """Model of the plug."""
    meters: list[ComparedMeter]
    plug_rise_w: float
    gains: list[float]
    """One per alternation of rest and load: change of the power at the plug over that of all compared meters together."""
    gain: float
    """Mean of the gains."""
    gain_sigma: float
    """Standard error of the mean."""
    gain_low: float
    gain_high: float
    """95 % interval of the mean, by Student's t."""


class Calibration(Gain):
    """The gain that was found on one machine."""

    machine: dict[str, Any]
    started: str
    """UTC, ISO 8601."""
    on_gpu: bool
    """Whether the load was on a GPU."""
    address: str
    """Address of the plug."""

    @property
    def relative_error(self) -> float:
        """Return the relative error of the compared meters' energies, 1 sigma; the energies are not corrected."""
        return math.hypot(self.gain - 1, self.gain_sigma)

    @property
    def told(self) -> str:
        """Return in words where the relative error comes from."""
        interval = f"{self.gain_low:.3f} to {self.gain_high:.3f}"
        return (
            f"calibration against a {self.plug}, {self.started[:10]}: power at the plug changes by {self.gain:.3f} "
            f"(95 % {interval}) of what the meters read"
        )

    def write(self, path: Path) -> None:
        """Write the file in one piece."""
        with replacing(path) as new:
            new.write_text(json.dumps(self.model_dump(mode="json"), indent=1, allow_nan=False) + "\n")


def read_calibration(path: Path) -> Calibration:
    """Return a calibration; raises FrugalNetError for a file that is missing, torn, or of another layout."""
    return read_model(Calibration, path, "a calibration", "expected one, as `frugalnet probe --against plug` writes it")
