"""Searches in the tables: trials as they were written, those of another process counted once, nothing unknown left out."""

import csv
from dataclasses import asdict

import pandas as pd
import pytest

from frugalnet.analysis import energies, tables
from frugalnet.analysis.dictionary import data_dictionary
from frugalnet.analysis.interim import WHOLE, read_study
from frugalnet.analysis.meanings import OWN, TRIAL
from frugalnet.analysis.tables import processed_tables
from frugalnet.config.carbon import Carbon
from frugalnet.config.statistics import Statistics
from frugalnet.record import paths, record
from frugalnet.record.rows import READINGS, Epoch, Trial, write_csv
from frugalnet.studies.compression.tables import MEANINGS
from tests.unit.conftest import made_record, sign

DONE = Trial(
    trial=0, status="complete", objective=0.91, quality=0.95, parameters=400, parameters_compacted=250, macs=380,
    macs_compacted=230, latency_ms=0.5, latency_ratio=0.25, train_energy_j=3.0, energy_j=4.0, duration_s=2.5, epochs=3, batch_size=64,
    winner=True, window="trials/trial0", hyperparameters="{}", parts='{"quality": 0.95}', reason=None,
)  # fmt: skip
FAILED = Trial(
    trial=1, status="failed", objective=None, quality=None, parameters=3_000_000, parameters_compacted=None, macs=None,
    macs_compacted=None, latency_ms=None, latency_ratio=None, train_energy_j=None, energy_j=1.0, duration_s=0.5, epochs=0, batch_size=None,
    winner=False, window="run/search/trial1", hyperparameters="{}", parts="{}", reason="too large",
)  # fmt: skip


def with_window(rec, name, energy_uj, parent=None, **changes):
    """Return the record with one more window, of 4 s; without an energy where that is None."""
    start = rec.windows[2].model_copy(
        update={"name": name, "parent": parent, "start_s": 0, "end_s": 4, "energy_uj": energy_uj, "gap_uj": energy_uj}
    )
    return rec.model_copy(update={"windows": [*rec.windows, start.model_copy(update=changes)]})


def with_trials(records, *trials):
    """Give every search among these records a table of trials."""
    for path in records:
        rec = record.read_record(path)
        if rec.run.method == "nas":
            with (path.parent / paths.TRIALS).open("w", newline="") as file:
                writer = csv.DictWriter(file, fieldnames=list(asdict(DONE)))
                writer.writeheader()
                writer.writerows(asdict(trial) for trial in trials)
            sign(rec, path.parent)


def try_with_trial(energy_uj=2_000_000):
    """Return a try that failed after 4 J of training and 3 J of a search, of which so much was of a trial that is kept."""
    rec = with_window(made_record(method="nas", train_uj=4_000_000), "run/search", 3_000_000, "run")
    rec = with_window(rec, "run/search/trial0", energy_uj, "run/search")
    return rec.model_copy(update={"kept": ["run/search/trial0"]})


def tables_of(study, *records):
    folder, paths, checks = study(*records)
    with_trials(paths, DONE, FAILED)
    return read_study(folder, paths, checks)


def test_trial_of_another_process_is_the_run_s_own_cost():
    rec = with_window(made_record(method="nas", train_uj=5_000_000), "trials/trial0", 2_000_000)
    assert energies.own_windows(rec) == ["run/train", "trials/trial0"]


def test_trial_of_another_process_counts_in_energy_and_duration(study):
    rec = with_window(made_record(method="nas", train_uj=5_000_000), "trials/trial0", 2_000_000)
    rec = with_window(rec, "trials/trial0/train", 1_500_000, "trials/trial0")
    runs = read_study(*study(rec))["runs"]
    assert runs.loc[0, ["train_energy_j", "train_duration_s"]].tolist() == [7, 14]


def test_trial_may_have_another_machine_s_device_of_the_same_scope(study):
    rec = with_window(made_record(method="nas", train_uj=5_000_000), "trials/trial0", 2_000_000, device="cpu of node 7")
    row = read_study(*study(rec))["runs"].iloc[0]
    assert row["train_energy_j"] == 7
    assert row["train_u_sys_j"] == pytest.approx((0.2**2 + 0.2**2) ** 0.5)


