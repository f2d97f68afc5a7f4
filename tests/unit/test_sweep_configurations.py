"""The table of configurations: ranks by validation data, what the target took, and what a point of accuracy costs."""

from math import inf, nan

import numpy as np
import pandas as pd
import pytest

from frugalnet.analysis.dictionary import data_dictionary
from frugalnet.studies.sweep.configurations import configurations
from frugalnet.studies.sweep.tables import MEANINGS
from tests.unit.made_grid import KEYS, made_run, made_study
from tests.unit.made_grid_tables import made_tables

GRID = {"network": {"resnet18": {"network": "resnet18"}, "resnet50": None}, "schedule": None}
PLAIN = {"rows": {"strong": None, "pretrained": None}, "efficiency": None}
FIRST, SECOND = "resnet18-lr0.1", "resnet18-lr0.05"
CURVE = (0.4, 0.65, 0.72, 0.71)
"""Its best epoch is the third."""
WHOLE = made_tables()
JOULES, SECONDS = (10.0, 5.0, 5.0, 5.0), (90.0, 30.0, 60.0, 60.0)


def small_study(**settings):
    """Return a study of one network with two learning rates."""
    return made_study(**{"axes": GRID} | PLAIN | settings)


def runs_of(study, changes):
    """Return the runs of configurations by name, one for each mapping of changes."""
    of = {each.name: each for each in study.configurations()}
    rows = [made_run(of[name], seed, **own) for name, each in changes.items() for seed, own in enumerate(each)]
    return pd.DataFrame(rows)


def epochs_of(runs, curves, joules=JOULES, seconds=SECONDS):
    """Return the epochs of runs, each with the curve of its variant, or of its variant and seed."""
    rows = []
    for run in runs.to_dict("records"):
        curve = curves.get(f"{run['variant']}/{run['seed']}", curves.get(run["variant"], ()))
        for at, quality in enumerate(curve):
            row = {name: run[name] for name in KEYS} | {"epoch": at + 1, "validation_quality": quality}
            rows.append(row | {"whole_s": seconds[at], "energy_j": joules[at], "cpu_s": seconds[at]})
    return pd.DataFrame(rows, columns=[*KEYS, "epoch", "validation_quality", "whole_s", "energy_j", "cpu_s"])


def row_of(changes, curves=None, name=FIRST, joules=JOULES, **settings):
    """Return the row of one configuration in the table."""
    study = small_study(**settings)
    runs = runs_of(study, changes)
    return configurations(runs, epochs_of(runs, curves or {}, joules), study).set_index("variant").loc[name]


def test_a_grid_and_the_rows_beside_it_are_listed_in_their_order():
    table = WHOLE["configurations"]
    assert table["variant"].tolist()[:2] == ["resnet18-lr0.1-step", "resnet18-lr0.1-plateau"]
    assert table["variant"].tolist()[8:] == ["strong", "tuned"]  # `pretraining` is on another dataset
    assert table["part"].tolist() == ["grid"] * 8 + ["row"] * 2
    row = table.set_index("variant").loc["strong"]
    assert (row["network"], row["factor.learning_rate"]) == ("resnet50", "0.1")


def test_the_best_is_so_by_validation_data_whatever_the_test_data_say():
    changes = {
        FIRST: [{"validation_quality": 0.70, "test_quality": 0.60}],
        SECOND: [{"validation_quality": 0.69, "test_quality": 0.90}],
    }
    study = small_study()
    runs = runs_of(study, changes)
    table = configurations(runs, epochs_of(runs, {}), study)
    assert table["rank"].tolist() == [1, 2] and table["is_best"].tolist() == [True, False]


def test_of_errors_the_smallest_is_the_best():
    changes = {
        FIRST: [{"validation_quality": 0.4, "metric": "mae"}],
        SECOND: [{"validation_quality": 0.3, "metric": "mae"}],
    }
    assert row_of(changes, name=SECOND)["rank"] == 1


def test_means_are_over_seeds_with_an_interval_of_students_t():
    row = row_of({FIRST: [{"test_quality": value} for value in (0.70, 0.72, 0.71)]})
    assert row["seeds"] == 3 and row["test_quality"] == pytest.approx(0.71)
    # 4.303 standard errors of 0.01 / sqrt(3)
    assert row[["test_quality_low", "test_quality_high"]].tolist() == pytest.approx([0.6852, 0.7348], abs=1e-4)


def test_one_seed_has_no_interval():
    row = row_of({FIRST: [{}]})
    assert row.filter(regex="_(low|high)$").isna().all() and pd.notna(row["test_quality"])


