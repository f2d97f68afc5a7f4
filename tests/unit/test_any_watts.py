"""Ratios of estimates: whatever watts are assumed, they lie in the range that the table gives."""

import json

import numpy as np
import pandas as pd
import pytest

from frugalnet.analysis.comparison import comparison
from frugalnet.analysis.interim import read_study
from frugalnet.config.carbon import Carbon
from frugalnet.record.estimate import Assumed
from tests.unit.conftest import REFERENCES, made_record

ASSUMED = Assumed(idle_w=10, tdp_w=65, cores=2)
WORK = {"baseline": [(10.0, 14.0), (12.0, 15.0), (30.0, 1.0)], "continued": [(20.0, 16.0), (19.0, 17.0)]}
"""Wall time and CPU seconds of the runs of a method, by seed; the last seed of the baseline is no pair."""


def runs(assumed=ASSUMED, **changes):
    """Return runs of two methods with the energies that their work comes to."""
    rows = []
    for method, of_seeds in WORK.items():
        for seed, (wall_s, cpu_s) in enumerate(of_seeds):
            run = f"mnist/{method}/default/seed{seed}"
            parent = f"mnist/baseline/default/seed{seed}" if method == "continued" else None
            rows.append(
                {"run": run, "parent": parent, "method": method, "seed": seed, "train_duration_s": wall_s}
                | {"train_energy_j": assumed.energy_j(wall_s, cpu_s), "test_quality": 0.9, "validation_quality": 0.9}
            )
    text = json.dumps({"idle_w": assumed.idle_w, "tdp_w": assumed.tdp_w, "cores": assumed.cores})
    return pd.DataFrame(rows).assign(energy_assumptions=text, **changes)


@pytest.fixture
def compared(study):
    """Return a function that compares runs, with the rest of their columns as a made record has them."""
    made = read_study(*study(made_record()))["runs"]

    def table(frame):
        whole = pd.concat([made] * len(frame), ignore_index=True).assign(**frame)
        return comparison(whole, Carbon(), REFERENCES).set_index("method").loc["continued"]

    return table


RANGE = ["train_energy_ratio_any_watts_low", "train_energy_ratio_any_watts_high"]
SOLUTION = ["energy_to_solution_ratio_any_watts_low", "energy_to_solution_ratio_any_watts_high"]


def test_range_lies_between_the_ratios_of_mean_wall_times_and_of_mean_cpu_seconds_of_paired_seeds(compared):
    row = compared(runs())
    assert row["reference"] == "baseline"
    assert row[RANGE].tolist() == pytest.approx([33 / 29, 39 / 22])
    assert row[SOLUTION].tolist() == pytest.approx([(33 + 29) / 29, (39 + 22) / 22])


def test_ratio_of_energies_reckoned_with_any_watts_lies_within(compared):
    low, high, solution_low, solution_high = compared(runs())[[*RANGE, *SOLUTION]]
    draw = np.random.default_rng(0)
    for _ in range(100):
        idle_w, more_w = draw.uniform(0, 100), draw.uniform(0.01, 400)
        found = runs(Assumed(idle_w, idle_w + more_w, 8)).query("seed < 2").groupby("method")["train_energy_j"].mean()
        ratio = found["continued"] / found["baseline"]
        assert low <= ratio <= high
        assert solution_low <= 1 + ratio <= solution_high


@pytest.mark.parametrize(
    "changes",
    [
        {"energy_source": "measured"},
        {"energy_scope": "gpu+cpu"},
        {"train_energy_j": np.nan},
        {"energy_assumptions": '{"idle_w": 10, "tdp_w": 10, "cores": 2}'},
        {"energy_assumptions": '{"watts": 40}'},
        {"energy_assumptions": '{"idle_w": 10, "tdp_w": 65, "cores": 2, "watts": 40}'},
        {"energy_assumptions": '{"file": "timeline.parquet", "recorded_source": "estimated"}'},
        {"energy_assumptions": None},
    ],
)
def test_range_is_empty_where_energies_tell_no_cpu_seconds(compared, changes):
    assert compared(runs().assign(**changes))[[*RANGE, *SOLUTION]].isna().all()


def test_range_to_solution_is_empty_where_a_try_of_a_parent_failed(compared):
    frame = runs()
    row = compared(frame.assign(failed_energy_j=[3.0] + [0.0] * (len(frame) - 1)))
    assert row[SOLUTION].isna().all()
    assert row[RANGE].notna().all()
