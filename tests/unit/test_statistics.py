"""The table of statistics: paired by seed, with a note wherever there is no number, and never of unlike things."""

import warnings

import numpy as np
import pandas as pd
import pytest

from frugalnet.analysis import tables
from frugalnet.analysis.comparison import comparison
from frugalnet.analysis.dictionary import data_dictionary
from frugalnet.analysis.interim import read_study
from frugalnet.analysis.statistics.holm import holm
from frugalnet.analysis.statistics.table import COLUMNS, MEASURED, QUALITY, SIZES, statistics
from frugalnet.config.carbon import Carbon
from frugalnet.config.statistics import Statistics
from tests.unit.conftest import REFERENCES, made_record

SETTINGS = Statistics(resamples=999)
BASELINE = [0.970, 0.974, 0.972, 0.975, 0.971]
CONTINUED = [0.978, 0.983, 0.979, 0.985, 0.980]
PRUNING = [0.979, 0.981, 0.980, 0.984, 0.982]
RANDOM = [0.91, 0.93, 0.90, 0.94, 0.92]


@pytest.fixture(autouse=True)
def _no_warnings():
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        yield


def made_runs(qualities=None, *, dataset="mnist", energies=None, **changes):
    """Return runs of methods (name or name/variant) with these qualities by seed; energies likewise, or the same for all."""
    qualities = qualities or {"baseline": BASELINE, "continued": CONTINUED, "pruning": PRUNING, "random": RANDOM}
    rows = []
    for place, (label, values) in enumerate(qualities.items()):
        method, _, variant = label.partition("/")
        own = (energies or {}).get(label, [100.0 + 10 * place + 0.3 * seed**1.5 for seed in range(len(values))])
        for seed, quality in enumerate(values):
            energy_j = own[seed]
            rows.append(
                {
                    "run": f"{dataset}/{method}/{variant or 'default'}/seed{seed}",
                    "parent": None,
                    "dataset": dataset,
                    "network": "softmax_big",
                }
                | {"method": method, "variant": variant or "default", "seed": seed, "threads": 2}
                | {"metric": "mae" if dataset == "california_housing" else "accuracy", "data_level": "official"}
                | {"energy_source": "measured", "energy_scope": "gpu", "failed_energy_j": 0.0, "energy_reason": None}
                | {"test_quality": quality, "validation_quality": quality, "train_energy_j": energy_j}
                | {
                    "epochs": 5 if method == "baseline" else 15,
                    "teacher": None,
                    "family": variant.partition("-")[0] or None,
                }
                | {"pruning.distillation": 0.0, "pruning.temperature": 4.0, "parameters_nonzero": 1000 - place}
                | dict.fromkeys(SIZES, 1000 * (place + 1))
                | {name: energy_j for name in MEASURED if name != "energy_to_solution_j"}
                | changes
            )
    return pd.DataFrame(rows).astype(dict.fromkeys(SIZES, "Int64"))


@pytest.fixture(scope="module")
def usual():
    """The table of four methods and five seeds."""
    return statistics(made_runs(), SETTINGS, REFERENCES)


def of(table, quantity, method, against=None):
    """Return one row, by default that against the reference."""
    rows = table[(table["quantity"] == quantity) & (table["method"] == method)]
    rows = rows[rows["is_reference"]] if against is None else rows[rows["against"] == against]
    assert len(rows) == 1
    return rows.iloc[0]


def test_methods_are_compared_with_the_reference_of_the_comparison_paired_by_seed():
    runs = made_runs()
    row = of(statistics(runs, SETTINGS, REFERENCES), QUALITY, "pruning")
    assert (row["against"], row["seeds"]) == ("continued", 5)
    assert (row["mean"], row["mean_against"]) == (pytest.approx(0.9812), pytest.approx(0.981))
    assert row["difference"] == pytest.approx(0.0002)
    # differences 0.001, -0.002, 0.001, -0.001, 0.002: standard deviation 0.001643, t = 2.776445
    assert row["difference_high"] == pytest.approx(0.0002 + 2.776445 * 0.0016432 / 5**0.5, abs=1e-7)
    assert row["median_difference"] == pytest.approx(0.001)
    assert row["ratio"] == pytest.approx(0.9812 / 0.981)


