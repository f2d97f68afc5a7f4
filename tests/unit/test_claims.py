"""Claims: what was reported beside what was measured, and the rule of the verdicts."""

from math import isnan

import pandas as pd
import pytest

from frugalnet.analysis.comparison import comparison
from frugalnet.analysis.dictionary import data_dictionary
from frugalnet.analysis.factors import FACTORS
from frugalnet.analysis.inferences import ENDS, RATIOS
from frugalnet.analysis.means import INFERENCE
from frugalnet.analysis.reported import COLUMNS, counts
from frugalnet.config.carbon import Carbon
from frugalnet.config.statistics import Margins, Statistics
from frugalnet.record.record import COST
from frugalnet.studies.compression.claims import claims
from frugalnet.studies.compression.reported import REPORTED
from frugalnet.studies.compression.tables import MEANINGS
from tests.unit.conftest import REFERENCES

NETWORKS = {"mnist": "softmax_big", "cifar10": "cifar_cnn", "sat6": "sat6_convnet", "california_housing": "housing_mlp"}


def made_run(dataset, seed=0, test=0.97, train=0.99, method="baseline", variant="default", **changes):
    return (
        dict.fromkeys((*COST, *INFERENCE, *(f"{name}{end}" for name in RATIOS for end in ENDS)), 1.0)
        | {"run": f"{dataset}/{method}/{variant}/seed{seed}", "dataset": dataset, "method": method, "variant": variant}
        | {"seed": seed, "network": NETWORKS[dataset], "threads": 2, "parent": None, "teacher": None, "epochs": 5}
        | {"data_level": "official"}
        | {"metric": "mae" if dataset == "california_housing" else "accuracy"}
        | {"energy_source": "measured", "energy_scope": "gpu", "test_quality": test, "train_quality": train}
        | {"validation_quality": test, "test_loss": 0.05, "parameters": 483_482, "parameters_nonzero": 483_482}
        | {"train_energy_j": 1.0, "train_energy_net_j": 1.0, "train_u_stat_j": 0.1, "train_u_sys_by_device_j": None}
        | {"spent_u_stat_j": 0.1, "spent_u_sys_by_device_j": None}
        | {"energy_assumptions": None, "host_energy_estimate_j": None}
        | {
            "train_duration_s": 1.0,
            "train_flags": "",
            "inference_flags": "",
            "same_operations": True,
            "failed_tries": 0,
            "failed_energy_j": 0.0,
        }
        | {"energy_per_inference_j": 0.001, "throughput_per_s": 60_000.0, "latency_batch1_ms": 0.5}
        | dict.fromkeys(FACTORS)
        | {"pruning.granularity": variant.partition("-")[0] if method == "pruning" else None}
        | changes
    )


def runs_of(dataset, qualities, **changes):
    return [made_run(dataset, seed, quality, **changes) for seed, quality in enumerate(qualities)]


def table_of(*runs, **settings):
    frame = pd.DataFrame(runs)
    return claims(frame, comparison(frame, Carbon(), REFERENCES), Statistics(**settings))


def row(name, *runs, reading=None, **settings):
    table = table_of(*runs, **settings)
    (found,) = (each for _, each in table[table["claim"] == name].iterrows() if reading in (None, each["reading"]))
    return found


def test_table_has_the_columns_that_are_promised_and_all_are_described():
    table = table_of(*runs_of("mnist", [0.97, 0.98]))
    assert list(table) == COLUMNS
    assert len(data_dictionary({"claims": table}, MEANINGS)) == len(COLUMNS)


def test_every_report_has_a_row_also_where_the_study_has_no_such_runs():
    table = table_of(*runs_of("mnist", [0.97, 0.98]))
    assert set(table["claim"]) == {reported.claim for reported in REPORTED}
    sat6 = table.set_index("claim").loc["sat6_accuracy"]
    assert sat6["reason"] == "this study has no runs of baseline on SAT-6"
    assert isnan(sat6["measured"]) and sat6["seeds"] == 0 and sat6["verdict"] == "not comparable"


def test_measured_value_is_a_mean_over_seeds_with_students_interval():
    # 0.97, 0.98, 0.99: half width t(0.975, 2) * 0.01 / sqrt(3) = 4.302653 * 0.005773503
    found = row("mnist_accuracy", *runs_of("mnist", [0.97, 0.98, 0.99]))
    assert found["measured"] == pytest.approx(0.98)
    assert found["measured_low"] == pytest.approx(0.98 - 0.0248414, abs=1e-6)
    assert found["measured_high"] == pytest.approx(0.98 + 0.0248414, abs=1e-6)
    assert found["seeds"] == 3


