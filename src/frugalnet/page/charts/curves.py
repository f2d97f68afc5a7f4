"""Learning curves of all configurations: quality, loss and learning rate by epoch, and quality by the energy and time so far."""

from collections.abc import Iterable, Mapping
from typing import Any, NamedTuple

import numpy as np
import pandas as pd

from frugalnet import catalogue
from frugalnet.analysis.groups import COMPARABLE, alike
from frugalnet.analysis.statistics.wording import counted
from frugalnet.catalogue import BASELINE
from frugalnet.drawing.configurations import Looks, best_of, shown
from frugalnet.drawing.layout import provenance
from frugalnet.page.cells import number, row_name
from frugalnet.page.charts.parts import Exploration, Option, Panel, heading, ink, quality_of, source, ticks

MOST_POINTS = 100
"""Points of a line at most."""
DASHES = {"-": "solid", "--": "dashed", "-.": [6, 2, 2, 2], ":": "dotted"}
EPOCH, ENERGY, TIME = "epoch", "energy so far (J)", "time so far (s)"


class Choice(NamedTuple):
    """What can be shown: columns on x and on y, their names, and whether y is logarithmic."""

    x: str
    y: str
    x_name: str
    y_name: str
    logarithmic: bool = False


CHOICES = {
    "{} by epoch": Choice("epoch", "validation_quality", EPOCH, "{}"),
    "{} by energy": Choice("energy_so_far_j", "validation_quality", ENERGY, "{}"),
    "{} by time": Choice("time_so_far_s", "validation_quality", TIME, "{}"),
    "training {} by epoch": Choice("epoch", "quality", EPOCH, "training {}"),
    "validation loss by epoch": Choice("epoch", "validation_loss", EPOCH, "validation loss", True),
    "learning rate by epoch": Choice("epoch", "learning_rate", EPOCH, "learning rate", True),
}
"""What can be shown, by its name; the braces stand for the quality."""


def curves(tables: Mapping[str, pd.DataFrame]) -> Exploration:
    """Return a panel per kind of `configurations` that may be compared, with a line per configuration: the first of its seeds."""
    found, epochs = tables["configurations"], tables["epochs"]
    rows = _with_sums(epochs, tables["runs"])
    panels, firsts, seeds = [], [], 0
    for _, own in found.groupby(COMPARABLE, sort=False, dropna=False):
        same = alike(rows, own.iloc[0], COMPARABLE)
        same = same[same["variant"].isin(own["variant"])]
        if len(same):
            first = same[same["seed"] == same["first"]]
            panels.append(_panel(shown(own), first))
            firsts.append(first)
            seeds = max(seeds, same["seed"].nunique())
    told = provenance(pd.concat(firsts), energy=True, counted=_counted(seeds)) if firsts else provenance(found)
    instead = "The figures of curves and the table of configurations have the same numbers."
    return Exploration("Show", panels, told, instead)


def _counted(seeds: int) -> str:
    return "one seed" if seeds == 1 else f"each line: the first of {seeds} seeds"


def _with_sums(epochs: pd.DataFrame, runs: pd.DataFrame) -> pd.DataFrame:
    """Return the epochs with the `first` seed of their configuration, and the energy and the time up to the end of each."""
    missing = [name for name in COMPARABLE if name not in epochs]
    rows = epochs[epochs["method"] == BASELINE].merge(runs[["run", *missing]], on="run", how="left")
    rows = rows.assign(first=rows.groupby([*COMPARABLE, "variant"], dropna=False)["seed"].transform("min"))
    rows = rows.sort_values(["run", "epoch"], kind="stable")
    sums = {"energy_so_far_j": "energy_j", "time_so_far_s": "whole_s"}
    for name, column in sums.items():
        values = rows[column].astype(float) if column in rows else pd.Series(np.nan, rows.index)
        rows[name] = values.groupby(rows["run"]).cumsum().where(~values.isna().groupby(rows["run"]).cummax())
    return rows


def _panel(configurations: pd.DataFrame, rows: pd.DataFrame) -> Panel:
    dataset = str(rows["dataset"].iloc[0])
    quality = quality_of(dataset, "validation")
    metric = quality.removeprefix("validation ")
    options = {}
    for name, choice in CHOICES.items():
        of = metric if "training" in name else quality
        said = choice._replace(y_name=choice.y_name.format(of))
        if option := _option(configurations, rows, said):
            options[name.format(of)] = option
    return Panel(heading(dataset, "validation").partition(":")[0], options)