def test_interval_is_that_of_the_comparison(study):
    records = [made_record(seed=seed, quality=q) for seed, q in enumerate(BASELINE[:3])]
    records += [made_record(method="pruning", seed=seed, quality=q) for seed, q in enumerate(PRUNING[:3])]
    runs = read_study(*study(*records))["runs"]
    row = of(statistics(runs, SETTINGS, REFERENCES), QUALITY, "pruning")
    compared = comparison(runs, Carbon(), REFERENCES).set_index("method").loc["pruning"]
    assert row[["difference", "difference_low", "difference_high"]].tolist() == pytest.approx(
        compared[["quality_gain", "quality_gain_low", "quality_gain_high"]].tolist()
    )


def test_pairs_are_those_with_the_reference_the_baseline_and_the_controls_each_once(usual):
    for quantity in (QUALITY, "train_energy_j"):
        rows = usual[usual["quantity"] == quantity]
        assert list(zip(rows["method"], rows["against"], rows["is_reference"], strict=True)) == [
            ("pruning", "continued", True),
            ("random", "continued", True),
            ("continued", "baseline", False),
            ("pruning", "baseline", False),
            ("random", "baseline", False),
            ("pruning", "random", False),
        ]


def test_method_that_is_clearly_worse_is_shown_to_differ(usual):
    row = of(usual, QUALITY, "random")
    assert row["paired_p"] < row["paired_p_holm"] < 0.01
    assert row["omnibus_p"] < 0.05
    assert row["cliffs_delta"] == -1 and row["hedges_g_high"] < 0


def test_holm_is_over_the_pairs_with_the_reference_and_over_the_others(usual):
    quality = usual[usual["quantity"] == QUALITY]
    for is_reference, count in ((True, 2), (False, 4)):
        family = quality[quality["is_reference"] == is_reference]
        assert len(family) == count
        assert family["paired_p_holm"].tolist() == pytest.approx(holm(family["paired_p"]).tolist())


def test_few_seeds_have_a_note_and_no_p_value():
    two = {label: values[:2] for label, values in {"baseline": BASELINE, "pruning": PRUNING}.items()}
    row = of(statistics(made_runs(two), SETTINGS, REFERENCES), QUALITY, "pruning")
    assert row["note"] == "2 seeds: fewer than 3, no p-value"
    assert row["difference_low"] < row["difference"] < row["difference_high"]
    empty = ["paired_p", "omnibus_p", "equivalence_p", "cliffs_delta", "hedges_g", "ratio_low"]
    assert row[[*empty, "median_difference_low", "paired_test", "equivalence"]].isna().all()
    assert (of(statistics(made_runs(), Statistics(min_seeds=6), REFERENCES), QUALITY, "pruning")["note"]).startswith(
        "5 seeds: fewer"
    )


def test_one_seed_has_the_difference_alone():
    one = {"baseline": [0.97], "pruning": [0.98]}
    row = of(statistics(made_runs(one), SETTINGS, REFERENCES), QUALITY, "pruning")
    assert (row["difference"], row["ratio"]) == (pytest.approx(0.01), pytest.approx(0.98 / 0.97))
    assert row["note"] == "1 seed: fewer than 3, no p-value"
    assert row[["difference_low", "difference_high", "paired_p"]].isna().all()


