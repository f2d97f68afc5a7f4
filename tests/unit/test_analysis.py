"""Raw to interim to processed: nothing is invented, unlike things are never averaged, chains are counted in full."""

import math

import pandas as pd
import pytest

from frugalnet.analysis import tables
from frugalnet.analysis.dictionary import data_dictionary
from frugalnet.analysis.interim import read_study
from frugalnet.analysis.processed import comparison
from tests.unit.conftest import made_record


def compared(study, *records, failed=()):
    table = comparison(read_study(*study(*records, failed=failed))["runs"])
    return table.set_index(["dataset", "method"])


def test_run_costs_its_training_without_loading_and_inference(study):
    runs = read_study(*study(made_record(train_uj=7_250_000)))["runs"]
    assert runs.loc[0, "train_energy_j"] == 7.25
    assert runs.loc[0, "train_duration_s"] == 10


def test_energy_to_solution_follows_the_parents_to_the_root(study):
    table = compared(study, made_record(train_uj=5_000_000), made_record(method="pruning", train_uj=2_000_000))
    assert table.loc[("mnist", "pruning"), "train_energy_j"] == 2
    assert table.loc[("mnist", "pruning"), "energy_to_solution_j"] == 7


def test_tries_that_failed_count_in_the_energy_to_solution(study):
    failed = [made_record(train_uj=1_500_000), made_record(train_uj=500_000)]  # and 3 J of loading and inference each
    table = compared(study, made_record(train_uj=5_000_000), failed=failed)
    assert table.loc[("mnist", "baseline"), "failed_tries"] == 2
    assert table.loc[("mnist", "baseline"), "energy_to_solution_j"] == 5 + 4.5 + 3.5


def test_tries_with_other_settings_are_not_tries_of_this_run(study):
    failed = made_record()
    failed = failed.model_copy(update={"run": failed.run.model_copy(update={"recipe_version": 0})})
    table = compared(study, made_record(train_uj=5_000_000), failed=[failed])
    assert table.loc[("mnist", "baseline"), "failed_tries"] == 0
    assert table.loc[("mnist", "baseline"), "energy_to_solution_j"] == 5


def test_run_without_a_training_has_no_energy_of_training(study):
    finished = made_record()
    windows = [window for window in finished.windows if window.name != "run/train"]
    runs = read_study(*study(finished.model_copy(update={"windows": windows})))["runs"]
    assert runs["train_energy_j"].isna().all()


@pytest.mark.parametrize("change", [{"scope": "gpu"}, {"source": "measured"}])
def test_chain_of_unlike_energies_has_no_sum(study, change):
    child = made_record(method="pruning")
    child = child.model_copy(update={"energy": child.energy.model_copy(update=change)})
    table = compared(study, made_record(), child)
    assert math.isnan(table.loc[("mnist", "pruning"), "energy_to_solution_j"])
    assert table.loc[("mnist", "pruning"), "train_energy_j"] == 5


def test_reference_has_data_of_the_same_level(study):
    baseline = made_record(quality=0.5).model_copy(update={"data": {"level": "official"}})
    table = compared(study, baseline, made_record(method="continued"), made_record(method="pruning", quality=0.98))
    assert table.loc[("mnist", "pruning"), "quality_gain"] == pytest.approx(0.01)
    assert table.loc[("mnist", "baseline"), "reference"] == "baseline"


def test_unknown_energy_stays_unknown_down_the_chain(study):
    table = compared(study, made_record(train_uj=None), made_record(method="pruning", train_uj=2_000_000))
    assert math.isnan(table.loc[("mnist", "baseline"), "train_energy_j"])
    assert math.isnan(table.loc[("mnist", "pruning"), "energy_to_solution_j"])
    assert table.loc[("mnist", "pruning"), "train_energy_j"] == 2


def test_seeds_are_averaged(study):
    table = compared(study, made_record(quality=0.96), made_record(seed=1, quality=0.98))
    row = table.loc[("mnist", "baseline")]
    assert (row["seeds"], row["quality_mean"]) == (2, pytest.approx(0.97))
    assert row["quality_std"] == pytest.approx(0.0141421, rel=1e-4)


def test_one_seed_has_no_deviation_and_no_interval(study):
    row = compared(study, made_record(), made_record(method="pruning", quality=0.95)).loc[("mnist", "pruning")]
    assert math.isnan(row["quality_std"])
    assert math.isnan(row["quality_gain_low"])
    assert row["quality_gain"] == pytest.approx(-0.02)


