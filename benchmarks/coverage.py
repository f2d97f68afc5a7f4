"""Do the stated 95 % intervals hold, and how often are verdicts false? Simulated, through the project's own functions.

    python benchmarks/coverage.py [--windows 300]

A device's power is a known function of time; the sampler reads it, windows are booked, and the results are compared
with the truth. `error` is the mean of stated energy minus truth and `sigma` the root mean square of the stated
uncertainty, both in joules; `covered` is the fraction of 95 % intervals that hold the truth. A row shows the worst of
windows of several lengths. Where edges are steps, the power changes when work begins and ends, at once or
exponentially, with a lag behind the edges of the window. A second table shows how often a verdict is given: a false one
should occur in at most 5 % of studies. The last line is one JSON object with every case.
"""

import argparse
import json
from collections.abc import Iterator
from dataclasses import asdict, dataclass
from itertools import groupby

import numpy as np
import pandas as pd
from _case import Case
from _gains import gains
from _pay_back import pay_back
from _simulated import CURVES, TICK_S, Curve, integrated_timeline_of, timeline_of, work
from _verdicts import verdicts
from scipy.signal import lfilter

from frugalnet.analysis.solution import Solution
from frugalnet.energy.booking import Booked, between, book, idle_powers
from frugalnet.energy.reading import Device, Reading
from frugalnet.energy.timeline import Timeline
from frugalnet.measure.intervals import block_interval, paired_ratio
from frugalnet.record.record import WindowEntry
from frugalnet.record.windows import edges_j, gross_gain_j, uncertainty_j

Z = 1.96
STEPS = ((60, 300), (300, 180), (280, 300))
GAIN = 0.0344
IDLE_S, WORK_S = 5, 20
GROUPS, TRIALS, SEEDS = 50, 2, 3
LATENCIES, BLOCKS, BATCHES, AUTOCORRELATION = 1000, 12, 20, 0.3

Numbers = np.ndarray


def energies(what: str, case: str, window_s: float, error_j: Numbers, sigma_j: Numbers) -> Case:
    """Return how often stated energies hold."""
    within = np.abs(error_j) <= Z * sigma_j
    return Case(what, case, window_s, float(error_j.mean()), float(np.sqrt(np.mean(sigma_j**2))), float(within.mean()))


def booked(line: Timeline, start_s: Numbers, end_s: Numbers) -> Booked:
    """Return windows side by side, booked on a timeline."""
    return book(line, start_s, end_s, np.full(len(start_s), -1), None)


def steps(windows: int) -> Iterator[Case]:
    """Yield windows on a counter whose edges are steps of power."""
    for outside_w, inside_w in STEPS:
        for follows, lags_s in (("late", (0, 0.02, 0.05, 0.1)), ("exponential", (0.05,))):
            for lag_s in lags_s:
                for window_s in (0.5, 3, 10):
                    draw = np.random.default_rng(0)
                    done = work(outside_w, inside_w, window_s, windows, draw, lag_s, follows=follows)
                    found = booked(timeline_of(done.curve, done.length_s, draw), done.start_s, done.end_s)
                    case = f"{outside_w} and {inside_w} W, lag {1000 * lag_s:.0f} ms"
                    case += " (exponential)" * (follows == "exponential")
                    error_j = found.energy_uj / 1e6 - done.energy_j
                    yield energies("counter, edges are steps", case, window_s, error_j, found.u_stat_j)


def anywhere(windows: int) -> Iterator[Case]:
    """Yield windows on a counter whose edges are anywhere."""
    for name, curve in CURVES.items():
        for ticks in (3, 30, 300):
            draw = np.random.default_rng(0)
            line = timeline_of(curve, 600, draw)
            start_s = draw.uniform(1, 598 - ticks * TICK_S, windows)
            end_s = start_s + ticks * TICK_S
            found = booked(line, start_s, end_s)
            error_j = found.energy_uj / 1e6 - (curve.energy_j(end_s) - curve.energy_j(start_s))
            yield energies("counter, edges anywhere", f"power is a {name}", ticks * TICK_S, error_j, found.u_stat_j)


