"""What the techniques change that save time or memory: `processed/efficiency.csv`."""

import pandas as pd

from frugalnet.config.sweep import Sweep
from frugalnet.studies.sweep.by_run import of_part, with_epochs
from frugalnet.studies.sweep.paired import Change, rows_of
from frugalnet.studies.sweep.sensitivity import ESTIMATE

QUANTITIES = (
    *("train_host_peak_mib", "train_device_peak_mib", "train_duration_s", "epoch_s", "train_cpu_s"),
    *("train_energy_j", "test_quality"),
)
TYPES = {
    **dict.fromkeys(("dataset", "metric", "factor", "off", "on", "quantity", "scale"), "str"),
    "pairs": "int64",
    **dict.fromkeys(("off_mean", "on_mean", "estimate", "low", "high", "p", "p_holm"), "float64"),
    **dict.fromkeys(("note", "energy_source", "energy_scope"), "str"),
    **{"threads": "Int64", "data_level": "str"},
}


def efficiency(all_runs: pd.DataFrame, epochs: pd.DataFrame, study: Sweep) -> pd.DataFrame:
    """Return one row per factor and quantity: on against off, all other factors and the seed equal.

    The intervals are those of the table `sensitivity`.
    """
    design = list(study.design())
    names = list(design[0].levels) if design else []
    levels = {name: list(dict.fromkeys(each.levels[name] for each in design)) for name in names}
    levels = {name: both for name, both in levels.items() if len(both) > 1}
    runs = of_part(with_epochs(all_runs, epochs, study), design, study)
    everywhere = pd.Series(True, runs.index)
    asked = [
        (
            everywhere,
            Change(name, on, off, tuple(other for other in levels if other != name)),
            {"factor": name, "off": off, "on": on},
        )
        for name, (off, on) in levels.items()
    ]
    found = rows_of(runs, asked, QUANTITIES).rename(columns={"mean": "on_mean", "mean_against": "off_mean"})
    return found.reindex(columns=list(TYPES)).astype(TYPES)


MEANINGS: dict[str, dict[str, tuple[str | None, str]]] = {
    "efficiency": ESTIMATE
    | {
        "factor": (None, "Factor of `sweep.efficiency`."),
        "off": (None, "Its level without the technique."),
        "on": (None, "Its level with the technique."),
        "off_mean": ("`quantity`", "Mean of the runs of the pairs without it: over combinations, of means over seeds."),
        "on_mean": ("`quantity`", "Mean of those with it."),
        "estimate": (
            "metric or ratio",
            "What the technique does with all else equal: mean over the combinations of the other factors, of means over seeds.",
        ),
    }
}
"""Unit and meaning of columns, by table."""
