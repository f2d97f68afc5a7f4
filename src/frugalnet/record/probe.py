"""Results of the probe of a machine's meters: `meter_probe.json`, read, written and checked."""

import json
from pathlib import Path
from typing import Any

from frugalnet.files import replacing
from frugalnet.record.reading import read_model
from frugalnet.record.record import Part


class SmallestDifference(Part):
    """Smallest difference between two runs of one length that the meter can resolve (95 %), as a fraction of their energy.

    Only the noise of the meter counts here; the variation between runs comes on top.
    """

    run_s: float
    fraction: float


class ProbedMeter(Part):
    """One device as its meter sees it; powers in watts, None for what is not known."""

    device: str
    meter: str
    model: str | None
    scope: str
    source: str
    reading_us: float | None
    """Median time that a reading takes."""
    tick_s: float
    """Period at which the counter is renewed; 0: readings are instantaneous."""
    averaging_s: float | None = None
    """Seconds over which its power readings are means, from a switched load or else from its maker; None: not known."""
    idle_w: float | None
    idle_noise_w: float | None
    """Standard deviation of the power from reading to reading."""
    idle_temperature_c: float | None
    load_w: float | None
    load_noise_w: float | None
    idle_counter_to_power: float | None
    """Energy by the counter over energy integrated from power readings, at rest; None if the device lacks one of them."""
    load_counter_to_power: float | None
    """The same under load."""
    contradiction: bool
    """Counter and power differ by more than 5 %."""
    gain: float | None
    """Relative systematic uncertainty of the sensor, 1 sigma; widened if counter and power contradict each other."""
    gain_source: str | None
    edge_reading_error: float | None
    """Root mean square relative error of an epoch's energy by the usual callback: power read at its end times its duration."""
    smallest_differences: list[SmallestDifference]


class Probe(Part):
    """The probe of one machine."""

    machine: dict[str, Any]
    started: str
    """UTC, ISO 8601."""
    on_gpu: bool
    """Whether TensorFlow works on a GPU."""
    meters: list[ProbedMeter]
    missing: dict[str, str]
    """Meters that `auto` tried, and why they are missing."""

    def write(self, path: Path) -> None:
        """Write the file in one piece."""
        with replacing(path) as new:
            new.write_text(json.dumps(self.model_dump(mode="json"), indent=1, allow_nan=False) + "\n")


def read_probe(path: Path) -> Probe | None:
    """Return the probe in a file, None without a file; raises FrugalNetError for one that is torn or of another layout."""
    if not path.exists():
        return None
    return read_model(Probe, path, "a probe of this version of FrugalNet", "delete it to probe the machine anew")
