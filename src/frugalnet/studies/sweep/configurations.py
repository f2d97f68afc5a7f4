"""What each configuration of the grid, and each row beside it, came to and took: `processed/configurations.csv`."""

from collections.abc import Iterator
from math import inf, nan
from typing import Any

import numpy as np
import pandas as pd

from frugalnet.analysis.factors import LEVEL
from frugalnet.analysis.groups import COMPARABLE, ENERGY, sign
from frugalnet.analysis.means import CONFIDENCE
from frugalnet.analysis.statistics.fieller import ratio_interval
from frugalnet.analysis.statistics.sampling import mean_interval
from frugalnet.analysis.statistics.wording import counted, joined
from frugalnet.config.sweep import Configuration, Sweep
from frugalnet.record.record import COMPLETE
from frugalnet.studies.sweep.by_run import complete, of_part, with_epochs
from frugalnet.studies.sweep.weights import NOT_IN_IT, from_elsewhere

GRID, ROW = "grid", "row"
NETWORK = "network"
COSTS = ("train_duration_s", "train_cpu_s", "train_energy_j")
"""Means with an interval, beside `test_quality`."""
PRICES = {"energy_per_point_j": "train_energy_j", "energy_to_solution_per_point_j": "energy_to_solution_j"}
"""Energies per point of test quality, and the energies that they are of."""
OF_DEVICES = (
    *("train_duration_s", "epoch_s", "train_cpu_s", "train_host_peak_mib", "train_device_peak_mib"),
    *("train_energy_j", "energy_to_solution_j"),
)
"""Means that are over runs with energies of one kind alone, for these tell devices apart."""
ENDS = ("", "_low", "_high")
ACCURACY = "accuracy"


def configurations(all_runs: pd.DataFrame, epochs: pd.DataFrame, study: Sweep) -> pd.DataFrame:
    """Return one row per configuration on the dataset of the study, and per kind of runs that can be compared.

    Means are over complete runs. Ranks are by validation quality: test quality has no part in what is best. A mean of
    energies, times or memory is empty where the runs have energies of several kinds.
    """
    runs = with_epochs(all_runs, epochs, study)
    parts = [(GRID, list(study.grid())), (ROW, list(study.further()))]
    of = {each.name: (part, each) for part, found in parts for each in found}
    own = of_part(runs, [each for _, each in of.values()], study)
    tables = []
    for _, block in own.groupby(COMPARABLE, sort=False, dropna=False):
        rows = pd.DataFrame([_row(group, *of[name], study) for name, group in block.groupby("variant", sort=False)])
        tables.append(_ranked(rows, sign(block)))
    types = types_of(study)
    found = pd.concat(tables, ignore_index=True) if tables else pd.DataFrame(columns=list(types))
    return found[list(types)].astype(types)


def types_of(study: Sweep) -> dict[str, str]:
    """Return the columns of the table and their types."""
    texts = dict.fromkeys(("dataset", "metric", "variant", "part", NETWORK), "str")
    texts |= dict.fromkeys((f"{LEVEL}{axis}" for axis in study.levels), "str")
    numbers = [
        *_with_ends("test_quality"),
        *("validation_quality", "best_epoch", "epochs", *_with_ends("train_duration_s"), "epoch_s"),
        *(*_with_ends("train_cpu_s"), "train_host_peak_mib", "train_device_peak_mib"),
        *(*_with_ends("train_energy_j"), "energy_to_solution_j", "above"),
        *(*_with_ends("energy_per_point_j"), *_with_ends("energy_to_solution_per_point_j"), "target"),
    ]
    return {
        **texts,
        **{"parameters": "Int64", "seeds": "int64", "status": "str", "rank": "Int64", "is_best": "bool"},
        **dict.fromkeys(numbers, "float64"),
        "reached": "Int64",
        **dict.fromkeys(("epochs_to_target", "minutes_to_target", "energy_to_target_j"), "float64"),
        **dict.fromkeys(("energy_source", "energy_scope"), "str"),
        **{"threads": "Int64", "data_level": "str", "note": "str"},
    }


def _with_ends(name: str) -> list[str]:
    return [f"{name}{end}" for end in ENDS]