def test_reference_is_the_better_of_baseline_and_continued_on_validation_data(study):
    table = compared(
        study,
        made_record(quality=0.99, validation=0.95),
        made_record(method="continued", quality=0.97, validation=0.96),
        made_record(method="pruning", quality=0.98),
    )
    assert set(table["reference"]) == {"continued"}
    assert table.loc[("mnist", "pruning"), "quality_gain"] == pytest.approx(0.01)


def test_gain_is_paired_by_seed_with_the_interval_of_student(study):
    baselines = [made_record(seed=seed, quality=q) for seed, q in enumerate([0.90, 0.94, 0.98])]
    pruned = [made_record(method="pruning", seed=seed, quality=q) for seed, q in enumerate([0.91, 0.96, 1.01])]
    row = compared(study, *baselines, *pruned).loc[("mnist", "pruning")]
    assert row["quality_gain"] == pytest.approx(0.02)
    assert row["quality_gain_high"] == pytest.approx(0.02 + 4.302653 * 0.01 / 3**0.5, rel=1e-5)


def test_less_error_is_a_gain(study):
    table = compared(
        study,
        made_record("california_housing", quality=0.36),
        made_record("california_housing", "pruning", quality=0.33),
    )
    assert table.loc[("california_housing", "pruning"), "quality_gain"] == pytest.approx(0.03)


@pytest.mark.parametrize(
    ("change", "column"),
    [
        ({"measure": {"threads": 7}}, "threads"),
        ({"energy": {"source": "measured"}}, "energy_source"),
        ({"energy": {"scope": "gpu"}}, "energy_scope"),
        ({"data": {"level": "official"}}, "data_level"),
    ],
)
def test_unlike_runs_are_never_put_in_one_mean(study, change, column):
    first, second = made_record(), made_record(seed=1)
    if "measure" in change:
        run = second.run.model_copy(update={"measure": second.run.measure.model_copy(update=change["measure"])})
        second = second.model_copy(update={"run": run})
    elif "energy" in change:
        second = second.model_copy(update={"energy": second.energy.model_copy(update=change["energy"])})
    else:
        second = second.model_copy(update=change)
    table = comparison(read_study(*study(first, second))["runs"])
    assert list(table["seeds"]) == [1, 1]
    assert table[column].nunique() == 2


def test_rows_come_in_the_order_of_the_records(study):
    records, failed = study(made_record("sat6"), made_record("mnist"), made_record("mnist", "pruning"))
    order = [
        path for name in ("sat6/baseline", "mnist/baseline", "mnist/pruning") for path in records if name in str(path)
    ]
    table = comparison(read_study(order, failed)["runs"])
    assert list(table["dataset"]) == ["sat6", "mnist", "mnist"]


def test_epochs_carry_the_keys_of_their_run(study):
    epochs = read_study(*study(made_record()))["epochs"]
    assert epochs.loc[0, ["run", "method", "data_level", "energy_source", "quality"]].tolist() == [
        "mnist/baseline/default/seed0", "baseline", "sample", "estimated", 0.8,
    ]  # fmt: skip


def test_study_without_a_search_has_a_table_of_trials_without_rows(study):
    trials = read_study(*study(made_record()))["trials"]
    assert len(trials) == 0
    assert {"trial", "quality", "parameters", "status"} <= set(trials.columns)


def test_every_column_of_every_table_is_described(study):
    interim = read_study(*study(made_record()))
    made = interim | {"comparison": comparison(interim["runs"])}
    dictionary = data_dictionary(made)
    assert len(dictionary) == sum(len(table.columns) for table in made.values())
    assert dictionary.set_index(["table", "column"]).loc[("comparison", "energy_to_solution_j"), "unit"] == "J"


def test_column_without_a_description_is_an_error():
    with pytest.raises(KeyError, match="mystery"):
        data_dictionary({"runs": pd.DataFrame({"mystery": [1]})})


def test_tables_are_read_back_as_they_were_written(study, tmp_path):
    runs = read_study(*study(made_record(), made_record(method="pruning", train_uj=None)))["runs"]
    tables.write({"runs": runs}, tmp_path / "interim")
    pd.testing.assert_frame_equal(tables.read([tmp_path / "interim" / "runs.parquet"])["runs"], runs)
    assert (tmp_path / "interim" / "runs.csv").exists()
