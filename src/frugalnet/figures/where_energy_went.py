"""Where the energy of each method went, from loading the data to measuring inference.

A bar is the mean over seeds of a method's own runs: blue and red are the search, green is training, dark is what these take
beside trials and epochs. The tick is the energy without the power of the idle device, the whisker an uncertainty of one sigma.
"""

import math
from dataclasses import dataclass
from typing import Any

import pandas as pd
from matplotlib.artist import Artist
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.patches import Patch
from matplotlib.patheffects import withStroke
from matplotlib.ticker import EngFormatter, MaxNLocator

from frugalnet.analysis.groups import ENERGY
from frugalnet.drawing.layout import finish, message, provenance
from frugalnet.drawing.phases import PHASES, failed_trials, phase
from frugalnet.drawing.rows import row_panels
from frugalnet.drawing.style import MEASUREMENTS, NOTE_COLOUR, key, shade, source_keys, title
from frugalnet.record.windows import RUN, TRIALS

KIND = ["dataset", "method", "variant", "data_level", *ENERGY]
"""Runs that differ in any of these are never put in one bar."""
READ = {
    "windows": [
        *("run", *KIND, "seed", "name", "device", "scope", "energy_uj"),
        *("energy_net_uj", "u_stat_j", "u_idle_j", "u_sys_j", "gain", "counted"),
    ]
}
UNKNOWN = "not known"
MARK_COLOUR = "#111111"


@dataclass(frozen=True)
class Bar:
    """A method's mean over seeds, in joules; `parts` is None where the energy of a run is not known."""

    kind: dict[str, Any]
    parts: dict[str, float] | None
    net_j: float | None = None
    sigma_j: float | None = None

    def label(self, mixed: bool) -> str:
        """Return the method's name, with source and scope where those of a panel are `mixed`."""
        name = title(self.kind["method"], self.kind["variant"])
        scope = self.kind["energy_scope"]
        return f"{name}, {self.kind['energy_source']} ({scope})" if mixed and isinstance(scope, str) else name


def where_energy_went(windows: pd.DataFrame, trials: pd.DataFrame) -> Figure:
    """Draw `energy_uj` of the windows as a bar per method, cut at the borders of phases; `trials` tells which failed."""
    if windows.empty:
        return message("There are no runs whose energy could be shown.")
    found = bars(windows, trials)
    if all(bar.parts is None for bar in found):
        return message("No energy is known of any run.")
    by_dataset = {name: [bar for bar in found if bar.kind["dataset"] == name] for name in windows["dataset"].unique()}
    names = {dataset: _labels(own) for dataset, own in by_dataset.items()}
    figure, panels = row_panels(pd.DataFrame([bar.kind for bar in found]), names, columns=None)
    for dataset, axes in panels.items():
        _draw(axes, by_dataset[dataset])
    finish(figure, provenance(windows, None, energy=True), _keys(found))
    return figure


def energy_by_phase(windows: pd.DataFrame, trials: pd.DataFrame) -> dict[str, dict[str, int]]:
    """Return the microjoules of each phase for every run whose energy is known; they add up to that of its roots exactly.

    Devices outside the scope of the run's totals are left out. A window whose energy is not known gives what it holds to
    the one around it.
    """
    failed, windows = failed_trials(trials), _in_scope(windows)
    rows = windows.loc[windows["energy_uj"].notna() & windows["run"].isin(_known(windows))]
    by_run = rows[["run", "device", "name", "energy_uj"]].groupby("run", sort=False)
    return {str(run): _by_phase(str(run), own, failed) for run, own in by_run}


def _by_phase(run: str, rows: pd.DataFrame, failed: set[tuple[str, str]]) -> dict[str, int]:
    """Return the microjoules of each phase of a run, from the windows of it whose energy is known."""
    keys = zip(rows["device"].tolist(), rows["name"].tolist(), strict=True)
    energy_uj = dict(zip(keys, map(int, rows["energy_uj"].tolist()), strict=True))
    own_uj = dict(energy_uj)
    for (device, name), inside_uj in energy_uj.items():
        around = name.rpartition("/")[0]
        while around and (device, around) not in energy_uj:
            around = around.rpartition("/")[0]
        if around:
            own_uj[device, around] -= inside_uj
    phases = dict.fromkeys(PHASES, 0)
    for (_, name), part_uj in own_uj.items():
        phases[phase(run, name, failed)] += part_uj
    return phases


def _in_scope(windows: pd.DataFrame) -> pd.DataFrame:
    """Return the windows of the devices that the totals of their runs are over; a GPU that did no work is none of them."""
    scopes = windows.groupby(["scope", "energy_scope"], sort=False, dropna=False)
    counted = windows["counted"] | windows["energy_uj"].isna()
    inside = [scope in str(total).split("+") for scope, total in scopes.size().index]
    return windows[scopes.ngroup().map(dict(enumerate(inside))).astype(bool) & counted]


def _roots(windows: pd.DataFrame) -> pd.DataFrame:
    """Return the windows that are in no other: of each run its own, and those of trials in other processes."""
    return windows[(windows["name"] == RUN) | windows["name"].str.fullmatch(f"{TRIALS}/[^/]+")]


def _known(windows: pd.DataFrame) -> set[str]:
    """Return the runs whose energy is known for every device in scope, in all of their roots; `windows` are in scope."""
    roots = _roots(windows).groupby(["run", "name"], sort=False)
    complete = roots["energy_uj"].count() == roots.size()
    complete &= roots["scope"].nunique() == roots["energy_scope"].first().str.count(r"\+") + 1
    runs = complete.groupby("run").all()
    return set(runs.index[runs])