def test_trial_on_devices_that_the_totals_are_not_over_is_left_out(study):
    rec = with_window(made_record(method="nas", train_uj=5_000_000), "trials/trial0", 2_000_000)
    rec = with_window(rec, "trials/trial0", 9_000_000, scope="gpu", device="GPU-0")
    assert read_study(*study(rec))["runs"].loc[0, "train_energy_j"] == 7


def test_trial_for_which_nothing_was_read_makes_the_sum_not_known(study):
    unread = {"device": None, "scope": None, "source": None, "u_stat_j": None, "flags": ["unknown: no meter"]}
    rec = with_window(made_record(method="nas", train_uj=5_000_000), "trials/trial0", None, **unread)
    row = read_study(*study(rec))["runs"].iloc[0]
    assert row[["train_energy_j", "train_u_stat_j"]].isna().all()
    assert row["energy_reason"] == "no meter"


def test_trial_that_the_next_try_went_on_with_counts_once(study):
    finished = with_window(made_record(method="nas", train_uj=5_000_000), "trials/trial0", 2_000_000)
    row = read_study(*study(finished, failed=[try_with_trial()]))["runs"].iloc[0]
    assert row["train_energy_j"] == 5 + 2
    assert row["failed_energy_j"] == 4 + 3 - 2


def test_trial_that_was_kept_and_lost_counts_as_failed(study):
    row = read_study(*study(made_record(method="nas"), failed=[try_with_trial()]))["runs"].iloc[0]
    assert row["failed_energy_j"] == 4 + 3


def test_of_two_tries_that_kept_the_same_trial_the_last_one_s_is_taken_over(study):
    tries = [try_with_trial(1_000_000), try_with_trial(2_000_000)]
    finished = with_window(made_record(method="nas"), "trials/trial0", 2_000_000)
    assert read_study(*study(finished, failed=tries))["runs"].loc[0, "failed_energy_j"] == 7 + 7 - 2


@pytest.mark.parametrize(("goes_on", "failed_j"), [(True, 7 - 2 + 4), (False, 7 + 4)])
def test_trial_in_the_records_of_several_tries_counts_once(study, goes_on, failed_j):
    second = with_window(made_record(method="nas", train_uj=4_000_000), "trials/trial0", 2_000_000)
    finished = made_record(method="nas")
    finished = with_window(finished, "trials/trial0", 2_000_000) if goes_on else finished
    assert read_study(*study(finished, failed=[try_with_trial(), second]))["runs"].loc[0, "failed_energy_j"] == failed_j


def test_trials_are_the_rows_that_the_search_wrote_with_the_keys_of_the_run(study):
    trials = tables_of(study, made_record(method="nas"))["trials"]
    assert list(trials["run"]) == ["mnist/nas/default/seed0"] * 2
    assert list(trials)[9:] == list(asdict(DONE))
    assert trials.loc[0, ["objective", "energy_j", "duration_s", "window"]].tolist() == [0.91, 4, 2.5, "trials/trial0"]
    assert trials.loc[1, ["trial", "parameters", "energy_j", "reason"]].tolist() == [1, 3_000_000, 1, "too large"]
    assert list(trials["winner"]) == [True, False]


@pytest.mark.parametrize("searches", [True, False])
def test_columns_of_trials_have_their_types_also_without_a_search(study, searches):
    trials = tables_of(study, made_record(method="nas" if searches else "baseline"))["trials"]
    types = trials.dtypes.astype(str)
    counts = ["trial", "parameters", "parameters_compacted", "macs", "macs_compacted", "epochs", "batch_size"]
    numbers = ["objective", "quality", "latency_ms", "latency_ratio", "train_energy_j", "energy_j", "duration_s"]
    assert set(types[counts]) == {"Int64"}
    assert set(types[numbers]) == {"float64"}
    assert types["winner"] == "bool"
    assert len(trials) == (2 if searches else 0)


def test_runs_say_how_many_epochs_the_final_training_had(study):
    assert read_study(*study(made_record()))["runs"].loc[0, "epochs"] == 1