def test_an_interval_ends_where_a_quantity_does():
    row = row_of(
        {FIRST: [{"train_energy_j": 100.0, "test_quality": 0.9}, {"train_energy_j": 200.0, "test_quality": 0.97}]}
    )
    assert row["train_energy_j_low"] == 0.0 and row["test_quality_high"] == 1.0


def test_the_way_to_the_target_is_to_the_end_of_the_epoch_that_reached_it():
    row = row_of({FIRST: [{}]}, {FIRST: CURVE}, target=0.7)
    assert (row["reached"], row["epochs_to_target"], row["best_epoch"]) == (1, 3.0, 3.0)
    assert (row["minutes_to_target"], row["energy_to_target_j"]) == (3.0, 20.0)
    assert row["epoch_s"] == 50.0  # the first epoch is left out


def test_means_to_the_target_are_over_the_seeds_that_reached_it():
    row = row_of({FIRST: [{}, {}]}, {FIRST: CURVE, f"{FIRST}/1": (0.3, 0.4, 0.5, 0.6)}, target=0.7)
    assert (row["reached"], row["energy_to_target_j"]) == (1, 20.0)
    assert row["note"] == "target not reached by 1 of 2 runs"


def test_a_target_that_was_never_reached_has_no_cost_and_tells_how_near_it_came():
    row = row_of({FIRST: [{}]}, {FIRST: CURVE}, target=0.8)
    assert row["reached"] == 0
    assert row[["epochs_to_target", "minutes_to_target", "energy_to_target_j"]].isna().all()
    assert row["note"] == "target not reached by 1 of 1 run: the best validation quality was 0.72"


def test_without_a_target_nothing_is_said_of_one():
    row = row_of({FIRST: [{}]}, {FIRST: CURVE}, target=None)
    assert pd.isna(row["reached"]) and pd.isna(row["target"]) and pd.isna(row["note"])


def test_a_point_above_the_given_accuracy_has_a_price():
    row = row_of({FIRST: [{"test_quality": 0.7, "train_energy_j": 100.0}]}, above=0.5)
    assert row["energy_per_point_j"] == pytest.approx(5.0)
    assert pd.isna(row["energy_per_point_j_low"])


def test_energy_and_quality_both_vary_in_the_price_of_a_point():
    qualities, energies = (0.70, 0.71, 0.72), (100.0, 105.0, 98.0)
    changes = [
        {"test_quality": quality, "train_energy_j": energy} for quality, energy in zip(qualities, energies, strict=True)
    ]
    row = row_of({FIRST: changes}, above=0.5)
    assert row["energy_per_point_j"] == pytest.approx(101 / 21)
    # The ratios r for which the mean of energy - r * points is not significantly different from zero.
    for end, kept in ((row["energy_per_point_j_low"] * 1.001, True), (row["energy_per_point_j_low"] * 0.999, False)):
        left = np.array(energies) - end * 100 * (np.array(qualities) - 0.5)
        t = abs(left.mean()) / (left.std(ddof=1) / np.sqrt(3))
        assert (t < 4.3027) == kept


def test_a_price_is_unbounded_where_the_quality_may_be_no_better():
    changes = [{"test_quality": 0.49, "train_energy_j": 100.0}, {"test_quality": 0.55, "train_energy_j": 101.0}]
    assert row_of({FIRST: changes}, above=0.5)["energy_per_point_j_high"] == inf


def test_without_points_there_is_no_price():
    row = row_of({FIRST: [{"test_quality": 0.45}]}, above=0.5)
    assert pd.isna(row["energy_per_point_j"])
    assert row["note"] == ("target not reached by 1 of 1 run; no energy per point: the test quality is not above 0.5")


def test_a_point_of_an_error_is_a_unit_of_it():
    changes = {FIRST: [{"metric": "mae", "test_quality": 0.3, "train_energy_j": 100.0}]}
    assert row_of(changes, above=0.5)["energy_per_point_j"] == pytest.approx(500.0)


def test_a_row_that_starts_from_another_pays_for_it():
    table = WHOLE
    row = table["configurations"].set_index("variant").loc["tuned"]
    own = table["runs"].set_index("variant")["train_energy_j"]
    assert row["energy_to_solution_j"] == pytest.approx(own["tuned"].mean() + own["pretraining"].mean())


