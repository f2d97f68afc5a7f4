"""What is said of the runs of one method and variant: means over seeds, and ratios to the reference."""

from math import nan
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from scipy import stats

from frugalnet.analysis import deployed
from frugalnet.analysis.factors import columns_in
from frugalnet.analysis.groups import measured_alone
from frugalnet.analysis.inferences import ENDS, RATIOS
from frugalnet.analysis.places import Cells, Places
from frugalnet.analysis.references import REFERENCE
from frugalnet.analysis.solution import uncertainty_of_sum_j
from frugalnet.record.record import COST

CONFIDENCE = 0.95
INFERENCE = [
    *(
        f"latency_{size}_{name}{suffix}"
        for size in ("batch1", "large")
        for suffix in ("", "_compacted")
        for name in ("ms", "iqr_ms", "p90_ms", "p99_ms")
    ),
    *("throughput_per_s", "throughput_per_s_compacted", "energy_per_inference_j", "energy_per_inference_j_compacted"),
    *("energy_per_inference_net_j", "energy_per_inference_net_j_compacted"),
]
MEANS = [
    "train_energy_j",
    "train_energy_net_j",
    "energy_to_solution_j",
    "energy_to_shape_j",
    "train_duration_s",
    "host_energy_estimate_j",
    "co2e_to_solution_g",
]


class Means:
    """Summaries of groups of runs, of which there may be thousands."""

    def __init__(self, runs: pd.DataFrame) -> None:
        self._cells = Cells(runs)
        self._names = [*COST, *INFERENCE, *MEANS, *deployed.compared(runs)]
        self._numbers = self._cells.matrix(self._names)
        self._alone = measured_alone(runs).to_numpy()
        self._same = [*REFERENCE, *columns_in(runs)]

    def row(self, places: Places) -> dict[str, Any]:
        """Return the columns of `comparison` that are about the runs in these places, and no others."""

        def of(name: str) -> NDArray[Any]:
            return self._cells.values(name)[places]

        reasons = [text for text in dict.fromkeys(of("co2e_reason")) if not pd.isna(text)]
        means = np.ascontiguousarray(self._numbers[:, places]).mean(axis=1)
        return (
            {
                "seeds": len(places),
                "quality_mean": self._mean("test_quality", places),
                "quality_std": pd.Series(of("test_quality"), dtype=float).std() if len(places) > 1 else nan,
                "validation_quality_mean": self._mean("validation_quality", places),
                "train_quality_mean": self._mean("train_quality", places),
                "epochs_in_all": np.fmax.reduce(of("epochs_in_all")),
                "co2e_reason": "; ".join(reasons) or None,
                "failed_tries": of("failed_tries").sum(),
                "disturbed": int((of("train_flags") != "").sum()),
                "inference_flagged": int((of("inference_flags") != "").sum()),
            }
            | dict(zip(self._names, means, strict=True))
            | self._ratios(places)
            | self._uncertainties(places)
            | {name: of(name)[0] for name in self._same}
        )

    def _mean(self, name: str, places: Places) -> float:
        """Return the mean of what is known."""
        values = self._cells.numbers(name)[places]
        return float(values[0] if len(values) == 1 else pd.Series(values).mean())

    def _uncertainties(self, places: Places) -> dict[str, float]:
        """Return the uncertainties of the mean net energy of some runs."""
        columns = (self._cells.values(name)[places] for name in ("train_u_stat_j", "train_u_sys_by_device_j"))
        parts = ((1 / len(places), part) for part in zip(*columns, strict=True))
        statistical_j, systematic_j = uncertainty_of_sum_j(parts)
        return {"train_u_stat_j": statistical_j, "train_u_sys_j": systematic_j}

    def _ratios(self, places: Places) -> dict[str, Any]:
        """Return ratios of inference costs to the reference as geometric means over seeds, with 95 % intervals.

        The interval of several seeds is Student's t of the logarithms; that of one seed is from measuring in turn. Seeds
        that were measured without a reference are left out.
        """
        beside = places[~self._alone[places]]
        places = beside if len(beside) else places
        same = self._cells.values("same_operations")[places]
        found: dict[str, Any] = {"same_operations": None if pd.isna(same).any() else same.all()}
        for column in RATIOS:
            names = [f"{column}{end}" for end in ENDS]
            ends = [float(self._cells.numbers(name)[places[0]]) for name in names]
            if len(places) > 1:
                values = np.log(self._cells.numbers(column)[places])
                half = stats.t.ppf((1 + CONFIDENCE) / 2, len(values) - 1) * stats.sem(values)
                ends = np.exp([values.mean(), values.mean() - half, values.mean() + half]).tolist()
            found |= dict(zip(names, ends, strict=True))
        return found
