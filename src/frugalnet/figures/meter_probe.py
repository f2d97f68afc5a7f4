"""What a probe of the machine found about its meters before the first run.

Left, the power of each device at rest (hollow) and under load (filled); the lines are one standard deviation of the power from
reading to reading, up and down. Right, the smallest difference between two runs that the meter resolves at 95 %, as a
share of their energy, against how long the runs take: the noise of the meter alone; how much runs differ by themselves comes
on top. Pale colours are devices whose power is estimated or simulated.
"""

from typing import Any

import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.lines import Line2D
from matplotlib.ticker import FuncFormatter, LogLocator, NullFormatter

from frugalnet.drawing.axes import log_axis
from frugalnet.drawing.layout import Note, finish, message, narrow, panels
from frugalnet.drawing.style import MEASUREMENTS, NOTE_COLOUR, shade

COLOURS = ("#0072b2", "#d55e00", "#009e73", "#cc79a7", "#222222", "#e69f00")
MARKERS = ("o", "s", "v", "D", "^", "P")
PANEL_HEIGHT_IN = 2.2
DEVICE = ["meter", "device"]


def meter_probe(probe: pd.DataFrame) -> Figure:
    """Draw `idle_w` and `load_w` with their noise per device, and `fraction` against `run_s`."""
    if probe.empty:
        return message("No probe of the meters is known.")
    devices = probe.drop_duplicates(DEVICE)
    figure, (power, resolved) = panels([PANEL_HEIGHT_IN] * 2, 1 if narrow() else 2)
    _draw_powers(power, devices)
    for number, device in enumerate(devices.itertuples()):
        own = probe[(probe["meter"] == device.meter) & (probe["device"] == device.device)].dropna(subset=["fraction"])
        label = f"{_name(device)} ({device.source})"
        resolved.plot(own["run_s"], 100 * own["fraction"], label=label, **_style(number, device.source))
    _frame_resolved(resolved, probe)
    grey: dict[str, Any] = {"linestyle": "", "marker": "o", "markersize": 5, "color": NOTE_COLOUR}
    rest, load = (
        Line2D([], [], label="at rest", markerfacecolor="white", **grey),
        Line2D([], [], label="under load", **grey),
    )
    finish(figure, _note(devices), [rest, load])
    return figure


def _note(devices: pd.DataFrame) -> Note:
    """Return how the powers are known; what is not measured is the tag."""
    sources = devices["source"].unique()
    kinds = [source for source in sources if source not in MEASUREMENTS]
    return Note(
        f"power: {', '.join(sources)} · lines: ± standard deviation from reading to reading · no data set",
        " · ".join(f"{kind} power" for kind in kinds),
    )


def _name(device: Any) -> str:
    """Return the name of a device for a reader: its model where that is known."""
    return f"{device.meter}: {device.model if pd.notna(device.model) else device.device}"


def _style(number: int, source: str) -> dict[str, Any]:
    """Return the keywords that draw a device."""
    return {
        "color": shade(COLOURS[number % len(COLOURS)], source), "marker": MARKERS[number % len(MARKERS)], "markersize": 5,
        "linewidth": 1.2,
    }  # fmt: skip


def _draw_powers(axes: Axes, devices: pd.DataFrame) -> None:
    """Draw the power of each device at rest and under load, or say that it is not known."""
    for place, device in enumerate(devices.itertuples()):
        style = _style(place, device.source) | {"linestyle": ""}
        for watts, noise_w, face in (
            (device.idle_w, device.idle_noise_w, "white"),
            (device.load_w, device.load_noise_w, style["color"]),
        ):
            if pd.notna(watts):
                spread_w = None if pd.isna(noise_w) else noise_w
                axes.errorbar(place, watts, spread_w, capsize=3, elinewidth=0.9, markerfacecolor=face, **style)
        if pd.isna(device.idle_w) and pd.isna(device.load_w):
            axes.annotate("not known", (place, 0), (0, 4), textcoords="offset points", ha="center", color=NOTE_COLOUR)
    axes.set_title("power at rest and under load")
    axes.set_xticks(range(len(devices)), [_name(device).replace(": ", "\n", 1) for device in devices.itertuples()])
    axes.set_xlim(-0.6, len(devices) - 0.4)
    axes.set_ylim(bottom=0)
    axes.set_ylabel("power (W)")
    axes.grid(axis="x", visible=False)


def _frame_resolved(axes: Axes, probe: pd.DataFrame) -> None:
    """Set the axes of what the meters resolve."""
    axes.set_title("smallest difference resolved")
    if probe["fraction"].isna().all():
        axes.text(0.5, 0.5, "not known", ha="center", color=NOTE_COLOUR, transform=axes.transAxes)
        axes.set_yticks([])
    else:
        axes.set_yscale("log")
        axes.yaxis.set_major_locator(LogLocator())
        axes.yaxis.set_major_formatter(FuncFormatter(lambda value, _: f"{value:g}"))
        axes.yaxis.set_minor_formatter(NullFormatter())
    log_axis(axes, probe["run_s"].astype(float), "duration of each run (s)")
    axes.set_ylabel("difference in energy (%)")
