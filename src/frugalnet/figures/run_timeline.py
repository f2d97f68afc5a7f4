"""One run of each dataset as it went: the power of its devices over time, and below it the windows of its ledger.

A window stands below the one around it, in the colour of its phase; hatched windows are flagged, and the table of windows says
why. In a long run the line is a mean, with thin lines to the extremes; trials in other processes are left out.
"""

import re
from itertools import pairwise
from typing import Any

import numpy as np
import pandas as pd
from matplotlib.artist import Artist
from matplotlib.axes import Axes
from matplotlib.colors import to_rgb
from matplotlib.figure import Figure
from matplotlib.lines import Line2D
from matplotlib.patches import Patch
from matplotlib.ticker import MaxNLocator

from frugalnet import catalogue
from frugalnet.drawing.labels import LABEL_SIZE
from frugalnet.drawing.layout import finish, grid, message, provenance, width_in
from frugalnet.drawing.phases import PHASES, failed_trials, phase
from frugalnet.drawing.style import NOTE_COLOUR, key, mixed, shade, title

READ = {"windows": ["run", "name", "start_s", "end_s", "flags"]}
DEVICE_COLOURS = {"cpu": ("#222222", "#7d5a3c"), "gpu": ("#c2379e", "#7b1f86"), "machine": ("#b8860b", "#8a6508")}
"""Per scope, those of its first and its other devices."""
IDLE_COLOUR = "#f0f0f0"
HATCH = "/////"
FLAGGED, IDLE = "flagged window", "idle bracket"
MOST_POINTS = 1500
MEANS = 200
PANEL_HEIGHT_IN = 2.0
ROW = 0.13
"""Height of a row of windows, as a fraction of the highest power."""
CHARACTER_IN = 0.58 * LABEL_SIZE / 72
MARGIN_IN = 0.7
"""Width of a figure that is beside its panel."""


def run_timeline(timelines: pd.DataFrame, windows: pd.DataFrame, trials: pd.DataFrame | None = None) -> Figure:
    """Draw `power_w` over `time_s`, one run of `timelines` per dataset; `trials`, where given, tells which failed."""
    if timelines.empty:
        return message("No timeline of a run is there: no meter was read, or a light package left them out.")
    figure, panels = grid(timelines, columns=1, panel_height_in=PANEL_HEIGHT_IN, fixed=True)
    failed = set() if trials is None else failed_trials(trials)
    keys: dict[str, Artist] = {}
    for dataset, axes in panels.items():
        readings = timelines[timelines["dataset"] == dataset]
        first = readings.iloc[0]
        readings = readings[readings["run"] == first["run"]]
        inside = _merged(windows, first["run"])
        inside["phase"] = [phase(first["run"], name, failed) for name in inside["name"]]
        axes.set_title(f"{catalogue.DATASETS[dataset].title}: {title(first['method'], first['variant'])}")
        lines = _draw_power(axes, readings)
        top_w = _frame(axes, readings, inside)
        _draw_windows(axes, inside, top_w)
        idle = _shade_idle(axes, readings, inside)
        keys |= {str(key.get_label()): key for key in [*lines, *_window_keys(inside), *idle]}
    axes.set_xlabel("time since the start of the run (s)")
    order = [*PHASES, FLAGGED, IDLE]
    ranks = {label: order.index(label) if label in order else len(order) for label in keys}
    finish(
        figure,
        provenance(timelines, "times", energy=True),
        [keys[label] for label in sorted(keys, key=ranks.__getitem__)],
    )
    return figure


def _merged(windows: pd.DataFrame, run: str) -> pd.DataFrame:
    """Return the windows under `run` of a run once, with `flagged` where one of the devices has flags.

    Trials of other processes are left out: they were at another time.
    """
    columns = {"name": "", "start_s": 0.0, "end_s": 0.0, "flagged": False}
    if windows.empty:
        return pd.DataFrame([columns]).iloc[:0]
    own = windows[windows["run"] == run]
    own = own[own["name"].str.partition("/")[0] == "run"]
    own = own.assign(flagged=own["flags"].fillna("") != "").groupby("name", sort=False, as_index=False)
    return own.agg({"start_s": "first", "end_s": "first", "flagged": "any"})


