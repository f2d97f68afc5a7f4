"""Foreign traces: a log of nvidia-smi becomes a timeline.

    python -m frugalnet.energy.trace gpu-power.csv [--whole-watts] [--drop N]

prints `energy_j`, `duration_s` and `samples` as one JSON object. Damage in a log is refused with its line, never mended.
"""

import argparse
import json
import sys
from collections.abc import Sequence
from datetime import timedelta
from pathlib import Path
from typing import NamedTuple

from frugalnet.energy.reading import Device, Reading
from frugalnet.energy.smi_log import UNKNOWN, Log, Sample, is_cut, read_log, samples_of
from frugalnet.energy.timeline import Timeline
from frugalnet.errors import FrugalNetError

LATE = 3.0
"""A sample that comes later than this many usual (median) intervals is noted."""


class Trace(NamedTuple):
    """The timeline of a log, from 0 s and 0 µJ at its first sample; the lines of its samples; notes on cut and late samples."""

    timeline: Timeline
    lines: list[int]
    notes: list[str]


def read_trace(path: Path, whole_watts: bool = False, drop: int = 0) -> Trace:
    """Read a log and integrate its power by the trapezoid rule, in microjoules.

    The first and the last `drop` samples are left out. A last row that was cut while it was written is always left out and
    counts as one of these. `whole_watts` cuts power to whole watts, as some published analyses did. Raises FrugalNetError with
    the line for damage, and for several GPUs in one log.
    """
    log, notes = read_log(path), []
    whole = log.rows
    if log.rows and is_cut(log):
        whole = log.rows[:-1]
        notes.append(
            f"{path}, line {log.rows[-1].line}: the row was cut while it was written; it is not used, and counts as a sample for --drop"
        )
    samples = samples_of(log, whole)
    kept = samples[drop : max(len(log.rows) - drop, 0)]
    if len(kept) < 2:
        among = f"of {len(samples)}, without the first and the last {drop}"
        raise FrugalNetError(f"{path}: {len(kept)} samples ({among}); expected at least 2")
    timeline = Timeline.of(_device(log, whole_watts), _integrated(kept, whole_watts))
    lines = [sample.line for sample in kept]
    return Trace(timeline, lines, notes + _late(path, timeline, lines))


def _integrated(samples: list[Sample], whole_watts: bool) -> list[Reading]:
    """Return readings with the energy since the first sample, exact up to rounding each to a microjoule."""
    readings: list[Reading] = []
    twice_pj, before, before_uw = 0, samples[0].time, 0
    for sample in samples:
        power_uw = sample.power_uw // 10**6 * 10**6 if whole_watts else sample.power_uw
        twice_pj += (sample.time - before) // timedelta(microseconds=1) * (before_uw + power_uw)
        energy_uj = (twice_pj + 10**6) // (2 * 10**6)
        time_s = (sample.time - samples[0].time).total_seconds()
        readings.append(Reading(time_s, energy_uj, power_uw / 1e6, **sample.others))
        before, before_uw = sample.time, power_uw
    return readings


def _device(log: Log, whole_watts: bool) -> Device:
    first = log.rows[0].fields
    told = {key: first[place] for key, place in log.columns.items() if not UNKNOWN.fullmatch(first[place])}
    name = told.get("uuid") or (f"gpu-{told['index']}" if "index" in told else "gpu")
    return Device(
        name, "replay", "gpu", "integrated", model=told.get("model"), cumulative=False,
        assumptions={"file": log.path.name, "column": log.header[log.columns["power_w"]], "whole_watts": whole_watts},
    )  # fmt: skip


def _late(path: Path, timeline: Timeline, lines: list[int]) -> list[str]:
    """Return notes on late samples, the first five individually."""
    found = timeline.gaps(LATE, 0)
    notes = [
        f"{path}, line {lines[i + 1]}: no sample in the {long_s:.3f} s before; power is taken as a straight line across"
        for i, long_s in found[:5]
    ]
    return notes + [f"{path}: {len(found) - 5} more such gaps"] * (len(found) > 5)


def _count(text: str) -> int:
    if not text.isdecimal():
        raise argparse.ArgumentTypeError(f"{text!r}; expected a number of samples, 0 or more")
    return int(text)


def main(arguments: Sequence[str] | None = None) -> int:
    """Print the energy of a log; return 2, with the reason on stderr, if it cannot be read."""
    parser = argparse.ArgumentParser("python -m frugalnet.energy.trace", description="Energy of a log of nvidia-smi.")
    parser.add_argument("file", type=Path, metavar="FILE.csv")
    parser.add_argument(
        "--whole-watts", action="store_true", help="cut power to whole watts, as some published analyses did"
    )
    parser.add_argument(
        "--drop", type=_count, default=0, metavar="N", help="leave out the first and the last N samples"
    )
    options = parser.parse_args(arguments)
    try:
        timeline, _, notes = read_trace(options.file, options.whole_watts, options.drop)
    except FrugalNetError as error:
        print(f"error: {error}", file=sys.stderr)
        return 2
    for note in notes:
        print(f"note: {note}", file=sys.stderr)
    device = timeline.device
    numbers = {"energy_j": timeline.energy_uj[-1] / 1e6, "duration_s": timeline.time_s[-1], "samples": len(timeline)}
    print(json.dumps(numbers | {"source": device.source, "device": device.name, "model": device.model}))
    return 0


if __name__ == "__main__":
    sys.exit(main())
