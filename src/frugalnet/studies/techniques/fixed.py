"""Quality at fixed energy, and energy at fixed quality, read off the epochs of each run: `processed/fixed.csv`."""

from collections.abc import Iterator, Sequence
from math import nan
from typing import Any

import numpy as np
import pandas as pd

from frugalnet import catalogue
from frugalnet.analysis.curves import CPU, ENERGY, WALL, Curve, curves_of
from frugalnet.analysis.statistics.wording import joined
from frugalnet.config.techniques import Techniques
from frugalnet.config.varied import OFF
from frugalnet.record.record import COMPLETE
from frugalnet.studies.techniques.score import KIND

AT_ENERGY, AT_QUALITY = "quality at energy", "energy at quality"
AT_CPU, AT_WALL = "quality at CPU seconds", "quality at wall seconds"
PARTS_OF_QUALITY, PARTS_OF_COST = (1.0, 0.95, 0.9), (1.0, 0.5, 0.25)
"""Parts of what `all-off` reaches and takes in all, where no values are given."""
NO_METER = "estimated"
TYPES = {
    **dict.fromkeys(("run", "dataset", "method", "variant"), "str"),
    "seed": "int64",
    **dict.fromkeys(("metric", "question"), "str"),
    **dict.fromkeys(("given", "found", "found_cpu_s", "found_wall_s"), "float64"),
    "reached": "bool",
    "threads": "int64",
    **dict.fromkeys(("energy_source", "energy_scope", "data_level", "note"), "str"),
}
MEANINGS: dict[str, dict[str, tuple[str | None, str]]] = {
    "fixed": {
        "question": (
            None,
            "energy at quality: what the run took until its best validation quality reached a value; quality at energy: its best validation quality when it had taken that energy; quality at CPU seconds or at wall seconds: the same for time, where energies are estimated or not known.",
        ),
        "given": (
            "metric, J or s",
            "Value that is asked about: as in `techniques.at_quality` and `techniques.at_energy_j`; else those of all-off: 1, 0.95 and 0.9 of the quality that it ends with, mean over seeds (an error: divided by these), and 1, 0.5 and 0.25 of what it takes, the least over seeds. Empty: there is no all-off to compare with.",
        ),
        "found": (
            "J or metric",
            "Answer, linearly interpolated between the ends of epochs; energies and times are those of whole epochs, first step and validation included. Empty: not reached, or not known. It is what this run had by then, not what a shorter training would have: its schedule is that of the whole training.",
        ),
        "found_cpu_s": (
            "s",
            "energy at quality: CPU seconds until then, by the same interpolation; empty: not reached, or not noted by epoch.",
        ),
        "found_wall_s": ("s", "energy at quality: wall seconds until then, by the same interpolation."),
        "reached": (
            None,
            "Whether the run reached the given quality, or had taken the given energy or time after its first epoch and not before; nothing is extrapolated.",
        ),
        "note": (None, "Why there is no answer, or what it is a bound of."),
    }
}
"""Unit and meaning of columns, by table."""


def fixed(epochs: pd.DataFrame, all_runs: pd.DataFrame, study: Techniques) -> pd.DataFrame:
    """Return one row per run, question and given value, in the order of `all_runs`.

    The curves are those of the best validation quality so far, against what the training had taken: a quality is reached
    at the first crossing, and a later, worse epoch does not take it back. Before the end of the first epoch nothing is
    known, and after the last one nothing is. A run without a model reached nothing.
    """
    curves = curves_of(epochs)
    rows: list[dict[str, Any]] = []
    for _, runs in all_runs.groupby(KIND, sort=False, dropna=False):
        of_off = runs[(runs["variant"] == OFF) & (runs["method"] == catalogue.BASELINE) & (runs["status"] == COMPLETE)]
        asked = list(_asked([curves[run] for run in of_off["run"] if run in curves], runs.iloc[0], study))
        for run in runs.to_dict("records"):
            about = {name: run[name] for name in TYPES if name in run}
            curve = curves.get(run["run"]) if run["status"] == COMPLETE else None
            rows += [about | _answer(curve, run["status"], *each) for each in asked]
    places = {run: place for place, run in enumerate(all_runs["run"])}
    found = pd.DataFrame(rows, columns=list(TYPES)).astype(TYPES)
    return found.sort_values("run", key=lambda runs: runs.map(places), kind="stable", ignore_index=True)


def _asked(off: Sequence[Curve], run: Any, study: Techniques) -> Iterator[tuple[str, float]]:
    """Yield questions and given values for the runs of a kind; a value is missing where there is no `all-off` to give it."""

    def in_all(name: str) -> float:
        # The least over seeds, so that each of them has an answer.
        return float(np.min([curve.costs[name][-1] for curve in off])) if off else nan

    def parts(whole: float, shares: Sequence[float]) -> list[float]:
        return [whole * share for share in shares] if np.isfinite(whole) else [nan]

    better = catalogue.sign(run["metric"])
    final = float(np.mean([curve.last for curve in off])) if off else nan
    for quality in study.at_quality or parts(final, [share**better for share in PARTS_OF_QUALITY]):
        yield AT_QUALITY, quality
    for energy_j in study.at_energy_j or parts(in_all(ENERGY), PARTS_OF_COST):
        yield AT_ENERGY, energy_j
    if pd.isna(run["energy_source"]) or run["energy_source"] == NO_METER:
        question, name = (AT_CPU, CPU) if np.isfinite(in_all(CPU)) else (AT_WALL, WALL)
        for seconds in parts(in_all(name), PARTS_OF_COST):
            yield question, seconds


def _answer(curve: Curve | None, status: str, question: str, given: float) -> dict[str, Any]:
    """Return the columns of an answer; `curve` is None for a run without a model or epochs."""
    row = {"question": question, "given": given, "found": nan, "found_cpu_s": nan, "found_wall_s": nan}
    if curve is None or not np.isfinite(given):
        why = f"no model: {status}" if status != COMPLETE else "no epochs" if curve is None else None
        no_off = None if np.isfinite(given) else f"nothing to ask for: no complete run of {OFF} that tells"
        return row | {"reached": False, "note": joined([why, no_off])}
    if question != AT_QUALITY:
        found, why = curve.quality_at(given, {AT_ENERGY: ENERGY, AT_CPU: CPU, AT_WALL: WALL}[question])
        return row | {"found": found, "reached": why is None, "note": why}
    place = curve.reaches(given)
    if place is None:
        return row | {"reached": False, "note": f"not reached: its best was {curve.best[-1]:.4g}"}
    taken = {name: curve.cost_at(given, name) for name in (ENERGY, CPU, WALL)}
    bound = "at most: within the first epoch" if place == 0 else None
    unknown = None if np.isfinite(taken[ENERGY]) else "energy by epoch not known"
    row |= {"found": taken[ENERGY], "found_cpu_s": taken[CPU], "found_wall_s": taken[WALL]}
    return row | {"reached": True, "note": joined([bound, unknown])}