def test_energies_of_several_kinds_are_in_no_mean():
    estimated = {"energy_source": "estimated", "energy_scope": "cpu"}
    row = row_of({FIRST: [{}, estimated]}, {FIRST: CURVE}, target=0.7)
    assert row.filter(regex="energy|duration|cpu_s|peak|epoch_s|minutes").isna().all()
    assert row["seeds"] == 2 and row["epochs_to_target"] == 3.0 and pd.notna(row["test_quality"])
    assert row["note"] == "energies of its runs are of several kinds, so that energies, times and memory are in no mean"


def test_an_energy_that_is_not_known_is_missing_and_says_why():
    unknown = {"train_energy_j": nan, "energy_source": None, "energy_scope": None, "energy_reason": "no meter"}
    row = row_of({FIRST: [unknown]}, {FIRST: CURVE}, joules=[nan] * 4, target=0.7)
    assert row.filter(regex="energy").isna().all() and row["minutes_to_target"] > 0
    assert row["note"] == "energy not known; no meter"


def test_runs_without_a_model_are_counted_and_in_no_mean():
    lost = {"status": "diverged", "test_quality": nan, "validation_quality": nan, "train_energy_j": 1.0}
    row = row_of({FIRST: [{"train_energy_j": 100.0}, lost]}, target=None)
    assert (row["seeds"], row["status"], row["train_energy_j"]) == (1, "complete", 100.0)
    assert row["note"] == "1 of 2 runs: diverged"


def test_a_configuration_that_always_diverged_has_no_rank():
    lost = {"status": "diverged", "test_quality": nan, "validation_quality": nan}
    changes = {FIRST: [lost, lost, lost | {"status": "out_of_memory"}], SECOND: [{}]}
    row = row_of(changes)
    assert (row["seeds"], row["status"]) == (0, "diverged") and pd.isna(row["rank"]) and not row["is_best"]
    assert row.filter(regex="quality|energy_|train_|to_target").isna().all()
    assert row_of(changes, name=SECOND)["rank"] == 1


def test_runs_that_cannot_be_compared_have_rows_and_ranks_of_their_own():
    study = small_study()
    runs = runs_of(study, {FIRST: [{}, {"threads": 4}], SECOND: [{}]})
    table = configurations(runs, epochs_of(runs, {}), study)
    assert len(table) == 3 and (table["rank"] == 1).sum() == 2


def test_memory_that_earlier_results_lack_is_missing():
    study = small_study()
    runs = runs_of(study, {FIRST: [{}]}).drop(columns=["train_host_peak_mib", "train_device_peak_mib"])
    assert configurations(runs, epochs_of(runs, {}), study)["train_host_peak_mib"].isna().all()


@pytest.mark.parametrize("name", ["configurations", "sensitivity", "efficiency", "claims"])
def test_tables_have_the_same_columns_without_rows_and_each_is_described(name):
    from frugalnet.studies.sweep import tables

    made, study = WHOLE, made_study()
    given = {"all_runs": made["runs"], "runs": made["runs"], "epochs": made["epochs"], "study": study}
    function = getattr(tables, name)
    names = function.__code__.co_varnames[: function.__code__.co_argcount]
    empty = function(**{each: given[each][:0] if each != "study" else study for each in names})
    assert empty.dtypes.to_dict() == made[name].dtypes.to_dict()
    assert (data_dictionary({name: made[name]}, MEANINGS)["meaning"].str.len() > 5).all()


@pytest.mark.parametrize("weights", ["imagenet", "mine.keras"])
def test_the_energy_behind_weights_from_elsewhere_is_not_known(weights):
    row = row_of({FIRST: [{"recipe.weights": weights}]})
    assert np.isnan(row["energy_to_solution_j"]) and row["train_energy_j"] > 0
    assert "the energy of the training behind its weights is not known" in row["note"]


def test_a_row_whose_parent_starts_from_imagenet_has_no_known_energy_to_solution():
    changed = {"pretraining": {"recipe.weights": "imagenet"}}
    table = made_tables(changed=changed)["configurations"].set_index("variant")
    assert np.isnan(table.loc["tuned", "energy_to_solution_j"])


def test_a_point_has_a_price_of_its_own_training_and_one_with_all_that_led_to_the_model():
    tables = made_tables()
    row = tables["configurations"].set_index("variant").loc["tuned"]
    points = 100 * (row["test_quality"] - 0.5)
    assert row["energy_per_point_j"] == pytest.approx(row["train_energy_j"] / points)
    assert row["energy_to_solution_per_point_j"] == pytest.approx(row["energy_to_solution_j"] / points)
    assert row["energy_to_solution_per_point_j_low"] < row["energy_to_solution_per_point_j"]
