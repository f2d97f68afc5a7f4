"""The runs of a sweep with what is read off their epochs: the best epoch, the time of an epoch, and the way to the target."""

from collections.abc import Iterable
from math import nan
from typing import Any

import pandas as pd

from frugalnet.analysis.curves import ENERGY, WALL, Curve, curves_of
from frugalnet.config.sweep import Configuration, Sweep
from frugalnet.record.record import COMPLETE
from frugalnet.studies.sweep.weights import whole_energy_j

READ_OFF = ("best_epoch", "epoch_s", "epochs_to_target", "minutes_to_target", "energy_to_target_j")
PEAKS = ("train_host_peak_mib", "train_device_peak_mib")
"""Columns that results of earlier versions lack."""


def with_epochs(all_runs: pd.DataFrame, epochs: pd.DataFrame, study: Sweep) -> pd.DataFrame:
    """Return the runs with READ_OFF, `best_validation_quality` and `energy_to_solution_j`; missing where not known.

    The best epoch is the first with the best validation quality. The time of an epoch is the mean of all but the first,
    which holds the compilation. Epochs, time and energy to the target are those from the beginning of the first epoch to
    the end of the first that reached it.
    """
    curves = curves_of(epochs)
    later = epochs[epochs["epoch"].astype(float) > 1]
    of_epoch_s = later.groupby("run", sort=False)["whole_s"].mean() if "whole_s" in later else pd.Series(dtype=float)
    found = pd.DataFrame([_read_off(curves.get(run), study.target) for run in all_runs["run"]], all_runs.index)
    found["epoch_s"] = all_runs["run"].map(of_epoch_s).astype(float)
    missing = {name: nan for name in PEAKS if name not in all_runs}
    found["energy_to_solution_j"] = whole_energy_j(all_runs)
    return all_runs.assign(**missing, **found)


def _read_off(curve: Curve | None, target: float | None) -> dict[str, Any]:
    nothing = dict.fromkeys(("best_validation_quality", *READ_OFF), nan)
    if curve is None:
        return nothing
    found = nothing | {"best_epoch": curve.best_epoch, "best_validation_quality": float(curve.best[-1])}
    place = None if target is None else curve.reaches(target)
    if place is None:
        return found
    return found | {
        "epochs_to_target": float(curve.epochs[place]),
        "minutes_to_target": float(curve.costs[WALL][place]) / 60,
        "energy_to_target_j": float(curve.costs[ENERGY][place]),
    }


def of_part(runs: pd.DataFrame, part: Iterable[Configuration], study: Sweep) -> pd.DataFrame:
    """Return the runs of some configurations on the dataset of the study, in the order of the configurations."""
    places = {each.name: place for place, each in enumerate(part) if each.dataset == study.dataset}
    own = runs[(runs["dataset"] == study.dataset) & runs["variant"].isin(list(places))]
    return own.sort_values("variant", key=lambda names: names.map(places), kind="stable")


def complete(runs: pd.DataFrame) -> pd.DataFrame:
    """Return the runs that got a model."""
    return runs[runs["status"] == COMPLETE]