def _option(configurations: pd.DataFrame, rows: pd.DataFrame, choice: Choice) -> Option | None:
    """Return the option of a choice; None where nothing of it is known."""
    if choice.x not in rows or choice.y not in rows:
        return None
    known = rows[rows[choice.x].notna() & rows[choice.y].notna()]
    known = known[known[choice.y] > 0] if choice.logarithmic else known
    if known.empty:
        return None
    looks, best = Looks(configurations), best_of(configurations)
    of_variants = dict(list(known.groupby("variant", sort=False)))
    ordered = configurations.sort_values("rank", na_position="last")
    series = [
        _line(row, index, of_variants[row["variant"]], choice, looks, index in best.index)
        for index, row in ordered.iterrows()
        if row["variant"] in of_variants
    ]
    about = f"{catalogue.DATASETS[str(known['dataset'].iloc[0])].title}: {choice.y_name} by {choice.x_name}, {counted(len(series), 'configuration')}."
    return {
        "aria": {"enabled": True, "label": {"description": f"{about} The table of configurations has the numbers."}},
        "xAxis": _axis(choice.x_name, known[choice.x], False) | {"nameLocation": "middle", "nameGap": 28},
        "yAxis": _axis("", known[choice.y], choice.logarithmic),
        "series": series,
    }


def _axis(name: str, values: pd.Series, logarithmic: bool) -> Option:
    """Return an axis around values."""
    if not logarithmic:
        whole = {"max": float(values.max())} if name else {}
        whole |= {"minInterval": 1} if name == EPOCH else {}
        return {"type": "value", "name": name, "scale": True, **whole}
    low, high = float(values.min()) / 1.3, float(values.max()) * 1.3
    places = {"customValues": ticks(low, high)}
    return {
        "type": "log",
        "name": name,
        "min": low,
        "max": high,
        "axisTick": places,
        "axisLabel": places,
        "minorTick": {"show": False},
    }


def _line(row: pd.Series, index: Any, epochs: pd.DataFrame, choice: Choice, looks: Looks, best: bool) -> Option:
    """Return the line of a configuration, its points with what is said about them on hover."""
    look = looks.of(row)
    colour = ink(look.colour)
    at = np.unique(np.linspace(0, len(epochs) - 1, min(len(epochs), MOST_POINTS)).round().astype(int))
    data = [
        {
            "value": [_short(getattr(each, choice.x)), _short(getattr(each, choice.y))],
            "about": list(_about(row, each, best)),
            "row": row_name("configurations", index),
        }
        for each in epochs.iloc[at].itertuples()
    ]
    width = {"width": 3.5 if best else 1.3, "type": DASHES[look.dashes]}
    return {
        "type": "line", "name": f"{row['variant']} (best)" if best else str(row["variant"]), "data": data, "z": 5 if best else 2,
        "symbol": "circle", "symbolSize": 5 if best else 4, "showAllSymbol": True, "lineStyle": {"color": colour, **width},
        "itemStyle": {"color": colour}, "emphasis": {"focus": "series"},
    }  # fmt: skip


def _about(row: pd.Series, epoch: Any, best: bool) -> Iterable[str]:
    """Yield what is said about an epoch."""
    yield f"{row['variant']}{', best' if best else ''}, epoch {epoch.epoch}, seed {epoch.seed}"
    yield f"validation quality: {epoch.validation_quality:.4f}, training {epoch.quality:.4f}"
    yield f"loss: {number(epoch.validation_loss)}, training {number(epoch.loss)}"
    if pd.notna(rate := getattr(epoch, "learning_rate", None)):
        yield f"learning rate: {rate:.4g}"
    if pd.notna(epoch.energy_so_far_j):
        yield f"energy so far: {number(epoch.energy_so_far_j)} J, {source(epoch)}"
    if pd.notna(epoch.time_so_far_s):
        yield f"time so far: {number(epoch.time_so_far_s)} s"


def _short(value: float) -> float:
    """Return a number with the digits that a place on the screen needs."""
    return float(f"{value:.5g}")