def test_about_so_much_is_reproduced_when_the_whole_interval_is_within_a_point_to_either_side():
    found = row("mnist_accuracy", *runs_of("mnist", [0.963, 0.964, 0.965]))
    assert found["verdict"] == "reproduced"
    assert found["reason"] == "the whole interval is between 0.96 and 0.98"
    assert row("mnist_accuracy", *runs_of("mnist", [0.975, 0.976, 0.977]))["verdict"] == "reproduced"


@pytest.mark.parametrize("qualities", [[0.978, 0.980, 0.982], [0.990, 0.991, 0.992]])
def test_better_than_about_so_much_in_part_or_whole_is_at_least_as_good_and_not_reproduced(qualities):
    found = row("mnist_accuracy", *runs_of("mnist", qualities))
    assert found["verdict"] == "at least as good"
    assert found["reason"] == "the whole interval is above 0.96, and not all of it below 0.98"


def test_smaller_error_than_about_so_much_is_at_least_as_good():
    found = row("housing_error_unseen", *runs_of("california_housing", [0.30, 0.30], train=0.2))
    assert found["verdict"] == "at least as good"
    assert found["reason"].startswith("the whole interval is below 0.11, and not all of it above 0.09")
    worse = row("housing_error_unseen", *runs_of("california_housing", [0.55, 0.55], train=0.2))
    assert (worse["verdict"], "no part of the interval is below 0.11" in worse["reason"]) == ("not reproduced", True)


def test_interval_on_both_sides_reproduces_nothing_and_asks_for_seeds():
    found = row("mnist_accuracy", *runs_of("mnist", [0.95, 0.97, 0.99]))
    assert found["verdict"] == "not reproduced"
    assert "more seeds may tell" in found["reason"]


def test_what_was_reported_as_a_bound_is_reproduced_by_whatever_keeps_it():
    def verdict(*qualities):
        return row("sat6_accuracy", *runs_of("sat6", qualities))["verdict"]

    assert verdict(0.9710, 0.9712, 0.9711) == verdict(0.999, 0.998, 0.999) == "reproduced"
    assert verdict(0.9699, 0.9699, 0.9699) == verdict(0.96, 0.97, 0.99) == "not reproduced"
    assert all(each.tolerance is None for each in REPORTED if each.bound)


def test_claim_has_a_row_for_each_of_its_readings():
    runs = runs_of("cifar10", [0.70, 0.71, 0.72], train=0.93)
    test, training = (row("cifar10_accuracy", *runs, reading=f"on {part} data") for part in ("test", "training"))
    assert (test["verdict"], test["quantity"], test["reported"]) == ("not reproduced", "test_quality", 0.90)
    assert "no part of the interval is above 0.9" in test["reason"]
    assert (training["verdict"], training["measured"], training["quantity"]) == ("reproduced", 0.93, "train_quality")


def counted(*rows):
    """Return how claims are counted, from rows of claim, reading and verdict."""
    return counts(pd.DataFrame(rows, columns=["claim", "reading", "verdict"]))


def test_two_readings_of_a_claim_count_once():
    assert counted(("a", "x", "reproduced"), ("a", "y", "reproduced")) == {"reproduced": 1}
    readings = ("a", "x", "not reproduced"), ("a", "y", "reproduced")
    assert counted(*readings, ("b", None, "not reproduced")) == {
        "reproduced in one of its readings": 1,
        "not reproduced": 1,
    }
    assert counted(("a", "x", "not comparable"), ("a", "y", "at least as good")) == {"at least as good": 1}


def test_several_groups_of_runs_of_a_claim_count_once():
    assert counted(*[("a", None, "not comparable")] * 3) == {"not comparable": 1}
    assert counted(("a", None, "reproduced"), ("a", None, "not comparable")) == {"reproduced": 1}
    groups = ("a", None, "reproduced"), ("a", None, "not reproduced")
    assert counted(*groups) == {"reproduced in some of its runs": 1}
    assert counted(("a", "x", "not reproduced"), ("a", "y", "reproduced"), ("a", "y", "at least as good")) == {
        "reproduced in one of its readings": 1
    }


def test_claims_are_counted_the_best_verdict_first():
    verdicts = ["not comparable", "not reproduced", "at least as good", "reproduced"]
    assert list(counted(*((str(place), None, each) for place, each in enumerate(verdicts)))) == verdicts[::-1]


def test_smaller_loss_is_better():
    runs = runs_of("sat6", [0.98, 0.98])
    assert row("sat6_loss", *runs)["verdict"] == "reproduced"
    assert row("sat6_loss", *(run | {"test_loss": 0.08} for run in runs))["verdict"] == "not reproduced"


def test_housing_errors_are_divided_by_the_range_of_the_targets_and_the_assumption_is_told():
    found = row("housing_error_unseen", *runs_of("california_housing", [0.485002, 0.485002], train=0.2))
    assert found["measured"] == pytest.approx(0.1)
    assert found["verdict"] == "reproduced"
    assert "min-max" in found["reason"]