def power_w(readings: pd.DataFrame) -> tuple[np.ndarray, np.ndarray]:
    """Return times, and the power of one device up to each: what it gives itself, else the slope of its energy.

    Of readings that are much closer together than usual, such as those at the edges of windows, the mean is taken: over a
    stretch near to the unit of the device's counter or clock, power means nothing.
    """
    time_s = readings["time_s"].to_numpy(dtype=float)
    length_s = np.diff(time_s, prepend=time_s[0])
    given = readings["power_w"].to_numpy(dtype=float)
    with np.errstate(divide="ignore", invalid="ignore"):
        slope = readings["energy_uj"].astype(float).diff().to_numpy() / 1e6 / length_s
    kept = _apart(time_s)
    mean = _means(np.where(np.isnan(given), slope, given), length_s, kept[:-1] + 1)
    return time_s[kept], np.concatenate([mean[:1], mean])


def _means(values: np.ndarray, weights: np.ndarray, starts: np.ndarray) -> np.ndarray:
    """Return the weighted mean from each start to before the next one; NaN where no value is known."""
    known = np.where(np.isfinite(values), weights, 0)
    with np.errstate(divide="ignore", invalid="ignore"):
        return np.add.reduceat(np.where(known > 0, values, 0) * known, starts) / np.add.reduceat(known, starts)


def _apart(time_s: np.ndarray) -> np.ndarray:
    """Return the numbers of readings, first and last included, that are at least half a usual interval apart."""
    length_s = np.sort(np.diff(time_s))
    usual_s = length_s[np.searchsorted(length_s.cumsum(), length_s.sum() / 2)]  # half the time is in longer ones
    kept = [0]
    for number in range(1, len(time_s)):
        if time_s[number] - time_s[kept[-1]] >= usual_s / 2:
            kept.append(number)
    return np.array([*kept[: max(1, len(kept) - 1)], len(time_s) - 1])