def test_search_has_a_front_and_a_pay_back_from_records_on(study):
    interim = tables_of(study, made_record(quality=0.9), made_record(method="nas", quality=0.96))
    made = processed_tables("compression", interim, Carbon(), Statistics())
    pareto = made["pareto"]
    # Of the baseline: error 0.1, 1000 parameters, 990 operations, 5 J in 1 epoch, and 1 as the ratio of its latency.
    shares = (1 - 0.05 / 0.1) * (1 - 250 / 1000) * (1 - 230 / 990) * (1 - 1 / 5) * (1 - 0.25)
    assert pareto[["trial", "winner", "front"]].values.tolist() == [[0, True, True]]
    assert pareto.loc[0, "hypervolume"] == pytest.approx(shares)
    assert list(made["break_even"]["batch"]) == [1, 256]
    assert list(made["break_even"]["reason"]) == ["the same operations"] * 2


def test_trials_of_before_a_column_was_there_are_read_without_it(study):
    folder, records, checks = study(made_record(method="nas"))
    with_trials(records, DONE, FAILED)
    file = records[0].parent / paths.TRIALS
    with file.open(newline="") as old:
        rows = [{name: value for name, value in row.items() if name != "latency_ratio"} for row in csv.DictReader(old)]
    with file.open("w", newline="") as new:
        writer = csv.DictWriter(new, fieldnames=list(rows[0]))
        writer.writeheader()
        writer.writerows(rows)
    sign(record.read_record(records[0]), records[0].parent)
    trials = read_study(folder, records, checks)["trials"]
    assert trials["latency_ratio"].isna().all() and str(trials["latency_ratio"].dtype) == "float64"
    assert trials.loc[0, "latency_ms"] == 0.5


def test_every_column_of_every_table_is_described_where_it_means_something_of_its_own(study):
    interim = tables_of(study, made_record(), made_record(method="nas"))
    made = interim | processed_tables("compression", interim, Carbon(), Statistics())
    dictionary = data_dictionary(made, MEANINGS).set_index(["table", "column"])
    assert len(dictionary) == sum(len(table.columns) for table in made.values())
    assert {"runs", "windows", "epochs", "trials", "resampled", "timelines", "problems", "probe"} == set(interim)
    assert {"comparison", "statistics", "pareto", "break_even", "claims"} == set(made) - set(interim)
    assert dictionary.loc[("trials", "objective"), "unit"] == "metric"
    assert dictionary.loc[("trials", "reason"), "meaning"] == "Why the trial failed."
    assert dictionary.loc[("pareto", "reason"), "meaning"] == "Why there is no hypervolume."
    assert dictionary.loc[("break_even", "break_even_inferences"), "unit"] == "inferences"
    assert (dictionary["meaning"].str.len() > 0).all()


def test_no_meaning_is_left_of_a_column_that_is_gone(study):
    folder, records, checks = study(made_record(), made_record(method="nas"))
    with_trials(records, DONE, FAILED)
    write_csv(
        [Epoch("run/train/epoch1", 1, 0.5, 0.8, 0.6, 0.7, None, batch_size=256, learning_rate=0.1)],
        records[0].parent / paths.EPOCHS,
    )
    sign(record.read_record(records[0]), records[0].parent)
    interim = read_study(folder, records, checks)
    made = interim | processed_tables("compression", interim, Carbon(), Statistics())
    assert set(TRIAL) <= set(made["trials"])
    of_levels = {*READINGS, *WHOLE}  # of epochs of runs that stand for levels of factors
    for table, meanings in OWN.items():
        assert meanings.keys() - TRIAL.keys() - (of_levels if table == "epochs" else set()) <= set(made[table])


@pytest.mark.parametrize("train_uj", [5_000_000, None])
def test_processed_tables_are_made_of_interim_ones_that_were_read_back(study, tmp_path, train_uj):
    interim = tables_of(study, made_record(train_uj=train_uj), made_record(method="nas", train_uj=train_uj))
    tables.write(interim, tmp_path / "interim")
    again = tables.read((tmp_path / "interim").glob("*.parquet"))
    expected, made = (
        processed_tables("compression", interim, Carbon(), Statistics()),
        processed_tables("compression", again, Carbon(), Statistics()),
    )
    tables.write(made, tmp_path / "processed")
    for name, table in tables.read((tmp_path / "processed").glob("*.parquet")).items():
        pd.testing.assert_frame_equal(table, expected[name], check_dtype=False)
        assert (tmp_path / "processed" / f"{name}.csv").exists()
