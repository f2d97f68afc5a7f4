"""The forecast as a table for the terminal, with what it leaves out."""

from collections.abc import Sequence

from rich.console import Console
from rich.table import Table

from frugalnet import catalogue
from frugalnet.commands.forecast.costs import NOTHING, Cost, total
from frugalnet.commands.forecast.reckoning import Reckoned
from frugalnet.config.run import Run
from frugalnet.config.whole import Config

KWH_J = 3.6e6
HOUR_S, MINUTE_S = 3600, 60
FEW_J = 10_000
CLASSES = {"search": "search", "pruning": "pruning", "training": "training alone"}
LEFT_OUT = (
    "Left out: fetching and preparing data, tables, figures and pages, waiting for devices to cool down, tries that fail. "
    "Trials are reckoned with all of their epochs, though patience may end them before."
)

Found = Sequence[tuple[Run, Reckoned]]


def print_forecast_table(found: Found, config: Config, about: str, busy: float | None) -> None:
    """Print runs, time and energy of each dataset and class of methods, and in all; `about`: how the energy is known; `busy`: load."""
    console = Console(highlight=False)
    table = Table(title=f"Forecast of results/{config.name}", title_justify="left")
    for name in ("dataset", "with"):
        table.add_column(name)
    for name in ("runs", "time", "likely", "energy", "likely"):
        table.add_column(name, justify="right")
    for dataset in dict.fromkeys(run.dataset for run, _ in found):
        for name, methods in CLASSES.items():
            part = [each for each in found if each[0].dataset == dataset and class_of(each[0]) == name]
            if part:
                table.add_row(catalogue.DATASETS[dataset].title, methods, *cells(part))
        table.add_section()
    table.add_row("all", "", *cells(found), style="bold")
    console.print(table)
    for line in _lines(found, config, about, busy):
        console.print(line, soft_wrap=True)


def class_of(run: Run) -> str:
    """Return what a run does that costs most: `search`, `pruning` or `training` alone."""
    return "search" if run.nas else "pruning" if catalogue.METHODS[run.method].granularities else "training"


def cells(found: Found) -> list[str]:
    """Return number of runs, time and energy, each with the ends of what is likely."""
    low, expected, high = sums(found)
    return [
        str(len(found)),
        duration(expected.time_s),
        f"{duration(low.time_s)} to {duration(high.time_s)}",
        energy(expected),
        f"{energy(low)} to {energy(high)}" if expected.energy_j is not None else "",
    ]


def sums(found: Found) -> Reckoned:
    """Return what all runs take together; what is likely adds up, as if all errors were alike."""
    return Reckoned(*(total((NOTHING, *each)) for each in zip(*(reckoned for _, reckoned in found), strict=True)))


def duration(time_s: float) -> str:
    """Return a time for readers."""
    if time_s >= HOUR_S:
        return f"{time_s / HOUR_S:.1f} h"
    return f"{time_s / MINUTE_S:.1f} min" if time_s >= MINUTE_S else f"{time_s:.0f} s"


def energy(cost: Cost) -> str:
    """Return an energy for readers."""
    if cost.energy_j is None:
        return "not known"
    return f"{cost.energy_j:,.0f} J" if cost.energy_j < FEW_J else f"{cost.energy_j / 1000:,.1f} kJ"


def _lines(found: Found, config: Config, about: str, busy: float | None) -> list[str]:
    """Return what is to be known beside the numbers."""
    low, expected, high = sums(found)
    lines = []
    if expected.energy_j is not None and low.energy_j is not None and high.energy_j is not None:
        kwh = [f"{cost / KWH_J:.3g}" for cost in (expected.energy_j, low.energy_j, high.energy_j)]
        lines.append(f"{kwh[0]} kWh ({kwh[1]} to {kwh[2]}); energies are {about}, as the probe's.")
        if (intensity := config.carbon.intensity_g_per_kwh) is not None:
            grams = [f"{cost / KWH_J * intensity:.3g}" for cost in (expected.energy_j, low.energy_j, high.energy_j)]
            source = f"{intensity:g} g/kWh ({config.carbon.source}, {config.carbon.year})"
            lines.append(f"{grams[0]} g CO2e ({grams[1]} to {grams[2]}) at {source}.")
        else:
            lines.append("No CO2e: carbon.intensity_g_per_kwh is not configured.")
    lines.append(
        "Likely: from the cheapest to the dearest of the networks that stand for those which a search finds, and the "
        "spread of the probed epochs."
    )
    lines.append(LEFT_OUT)
    if busy is not None:
        lines.append(
            f"Other processes kept this machine busy (load {busy:.1f}): times, and the energy that goes with time, come out "
            "too large for a quiet one."
        )
    return lines