def _row(group: pd.DataFrame, part: str, of: Configuration, study: Sweep) -> dict[str, Any]:
    """Return the row of the runs of one configuration."""
    own, first = complete(group), group.iloc[0]
    alike = len(own[ENERGY].drop_duplicates()) == 1
    about = {name: first[name] for name in (*COMPARABLE, "metric", "variant")}
    about |= {name: own[name].iloc[0] if alike else None for name in ENERGY}
    about |= {"part": part, NETWORK: of.levels.get(NETWORK) or first[NETWORK]}
    about |= {f"{LEVEL}{axis}": of.levels.get(axis) for axis in study.levels}
    about |= {"seeds": len(own), "status": COMPLETE if len(own) else group["status"].mode().iloc[0]}
    about |= {"parameters": own["parameters"].iloc[0] if len(own) else None, "above": study.above}
    means = {name: mean(own[name]) for name in ("test_quality", "validation_quality", "best_epoch", "epochs")}
    means |= {name: mean(own[name]) if alike else nan for name in OF_DEVICES}
    most = 1.0 if first["metric"] == ACCURACY else inf
    ends = dict(zip(_with_ends("test_quality")[1:], _interval(own["test_quality"], most), strict=True))
    for name in COSTS:
        ends |= dict(zip(_with_ends(name)[1:], _interval(own[name]) if alike else (nan, nan), strict=True))
    why = None
    for name, energy in PRICES.items():
        price, why = _per_point(own, energy, study.above) if alike else ((nan, nan, nan), None)
        ends |= dict(zip(_with_ends(name), price, strict=True))
    return (
        about
        | means
        | ends
        | _to_target(own, study.target, alike)
        | {"note": joined([*_notes(group, alike, study), why])}
    )


def mean(values: pd.Series) -> float:
    """Return the mean of some runs; NaN where one is not known, and for none."""
    return float(values.astype(float).mean(skipna=False)) if len(values) else nan


def _interval(values: pd.Series, most: float = inf) -> tuple[float, float]:
    """Return the interval of the mean of a quantity that is zero or more; NaN for one run, and without spread."""
    known = values.to_numpy(float, na_value=nan)
    if len(known) < 2 or not np.isfinite(known).all() or not np.ptp(known):
        return nan, nan
    _, low, high = mean_interval(known, 0.0, CONFIDENCE)
    return max(float(low), 0.0), min(float(high), most)


def _per_point(own: pd.DataFrame, energy: str, above: float) -> tuple[tuple[float, float, float], str | None]:
    """Return an energy of training per point of test quality above a value, with its interval, or why there is none."""
    unit = 100 if own["metric"].iloc[0] == ACCURACY else 1
    points = unit * sign(own) * (own["test_quality"].to_numpy(float) - above)
    energy_j = own[energy].to_numpy(float, na_value=nan)
    if not points.mean() > 0:
        better = "above" if sign(own) > 0 else "below"
        return (nan, nan, nan), f"no energy per point: the test quality is not {better} {above:g}"
    ratio = float(energy_j.mean() / points.mean())
    varies = len(own) > 1 and np.ptp(points) > 0 and np.ptp(energy_j) > 0
    ends = ratio_interval(energy_j, points, CONFIDENCE) if varies and np.isfinite(ratio) else (nan, nan)
    return (ratio, *ends), None


def _to_target(own: pd.DataFrame, target: float | None, alike: bool) -> dict[str, Any]:
    """Return how many runs reached the target, and what it took them; means over those."""
    reached = own[own["epochs_to_target"].notna()]
    known = target is not None and len(own) > 0
    return {
        "target": nan if target is None else target,
        "reached": len(reached) if known else None,
        "epochs_to_target": mean(reached["epochs_to_target"]),
        "minutes_to_target": mean(reached["minutes_to_target"]) if alike else nan,
        "energy_to_target_j": mean(reached["energy_to_target_j"]) if alike else nan,
    }


def _notes(group: pd.DataFrame, alike: bool, study: Sweep) -> Iterator[str | None]:
    """Yield what is to be known of a row."""
    own = complete(group)
    yield from lost(group)
    if own.empty:
        return
    if not alike:
        yield "energies of its runs are of several kinds, so that energies, times and memory are in no mean"
    elif own["train_energy_j"].isna().any():
        yield joined(["energy not known", *own.get("energy_reason", pd.Series(dtype="str")).dropna()])
    if from_elsewhere(own).any():
        yield NOT_IN_IT
    reached = int(own["epochs_to_target"].notna().sum())
    if study.target is not None and reached < len(own):
        better = sign(own)
        best = better * (better * own["best_validation_quality"]).max()
        yield f"target not reached by {len(own) - reached} of {counted(len(own), 'run')}" + (
            "" if reached or pd.isna(best) else f": the best validation quality was {best:.4g}"
        )


def lost(group: pd.DataFrame) -> Iterator[str]:
    """Yield how many of some runs have no model, and why."""
    for status, number in group["status"].value_counts().items():
        if status != COMPLETE:
            yield f"{number} of {counted(len(group), 'run')}: {status}"


def _ranked(rows: pd.DataFrame, better: int) -> pd.DataFrame:
    """Return comparable rows with their ranks by validation quality."""
    rank = (better * rows["validation_quality"]).rank(method="min", ascending=False)
    best = rank.idxmin() if rank.notna().any() else None
    return rows.assign(rank=rank.astype("Int64"), is_best=rows.index == best)


