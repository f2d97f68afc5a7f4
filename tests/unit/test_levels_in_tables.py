"""Runs at levels of factors in the tables: their columns, what they are compared with, their order, and the dictionary of all of it."""

from dataclasses import replace
from itertools import pairwise
from math import log10

import pandas as pd
import pytest

from frugalnet.analysis.comparison import comparison
from frugalnet.analysis.dictionary import data_dictionary
from frugalnet.analysis.factors import level_meaning
from frugalnet.analysis.interim import read_study
from frugalnet.analysis.references import with_references
from frugalnet.analysis.tables import called, make_interim, make_processed, processed_tables, read
from frugalnet.catalogue import STUDIES
from frugalnet.catalogue.entries import References
from frugalnet.config.carbon import Carbon
from frugalnet.config.statistics import Statistics
from frugalnet.config.whole import Config
from frugalnet.errors import FrugalNetError
from frugalnet.jobs import tasks
from frugalnet.jobs.order import measured_order
from frugalnet.jobs.sheets import run_sheet
from frugalnet.record import paths
from frugalnet.record.record import read_record
from frugalnet.record.rows import READINGS, Epoch, write_csv
from tests.unit.conftest import leave, made_record, sign, without_model
from tests.unit.made_levels import ALL_OFF, ALL_ON, BEST_RUN, CONFIG, ROWS, STUDY, best, record_of, with_cpu

LEVELS = ["factor.batch_size", "factor.momentum", "factor.optimizer"]
DRAWN = [run for run in ROWS if "/draw" in run]
CPU = {"run": 20.0, "load": 3.0, "train": 16.0, "epoch1": 12.0}
TECHNIQUES = STUDIES["techniques"]


def levels_of(runs, run):
    return runs.set_index("run").loc[run, LEVELS].tolist()


# Columns of runs


def test_run_has_a_column_for_the_level_of_each_factor(study):
    runs = read_study(*study(record_of(), record_of(ALL_ON)))["runs"]
    assert [name for name in runs if name.startswith("factor.")] == LEVELS
    assert levels_of(runs, ALL_OFF) == ["32", "0", "sgd"]
    assert levels_of(runs, ALL_ON) == ["128", "none", "adamw"]
    assert {str(runs[name].dtype) for name in LEVELS} == {"str"}


def test_best_configuration_has_the_levels_and_the_recipe_that_were_chosen(study):
    runs = read_study(*study(record_of(), best()))["runs"]
    assert levels_of(runs, BEST_RUN) == ["128", "none", "adamw"]
    row = runs.set_index("run").loc[BEST_RUN]
    assert (row["recipe.optimizer"], row["recipe.batch_size"], row["method"]) == ("adamw", 128, "best")


def test_resolved_keys_of_the_chosen_recipe_are_told(study):
    chosen = best().chosen.model_copy(update={"resolved": {"early_stopping": None}})
    runs = read_study(*study(best().model_copy(update={"chosen": chosen})))["runs"]
    assert runs["resolved"].tolist()[0].startswith("early_stopping")


def test_run_without_factors_has_no_level(study):
    lost = without_model(record_of(BEST_RUN), "refused", "nothing to choose by", windows=[])
    runs = read_study(*study(record_of(), lost))["runs"]
    assert runs.set_index("run").loc[BEST_RUN, LEVELS].isna().all()
    assert runs.set_index("run").loc[BEST_RUN, "status"] == "refused"


def test_runs_of_a_study_without_factors_have_no_such_column(study):
    runs = read_study(*study(made_record()))["runs"]
    assert [name for name in runs if name.startswith("factor.")] == []


def test_levels_are_in_the_comparison_too(study):
    runs = read_study(*study(record_of(), record_of(ALL_ON)))["runs"]
    compared = comparison(runs, Carbon(), TECHNIQUES.references).set_index("variant")
    assert compared.loc["all-on", LEVELS].tolist() == ["128", "none", "adamw"]


def test_column_of_a_level_is_described_and_no_other_unknown_column_is():
    unit, meaning = level_meaning("factor.optimizer")
    assert unit is None
    assert meaning == "Level of optimizer that the run ended up with; none: it has no effect there."
    with pytest.raises(KeyError, match="optimizer"):
        level_meaning("optimizer")
    with pytest.raises(KeyError, match="surprise"):
        data_dictionary({"runs": pd.DataFrame({"surprise": [1]})})


# Epochs


