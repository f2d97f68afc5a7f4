"""Trainings by epochs: the best validation quality so far, and what had been taken by then."""

from collections.abc import Mapping
from dataclasses import dataclass
from math import nan

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from frugalnet import catalogue

Numbers = NDArray[np.float64]
ENERGY, CPU, WALL = "energy_j", "cpu_s", "wall_s"
UNITS = {ENERGY: "J", CPU: "CPU s", WALL: "s"}


@dataclass(frozen=True)
class Curve:
    """A training by epochs: its best validation quality so far, and what it had taken by then, missing where not known."""

    epochs: Numbers
    """Numbers of the epochs that have a validation quality, from 1."""
    best: Numbers
    last: float
    """Validation quality after the last epoch."""
    costs: Mapping[str, Numbers]
    better: int

    @property
    def best_epoch(self) -> float:
        """Return the epoch with the best validation quality, the first of several."""
        return float(self.epochs[np.argmax(self.better * self.best)])

    def reaches(self, quality: float) -> int | None:
        """Return the place of the first epoch after which the best quality so far is at least as good; None: none."""
        hit = np.flatnonzero(self.better * self.best >= self.better * quality)
        return int(hit[0]) if len(hit) else None

    def cost_at(self, quality: float, name: str) -> float:
        """Return what it had taken when the best quality first reached a value that it reaches.

        After the first epoch already: all that it had taken by then, an upper bound.
        """
        place, cost = self.reaches(quality), self.costs[name]
        if place is None:
            return nan
        if not place:
            return float(cost[0])
        share = (quality - self.best[place - 1]) / (self.best[place] - self.best[place - 1])
        return float(cost[place - 1] + share * (cost[place] - cost[place - 1]))

    def quality_at(self, given: float, name: str) -> tuple[float, str | None]:
        """Return the best quality when it had taken a given cost, or NaN and why there is none."""
        cost = self.costs[name]
        known = np.isfinite(cost)
        cost, best, unit = cost[known], self.best[known], UNITS[name]
        if not len(cost):
            return nan, f"{unit} by epoch not known"
        if given < cost[0]:
            return nan, f"not known: within the first epoch, after which it had taken {cost[0]:.4g} {unit}"
        if given > cost[-1]:
            told = "not reached: it took" if known.all() else "not known: all that is noted are"
            return nan, f"{told} {cost[-1]:.4g} {unit}"
        return float(np.interp(given, cost, best)), None


def curves_of(epochs: pd.DataFrame) -> dict[str, Curve]:
    """Return the curve of each run in the table `epochs` that has a validation quality."""
    found = {str(run): _curve(rows) for run, rows in epochs.groupby("run", sort=False)}
    return {run: curve for run, curve in found.items() if len(curve.best)}


def _curve(rows: pd.DataFrame) -> Curve:
    """Return the curve of a run's epochs, those without a validation quality only in what they took."""
    better = catalogue.sign(rows["metric"].iloc[0])
    quality = rows["validation_quality"].to_numpy(float)
    costs = {ENERGY: column(rows, "energy_j"), CPU: column(rows, "cpu_s"), WALL: column(rows, "whole_s")}
    known = np.isfinite(quality)
    best = better * np.maximum.accumulate(better * quality[known])
    taken = {name: np.cumsum(cost)[known] for name, cost in costs.items()}
    last = float(quality[known][-1]) if known.any() else nan
    return Curve(column(rows, "epoch")[known], best, last, taken, better)


def column(rows: pd.DataFrame, name: str) -> Numbers:
    """Return a column of numbers; all missing where no run has it."""
    return rows[name].to_numpy(float, na_value=nan) if name in rows else np.full(len(rows), nan)
