"""What the probe of a machine found out about its meters: `meter_probe.json`, read, written and checked."""

import json
from pathlib import Path
from typing import Any

from frugalnet.files import replacing
from frugalnet.record.reading import read_model
from frugalnet.record.record import Part


class SmallestDifference(Part):
    """Smallest difference between two runs of a length that the meter can resolve (95 %), as a fraction of their energy.

    The noise of the meter alone; how much runs differ by themselves comes on top.
    """

    run_s: float
    fraction: float


class ProbedMeter(Part):
    """One device as its meter sees it; powers in watts, None for what cannot be told."""

    device: str
    meter: str
    model: str | None
    scope: str
    source: str
    reading_us: float | None
    """Median time that a reading takes."""
    tick_s: float
    """Period at which the counter is renewed; 0: a reading is of its moment."""
    averaging_s: float | None = None
    """Its power readings are means over so many seconds: as a switched load shows, else as its maker says; None: not known."""
    idle_w: float | None
    idle_noise_w: float | None
    """Standard deviation of the power from reading to reading."""
    idle_temperature_c: float | None
    load_w: float | None
    load_noise_w: float | None
    idle_counter_to_power: float | None
    """Energy by the counter over that integrated from power readings, at rest; None where there are not both."""
    load_counter_to_power: float | None
    """The same under load."""
    contradiction: bool
    """Counter and power differ by more than 5 %."""
    gain: float | None
    """Relative systematic uncertainty, 1 sigma: the sensor's, widened where it contradicts itself."""
    gain_source: str | None
    edge_reading_error: float | None
    """Root mean square error of an epoch's energy by the usual callback: the power read at its end times its length."""
    smallest_differences: list[SmallestDifference]


class Probe(Part):
    """What was found on a machine."""

    machine: dict[str, Any]
    started: str
    """UTC, ISO 8601."""
    on_gpu: bool
    """Whether TensorFlow works on a GPU."""
    meters: list[ProbedMeter]
    missing: dict[str, str]
    """Meters that `auto` tried, and why they are not there."""

    def write(self, path: Path) -> None:
        """Write the file in one piece."""
        with replacing(path) as new:
            new.write_text(json.dumps(self.model_dump(mode="json"), indent=1, allow_nan=False) + "\n")


def read_probe(path: Path) -> Probe | None:
    """Return what was found, None without a file; raises FrugalNetError for one that is torn or of another layout."""
    if not path.exists():
        return None
    return read_model(Probe, path, "a probe of this version of FrugalNet", "delete it to probe the machine anew")