def averaged(windows: int) -> Iterator[Case]:
    """Yield windows of steps on a card without a counter, whose sensor averages."""
    for averaging_s in (0, 0.1, 1.0):
        for window_s in (3, 10):
            draw = np.random.default_rng(0)
            done = work(60, 300, window_s, windows, draw, 0.02, gap_s=(2.5, 4.0))
            line = integrated_timeline_of(done.curve, done.length_s, draw, averaging_s, noise_w=2.0)
            found = booked(line, done.start_s, done.end_s)
            error_j = found.energy_uj / 1e6 - done.energy_j
            case = f"60 and 300 W, sensor averages over {averaging_s:g} s"
            yield energies("power integrated, edges are steps", case, window_s, error_j, found.u_stat_j)


@dataclass(frozen=True)
class Measured:
    """A measured run: error and uncertainties of its energy, gross and net, in joules."""

    gross_error_j: float
    net_error_j: float
    gross_j: float
    entry: WindowEntry


def run(gain: float, draw: np.random.Generator) -> Measured:
    """Return a run between two idle brackets, on a card whose sensor has a gain error."""
    end_s = IDLE_S + WORK_S
    edges_s = np.array([0, IDLE_S + 1, end_s + 1, end_s + IDLE_S + 3])
    watts = np.array([60.0, draw.uniform(200, 320), 60.0])
    joules = np.concatenate([[0], np.cumsum(np.diff(edges_s) * watts)])
    wrong = Curve("run", lambda t: 0.0, lambda t: (1 + gain) * np.interp(t, edges_s, joules))
    line = timeline_of(wrong, edges_s[-1], draw)
    line.device = Device(**(vars(line.device) | {"gain": GAIN}))
    brackets = {"before": (1.0, float(IDLE_S)), "after": (end_s + 1.5, end_s + IDLE_S)}
    idle = idle_powers(line, brackets)
    start_s, stop_s = np.array([IDLE_S + 1.0]), np.array([end_s + 1.0])
    found = book(line, start_s, stop_s, np.array([-1]), between(idle["before"], idle["after"]))
    true_j = float(watts[1] * WORK_S)
    entry = WindowEntry(
        name="run", parent=None, device="GPU-0", scope="gpu", start_s=0, end_s=WORK_S, energy_uj=int(found.energy_uj[0]),
        gap_uj=0, energy_net_uj=int(found.net_uj[0]), u_stat_j=found.u_stat_j[0], u_idle_j=found.u_idle_j[0],
        u_sys_j=found.u_sys_j[0], gain=GAIN, source="measured", flags=[],
    )  # fmt: skip
    gross_j, net_j = found.energy_uj[0] / 1e6, found.net_uj[0] / 1e6
    return Measured(gross_j - true_j, net_j - (true_j - 60.0 * WORK_S), gross_j, entry)


def sums() -> Iterator[Case]:
    """Yield runs on one card, whose gain error is the same in all of them: alone, with their trials, as means of chains."""
    draw = np.random.default_rng(0)
    groups = []
    for _ in range(GROUPS):
        gain = draw.normal(0, GAIN)
        groups.append([run(gain, draw) for _ in range(2 * SEEDS)])
    alone = [each for group in groups for each in group]
    sigma_j = np.array([np.hypot(each.entry.u_stat_j, each.entry.u_sys_j) for each in alone])
    error_j = np.array([each.net_error_j for each in alone])
    yield energies("net energy", "a run, gain of the sensor wrong by 3.4 %", WORK_S, error_j, sigma_j)
    with_trials = [group[: TRIALS + 1] for group in groups]
    sigma_j = np.array([np.hypot(*uncertainty_j([each.entry for each in group])) for group in with_trials])
    error_j = np.array([sum(each.net_error_j for each in group) for group in with_trials])
    yield energies("net energy", f"a run with {TRIALS} kept trials on its card", WORK_S, error_j, sigma_j)
    error_j, sigma_j = np.array([chained(group) for group in groups]).T
    yield energies("energy to solution", f"mean over {SEEDS} seeds, each with a parent", WORK_S, error_j, sigma_j)


