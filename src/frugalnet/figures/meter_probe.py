"""What a probe of the machine found about its meters before the first run.

Left: the power of each device at rest (hollow) and under load (filled), with one standard deviation of the readings. Right: the
smallest difference between two runs that the meter resolves at 95 %, as a share of their energy, against their length; how much
runs differ by themselves comes on top.
"""

from typing import Any

import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.ticker import FuncFormatter, LogLocator, NullFormatter

from frugalnet.drawing.axes import log_axis
from frugalnet.drawing.layout import Note, blank, finish, message, narrow, panels
from frugalnet.drawing.style import MEASUREMENTS, NOTE_COLOUR, key, shade

COLOURS = ("#0072b2", "#d55e00", "#009e73", "#cc79a7", "#222222", "#e69f00")
MARKERS = ("o", "s", "v", "D", "^", "P")
PANEL_HEIGHT_IN = 2.2
DEVICE = ["meter", "device"]


def meter_probe(probe: pd.DataFrame) -> Figure:
    """Draw `idle_w` and `load_w` with their noise per device, and `fraction` against `run_s`."""
    if probe.empty:
        return message("No probe of the meters is known.")
    figure, (power, resolved) = panels([PANEL_HEIGHT_IN] * 2, 1 if narrow() else 2)
    devices = probe.drop_duplicates(DEVICE)
    for place, device in enumerate(devices.itertuples()):
        own = probe[(probe["meter"] == device.meter) & (probe["device"] == device.device)].dropna(subset=["fraction"])
        style = _style(place, device.source)
        label = f"{_name(device)} ({device.source})"
        resolved.plot(own["run_s"], 100 * own["fraction"], label=label, **style)
        _draw_power(power, device, place, style)
    _frame_power(power, [_name(device).replace(": ", "\n", 1) for device in devices.itertuples()])
    _frame_resolved(resolved, probe)
    dot: dict[str, Any] = {"marker": "o", "markersize": 5}
    finish(figure, _note(devices), [key("at rest", markerfacecolor="white", **dot), key("under load", **dot)])
    return figure


def _note(devices: pd.DataFrame) -> Note:
    """Return how the powers are known; what is not measured is the tag."""
    sources = devices["source"].unique()
    text = f"power: {', '.join(sources)} · lines: ± standard deviation from reading to reading · no data set"
    return Note(text, " · ".join(f"{source} power" for source in sources if source not in MEASUREMENTS))


def _name(device: Any) -> str:
    """Return the name of a device for a reader: its model where that is known."""
    return f"{device.meter}: {device.model if pd.notna(device.model) else device.device}"


def _style(number: int, source: str) -> dict[str, Any]:
    """Return the keywords that draw a device."""
    colour, marker = (each[number % len(each)] for each in (COLOURS, MARKERS))
    return {"color": shade(colour, source), "marker": marker, "markersize": 5, "linewidth": 1.2}


def _draw_power(axes: Axes, device: Any, place: int, style: dict[str, Any]) -> None:
    """Draw the power of a device at rest and under load, or say that it is not known."""
    style = style | {"linestyle": "", "capsize": 3, "elinewidth": 0.9}
    powers = (device.idle_w, device.idle_noise_w, "white"), (device.load_w, device.load_noise_w, style["color"])
    for watts, noise_w, face in powers:
        if pd.notna(watts):
            axes.errorbar(place, watts, None if pd.isna(noise_w) else noise_w, markerfacecolor=face, **style)
    if pd.isna(device.idle_w) and pd.isna(device.load_w):
        axes.annotate("not known", (place, 0), (0, 4), textcoords="offset points", ha="center", color=NOTE_COLOUR)


def _frame_power(axes: Axes, names: list[str]) -> None:
    """Set the axes of the powers of so many devices."""
    axes.set_title("power at rest and under load")
    axes.set_xticks(range(len(names)), names)
    axes.set(xlim=(-0.6, len(names) - 0.4), ylabel="power (W)")
    axes.set_ylim(bottom=0)
    axes.grid(axis="x", visible=False)


def _frame_resolved(axes: Axes, probe: pd.DataFrame) -> None:
    """Set the axes of what the meters resolve."""
    axes.set_title("smallest difference resolved")
    if probe["fraction"].isna().all():
        blank(axes, "not known")
        axes.set_yticks([])
    else:
        axes.set_yscale("log")
        axes.yaxis.set_major_locator(LogLocator())
        axes.yaxis.set_major_formatter(FuncFormatter(lambda value, _: f"{value:g}"))
        axes.yaxis.set_minor_formatter(NullFormatter())
    log_axis(axes, probe["run_s"].astype(float), "duration of each run (s)")
    axes.set_ylabel("difference in energy (%)")