MEANINGS: dict[str, dict[str, tuple[str | None, str]]] = {
    "configurations": {
        "variant": (None, "Configuration: a combination of the grid, or a row beside it."),
        "part": (None, "grid: a combination of the levels of all axes; row: a configuration beside the grid."),
        "network": (None, "Network, by its label on the axis `network`; of a row, its own."),
        "seeds": ("runs", "Complete runs of the configuration; all means are over these."),
        "status": (
            None,
            "complete: at least one run has a model; or what most of its runs were: diverged, out_of_memory, refused.",
        ),
        "rank": (None, "Rank by mean validation quality among all rows that may be compared; 1 is the best."),
        "is_best": (None, "Whether it has the best validation quality. Test quality has no part in it."),
        "test_quality": ("metric", "Quality on the test part; mean over seeds."),
        "test_quality_low": (
            "metric",
            "Lower end of its 95 % interval (Student's t over seeds, cut at what a quality can be); it does not cover other test samples. Empty for one seed, or without spread.",
        ),
        "test_quality_high": ("metric", "Upper end of the same interval."),
        "validation_quality": ("metric", "Quality on the validation part; mean over seeds."),
        "best_epoch": ("epochs", "Epoch with the best validation quality, the first of several; mean over seeds."),
        "epochs": ("epochs", "Epochs that it was trained for; mean over seeds."),
        "train_duration_s": ("s", "Duration of the training, validation included; mean over seeds."),
        "train_duration_s_low": (
            "s",
            "Lower end of its 95 % interval (Student's t over seeds, cut at 0); empty for one seed, or without spread.",
        ),
        "train_duration_s_high": ("s", "Upper end of the same interval."),
        "epoch_s": (
            "s",
            "Time of an epoch with its validation: mean of all but the first, which holds the compilation; mean over seeds.",
        ),
        "train_cpu_s": ("s", "CPU seconds of the training, of all processes of a run; mean over seeds."),
        "train_cpu_s_low": ("s", "Lower end of its 95 % interval, as for `train_duration_s`."),
        "train_cpu_s_high": ("s", "Upper end of the same interval."),
        "train_host_peak_mib": (
            "MiB",
            "Largest resident memory of a run's process while it trained; mean over seeds. Empty: not known.",
        ),
        "train_device_peak_mib": (
            "MiB",
            "Largest memory that it held on the GPU while it trained; mean over seeds. Empty: no GPU, or not known.",
        ),
        "train_energy_j": ("J", "Energy of the training, validation included; mean over seeds."),
        "train_energy_j_low": ("J", "Lower end of its 95 % interval, as for `train_duration_s`."),
        "train_energy_j_high": ("J", "Upper end of the same interval."),
        "energy_to_solution_j": (
            "J",
            "The same with failed tries, and with the energy of the runs whose models it started from; mean over seeds. Empty where it starts from weights of ImageNet or of a file, whose energy is not known.",
        ),
        "above": ("metric", "Test quality from which on points are priced: `sweep.above`."),
        "energy_per_point_j": (
            "J/point",
            "Energy of its own training (`train_energy_j`) per point of mean test quality better than `above`: percentage points of accuracy, units of an error. Parents are not in it. Empty: its test quality is not better than `above`, or its energy is not known.",
        ),
        "energy_per_point_j_low": (
            "J/point",
            "Lower end of its 95 % interval over seeds, in which energy and quality both vary (Fieller's theorem); empty for one seed.",
        ),
        "energy_per_point_j_high": (
            "J/point",
            "Upper end of the same; inf: its quality may be no better than `above`.",
        ),
        "energy_to_solution_per_point_j": (
            "J/point",
            "The same of `energy_to_solution_j`: with failed tries, and with the runs whose models it started from.",
        ),
        "energy_to_solution_per_point_j_low": (
            "J/point",
            "Lower end of its 95 % interval, as for `energy_per_point_j`.",
        ),
        "energy_to_solution_per_point_j_high": ("J/point", "Upper end of the same interval."),
        "target": ("metric", "Quality on validation data that is to be reached: `sweep.target`."),
        "reached": ("runs", "Complete runs that reached it at the end of an epoch; what it took is a mean over these."),
        "epochs_to_target": ("epochs", "Epochs until then."),
        "minutes_to_target": ("min", "Time of whole epochs until then, first step and validation included."),
        "energy_to_target_j": ("J", "Energy of the same epochs; parents and failed tries are not in it."),
        "note": (None, "Runs without a model, why numbers are empty, and how near to the target it came."),
    }
}
"""Unit and meaning of columns, by table."""
