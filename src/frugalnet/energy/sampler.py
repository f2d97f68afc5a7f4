"""The sampler: read every meter at a steady rate in a thread, and keep a timeline per device.

A device that renews its counter in ticks (`Device.tick_s`) is polled until the counter moves, so that a reading is at the tick
itself: at any other moment its energy would be up to a tick old. The sampler is a thread, because a separate process disturbs a
training no less (benchmarks/metering_overhead.py), has to be started, and cannot read at the edges of windows.
"""

import random
import threading
import time
from collections.abc import Sequence
from dataclasses import replace

from frugalnet.energy.reading import MACHINE, Meter, MeterError, Reading
from frugalnet.energy.timeline import Timeline

POLLS_PER_TICK = 20
LAST_READING_S = 1.0
"""Least time that the end of a run waits for the reading that closes its last window.

It waits for three ticks plus twice the averaging time of a sensor if that is longer.
"""


class Sampler:
    """Keep a timeline per meter, from `start` to `stop`; `cpu_s` is then the thread's own cost in CPU seconds."""

    def __init__(self, meters: Sequence[Meter], sampling_hz: float) -> None:
        self._channels = [_Channel(meter, 1 / sampling_hz) for meter in meters]
        self._stop = False
        self._nudge = threading.Event()
        late_s = [3 * meter.device.tick_s + 2 * meter.device.power_averaging_s for meter in meters]
        self._patience_s = max([LAST_READING_S, *late_s])
        self._thread = threading.Thread(target=self._sample, name="sampler", daemon=True)
        self.cpu_s = 0.0

    @property
    def timelines(self) -> list[Timeline]:
        """Return the timelines, one per meter, in their order."""
        return [channel.timeline for channel in self._channels]

    def start(self) -> None:
        """Start the thread, and wait for a first reading of every device that can give one."""
        self._thread.start()
        self._reach(time.monotonic(), self._channels)

    def edge(self) -> None:
        """Read now every meter that gives instantaneous readings."""
        for channel in self._channels:
            if not channel.ticks:
                channel.read()

    def until_now(self) -> list[Timeline]:
        """Return copies of the timelines once each fixes the energy up to this moment, or is late.

        This takes two more readings: the power after the next one decides where the power steps. The whole machine is waited
        for only if no part of it is read.
        """
        parts = [channel for channel in self._channels if channel.meter.device.scope != MACHINE]
        self._reach(time.monotonic(), parts or self._channels, readings=2)
        return self.so_far()

    def so_far(self) -> list[Timeline]:
        """Return copies of the present timelines."""
        return [channel.copied() for channel in self._channels]

    def stop(self) -> None:
        """Stop once every device has a reading at or after this moment, or is late, and close the meters."""
        self._reach(time.monotonic(), self._channels)
        self._stop = True
        self._nudge.set()
        self._thread.join()
        for channel in self._channels:
            channel.meter.close()

    def _reach(self, moment_s: float, channels: "Sequence[_Channel]", readings: int = 1) -> None:
        limit_s = moment_s + self._patience_s
        while time.monotonic() < limit_s:
            late = [channel for channel in channels if not channel.reached(moment_s, readings)]
            if not late:
                return
            for channel in late:
                channel.due_s = 0.0
            self._nudge.set()
            time.sleep(0.001)

    def _sample(self) -> None:
        while self._channels and not self._stop:
            now_s = time.monotonic()
            for channel in self._channels:
                if now_s >= channel.due_s:
                    channel.read()
            self._nudge.wait(max(0.0, min(channel.due_s for channel in self._channels) - time.monotonic()))
            self._nudge.clear()
        self.cpu_s = time.thread_time()


class _Channel:
    """One meter, its timeline, and the time of its next reading."""

    def __init__(self, meter: Meter, interval_s: float) -> None:
        device = meter.device
        self.meter = meter
        self.timeline = Timeline(device, interval_s=max(interval_s, device.tick_s))
        self.ticks = device.tick_s > 0
        self.due_s = 0.0
        self._interval_s = min(interval_s, device.tick_s) / 2 if device.dated else interval_s
        self._poll_s = device.tick_s / POLLS_PER_TICK
        self._seen: Reading | None = None
        self._random = random.Random(0)
        self._lock = threading.Lock()

    def read(self) -> None:
        """Read the meter, and keep the reading if it is new."""
        with self._lock:
            self.due_s = time.monotonic() + self._interval_s
            try:
                reading = self.meter.read()
            except Exception as error:  # the training goes on in any case, and the record says why
                known = isinstance(error, MeterError)
                self.timeline.lost = self.timeline.lost or (str(error) if known else f"{type(error).__name__}: {error}")
                return
            if self.ticks and not self.meter.device.dated:
                self._follow(reading)
            elif not self.timeline.time_s or reading.time_s > self.timeline.time_s[-1]:
                self.timeline.append(reading)

    def _follow(self, reading: Reading) -> None:
        """Keep a reading if the counter has moved, dated half-way since the previous poll, and poll early for the next tick."""
        before, self._seen = self._seen, reading
        self.due_s = reading.time_s + self._poll_s
        if before is not None and before.energy_uj != reading.energy_uj:
            half_s = min(reading.time_s - before.time_s, self.meter.device.tick_s) / 2
            self.timeline.append(replace(reading, time_s=reading.time_s - half_s, time_error_s=half_s))
            # At a random phase, so that the errors of two readings are independent, as booking assumes.
            early_s = (2 + self._random.random()) * self._poll_s
            self.due_s = reading.time_s + max(self._interval_s, self.meter.device.tick_s) - early_s

    def copied(self) -> Timeline:
        """Return a copy of the timeline, to which nothing is added."""
        with self._lock:
            return self.timeline.copied()

    def reached(self, moment_s: float, readings: int = 1) -> bool:
        """Tell whether there are `readings` readings at or after the moment, or the meter is lost."""
        times_s, last_s = self.timeline.time_s, moment_s + self.meter.device.power_averaging_s
        return self.timeline.lost is not None or (len(times_s) >= readings and times_s[-readings] >= last_s)
