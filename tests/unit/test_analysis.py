"""Raw to interim to processed: nothing is invented, unlike things are never averaged, chains are counted in full."""

import math

import pandas as pd
import pytest

from frugalnet.analysis import tables
from frugalnet.analysis.comparison import comparison
from frugalnet.analysis.dictionary import data_dictionary
from frugalnet.analysis.interim import read_study
from frugalnet.config.carbon import Carbon
from tests.unit.conftest import ESTIMATE, REFERENCES, made_record


def compared(study, *records, failed=()):
    table = comparison(read_study(*study(*records, failed=failed))["runs"], Carbon(), REFERENCES)
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
    assert table.loc[("mnist", "baseline"), "energy_to_solution_j"] == 5 + 1.5 + 0.5


def test_try_costs_what_counts_in_a_finished_run_and_nothing_if_it_failed_before_that(study):
    loading = made_record()
    loading = loading.model_copy(update={"windows": loading.windows[:2]})
    other = loading.model_copy(update={"energy": loading.energy.model_copy(update={"source": "measured"})})
    row = read_study(*study(made_record(), failed=[loading, other]))["runs"].iloc[0]
    assert row[["failed_tries", "failed_energy_j"]].tolist() == [2, 0]


def test_unknown_energy_of_a_try_makes_the_energy_to_solution_unknown(study):
    table = compared(study, made_record(), failed=[made_record(train_uj=None)])
    assert table.loc[("mnist", "baseline"), ["energy_to_solution_j", "energy_to_solution_u_j"]].isna().all()


@pytest.mark.parametrize("change", [{"scope": "gpu"}, {"source": "measured"}])
def test_tries_that_failed_with_another_meter_are_not_added_up_with_the_run(study, change):
    failed = made_record()
    failed = failed.model_copy(update={"energy": failed.energy.model_copy(update=change)})
    table = compared(study, made_record(), failed=[failed])
    assert math.isnan(table.loc[("mnist", "baseline"), "energy_to_solution_j"])


def test_try_that_ended_before_it_began_has_used_nothing(study):
    failed = made_record().model_copy(update={"windows": []})
    table = compared(study, made_record(train_uj=5_000_000), failed=[failed])
    assert table.loc[("mnist", "baseline"), ["failed_tries", "energy_to_solution_j"]].tolist() == [1, 5]


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


@pytest.mark.parametrize("change", [{"scope": "gpu+cpu"}, {"source": "measured"}])
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
    assert table.loc[[("mnist", "continued"), ("mnist", "pruning")], "reference"].tolist() == ["continued", "continued"]
    assert table.loc[("mnist", "pruning"), "quality_gain"] == pytest.approx(0.01)


def test_of_several_variants_of_a_method_the_best_on_validation_data_is_the_reference(study):
    better = made_record(quality=0.95)
    better = better.model_copy(update={"run": better.run.model_copy(update={"variant": "wide"})})
    table = compared(study, made_record(quality=0.9), better)
    assert table.set_index("variant")["is_reference"].to_dict() == {"default": False, "wide": True}
    assert table.set_index("variant")["quality_gain"]["default"] == pytest.approx(-0.05)


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
        ({"energy": {"scope": "gpu+cpu"}}, "energy_scope"),
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
    table = comparison(read_study(*study(first, second))["runs"], Carbon(), REFERENCES)
    assert list(table["seeds"]) == [1, 1]
    assert table[column].nunique() == 2


def test_rows_come_in_the_order_of_the_records(study):
    folder, records, checks = study(made_record("sat6"), made_record("mnist"), made_record("mnist", "pruning"))
    order = [
        path for name in ("sat6/baseline", "mnist/baseline", "mnist/pruning") for path in records if name in str(path)
    ]
    table = comparison(read_study(folder, order, checks)["runs"], Carbon(), REFERENCES)
    assert list(table["dataset"]) == ["sat6", "mnist", "mnist"]


def test_epochs_carry_the_keys_of_their_run(study):
    epochs = read_study(*study(made_record()))["epochs"]
    assert epochs.loc[0, ["run", "method", "data_level", "energy_source", "quality"]].tolist() == [
        "mnist/baseline/default/seed0", "baseline", "sample", "estimated", 0.8,
    ]  # fmt: skip


def test_epoch_has_duration_and_energy_of_its_window(study):
    epochs = read_study(*study(made_record(train_uj=7_000_000)))["epochs"]
    assert epochs.loc[0, ["duration_s", "energy_uj"]].tolist() == [4, 7_000_000]