def test_ratio_of_two_noisy_costs_has_the_interval_of_fieller():
    energies = {"baseline": [10.0, 11.0, 12.0], "pruning": [19.0, 23.0, 24.0]}
    runs = made_runs({"baseline": BASELINE[:3], "pruning": PRUNING[:3]}, energies=energies)
    row = of(statistics(runs, SETTINGS, REFERENCES), "train_energy_j", "pruning")
    assert row["ratio"] == pytest.approx(2)
    # Ratios r of which the mean of `pruning - r * baseline` is t standard errors from 0: means 22 and 11, variances 7 and 1,
    # covariance 2.5, t = 4.302653, so that 121 - t²/3 = 114.8290, 242 - 2.5 t²/3 = 226.5726, 484 - 7 t²/3 = 440.8032.
    half = (226.5726**2 - 114.8290 * 440.8032) ** 0.5
    assert row["ratio_low"] == pytest.approx((226.5726 - half) / 114.8290, abs=1e-4)
    assert row["ratio_high"] == pytest.approx((226.5726 + half) / 114.8290, abs=1e-4)
    assert row["ratio_low"] < row["ratio_bootstrap_low"] < 2 < row["ratio_bootstrap_high"] < row["ratio_high"]


def test_sizes_that_do_not_change_with_the_seed_are_not_tested(usual):
    row = of(usual, "parameters_compacted", "pruning")
    assert (row["difference"], row["ratio"]) == (1000, 1.5)
    assert row["note"] == "the same difference for all seeds: nothing to test"
    assert row[["difference_low", "ratio_low", "hedges_g", "paired_p", "omnibus_p"]].isna().all()


def test_method_that_always_equals_the_reference_has_nothing_to_test():
    runs = made_runs({"baseline": BASELINE, "pruning": BASELINE})
    row = of(statistics(runs, SETTINGS, REFERENCES), QUALITY, "pruning")
    assert row["difference"] == 0
    assert row[["paired_p", "equivalence", "difference_low"]].isna().all()
    assert "nothing to test" in row["note"]


def test_rounding_is_no_spread():
    """0.3 - 0.2 and 0.2 - 0.1 differ in the last digit only."""
    runs = made_runs({"baseline": [0.2, 0.1, 0.3, 0.4], "pruning": [0.3, 0.2, 0.4, 0.5]})
    assert "nothing to test" in of(statistics(runs, SETTINGS, REFERENCES), QUALITY, "pruning")["note"]


def test_seeds_that_one_method_does_not_have_are_named():
    runs = made_runs({"baseline": BASELINE, "pruning": PRUNING[:3]})
    row = of(statistics(runs, SETTINGS, REFERENCES), QUALITY, "pruning")
    assert (row["seeds"], row["note"]) == (3, "not in both: seed 3, 4")
    assert row["mean_against"] == pytest.approx(np.mean(BASELINE[:3]))


def test_quality_that_is_not_a_number_is_named_and_not_compared():
    runs = made_runs({"baseline": BASELINE, "pruning": [0.98, float("nan"), 0.981, 0.985, float("inf")]})
    row = of(statistics(runs, SETTINGS, REFERENCES), QUALITY, "pruning")
    assert row["seeds"] == 3
    assert row["note"] == "pruning: not known for seed 1, 4; not in both: seed 1, 4"


def test_energy_that_is_not_known_has_its_reason():
    runs = made_runs(energies={"pruning": [float("nan")] * 5})
    runs.loc[runs["method"] == "pruning", "energy_reason"] = "meter nvml: away"
    row = of(statistics(runs, SETTINGS, REFERENCES), "train_energy_j", "pruning")
    assert row["seeds"] == 0
    assert row["note"] == "pruning: not known for seed 0, 1, 2, 3, 4 (meter nvml: away); no seed in common"
    assert row[["mean", "difference", "ratio", "paired_p"]].isna().all()


@pytest.mark.parametrize("change", [("energy_source", "estimated"), ("energy_scope", "gpu+cpu")])
@pytest.mark.parametrize("quantity", ["train_energy_j", "latency_ratio"])
def test_energies_and_times_of_unlike_meters_are_never_compared(change, quantity):
    runs = made_runs()
    runs.loc[runs["method"].isin(["pruning", "random"]), change[0]] = change[1]
    table = statistics(runs, SETTINGS, REFERENCES)
    row = of(table, quantity, "pruning")
    assert row["seeds"] == 0 and np.isnan(row["difference"])
    assert row["note"].startswith("not compared: energies of continued are measured (gpu), here ")
    assert set(table.loc[table["quantity"] == quantity, "seeds"]) == {0, 5}