def epochs_of(study, *records, readings=None):
    """Return the table of epochs of records; `readings` are those of the one epoch of each."""
    folder, found, checks = study(*records)
    if readings is not None:
        for path, rec in zip(found, records, strict=True):
            row = replace(Epoch("run/train/epoch1", 1, 0.5, 0.8, 0.6, 0.7, None), **readings)
            write_csv([row], path.with_name(paths.EPOCHS), READINGS)
            sign(rec, path.parent)
    return read_study(folder, found, checks)["epochs"]


def test_epoch_of_a_run_at_levels_has_duration_and_cpu_seconds_with_all_that_is_inside(study):
    rec = with_cpu(record_of(), **CPU)
    inside = rec.windows[3].model_copy(
        update={"name": "run/train/epoch1/validation", "parent": "run/train/epoch1", "start_s": 5, "cpu_s": 2.5}
    )
    rec = rec.model_copy(update={"windows": [*rec.windows, inside]})
    epochs = epochs_of(study, rec)
    assert epochs[["whole_s", "cpu_s", "duration_s"]].to_numpy().tolist() == [[4.0, 12.0, 3.0]]


def test_cpu_seconds_that_were_not_noted_are_missing_and_not_zero(study):
    epochs = epochs_of(study, record_of())
    assert epochs["cpu_s"].isna().tolist() == [True]
    assert str(epochs["cpu_s"].dtype) == "float64"


def test_epoch_of_a_best_configuration_has_cpu_seconds_too(study):
    assert epochs_of(study, with_cpu(best(), **CPU))["cpu_s"].tolist() == [12.0]


def test_epochs_of_a_study_without_factors_have_no_such_column(study):
    assert {"cpu_s", "whole_s", *READINGS} & {*epochs_of(study, with_cpu(made_record(), **CPU))} == set()


def test_readings_of_the_log_are_columns_where_any_run_has_them(study):
    known = {"energy_j": 4.5, "power_w": 30.0, "utilization": 0.5}
    epochs = epochs_of(study, record_of(), readings=known)
    assert epochs[["energy_j", "power_w", "utilization"]].to_numpy().tolist() == [[4.5, 30.0, 0.5]]
    assert "temperature_c" not in epochs
    assert epochs["energy_uj"].tolist() == [5_000_000]


# What runs are compared with


def row(method, variant, quality, **changed):
    return {
        "run": f"{method}/{variant}", "method": method, "variant": variant, "seed": 0, "parent": None, "teacher": None,
        "epochs": 5, "validation_quality": quality, "dataset": "cifar10", "metric": "accuracy", "threads": 2,
        "data_level": "official", "pruning.distillation": None, "pruning.temperature": None,
    } | changed  # fmt: skip


def test_all_off_is_the_reference_of_every_variant_and_of_the_best_configurations():
    rows = [row("baseline", "all-off", 0.5), row("baseline", "all-on", 0.9), row("baseline", "draw0001", 0.7)]
    found = with_references(pd.DataFrame([*rows, row("best", "best-run", 0.9)]), TECHNIQUES.references)
    assert set(zip(found["reference"], found["reference_variant"], strict=True)) == {("baseline", "all-off")}


def test_without_a_variant_the_best_of_the_method_is_the_reference():
    rows = pd.DataFrame([row("baseline", "all-off", 0.5), row("baseline", "all-on", 0.9), row("best", "best-run", 0.9)])
    found = with_references(rows, References(("baseline",)))
    assert found.set_index("run").loc["best/best-run", "reference_variant"] == "all-on"


def test_run_that_was_trained_for_less_is_not_compared_with_all_off():
    rows = [row("baseline", "all-off", 0.5), row("baseline", "only-epochs", 0.4, epochs=2)]
    found = with_references(pd.DataFrame(rows), TECHNIQUES.references).set_index("run")
    assert found["reference_variant"].isna().tolist() == [False, True]


# The order of measuring


def order_of(**settings):
    return measured_order(run_sheet("techniques", Config.model_validate({"techniques": {**STUDY, **settings}})), seed=0)


def test_runs_at_levels_are_shuffled_all_together_whatever_their_seed():
    order = [run for run in order_of(n=6, seeds=2) if "/best/" not in run]
    seeds = [int(run.rpartition("seed")[2]) for run in order]
    assert sum(later < former for former, later in pairwise(seeds)) > 3
    assert order != sorted(order)
    places = [order.index(run) for run in order if "/draw" in run]
    assert min(places) < 6 and max(places) > 11


def test_more_draws_leave_the_others_in_their_order():
    few, more = order_of(n=2), order_of(n=6)
    assert [run for run in more if run in few] == few
    assert len(more) == len(few) + 4