def bars(windows: pd.DataFrame, trials: pd.DataFrame) -> list[Bar]:
    """Return a bar per dataset, method and variant, in the order of the windows."""
    phases, roots = energy_by_phase(windows, trials), _roots(windows).reset_index(drop=True)
    in_scope = _in_scope(roots).index
    found = []
    for values, group in roots.groupby(KIND, sort=False, dropna=False):
        kind = dict(zip(KIND, values, strict=True))
        runs = list(group["run"].unique())
        if not all(run in phases for run in runs):
            found.append(Bar(kind, None))
            continue
        parts = {name: sum(phases[run][name] for run in runs) / 1e6 / len(runs) for name in PHASES}
        root = group[group.index.isin(in_scope)]
        net_j = root["energy_net_uj"].astype(float).sum(skipna=False) / 1e6 / len(runs)
        known = [None if math.isnan(value) else value for value in (net_j, _sigma_j(root, len(runs)))]
        found.append(Bar(kind, parts, *known))
    return found


def _sigma_j(roots: pd.DataFrame, runs: int) -> float:
    """Return the uncertainty of the mean over runs of the gross energy; NaN where any part of it is not known.

    Statistical parts are independent from run to run, systematic ones are the same in all runs of a device. Without `gain`,
    as in records of before there was one, `u_sys_j` is that of the gross energy.
    """
    idle_j = roots["u_idle_j"].astype(float).fillna(0)
    squares = (roots["u_stat_j"].astype(float) ** 2 - idle_j**2).clip(lower=0)  # rounding may put them below
    statistical_j = math.sqrt(squares.sum(skipna=False)) / runs
    gross_j = roots["gain"].astype(float) * roots["energy_uj"].astype(float) / 1e6
    gross_j = gross_j.fillna(roots["u_sys_j"].astype(float))
    of_devices_j = gross_j.groupby(roots["device"]).agg(lambda parts: parts.sum(skipna=False)) / runs
    return math.sqrt(statistical_j**2 + (of_devices_j**2).sum(skipna=False))


def _labels(rows: list[Bar]) -> list[str]:
    """Return the names of the bars of a panel."""
    mixed = len({(bar.kind["energy_source"], bar.kind["energy_scope"]) for bar in rows if bar.parts}) > 1
    return [bar.label(mixed) for bar in rows]


def _draw(axes: Axes, rows: list[Bar]) -> None:
    """Draw the bars of a panel below each other, or say that an energy is not known."""
    for y, bar in enumerate(rows):
        if bar.parts is None:
            beside: dict[str, Any] = {
                "textcoords": "offset points",
                "va": "center",
                "fontsize": 7,
                "color": NOTE_COLOUR,
            }
            axes.annotate(UNKNOWN, (0, y), (4, 0), **beside)
    known = [bar for bar in rows if bar.parts]
    if known:
        _draw_bars(axes, [y for y, bar in enumerate(rows) if bar.parts], known)
    sources = dict.fromkeys(bar.kind["energy_source"] for bar in known)
    axes.set_xlim(left=0)
    axes.xaxis.set_major_locator(MaxNLocator(5 if sources else 1))
    axes.xaxis.set_major_formatter(EngFormatter(sep=""))
    axes.set_xlabel("energy (J)\n" + (", ".join(sources) or UNKNOWN))


def _draw_bars(axes: Axes, places: list[int], rows: list[Bar]) -> None:
    """Draw the parts of bars, phase by phase, and their net energy and uncertainty."""
    parts_j, ends_j = pd.DataFrame([bar.parts for bar in rows]), pd.Series(0.0, range(len(rows)))
    for name, colour in PHASES.items():
        colours = [shade(colour, bar.kind["energy_source"]) for bar in rows]
        axes.barh(places, parts_j[name], left=ends_j, height=0.66, color=colours, linewidth=0)
        ends_j = ends_j + parts_j[name]
    marks = pd.DataFrame({"y": places, "net": [bar.net_j for bar in rows], "sigma": [bar.sigma_j for bar in rows]})
    marks = marks.astype(float).assign(end=ends_j)
    halo, net = [withStroke(linewidth=2.2, foreground="white")], marks[marks["net"].notna()]
    axes.vlines(
        net["net"], net["y"] - 0.42, net["y"] + 0.42, color=MARK_COLOUR, linewidth=1.1, path_effects=halo, zorder=3
    )
    sure = marks[marks["sigma"].notna()]
    whisker: dict[str, Any] = {"fmt": "none", "color": MARK_COLOUR, "elinewidth": 0.9, "capsize": 2.2, "zorder": 4}
    axes.errorbar(sure["end"], sure["y"], xerr=sure["sigma"], **whisker)


def _keys(found: list[Bar]) -> list[Artist]:
    """Return the legend: the phases that occur, in the colours that they have, and what the marks are."""
    drawn = [bar for bar in found if bar.parts]
    sources = pd.Series([bar.kind["energy_source"] for bar in drawn])
    firm = next((source for source in sources if source in MEASUREMENTS), sources[0])
    used = [name for name in PHASES if any(bar.parts and bar.parts[name] for bar in drawn)]
    keys: list[Artist] = [Patch(color=shade(PHASES[name], firm), linewidth=0, label=name) for name in used]
    keys += source_keys(sources)
    mark: dict[str, Any] = {"marker": "|", "color": MARK_COLOUR}
    if any(bar.net_j is not None for bar in drawn):
        keys.append(key("net of idle power", markersize=9, markeredgewidth=1.2, **mark))
    if any(bar.sigma_j is not None for bar in drawn):
        keys.append(key("± uncertainty (1 sigma)", markersize=5, linestyle="-", **mark))
    return keys
