"""The table of statistics of a study of drawn runs: it compares repetitions, and a drawn run is none."""

import pandas as pd
import pytest

from frugalnet.analysis.statistics.drawn import without_drawn
from frugalnet.analysis.statistics.table import COLUMNS, QUALITY, statistics
from frugalnet.catalogue.entries import References
from tests.unit.test_statistics import SETTINGS, made_runs

OF_OFF = References(of=("baseline",), variant="all-off")
OFF, ON = [0.71, 0.74, 0.72, 0.75, 0.70], [0.78, 0.83, 0.79, 0.85, 0.80]


def cases(**further):
    """Return base cases over five seeds, and further variants of the baseline over some seeds: `draw0009={8: 0.9}`."""
    rows = [
        made_runs({"baseline/all-off": OFF, "baseline/only-scaling": ON}),
        *(
            made_runs({f"baseline/{name}": list(values.values())}).assign(
                seed=list(values), run=[f"cifar10/baseline/{name}/seed{seed}" for seed in values]
            )
            for name, values in further.items()
        ),
    ]
    return pd.concat(rows, ignore_index=True).assign(**{"factor.scaling": "unit"})


def compared(runs):
    return statistics(runs, SETTINGS, OF_OFF)


def test_drawn_runs_are_in_no_pair_and_change_none():
    drawn = {f"draw{number + 1:04d}": {100 + number: 0.6 + number / 100} for number in range(12)}
    found = compared(cases(**drawn))
    assert set(found["variant"]) == {"only-scaling"}
    pd.testing.assert_frame_equal(found, compared(cases()), check_exact=True)


def test_case_with_several_seeds_that_its_reference_has_too_is_compared():
    found = compared(cases(best={1: 0.8, 3: 0.9, 7: 0.7}))
    row = found[(found["variant"] == "best") & (found["quantity"] == QUALITY)].iloc[0]
    assert row["seeds"] == 2 and row["difference"] == pytest.approx((0.8 - 0.74 + 0.9 - 0.75) / 2)


def test_where_each_case_was_run_once_that_seed_is_enough():
    once = cases().query("seed == 0")
    assert set(compared(once)["variant"]) == {"only-scaling"}


@pytest.mark.parametrize("left", [["draw0009"], []])
def test_without_reference_there_are_no_rows_and_all_columns(left):
    runs = cases(draw0009={8: 0.9})
    found = compared(runs[runs["variant"].isin(left or ["only-scaling"])])
    assert found.empty and list(found) == COLUMNS and found["seeds"].dtype == "int64"


def test_in_a_study_without_factors_a_pair_without_common_seed_says_so():
    runs = cases(other={7: 0.9}).drop(columns="factor.scaling")
    assert without_drawn(runs) is runs
    found = compared(runs)
    row = found[(found["variant"] == "other") & (found["quantity"] == QUALITY)].iloc[0]
    assert row["seeds"] == 0 and "no seed in common" in row["note"]