def test_one_seed_has_a_value_and_no_verdict():
    found = row("mnist_accuracy", made_run("mnist", test=0.98))
    assert (found["measured"], found["verdict"]) == (0.98, "not comparable")
    assert isnan(found["measured_low"])
    assert found["reason"] == "one seed: no interval; by the value alone: reproduced"


@pytest.mark.parametrize(
    ("changes", "why"),
    [
        ({"data_level": "sample"}, "made stand-ins for the data"),
        ({"data_level": "subset"}, "a part of the data"),
        ({"network": "resnet18"}, "the network is resnet18 instead of softmax_big"),
    ],
)
def test_other_data_and_other_networks_are_not_comparable(changes, why):
    found = row("mnist_accuracy", *runs_of("mnist", [0.97, 0.98], **changes))
    assert found["verdict"] == "not comparable"
    assert why in found["reason"]


def test_power_of_prediction_is_energy_per_sample_times_samples_per_second():
    found = row("prediction_power", *runs_of("mnist", [0.97, 0.98]))
    assert (found["measured"], found["unit"], found["reported"]) == (60, "W", 129)
    assert found["verdict"] == "not comparable"
    assert "energies are measured (gpu)" in found["reason"]


def test_prediction_is_set_beside_that_of_every_dataset():
    table = table_of(*runs_of("mnist", [0.97, 0.98]), *runs_of("sat6", [0.97, 0.98]))
    assert list(table.loc[table["claim"] == "prediction_time", "dataset"]) == ["mnist", "sat6"]


def test_energy_that_is_not_known_is_empty_and_not_zero():
    runs = runs_of("mnist", [0.97, 0.98], energy_per_inference_j=None, energy_source=None, energy_scope=None)
    found = row("prediction_power", *runs)
    assert isnan(found["measured"])
    assert "not known" in found["reason"]


def pruned(variant, qualities, nonzero):
    changes = {"method": "pruning", "variant": variant, "parameters_nonzero": nonzero}
    return runs_of("mnist", qualities, **changes)


BASELINES = runs_of("mnist", [0.970, 0.972, 0.974])
NINETY = pruned("weight-s0.90", [0.980, 0.982, 0.985], 48_348)
NINETY_FIVE = pruned("weight-s0.95", [0.975, 0.976, 0.979], 24_174)
NINETY_EIGHT = pruned("weight-s0.98", [0.90, 0.91, 0.92], 9_670)


def test_compression_is_that_of_the_smallest_variant_without_loss():
    found = row("han2015_compression", *BASELINES, *NINETY, *NINETY_FIVE, *NINETY_EIGHT)
    assert found["variant"] == "weight-s0.95"
    assert found["measured"] == pytest.approx(20, abs=0.01)
    assert found["verdict"] == "not comparable"  # it is another network
    assert "by the numbers alone: reproduced" in found["reason"]


def test_loss_is_judged_by_the_interval_of_the_differences_to_the_baseline_of_the_same_seed():
    found = row("han2015_gain", *BASELINES, *NINETY_FIVE)
    assert found["measured"] == pytest.approx((0.005 + 0.004 + 0.005) / 3)
    assert 0 < found["measured_low"] < found["measured"] < found["measured_high"]


def test_margin_says_what_still_is_no_loss():
    slightly_worse = pruned("weight-s0.95", [0.967, 0.969, 0.972], 24_174)
    strict = {"margins": Margins(accuracy=0.002)}
    assert row("han2015_compression", *BASELINES, *NINETY, *slightly_worse)["variant"] == "weight-s0.95"
    assert row("han2015_compression", *BASELINES, *NINETY, *slightly_worse, **strict)["variant"] == "weight-s0.90"


def test_compression_with_loss_reproduces_nothing():
    found = row("han2015_compression", *BASELINES, *NINETY_EIGHT)
    assert "by the numbers alone: not reproduced" in found["reason"]
    assert (
        "none is within 0.005 of the baseline by the interval over seeds (or value), not corrected for this choice"
        in found["reason"]
    )


def test_compression_names_what_the_fairer_reference_leaves_of_the_gain():
    continued = runs_of("mnist", [0.978, 0.979, 0.982], method="continued")
    found = row("han2015_compression", *BASELINES, *continued, *NINETY)
    assert "over continued, its reference, it gains 0.0027" in found["reason"]


def test_pruned_units_are_no_pruned_weights():
    found = row("han2015_compression", *BASELINES, *pruned("unit-s0.75", [0.97, 0.97, 0.97], 60_000))
    assert found["reason"] == "this study has no runs of weight pruning with its baseline on MNIST"
