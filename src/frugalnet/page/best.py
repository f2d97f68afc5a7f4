"""The card of the best configuration: what it is, what it reached, what that took, and how to train it again."""

from collections.abc import Iterator, Mapping
from html import escape
from typing import Any

import pandas as pd

from frugalnet import catalogue
from frugalnet.analysis.factors import LEVEL
from frugalnet.analysis.statistics.wording import counted
from frugalnet.catalogue import BASELINE
from frugalnet.page import blocks, readable
from frugalnet.page.cells import number
from frugalnet.page.wording import Scale, joules

RECIPE = "recipe."
MINUTES = 60
CUT = 0.005


def card(rows: pd.DataFrame, runs: pd.DataFrame, study: str, results: str) -> str:
    """Return the card of the best of some rows of `configurations`; empty where none is the best.

    `runs` tell its recipe; `results` is the name of the folder of results.
    """
    best = rows[rows["is_best"].fillna(False).astype(bool)]
    if best.empty:
        return ""
    row = best.iloc[0]
    own = runs[(runs["variant"] == row["variant"]) & (runs["dataset"] == row["dataset"]) & (runs["method"] == BASELINE)]
    parts = {"What it is": _levels(row), "How it is trained": _recipe(row, own), "What it reached": _reached(row)}
    parts |= {"What it took": _costs(row)}
    html = "".join(_part(name, dict(lines)) for name, lines in parts.items())
    return f'<div class="card">{html}{_commands(row, study, results)}</div>'


def _levels(row: pd.Series) -> Iterator[tuple[str, str]]:
    """Yield name and levels of a configuration."""
    yield "configuration", str(row["variant"])
    yield (
        "network",
        f"{row['network']}" + ("" if pd.isna(row["parameters"]) else f", {row['parameters']:,.0f} parameters"),
    )
    for name in row.index:
        if str(name).startswith(LEVEL) and name != f"{LEVEL}network" and isinstance(row[name], str) and row[name]:
            yield str(name).removeprefix(LEVEL).replace("_", " "), row[name]


def _recipe(row: pd.Series, runs: pd.DataFrame) -> Iterator[tuple[str, str]]:
    """Yield the keys of the recipe that are no levels."""
    if runs.empty:
        return
    for name, value in runs.iloc[0].items():
        key = str(name).removeprefix(RECIPE)
        if str(name).startswith(RECIPE) and f"{LEVEL}{key}" not in row.index and not pd.isna(value) and value != "":
            yield key.replace("_", " "), str(value)


def _reached(row: pd.Series) -> Iterator[tuple[str, str]]:
    """Yield qualities, and when they were reached."""
    scale = Scale(catalogue.DATASETS[row["dataset"]].metric)
    runs, low, high = counted(int(row["seeds"]), "run"), row["test_quality_low"], row["test_quality_high"]
    known = pd.notna(low) and pd.notna(high)
    around = f"95 % interval {scale.level(low)} to {scale.level(high)}, {runs}" if known else f"{runs}: no interval"
    yield scale.name, f"{scale.level(row['test_quality'])} ({around})"
    yield "on validation data", scale.level(row["validation_quality"])
    if pd.notna(row["best_epoch"]):
        yield "best epoch", f"{number(row['best_epoch'])} of {number(row['epochs'])}"
    yield from _target(row, scale)


def _target(row: pd.Series, scale: Scale) -> Iterator[tuple[str, str]]:
    """Yield what it took to reach the target."""
    if pd.isna(row["target"]):
        return
    name = f"to {scale.level(row['target'])} on validation data"
    if not row["reached"]:
        yield name, "not reached"
        return
    some = "" if row["reached"] >= row["seeds"] else f" ({row['reached']:.0f} of {row['seeds']:.0f} runs reached it)"
    energy = "" if pd.isna(row["energy_to_target_j"]) else f", {joules(row['energy_to_target_j'])}"
    yield name, f"{number(row['epochs_to_target'])} epochs, {number(row['minutes_to_target'])} minutes{energy}{some}"


def _costs(row: pd.Series) -> Iterator[tuple[str, str]]:
    """Yield time, memory and energy, each with how it is known."""
    yield "time of training", _between(row, "train_duration_s", lambda value: f"{number(value / MINUTES)} min")
    if pd.notna(row["epoch_s"]):
        yield "an epoch, after the first", f"{number(row['epoch_s'])} s"
    yield "CPU time", _between(row, "train_cpu_s", lambda value: f"{number(value)} s")
    known = "" if pd.isna(row["energy_source"]) else f"; {row['energy_source']}, {readable.SCOPES[row['energy_scope']]}"
    yield "energy of training", _between(row, "train_energy_j", joules) + known
    whole, train = row["energy_to_solution_j"], row["train_energy_j"]
    if pd.notna(whole) and pd.notna(train) and whole > (1 + CUT) * train:
        yield "with failed tries and the models that it starts from", joules(whole)
    if pd.notna(row["energy_per_point_j"]):
        yield f"a point better than {row['above']:g}", _between(row, "energy_per_point_j", joules)
    memory = {"largest memory, process": "train_host_peak_mib", "largest memory, GPU": "train_device_peak_mib"}
    for name, column in memory.items():
        yield name, readable.UNKNOWN if pd.isna(row[column]) else f"{number(row[column])} MiB"


def _between(row: pd.Series, name: str, said: Any) -> str:
    """Return a mean with its interval where it has one."""
    value, low, high = (row[f"{name}{end}"] for end in ("", "_low", "_high"))
    if pd.isna(value):
        return readable.UNKNOWN
    return said(value) if pd.isna(low) or pd.isna(high) else f"{said(value)} ({said(low)} to {said(high)})"


def _part(name: str, lines: Mapping[str, str]) -> str:
    """Return terms and what they are."""
    items = "".join(f"<div><dt>{escape(term)}</dt><dd>{escape(told)}</dd></div>" for term, told in lines.items())
    return f"<section><h4>{escape(name)}</h4><dl>{items}</dl></section>" if lines else ""


def _commands(row: pd.Series, study: str, results: str) -> str:
    """Return the commands that train the configuration again."""
    run = f"{study}/{row['dataset']}/{BASELINE}/{row['variant']}"
    told = {
        "To train it again; add `--configfile` with the configuration of these results where it is your own:": f"frugalnet run {run}",
        "To write it as a plain Keras script:": f"frugalnet script {run} --results results/{results} --write {row['variant']}.py",
    }
    lines = "".join(
        f"<div>{blocks.markdown(text)}<pre><code>{escape(line)}</code></pre></div>" for text, line in told.items()
    )
    return f"<section><h4>How to get it</h4>{lines}</section>"