def test_quality_is_compared_whatever_measured_the_energy():
    runs = made_runs()
    runs.loc[(runs["method"] == "pruning") & (runs["seed"] == 4), ["energy_source", "energy_scope"]] = None
    row = of(statistics(runs, SETTINGS, REFERENCES), QUALITY, "pruning")
    assert row["seeds"] == 5
    assert pd.isna(row["energy_source"])


@pytest.mark.parametrize(("column", "value"), [("threads", 8), ("data_level", "sample"), ("dataset", "cifar10")])
def test_unlike_runs_are_never_compared(column, value):
    other = made_runs({"pruning": PRUNING}).assign(**{column: value})
    table = statistics(
        pd.concat([made_runs({"baseline": BASELINE, "continued": CONTINUED}), other]), SETTINGS, REFERENCES
    )
    assert set(table["method"]) == {"continued"}
    assert set(table["against"]) == {"baseline"}


def test_variants_are_methods_of_their_own():
    runs = made_runs({"baseline": BASELINE, "pruning/unit-s0.50": PRUNING, "pruning/unit-s0.90": RANDOM})
    quality = statistics(runs, SETTINGS, REFERENCES).query("quantity == @QUALITY")
    assert quality["variant"].tolist() == ["unit-s0.50", "unit-s0.90"]
    assert quality["against"].tolist() == ["baseline", "baseline"]


def test_outlier_is_listed_and_kept():
    far = {"baseline": BASELINE, "pruning/unit-s0.50": [0.980, 0.981, 0.982, 0.983, 0.60]}
    row = of(statistics(made_runs(far), SETTINGS, REFERENCES), QUALITY, "pruning")
    assert row["outliers"] == "pruning unit-s0.50: seed 4 (z = -257.0)"
    assert (row["seeds"], row["mean"]) == (5, pytest.approx(0.9052))


def test_checks_of_assumptions_are_written_down(usual):
    row = of(usual, QUALITY, "pruning")
    assert row["assumptions"].startswith(
        "methods: Friedman test of 4 methods over 5 seeds; differences: Shapiro-Wilk p = "
    )
    assert row["assumptions"].endswith(": paired t")


def test_same_runs_give_the_same_table(usual):
    pd.testing.assert_frame_equal(statistics(made_runs(), SETTINGS, REFERENCES), usual)


def test_order_of_the_seeds_does_not_matter():
    shuffled = made_runs().sort_values(["method", "seed"], ascending=[True, False])
    rows = [of(statistics(runs, SETTINGS, REFERENCES), QUALITY, "random") for runs in (made_runs(), shuffled)]
    pd.testing.assert_series_equal(rows[0], rows[1], check_names=False)


def test_study_without_a_reference_compares_methods_with_their_controls():
    table = statistics(made_runs({"pruning": PRUNING, "random": RANDOM}), SETTINGS, REFERENCES)
    assert set(zip(table["method"], table["against"], table["is_reference"], strict=True)) == {
        ("pruning", "random", False)
    }


def test_no_runs_give_an_empty_table():
    assert list(statistics(made_runs().iloc[:0], SETTINGS, REFERENCES).columns) == COLUMNS


def test_table_is_written_read_and_described(usual, tmp_path):
    made = {"statistics": usual}
    tables.write(made, tmp_path)
    pd.testing.assert_frame_equal(tables.read([tmp_path / "statistics.parquet"])["statistics"], made["statistics"])
    described = data_dictionary(made).set_index("column")
    assert list(described.index) == COLUMNS
    assert described.loc["seeds", "meaning"].startswith("Number of seeds that both")
