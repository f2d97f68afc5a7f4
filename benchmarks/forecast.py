"""How close a forecast comes to what a study took, in energy and, if the study was done in one go, in time.

    python benchmarks/forecast.py [results/quick] [--configfile config/paper.yaml ...] [--set key=value ...] [--quick]
                                  [--against COMMIT]

The forecast is made first, and reads nothing of the results; runs that are not there are left out of the comparison.
Both should be made on the same, otherwise idle machine. With `--against`, another commit forecasts the same results,
and its numbers begin with `against_`. The last line is one JSON object.
"""

import argparse
import json
import os
import subprocess
import sys
import tempfile
import time
from datetime import datetime
from pathlib import Path

from _alone import alone
from rebuild import checkout

from frugalnet import catalogue
from frugalnet.commands.forecast import forecast
from frugalnet.commands.forecast.printed import class_of, sums
from frugalnet.commands.forecast.reckoning import Reckoned
from frugalnet.commands.inputs import CONFIG, configuration
from frugalnet.config.run import Run
from frugalnet.energy import statement
from frugalnet.record import paths, record


def record_of(results: Path, run: Run) -> Path:
    return paths.raw(results / run.study, run.id)


def energy_j(path: Path) -> float:
    """Return the energy of a run with all of its trials."""
    rec = record.read_record(path)
    roots = [window.name for window in rec.windows if window.parent is None]
    return sum(statement.energy_j(rec.windows, name, rec.energy.scope) or 0.0 for name in dict.fromkeys(roots))


def wall_s(paths: list[Path]) -> float:
    """Return the seconds from the start of the first run to the end of the last."""
    started = min(datetime.fromisoformat(record.read_record(path).started).timestamp() for path in paths)
    return max(path.stat().st_mtime for path in paths) - started


def compared(results: Path, found: list[tuple[Run, Reckoned]]) -> dict[str, float]:
    """Return the measured and the forecast energies of some runs."""
    low, expected, high = sums(found)
    measured_j = sum(energy_j(record_of(results, run)) for run, _ in found)
    return {
        "runs": len(found),
        "measured_j": measured_j,
        "forecast_j": expected.energy_j or 0.0,
        "low_j": low.energy_j or 0.0,
        "high_j": high.energy_j or 0.0,
        "forecast_to_measured": (expected.energy_j or 0.0) / measured_j,
    }


def of_commit(commit: str, arguments: list[str]) -> dict[str, float]:
    """Return the numbers that another commit's benchmark prints."""
    with tempfile.TemporaryDirectory() as name:
        folder = checkout(commit, Path(name) / "against")
        start_s = time.perf_counter()
        done = subprocess.run(
            [sys.executable, folder / "benchmarks" / "forecast.py", *arguments],
            env=os.environ | {"PYTHONPATH": str(folder / "src")},
            stdout=subprocess.PIPE,
            text=True,
            check=True,
        )
    return {"took_s": time.perf_counter() - start_s} | json.loads(done.stdout.splitlines()[-1])


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("results", nargs="?", type=Path, default=Path("results/quick"))
    parser.add_argument("--configfile", nargs="+", type=Path, default=[])
    parser.add_argument("--set", nargs="+", default=[], metavar="KEY=VALUE", dest="settings")
    parser.add_argument("--quick", action="store_true", help="make the forecast from fewer probes")
    parser.add_argument("--against", metavar="COMMIT", help="a commit that makes its forecast too")
    given = parser.parse_args()
    alone()
    start_s = time.perf_counter()
    whole = forecast(catalogue.first_study(), configuration([CONFIG, *given.configfile], given.settings), given.quick)
    took_s = time.perf_counter() - start_s
    found = [each for each in whole if record_of(given.results, each[0]).exists()]
    if not found:
        print(f"{given.results}: has none of the runs; run the study first")
        return
    for name in dict.fromkeys(f"{run.dataset} {class_of(run)}" for run, _ in found):
        row = compared(given.results, [each for each in found if f"{each[0].dataset} {class_of(each[0])}" == name])
        print(
            f"{name:28} {row['runs']:3} runs: {row['measured_j']:9,.0f} J, forecast {row['forecast_j']:9,.0f} J "
            f"({row['low_j']:,.0f} to {row['high_j']:,.0f}): {row['forecast_to_measured']:.2f}"
        )
    row = {"took_s": took_s} | compared(given.results, found)
    if len(found) == len(whole):
        measured_s = wall_s([record_of(given.results, run) for run, _ in found])
        forecast_s = sums(found).expected.time_s
        row |= {"measured_s": measured_s, "forecast_s": forecast_s, "times": forecast_s / measured_s}
    if given.against:
        files = ["--configfile", *map(str, given.configfile)] if given.configfile else []
        settings = ["--set", *given.settings] if given.settings else []
        other = of_commit(given.against, [str(given.results), *files, *settings])
        row |= {f"against_{name}": value for name, value in other.items()}
    print(json.dumps({name: round(value, 3) for name, value in row.items()}))


if __name__ == "__main__":
    main()
