"""The forecast as a table for the terminal, with what it leaves out."""

from collections.abc import Iterable, Sequence

from rich import box
from rich.console import Console
from rich.table import Table

from frugalnet import catalogue
from frugalnet.commands.forecast.costs import NOTHING, total
from frugalnet.commands.forecast.reckoning import Reckoned
from frugalnet.config.carbon import Carbon
from frugalnet.config.combinations import facts_of
from frugalnet.config.hours import read_hours
from frugalnet.config.run import Run
from frugalnet.config.whole import Config
from frugalnet.record.co2e import J_PER_KWH

TIMES = (("h", 3600.0), ("min", 60.0), ("s", 1.0))
ENERGIES = (("MJ", 1e6), ("kJ", 1e3), ("J", 1.0))
DASH = "\N{EN DASH}"
WHOLE = 20
"""Numbers from here on are printed without decimals."""
CLASSES = ("search", "pruning", "training")
LEFT_OUT = (
    "Not included: fetching and preparing data, tables, figures and pages, waiting for devices to cool down, failed tries. "
    "Trials are counted with all of their epochs, though early stopping may end them before."
)

OF_PARTS = {
    "early_stopping": "Early stopping: all epochs are counted.",
    "batch_growth": "Growing batches: all epochs are counted with the first batch size, which takes longer.",
    "devices": "Several devices: runs that prune use one, but are counted as the others.",
    "test_time": "Test-time augmentation: quality and inference are counted for the image alone.",
    "internal": "Rounding to int8, and what int8 files take, is not counted.",
}
"""What is said of recipe parts whose cost is not counted, or not exactly."""

Found = Sequence[tuple[Run, Reckoned]]


def print_forecast_table(found: Found, config: Config, about: str, notes: Sequence[str]) -> None:
    """Print runs, time and energy of each dataset and class of methods, and in all; `about`: how the energy is known."""
    console = Console(highlight=False)
    table = Table(title=f"Forecast of results/{config.name}", title_justify="left", box=box.SIMPLE_HEAD, pad_edge=False)
    for name in ("dataset", "with"):
        table.add_column(name)
    for name in ("runs", "time (likely)", "energy (likely)"):
        table.add_column(name, justify="right")
    for dataset in dict.fromkeys(run.dataset for run, _ in found):
        for name in CLASSES:
            part = [each for each in found if each[0].dataset == dataset and class_of(each[0]) == name]
            if part:
                table.add_row(catalogue.DATASETS[dataset].title, name, *cells(part))
        table.add_section()
    table.add_row("all", "", *cells(found), style="bold")
    console.print(table)
    for line in [*_lines(found, config, about), *notes]:
        console.print(line, soft_wrap=True)


def class_of(run: Run) -> str:
    """Return the most expensive thing that a run does: `search`, `pruning`, or `training` alone."""
    return "search" if run.nas else "pruning" if catalogue.METHODS[run.method].granularities else "training"


def cells(found: Found) -> list[str]:
    """Return number of runs, time and energy, each with its likely range."""
    costs = sums(found)
    return [
        str(len(found)),
        with_ends([cost.time_s for cost in costs], TIMES),
        with_ends([cost.energy_j for cost in costs], ENERGIES),
    ]


def sums(found: Found) -> Reckoned:
    """Return what all runs take together; likely ranges add up, as if all errors were the same."""
    return Reckoned(*(total((NOTHING, *each)) for each in zip(*(reckoned for _, reckoned in found), strict=True)))


def with_ends(values: Sequence[float | None], units: Sequence[tuple[str, float]]) -> str:
    """Return the middle value with its range, all in the largest unit of which it is at least one."""
    low, middle, high = values
    if low is None or middle is None or high is None:
        return "not known"
    name, size = next((unit for unit in units if middle >= unit[1]), units[-1])
    low, middle, high = (value / size for value in (low, middle, high))
    digits = 0 if middle >= WHOLE else 1
    return f"{middle:,.{digits}f} {name} ({low:,.{digits}f}{DASH}{high:,.{digits}f})"


def _lines(found: Found, config: Config, about: str) -> list[str]:
    """Return remarks on the numbers."""
    low, expected, high = sums(found)
    lines = []
    if expected.energy_j is not None and low.energy_j is not None and high.energy_j is not None:
        kwh = [f"{cost / J_PER_KWH:.3g}" for cost in (expected.energy_j, low.energy_j, high.energy_j)]
        lines.append(f"{kwh[0]} kWh ({kwh[1]} to {kwh[2]}); energies are {about}, as the probe's.")
        lines.append(co2e([expected.energy_j, low.energy_j, high.energy_j], config.carbon))
    lines.append(
        "Likely: from the cheapest to the most expensive of the networks that stand for those of a search, and within the "
        "spread of the probed epochs."
    )
    return [*lines, LEFT_OUT, *of_parts([run for run, _ in found])]


def of_parts(runs: Iterable[Run]) -> list[str]:
    """Return remarks on the recipe parts of runs whose cost the forecast does not count exactly."""
    used = {key for run in runs for key, levels in facts_of(run.recipe, run.dataset).items() if {*levels} - {"jit"}}
    return [text for key, text in OF_PARTS.items() if key in used]


def co2e(costs_j: Sequence[float], carbon: Carbon) -> str:
    """Return the CO2e of an energy and of its likely range.

    The mean of hourly intensities is used, because the hours of the runs are not known.
    """
    hours = read_hours(carbon.hourly) if carbon.hourly else None
    intensity = hours.mean_g_per_kwh if hours else carbon.intensity_g_per_kwh
    if intensity is None:
        return "No CO2e: carbon.intensity_g_per_kwh is not configured."
    grams = [f"{cost / J_PER_KWH * intensity * carbon.pue:.3g}" for cost in costs_j]
    about = (f", mean of {hours.span}" if hours else "") + (f", PUE {carbon.pue:g}" if carbon.pue != 1 else "")
    return (
        f"{grams[0]} g CO2e ({grams[1]} to {grams[2]}) at {intensity:g} g/kWh ({carbon.source}, {carbon.year}{about})."
    )
