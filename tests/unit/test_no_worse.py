"""What the table of statistics claims: no worse than the reference, of all models together, and on other test samples too."""

import numpy as np
import pandas as pd
import pytest

from frugalnet.analysis.statistics.sequences import adjusted
from frugalnet.analysis.statistics.table import QUALITY, statistics
from tests.unit.conftest import REFERENCES
from tests.unit.test_statistics import CONTINUED, PRUNING, SETTINGS, made_runs, of


@pytest.fixture(scope="module")
def usual():
    """The table of four methods and five seeds."""
    return statistics(made_runs(), SETTINGS, REFERENCES)


def test_no_worse_within_the_margin(usual):
    row = of(usual, QUALITY, "pruning")
    assert (row["equivalence"], row["equivalence_margin"]) == ("no worse", 0.005)
    strict = SETTINGS.model_copy(update={"margins": SETTINGS.margins.model_copy(update={"accuracy": 0.0001})})
    assert of(statistics(made_runs(), strict, REFERENCES), QUALITY, "pruning")["equivalence"] == "not shown"


def test_of_an_error_less_is_better():
    errors = {"baseline": [0.330, 0.334, 0.331], "pruning": [0.310, 0.315, 0.311], "nas": [0.50, 0.52, 0.53]}
    table = statistics(made_runs(errors, dataset="california_housing"), SETTINGS, REFERENCES)
    better, worse = of(table, QUALITY, "pruning"), of(table, QUALITY, "nas")
    assert better["difference"] < 0 and (better["equivalence"], better["equivalence_margin"]) == ("no worse", 0.01)
    assert worse["difference"] > 0 and worse["equivalence"] == "not shown"


def test_control_makes_no_claim(usual):
    row = of(usual, QUALITY, "random")
    assert row[["equivalence", "equivalence_p", "equivalence_p_adjusted", "equivalence_margin"]].isna().all()
    assert row["note"] == "a control: no claim that it is no worse"
    others = usual[(usual["quantity"] == QUALITY) & ~usual["is_reference"]]
    assert others[["equivalence", "note"]].isna().all(axis=None)


def test_claims_of_a_dataset_are_shown_together_the_largest_of_a_family_first():
    """What is worse than the margin ends its sequence, and alpha is shared: p and p of all are those of `adjusted`."""
    worse = [0.973, 0.977, 0.975, 0.980, 0.974]
    qualities = {"continued": CONTINUED, "pruning/weight-s0.80": PRUNING, "pruning/weight-s0.90": worse}
    qualities |= {"pruning/weight-s0.95": PRUNING, "nas": [0.981, 0.980, 0.982, 0.984, 0.979]}
    quality = statistics(made_runs(qualities), SETTINGS, REFERENCES).query("quantity == @QUALITY and is_reference")
    p = quality["equivalence_p"].tolist()
    assert quality["equivalence_p_adjusted"].tolist() == pytest.approx(adjusted(p, [[0, 1, 2], [3]]).tolist())
    assert quality["variant"].tolist()[:3] == ["weight-s0.80", "weight-s0.90", "weight-s0.95"]
    assert p[0] == p[2] < 0.05
    assert quality["equivalence"].tolist() == ["no worse", "not shown", "not shown", "no worse"]


def drawn(runs, own=0.0, common=0.0, draws=200):
    """Return the quality of runs on draws of test samples, which `common` moves alike for the seeds of a method."""
    chance = np.random.default_rng(0)
    shared = {label: common * chance.normal(size=draws) for label in runs["method"].unique()}
    return pd.DataFrame(
        {"run": run, "draw": draw, "test_quality": quality}
        for run, method, centre in zip(runs["run"], runs["method"], runs["test_quality"], strict=True)
        for draw, quality in enumerate(centre + shared[method] + own * chance.normal(size=draws))
    )


def test_test_samples_are_in_what_is_said_of_test_quality():
    runs = made_runs()
    with_samples = statistics(runs, SETTINGS, REFERENCES, drawn(runs, common=0.004))
    row, alone = of(with_samples, QUALITY, "pruning"), of(statistics(runs, SETTINGS, REFERENCES), QUALITY, "pruning")
    assert row["sample_error"] == pytest.approx(0.004 * 2**0.5, rel=0.1)
    half = np.hypot(alone["difference_high"] - alone["difference"], 1.959964 * row["sample_error"])
    assert row["difference_high"] == pytest.approx(row["difference"] + half)
    assert row["paired_p"] > alone["paired_p"] and row["equivalence_p"] > alone["equivalence_p"]
    assert (alone["equivalence"], row["equivalence"]) == ("no worse", "not shown")
    energy = of(with_samples, "train_energy_j", "pruning")
    assert np.isnan(energy["sample_error"])


def test_what_samples_do_to_each_seed_alone_is_in_the_spread_over_seeds():
    runs = made_runs()
    row = of(statistics(runs, SETTINGS, REFERENCES, drawn(runs, own=0.002)), QUALITY, "pruning")
    assert row["sample_error"] < 0.0006


def test_without_predictions_of_one_run_intervals_are_over_seeds_alone():
    runs = made_runs()
    some = drawn(runs[runs["run"] != "mnist/pruning/default/seed1"], common=0.002)
    table = statistics(runs, SETTINGS, REFERENCES, some)
    assert np.isnan(of(table, QUALITY, "pruning")["sample_error"])
    assert of(table, QUALITY, "random")["sample_error"] > 0


def test_only_quality_has_a_margin(usual):
    assert usual.loc[usual["quantity"] != QUALITY, ["equivalence_margin", "equivalence"]].isna().all(axis=None)
