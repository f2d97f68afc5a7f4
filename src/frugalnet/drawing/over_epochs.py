"""All configurations of a grid over the epochs of their training: thin lines, and the best one before them."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.patheffects import withStroke
from matplotlib.ticker import FixedLocator, FuncFormatter, NullFormatter, NullLocator

from frugalnet import catalogue
from frugalnet.analysis.groups import COMPARABLE, ENERGY, alike
from frugalnet.catalogue import BASELINE
from frugalnet.drawing.axes import log_ticks, quality_label, short
from frugalnet.drawing.configurations import BEST_COLOUR, Looks, best_key, best_of, shown
from frugalnet.drawing.curves import epoch_axis
from frugalnet.drawing.labels import Label, place_labels
from frugalnet.drawing.layout import PANEL_HEIGHT_IN, finish, message, narrow, panels, provenance
from frugalnet.drawing.style import NOTE_COLOUR, key, shade

QUALITY = "validation_quality"
TALLER = 1.35
"""Height of a panel, as a fraction of the usual one: it has many lines."""
THIN, BOLD = 0.8, 2.0
FEW = 12
"""Configurations up to which all have their training quality drawn too; of more, the best alone has."""
TRAINING: dict[str, Any] = {"linewidth": 0.5, "linestyle": (0, (1, 1.5))}
TARGET: dict[str, Any] = {"linestyle": (0, (5, 3)), "linewidth": 0.8, "color": NOTE_COLOUR}
HALO = withStroke(linewidth=3.2, foreground="white")
MARGIN = 0.1
"""Room above and below all lines of an energy at least, as a fraction of it."""
LEAST_RATIO = 4.0
"""A logarithmic axis is at least so wide, so that a small change looks small."""


@dataclass(frozen=True)
class Drawn:
    """What is drawn: a column of `epochs` with that on training data, if it has one, and what its axis and the note say.

    `each_seed`: a line per seed, as a mean over seeds would be a value that none had. `of_device`: energies and times, which are in no
    mean of runs whose energies are of several kinds, for these tell devices apart.
    """

    column: str
    label: str
    quantity: str | None
    training: str | None = None
    logarithmic: bool = False
    each_seed: bool = False
    energy: bool = False
    of_device: bool = False


def over_epochs(epochs: pd.DataFrame, runs: pd.DataFrame, configurations: pd.DataFrame, drawn: Drawn) -> Figure:
    """Draw a column of `epochs`, a panel per kind of `configurations` that may be compared."""
    if epochs.empty or configurations.empty:
        return message("No training of a configuration was recorded.")
    parts = list(_parts(epochs, runs, configurations, drawn))
    if not parts:
        return message(f"Of no configuration is known: {drawn.label.partition(chr(10))[0]}.")
    height = TALLER * PANEL_HEIGHT_IN
    figure, found = panels([height] * len(parts), 1 if narrow() or len(parts) == 1 else 2)
    labels: dict[Axes, list[Label]] = {}
    keys: dict[str, Any] = {}
    for axes, (heading, own, rows) in zip(found, parts, strict=True):
        axes.set_title(heading)
        looks = Looks(own)
        labels[axes] = _draw(axes, own, rows, looks, drawn)
        keys |= {str(each.get_label()): each for each in _keys(own, rows, looks, drawn)}
    everything = pd.concat([rows for _, _, rows in parts])
    told = provenance(everything, drawn.quantity, energy=drawn.energy) + _remarks(configurations, parts, drawn)
    finish(figure, told + Looks(configurations).note, list(keys.values()))
    place_labels(figure, labels)
    return figure


def _parts(
    epochs: pd.DataFrame, runs: pd.DataFrame, configurations: pd.DataFrame, drawn: Drawn
) -> Iterator[tuple[str, pd.DataFrame, pd.DataFrame]]:
    """Yield heading, configurations and known epochs of those that may be compared."""
    if drawn.column not in epochs:
        return
    of_runs = runs[["run", *(name for name in COMPARABLE if name not in epochs)]]
    rows = epochs[(epochs["method"] == BASELINE) & epochs[drawn.column].notna()].merge(of_runs, on="run", how="left")
    if drawn.of_device:
        rows = rows[~rows["variant"].isin(_of_several_kinds(rows))]
    if drawn.logarithmic:
        rows = rows[rows[drawn.column] > 0]
    groups = list(configurations.groupby(COMPARABLE, sort=False, dropna=False))
    for (dataset, threads, level), own in groups:
        own = shown(own)
        same = alike(rows, own.iloc[0], COMPARABLE)
        same = same[same["variant"].isin(own["variant"])]
        told = f", {level} data, {threads} threads" if len(groups) > 1 else ""
        if len(same):
            yield f"{catalogue.DATASETS[str(dataset)].title}{told}", own, same


def _of_several_kinds(rows: pd.DataFrame) -> list[str]:
    """Return the configurations that have epochs of runs with energies of several kinds and may be in one mean."""
    kinds = rows[[*COMPARABLE, "variant", *ENERGY]].drop_duplicates()
    return list(kinds.loc[kinds.duplicated([*COMPARABLE, "variant"], keep=False), "variant"].unique())


def _draw(axes: Axes, configurations: pd.DataFrame, rows: pd.DataFrame, looks: Looks, drawn: Drawn) -> list[Label]:
    """Draw the lines of a panel; return the label of the best."""
    best, of_variants = best_of(configurations), dict(list(rows.groupby("variant", sort=False)))
    many = len(configurations) > FEW
    for _, row in configurations.iterrows():
        own = of_variants.get(row["variant"])
        if own is None or row["variant"] in best["variant"].tolist():
            continue
        look = looks.of(row)
        colour = shade(look.colour, own["energy_source"].iloc[0]) if drawn.energy else look.colour
        _lines(axes, own, drawn.column, drawn, color=colour, linestyle=look.dashes, linewidth=THIN, zorder=2)
        if drawn.training and not many:
            _lines(axes, own, drawn.training, drawn, **TRAINING, color=colour, zorder=1.5)
    labels = []
    for _, row in best.iterrows():
        if (own := of_variants.get(row["variant"])) is not None:
            labels = _draw_best(axes, own, row, drawn)
    _frame(axes, drawn)
    axes.set_ylabel(_label(rows, drawn))
    if drawn.column == QUALITY:
        _draw_target(axes, configurations)
    epoch_axis(axes, "epoch")
    return labels


def _draw_best(axes: Axes, rows: pd.DataFrame, best: pd.Series, drawn: Drawn) -> list[Label]:
    """Draw the best configuration before all others, with a band where it has several seeds; return its label."""
    colour = shade(BEST_COLOUR, rows["energy_source"].iloc[0]) if drawn.energy else BEST_COLOUR
    bold: dict[str, Any] = {"color": colour, "linewidth": BOLD, "path_effects": [HALO]}
    lines = _lines(axes, rows, drawn.column, drawn, zorder=5, **bold)
    if drawn.training:
        _lines(axes, rows, drawn.training, drawn, **TRAINING | {"linewidth": 1.0}, color=colour, zorder=4)
    if not drawn.each_seed:
        wide = _by_seed(rows, drawn.column)
        spread = wide.std(axis=1)
        if spread.notna().any():
            mean = wide.mean(axis=1)
            axes.fill_between(mean.index, mean - spread, mean + spread, color=colour, alpha=0.2, linewidth=0, zorder=3)
    line = lines[0]
    at = int(min(len(line) - 1, max(0, round(0.7 * len(line)))))
    return [Label(float(line.index[at]), float(line.iloc[at]), str(best["variant"]), BEST_COLOUR, True)]


def _lines(axes: Axes, rows: pd.DataFrame, column: str, drawn: Drawn, **style: Any) -> list[pd.Series]:
    """Draw the mean over seeds, as far as all of them trained, or a line per seed; return what was drawn."""
    wide = _by_seed(rows, column, whole=not drawn.each_seed)
    lines = [wide[seed].dropna() for seed in wide] if drawn.each_seed else [wide.mean(axis=1)]
    if drawn.each_seed:
        style |= {"drawstyle": "steps-mid"}
    if max(map(len, lines)) == 1:
        style |= {"marker": "o", "markersize": 2.5}
    for line in lines:
        axes.plot(line.index, line, **style)
    return lines


def _by_seed(rows: pd.DataFrame, column: str, whole: bool = True) -> pd.DataFrame:
    """Return a column with an epoch per row and a seed per column; `whole`: epochs that all seeds have."""
    wide = rows.pivot_table(index="epoch", columns="seed", values=column)
    return wide.dropna() if whole else wide


def _frame(axes: Axes, drawn: Drawn) -> None:
    """Make y wide enough that a small change of a cost looks small, and logarithmic if it shall be."""
    low, high = axes.dataLim.y0, axes.dataLim.y1
    if drawn.energy:
        axes.set_ylim(low - MARGIN * high, high + MARGIN * high)
    if not drawn.logarithmic:
        return
    spare = max(1.2, (LEAST_RATIO * low / high) ** 0.5)
    low, high = low / spare, high * spare
    axes.set_yscale("log")
    axes.set_ylim(low, high)
    axes.yaxis.set_major_locator(FixedLocator(log_ticks(low, high)))
    axes.yaxis.set_minor_locator(NullLocator())
    axes.yaxis.set_major_formatter(FuncFormatter(short))
    axes.yaxis.set_minor_formatter(NullFormatter())


def _label(rows: pd.DataFrame, drawn: Drawn) -> str:
    """Return the label of y, of an energy with its source."""
    if drawn.column == QUALITY:
        return quality_label(str(rows["dataset"].iloc[0]), "validation")
    sources = ", ".join(rows["energy_source"].dropna().unique()) if drawn.energy else ""
    return f"{drawn.label}\n{sources}" if sources else drawn.label


def _draw_target(axes: Axes, configurations: pd.DataFrame) -> None:
    """Draw the quality that was asked for; an axis grows for it."""
    for target in configurations["target"].dropna().unique()[:1]:
        axes.axhline(target, zorder=1, **TARGET)


def _keys(configurations: pd.DataFrame, rows: pd.DataFrame, looks: Looks, drawn: Drawn) -> list[Any]:
    """Return the legend entries of a panel."""
    best = best_of(configurations)
    found = best_key(best[best["variant"].isin(rows["variant"])])
    found += looks.keys()
    found += [key("on training data", **TRAINING | {"linewidth": 1.0})] if drawn.training else []
    targets = configurations["target"].dropna().unique()[:1] if drawn.column == QUALITY else ()
    return found + [key(f"target: {target:g}", **TARGET) for target in targets]


def _remarks(configurations: pd.DataFrame, parts: Any, drawn: Drawn) -> str:
    """Return what lines and bands are, and which configurations are not drawn."""
    several = max(rows["seed"].nunique() for _, _, rows in parts) > 1
    lines = "a line per seed" if drawn.each_seed else "lines: mean over seeds, band: ± standard deviation"
    told = f" · {lines}" if several else ""
    if drawn.training and any(len(own) > FEW for _, own, _ in parts):
        told += " · on training data: the best alone"
    missing = [
        name for name in configurations["variant"] if not any(name in set(rows["variant"]) for _, _, rows in parts)
    ]
    unknown = "not known, or of several kinds of energy" if drawn.of_device else "not known"
    count = sum(len(own) for _, own, _ in parts)
    if count < len(configurations):
        return f"{told} · {count} of {len(configurations)} configurations, evenly by rank"
    return told + (f" · {unknown}: {', '.join(missing)}" if missing else "")