def chained(runs: list[Measured]) -> tuple[float, float]:
    """Return error and sigma of the mean energy to solution of the second half of some runs, which start from the first half."""
    rows = [
        {
            "run": str(number),
            "method": "pruning",
            "parent": str(number - SEEDS) if number >= SEEDS else None,
            "train_energy_j": each.gross_j,
            "failed_energy_j": 0.0,
            "energy_source": "measured",
            "energy_scope": "gpu",
            "spent_u_stat_j": edges_j(each.entry),
            "spent_u_sys_by_device_j": json.dumps({"GPU-0": gross_gain_j(each.entry)}),
        }
        for number, each in enumerate(runs)
    ]
    children = [str(number) for number in range(SEEDS, 2 * SEEDS)]
    return sum(each.gross_error_j for each in runs) / SEEDS, Solution(pd.DataFrame(rows)).uncertainty_j(children)


def latencies() -> Iterator[Case]:
    """Yield medians of autocorrelated latencies, and ratios of identical models whose machine drifts."""
    draw = np.random.default_rng(0)
    scale = np.sqrt(1 - AUTOCORRELATION**2)
    noise = lfilter([scale], [1, -AUTOCORRELATION], draw.normal(0, 1, (LATENCIES, 2, BLOCKS * BATCHES + 50)))[..., 50:]
    latency_ms = np.exp(0.1 * noise).reshape(LATENCIES, 2, BLOCKS, BATCHES)
    medians_ms = np.median(latency_ms, axis=-1)
    held = [low <= 1 <= high for low, high in (block_interval(list(each[0])) for each in medians_ms)]
    yield Case("median latency", f"autocorrelation {AUTOCORRELATION:g}", None, None, None, float(np.mean(held)))
    # The machine drifts from block to block, and which model comes first in a round is random.
    speed = np.exp(np.cumsum(draw.normal(0, 0.03, (LATENCIES, 2 * BLOCKS)), axis=-1)).reshape(LATENCIES, BLOCKS, 2)
    slots = medians_ms * np.moveaxis(draw.permuted(speed, axis=-1), -1, 1)
    ratios = [paired_ratio(list(own), list(other)) for own, other in slots]
    held = [low <= 1 <= high for _, low, high in ratios]
    yield Case(
        "ratio of latencies",
        "identical models, the machine drifts by 3 % a block",
        None,
        None,
        None,
        float(np.mean(held)),
    )


def unknown() -> dict[str, list[str]]:
    """Return the flags of windows that end at a reading after a counter reset, and after a gap in integrated power."""
    edge_s = np.array([3.0])
    reset = [Reading(float(t), 1_000_000 * e) for t, e in enumerate((500, 1000, 1500, 20, 120))]
    hole = [Reading(float(t), 100_000_000 * t, 100.0) for t in (0, 1, 20, 21)]
    counter = Timeline.of(Device("package-0", "rapl", "cpu", "measured"), reset)
    power = Timeline.of(Device("GPU-0", "nvml", "gpu", "integrated", cumulative=False), hole)
    return {
        "reset at the edge": booked(counter, np.array([0.5]), edge_s).flags[0],
        "hole up to the edge": booked(power, np.array([0.5]), np.array([20.0])).flags[0],
    }


def main() -> None:
    """Print how often intervals hold, as a table, and all numbers as JSON."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--windows", type=int, default=300, help="simulated windows of each case")
    windows = parser.parse_args().windows
    cases = [
        each
        for found in (steps(windows), anywhere(windows), averaged(windows), sums(), latencies(), pay_back(), gains())
        for each in found
    ]
    print("| what | case | error (J) | sigma (J) | covered |\n|---|---|---|---|---|")
    for (what, case), found in groupby(cases, lambda each: (each.what, each.case)):
        worst = min(found, key=lambda each: each.covered)
        numbers = ["" if value is None else f"{value:.2f}" for value in (worst.error_j, worst.sigma_j)]
        print(f"| {what} | {case} | {' | '.join(numbers)} | {100 * worst.covered:.1f} % |")
    flags = unknown()
    for case, told in flags.items():
        print(f"| not known | {case} | | | {'; '.join(told)} |")
    print("\n| what | case | rate |\n|---|---|---|")
    judged = list(verdicts())
    for each in judged:
        print(f"| {each.what} | {each.case} | {100 * each.rate:.1f} % |")
    found = {"cases": [asdict(each) for each in cases], "verdicts": [asdict(each) for each in judged]}
    print(json.dumps(found | {"unknown": flags}))


if __name__ == "__main__":
    main()
