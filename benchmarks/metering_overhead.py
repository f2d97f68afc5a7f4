"""What metering costs a training: the ledger at 10 Hz with all its windows, against what hand-written scripts do.

    python benchmarks/metering_overhead.py [--pairs 24]

It trains the MLP for MNIST on made data of a third of its size, three epochs at a time, in CPU seconds of this process and
its children, interleaved. The ledger is compared with its sampler in a process of its own; with a subprocess per epoch
at the cost of nvidia-smi (that program if there is one, else a stand-in with an assumed 30 ms of CPU time); and with
CodeCarbon's tracker. Then it measures the time of a window's edge, and of booking ten hours. The last line is one JSON
object.
"""

import argparse
import json
import os
import shutil
import subprocess
import sys
import time
from array import array

import numpy as np
import psutil
from _alone import alone
from _pairs import compare

from frugalnet import backend, networks
from frugalnet.backend import keras
from frugalnet.config.measure import Measure
from frugalnet.energy import Device, Ledger, open_meters
from frugalnet.energy.booking import Idle, book
from frugalnet.energy.timeline import NUMBERS, Timeline
from frugalnet.recipes.callbacks import EpochWindows
from frugalnet.recipes.scaling import scaling_layer

SAMPLES, EPOCHS, BATCH_SIZE = 20_000, 3, 128
HZ = 10
EDGES = 2_000
NVIDIA_SMI = shutil.which("nvidia-smi")
SAMPLER = """
import time
from frugalnet.config.measure import Measure
from frugalnet.energy import open_meters
from frugalnet.energy.sampler import Sampler
Sampler(open_meters(Measure(), False)[0], 10).start()
print(flush=True)
time.sleep(3600)
"""
STAND_IN = [sys.executable, "-S", "-c", "import time\nwhile time.process_time() < 0.03: pass"]


def cpu_s() -> float:
    """Return the CPU seconds of this process and its ended children."""
    times = os.times()
    return time.process_time() + times.children_user + times.children_system


class Bench:
    """The training, and the ways to meter it."""

    def __init__(self) -> None:
        backend.configure(threads=2, seed=0)
        draw = np.random.default_rng(0)
        self.x, self.y = draw.integers(0, 256, (SAMPLES, 28, 28), "uint8"), draw.integers(0, 10, SAMPLES)
        self.model = networks.build("softmax_big", scaling_layer("unit", self.x), (28, 28), "uint8", 10)
        self.model.compile("adam", "sparse_categorical_crossentropy", metrics=["accuracy"], steps_per_execution=8)
        self.sampler_share: list[float] = []

    def cost(self, *callbacks: keras.callbacks.Callback) -> float:
        """Train, and return its CPU seconds."""
        start_s = cpu_s()
        self.model.fit(self.x, self.y, BATCH_SIZE, EPOCHS, verbose=0, validation_split=0.1, callbacks=list(callbacks))
        return cpu_s() - start_s

    def ledger(self) -> float:
        """Train in a ledger, with a window for each epoch, its first step and its validation."""
        start_s = cpu_s()
        with new_ledger() as ledger, ledger.window("train"):
            self.cost(EpochWindows(ledger, "accuracy"))
        root = ledger.windows[0]
        self.sampler_share.append(ledger.sampler_cpu_s / root.duration_s)
        return cpu_s() - start_s

    def process(self) -> float:
        """Train while a process of its own reads the meters; the start of that process is left out."""
        with subprocess.Popen([sys.executable, "-c", SAMPLER], stdout=subprocess.PIPE) as sampler:
            assert sampler.stdout
            sampler.stdout.readline()
            times = psutil.Process(sampler.pid).cpu_times
            before = times()
            cost_s, after = self.cost(), times()
            sampler.kill()
        return cost_s + after.user + after.system - before.user - before.system

    def smi(self) -> float:
        """Train with a subprocess at the end of each epoch."""
        query = [NVIDIA_SMI, "--query-gpu=power.draw", "--format=csv"] if NVIDIA_SMI else STAND_IN
        ask = lambda *_: subprocess.run(query, check=True, stdout=subprocess.DEVNULL)  # noqa: E731
        return self.cost(keras.callbacks.LambdaCallback(on_epoch_end=ask))

    def codecarbon(self) -> float:
        """Train inside CodeCarbon's tracker, with its defaults except for files and network."""
        from codecarbon import OfflineEmissionsTracker

        start_s = cpu_s()
        with OfflineEmissionsTracker(country_iso_code="ESP", save_to_file=False, log_level="critical"):
            self.cost()
        return cpu_s() - start_s


def new_ledger() -> Ledger:
    """Return a ledger on the meters of this machine."""
    meters, _ = open_meters(Measure(), backend.on_gpu())
    return Ledger(meters, HZ, synchronize=backend.synchronize)


def edge_us() -> float:
    """Return the mean time that an edge of a window takes, in microseconds."""
    with new_ledger() as ledger:
        start_s = time.perf_counter()
        for _ in range(EDGES // 2):
            with ledger.window("epoch"):
                pass
        return (time.perf_counter() - start_s) / EDGES * 1e6


def booking_s() -> float:
    """Return how long it takes to book 10,000 windows on ten hours of readings at 10 Hz."""
    count, windows = 36_000 * HZ, 10_000
    line = Timeline(Device("GPU-0", "nvml", "gpu", "measured", tick_s=0.1, quantum_uj=1000, gain=0.03))
    line.time_s, line.energy_uj = array("d", np.arange(count) / HZ), array("q", np.arange(count) * 20_000_000)
    line.numbers = {name: array("d", np.full(count, 50.0)) for name in NUMBERS}
    line.throttle = [""] * count
    edges_s = np.linspace(1, 35_990, windows)
    start_s, end_s = np.append(0.5, edges_s[:-1]), np.append(35_995, edges_s[1:])
    begun_s = time.perf_counter()
    book(line, start_s, end_s, np.array([-1] + [0] * (windows - 1)), Idle(50, 0.1))
    return time.perf_counter() - begun_s


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--pairs", type=int, default=24, help="rounds of plain, the others, plain (default 24)")
    pairs = parser.parse_args().pairs
    alone()
    bench = Bench()
    bench.cost(), bench.ledger(), bench.codecarbon()  # tracing and imports
    others = {"": bench.ledger, "process_": bench.process, "smi_": bench.smi, "codecarbon_": bench.codecarbon}
    found = compare(bench.cost, others, pairs)
    ledger = {"meter_cpu_share": max(bench.sampler_share), "edge_us": edge_us(), "booking_s": booking_s()}
    print(json.dumps(found | ledger | {"smi_stand_in": not NVIDIA_SMI}))
