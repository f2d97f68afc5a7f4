"""What commands print: tables of a finished run and of the probe, readable in a terminal."""

from pathlib import Path

import pandas as pd
from rich.console import Console
from rich.table import Table

from frugalnet import catalogue
from frugalnet.analysis import interim
from frugalnet.config.checks import Checks
from frugalnet.page import readable
from frugalnet.page.cells import DASH, Cell, number, twins
from frugalnet.record import paths, record
from frugalnet.record.calibration import Calibration
from frugalnet.record.probe import Probe

MIB = 1 / 2**20
LENIENT = Checks(damaged="warn", duplicates="warn")
"""Another damaged run in the same folder must not keep this one from being printed."""


def print_run(folder: Path, study: Path) -> None:
    """Print the results of a finished run, given its raw folder and its study's folder."""
    row = interim.read_study(study, [folder / paths.RECORD], LENIENT)["runs"].iloc[:1]
    one = row.iloc[0]
    energy = f"{one['energy_source']}, {one['energy_scope']}"
    if one["energy_source"] is None:
        energy = f"not known: {one['energy_reason']}"
    took = {
        f"energy of training and search, J ({energy})": number(one["train_energy_j"]),
        "time of training and search, s": number(one["train_duration_s"]),
    }
    complete = one["status"] == record.COMPLETE
    table = Table(title=one["run"], title_justify="left", show_header=False)
    for name, value in (_of_model(row, took) if complete else {"status": one["status"], **took}).items():
        table.add_row(name, str(value))
    _print(table)
    if not complete:
        _print(f"The run is finished and got no model: {record.read_record(folder / paths.RECORD).error}")
    _print(f"Its files are in {folder}")


def _of_model(row: pd.DataFrame, took: dict[str, Cell]) -> dict[str, str]:
    """Return what is printed of a run with a model; `took` stands between its sizes and its times."""
    one = row.iloc[0]
    dataset = catalogue.DATASETS[one["dataset"]]
    level = "" if one["data_level"] == "official" else f", {one['data_level']} data"
    return {
        f"test {dataset.metric} ({dataset.unit}{level})": f"{one['test_quality']:.4f}",
        f"validation {dataset.metric}": f"{one['validation_quality']:.4f}",
        "parameters \N{RIGHTWARDS ARROW} compacted": twins(row, "parameters")[0],
        "multiply-accumulates \N{RIGHTWARDS ARROW} compacted": twins(row, "macs")[0],
        "file, MiB \N{RIGHTWARDS ARROW} compacted": twins(row, "model_bytes", MIB, "compacted_bytes")[0],
        **took,
        "latency of one sample, ms \N{RIGHTWARDS ARROW} compacted": twins(row, "latency_batch1_ms")[0],
        "latency, compacted, \N{MULTIPLICATION SIGN} baseline": number(one["latency_ratio"]),
    }


def print_meters(probe: Probe) -> None:
    """Print what the meters of a machine can tell, and the smallest differences between two runs that they resolve."""
    for line in readable.meters(probe):
        _print(line)
    smallest = readable.smallest_differences(probe)
    if len(smallest):
        table = Table(title="Smallest difference between two runs that the meter resolves (95 %)", title_justify="left")
        for name in smallest:
            table.add_column(str(name), justify="left" if name in ("meter", "device") else "right")
        for cells in smallest.fillna(DASH).astype(str).itertuples(index=False):
            table.add_row(*cells)
        _print(table)


def print_gain(found: Calibration, path: Path) -> None:
    """Print how the meters of a machine compare with its plug, and how runs use the result."""
    risen = ", ".join(f"{each.meter} ({each.model or each.device}) by {each.rise_w:.1f} W" for each in found.meters)
    _print(f"Under load the power at the {found.plug} rises by {found.plug_rise_w:.1f} W; that of {risen}.")
    _print(
        f"Gain {found.gain:.3f} (95 % {found.gain_low:.3f} to {found.gain_high:.3f}) over {len(found.gains)} alternations "
        "of rest and load. The plug is taken as right, and has the losses of the power supply."
    )
    _print(
        f"Runs with measure.calibration={path} say that energies of these meters are off by {100 * found.relative_error:.1f} % "
        "(1 sigma, systematic); the energies stay as they are read."
    )


def _print(what: str | Table) -> None:
    Console(soft_wrap=isinstance(what, str), markup=False, highlight=False).print(what)