def test_duration_of_an_epoch_is_without_its_validation(study):
    rec = made_record()
    about = {"name": "run/train/epoch1/validation", "parent": "run/train/epoch1", "start_s": 5, "end_s": 6}
    validation = rec.windows[3].model_copy(update=about)
    epochs = read_study(*study(rec.model_copy(update={"windows": [*rec.windows, validation]})))["epochs"]
    assert epochs.loc[0, "duration_s"] == 3


def gpu_beside(rec, scope):
    """Return the record with a GPU that drew 9 J in each window, and totals over this scope."""
    gpu = ESTIMATE.model_copy(update={"device": "GPU-0", "meter": "nvml", "scope": "gpu", "source": "measured"})
    same = {"device": "GPU-0", "scope": "gpu", "energy_uj": 9_000_000, "gap_uj": 9_000_000, "u_sys_j": 0.4}
    windows = [*rec.windows, *(window.model_copy(update=same) for window in rec.windows)]
    energy = rec.energy.model_copy(update={"scope": scope, "devices": [*rec.energy.devices, gpu]})
    return rec.model_copy(update={"windows": windows, "energy": energy})


@pytest.mark.parametrize(("scope", "expected_j"), [("cpu", 5), ("gpu", 9), ("gpu+cpu", 14)])
def test_totals_are_over_the_devices_of_their_scope(study, scope, expected_j):
    runs = read_study(*study(gpu_beside(made_record(), scope)))["runs"]
    assert runs.loc[0, ["train_energy_j", "energy_scope"]].tolist() == [expected_j, scope]
    assert runs.loc[0, "train_duration_s"] == 10


def test_uncertainties_of_devices_add_by_squares(study):
    runs = read_study(*study(gpu_beside(made_record(), "gpu+cpu")))["runs"]
    assert runs.loc[0, "train_u_sys_j"] == pytest.approx((0.2**2 + 0.4**2) ** 0.5)
    assert runs.loc[0, "train_u_stat_j"] == pytest.approx((2 * 0.5**2) ** 0.5)


def test_gain_and_idle_power_of_one_device_are_one_error_in_all_its_windows(study):
    rec = made_record()
    search = rec.windows[2].model_copy(update={"name": "run/search"})
    runs = read_study(*study(rec.model_copy(update={"windows": [*rec.windows, search]})))["runs"]
    assert runs.loc[0, "train_u_sys_j"] == pytest.approx(0.2 + 0.2)
    assert runs.loc[0, "train_u_stat_j"] == pytest.approx((2 * 0.3**2 + (0.4 + 0.4) ** 2) ** 0.5)


def test_net_energy_stands_beside_gross(study):
    row = compared(study, made_record(train_uj=5_000_000)).loc[("mnist", "baseline")]
    assert (row["train_energy_j"], row["train_energy_net_j"]) == (5, 4)


def test_runs_that_were_disturbed_are_counted(study):
    rec = made_record()
    windows = [window.model_copy(update={"flags": ["other_processes: 1"]}) for window in rec.windows]
    table = compared(study, rec.model_copy(update={"windows": windows}), made_record(seed=1))
    assert table.loc[("mnist", "baseline"), "disturbed"] == 1


def test_reason_of_an_unknown_energy_is_told_and_is_no_disturbance(study):
    runs = read_study(*study(made_record(train_uj=None)))["runs"]
    assert runs.loc[0, ["energy_reason", "train_flags"]].tolist() == ["meter estimate: away", ""]


def test_co2e_is_of_the_configured_intensity_with_its_source(study):
    runs = read_study(*study(made_record(train_uj=3_600_000_000)))["runs"]
    carbon = Carbon(intensity_g_per_kwh=250, source="national grid", year=2025)
    row = comparison(runs, carbon, REFERENCES).iloc[0]
    assert row["co2e_to_solution_g"] == pytest.approx(0.25)
    assert (row["carbon_g_per_kwh"], row["carbon_source"], row["carbon_year"]) == (250, "national grid", 2025)


def test_co2e_without_an_intensity_is_unknown(study):
    assert math.isnan(compared(study, made_record()).loc[("mnist", "baseline"), "co2e_to_solution_g"])


def test_timelines_are_of_one_run_for_each_dataset(study):
    found = read_study(*study(made_record(), made_record(seed=1), made_record("sat6")))["timelines"]
    assert list(found["run"]) == ["mnist/baseline/default/seed0", "sat6/baseline/default/seed0"]


def test_study_without_a_search_has_a_table_of_trials_without_rows(study):
    trials = read_study(*study(made_record()))["trials"]
    assert len(trials) == 0
    assert {"trial", "quality", "parameters", "status"} <= set(trials.columns)


def test_every_column_of_every_table_is_described(study):
    interim = read_study(*study(made_record()))
    made = interim | {"comparison": comparison(interim["runs"], Carbon(), REFERENCES)}
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