def test_runs_without_factors_are_still_shuffled_within_each_seed():
    order = measured_order(run_sheet("compression", Config.model_validate({"compression": {"seeds": 3}})), seed=0)
    seeds = [int(run.rpartition("seed")[2]) for run in order]
    assert seeds == sorted(seeds)


# The tables of the study


@pytest.fixture
def interim(tmp_path):
    """Return the interim tables of a study with base cases, draws, a best configuration, and a run of each other ending."""
    energies = {run: 1_000_000 * (3 + number) for number, run in enumerate(ROWS)}
    ended = {DRAWN[1]: "diverged", DRAWN[2]: "out_of_memory"}
    for number, run in enumerate(run for run in ROWS if "/best/" not in run):
        rec = with_cpu(record_of(run, quality=0.5 + 0.02 * number, train_uj=energies[run]), **CPU)
        rec = without_model(rec, ended[run], "it ended") if run in ended else rec
        if run == DRAWN[3]:
            rec = without_model(rec, "refused", "too large", windows=[])
        leave(rec, tmp_path / "techniques" / "raw" / run)
    leave(with_cpu(best(quality=0.8), **CPU), tmp_path / "techniques" / "raw" / BEST_RUN)
    study = tmp_path / "techniques"
    records = sorted((study / "raw").rglob(paths.RECORD))
    for path in records:
        if (path.parent / paths.EPOCHS).exists():
            known = {"energy_j": 4.5, "power_w": 30.0, "utilization": 0.5, "temperature_c": 50.0}
            row = replace(Epoch("run/train/epoch1", 1, 0.5, 0.8, 0.6, 0.7, None), **known)
            write_csv([row], path.with_name(paths.EPOCHS), READINGS)
            sign(read_record(path), path.parent)
    make_interim(study, records, {}, Config().checks, study / "interim")
    return sorted((study / "interim").glob("*.parquet"))


def test_every_column_of_every_table_of_the_study_is_described(interim, tmp_path):
    make_processed("techniques", interim, Carbon(), Statistics(), CONFIG.techniques, tmp_path / "processed")
    files = [*interim, *sorted((tmp_path / "processed").glob("*.parquet"))]
    described = pd.read_csv(tmp_path / "processed" / f"{paths.DICTIONARY}.csv")
    found = set(zip(described["table"], described["column"], strict=True))
    expected = {(path.stem, name) for path in files for name in pd.read_parquet(path).columns}
    assert found == expected
    assert {*TECHNIQUES.tables, "comparison", "statistics", *paths.INTERIM_TABLES} == {table for table, _ in found}
    assert described["meaning"].notna().all() and (described["meaning"].str.len() > 5).all()
    units = described.set_index(["table", "column"])["unit"]
    assert (units["epochs", "power_w"], units["epochs", "cpu_s"], units["ranking", "score"]) == ("W", "s", "dB")


def test_tables_of_the_study_know_runs_without_a_model_and_the_settings_of_the_study(interim):
    made = processed_tables("techniques", read(interim), Carbon(), Statistics(), CONFIG.techniques)
    assert [*made] == ["comparison", "statistics", "effects", "importance", "ranking", "ranks", "fixed"]
    ranking = made["ranking"].set_index("variant")
    assert ranking.loc[["draw0002", "draw0003", "draw0004"], "status"].tolist() == [
        "diverged",
        "out_of_memory",
        "refused",
    ]
    assert ranking["rank"].notna().sum() == 7
    assert set(made["effects"]["factor"]) == {"batch_size", "momentum", "optimizer"}
    assert "draw0002" not in set(made["comparison"]["variant"])


def test_job_makes_the_tables_with_the_settings_that_it_is_given(interim, tmp_path):
    given = {"interim": [str(path) for path in interim], "carbon": {}, "statistics": {}}
    section = {**STUDY, "score": {"quality": 1.0, "energy": 0.0}}
    tasks.processed(study="techniques", section=section, folder=str(tmp_path / "made"), **given)
    first = pd.read_parquet(tmp_path / "made" / "ranking.parquet").iloc[0]
    assert (first["variant"], first["validation_quality"]) == ("draw0001", 0.62)
    assert first["score"] == pytest.approx(20 * log10(0.62))


def test_table_that_needs_settings_which_are_not_given_says_so():
    with pytest.raises(FrugalNetError, match="ranking: no table study; given are all_runs"):
        called(lambda all_runs, study: all_runs, "ranking", {"all_runs": pd.DataFrame()})