def thinned(values: np.ndarray, most: int = MOST_POINTS) -> np.ndarray:
    """Return the numbers of at most so many points that look like all: the lowest and the highest of equal stretches."""
    if len(values) <= most:
        return np.arange(len(values))
    edges = np.linspace(0, len(values), most // 2).astype(int)
    kept = {0, len(values) - 1}
    for start, end in pairwise(edges):
        part = values[start:end]
        if not np.isnan(part).all():
            kept |= {start + int(np.nanargmin(part)), start + int(np.nanargmax(part))}
    return np.array(sorted(kept))


def _draw_power(axes: Axes, readings: pd.DataFrame) -> list[Line2D]:
    """Draw a line per device, numbered where a scope has several; return their legend entries."""
    lines = list[Line2D]()
    for scope, of_scope in readings.groupby("scope", sort=False):
        devices = list(of_scope["device"].unique())
        for number, device in enumerate(devices):
            own = of_scope[of_scope["device"] == device]
            time_s, power = power_w(own) if len(own) > 1 else (np.array([]), np.array([]))
            if np.isnan(power).all():
                continue
            source = own.get("source", own["energy_source"]).iloc[0]
            colour = shade(DEVICE_COLOURS[str(scope)][min(number, 1)], source)
            name = str(scope) if scope == "machine" else str(scope).upper()
            name += f" {number + 1}" if len(devices) > 1 else ""
            _draw_line(axes, time_s, power, colour)
            lines.append(key(f"power, {name} ({source})", linestyle="-", color=colour))
    if not lines:
        axes.text(0.5, 0.7, "power not known", ha="center", color=NOTE_COLOUR, transform=axes.transAxes)
    return lines


def _draw_line(axes: Axes, time_s: np.ndarray, power: np.ndarray, colour: str) -> None:
    """Draw power over the time up to each reading; where readings are too many, their extremes thin and their mean."""
    at = thinned(power)
    style: dict[str, Any] = {"drawstyle": "steps-pre", "color": colour}
    if len(at) == len(power):
        axes.plot(time_s, power, linewidth=0.9, **style)
        return
    axes.plot(time_s[at], power[at], linewidth=0.3, alpha=0.35, **style)
    starts = np.linspace(0, len(power), MEANS, endpoint=False).astype(int)
    ends = np.append(starts[1:], len(power)) - 1
    axes.plot(time_s[ends], _means(power, np.diff(time_s, prepend=time_s[0]), starts), linewidth=0.9, **style)


def _frame(axes: Axes, readings: pd.DataFrame, windows: pd.DataFrame) -> float:
    """Set the limits: all time that there is, power from 0 up, and a row per depth of windows below; return the power."""
    top_w = max((float(np.nanmax(line.get_ydata())) for line in axes.get_lines()), default=0.0) or 1.0
    rows = 1 + windows["name"].str.count("/").max() if len(windows) else 0
    times = pd.concat([readings["time_s"], windows["start_s"], windows["end_s"]])
    axes.set_xlim(times.min(), max(times.max(), times.min() + 1e-3))
    axes.set_ylim(-(rows + 0.3) * ROW * top_w, 1.08 * top_w)
    ticks = MaxNLocator(4).tick_values(0, top_w) if axes.get_lines() else []
    axes.set_yticks([tick for tick in ticks if 0 <= tick <= 1.08 * top_w])
    axes.spines["left"].set_bounds(0, 1.08 * top_w)
    axes.set_ylabel("power (W)", loc="top")
    axes.grid(axis="x", visible=False)
    return top_w


def _draw_windows(axes: Axes, windows: pd.DataFrame, top_w: float) -> None:
    """Draw each window as a bar in the row of its depth, with its name where there is room."""
    drawn = windows.assign(
        depth=windows["name"].str.count("/"),
        own_name=windows["name"].str.split("/").str[-1],
        length_s=windows["end_s"] - windows["start_s"],
    )
    drawn["colour"] = [_alternate(PHASES[of], name) for of, name in zip(drawn["phase"], drawn["own_name"], strict=True)]
    drawn["ink"] = [_ink(colour) for colour in drawn["colour"]]
    for (depth, flagged, ink), row in drawn.groupby(["depth", "flagged", "ink"]):
        span = (-(depth + 1.2) * ROW * top_w, 0.9 * ROW * top_w)
        hatch = HATCH if flagged else None
        bars = list(zip(row["start_s"], row["length_s"], strict=True))
        axes.broken_barh(bars, span, facecolors=row["colour"], edgecolor=str(ink), linewidth=0, hatch=hatch)
        for window in row.itertuples():
            _name(axes, window, span[0] + span[1] / 2)


def _name(axes: Axes, window: Any, y: float) -> None:
    """Write a window's name into its bar, or the number at its end, or nothing."""
    left, right = axes.get_xlim()
    inch_s = (right - left) / (width_in() - MARGIN_IN)
    names = [window.own_name.replace("_", " "), *re.findall(r"^(?:trial|epoch)(\d+)", window.own_name)]
    fitting = [name for name in names if (len(name) + 1) * CHARACTER_IN * inch_s < window.length_s]
    if fitting:
        box = {"facecolor": window.colour, "linewidth": 0, "pad": 0} if window.flagged else None
        style: dict[str, Any] = {"ha": "center", "va": "center_baseline", "fontsize": LABEL_SIZE, "color": window.ink}
        axes.text(window.start_s + window.length_s / 2, y, fitting[0], bbox=box, **style)


def _alternate(colour: str, name: str) -> str:
    """Return the colour, lighter for windows with an even number."""
    number = re.search(r"\d+", name)
    return mixed(colour, 0.7) if number and int(number[0]) % 2 == 0 else colour


def _ink(colour: str) -> str:
    """Return what can be read on a colour."""
    return "white" if np.dot(to_rgb(colour), (0.3, 0.59, 0.11)) < 0.55 else "black"


def _shade_idle(axes: Axes, readings: pd.DataFrame, windows: pd.DataFrame) -> list[Artist]:
    """Shade the time outside the run; return its legend entry, where there is any."""
    roots = windows[windows["name"] == "run"]
    if roots.empty:
        return []
    start_s, end_s = roots[["start_s", "end_s"]].iloc[0]
    outside = (readings["time_s"].min(), start_s), (end_s, readings["time_s"].max())
    brackets = [(low, high) for low, high in outside if high - low > 0.002 * (end_s - start_s)]
    for low, high in brackets:
        axes.axvspan(low, high, color=IDLE_COLOUR, linewidth=0, zorder=0)
    return [Patch(color=IDLE_COLOUR, linewidth=0, label=IDLE)] if brackets else []


def _window_keys(windows: pd.DataFrame) -> list[Artist]:
    """Return the legend of the windows."""
    keys: list[Artist] = [Patch(color=PHASES[name], linewidth=0, label=name) for name in windows["phase"].unique()]
    if windows["flagged"].any():
        keys.append(Patch(facecolor="white", edgecolor="black", hatch=HATCH, linewidth=0, label=FLAGGED))
    return keys
