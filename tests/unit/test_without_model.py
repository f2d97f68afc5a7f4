"""Runs that diverged or ran out of memory: they are finished, their joules count, and comparisons are made without them."""

import pandas as pd
import pytest

from frugalnet.analysis import tables
from frugalnet.analysis.interim import read_study
from frugalnet.analysis.selection import of_folder
from frugalnet.analysis.tables import make_interim, make_processed
from frugalnet.commands.run import is_made
from frugalnet.commands.script.found import find
from frugalnet.commands.terminal import print_run
from frugalnet.config.carbon import Carbon
from frugalnet.config.checks import Checks
from frugalnet.config.compression import Compression
from frugalnet.config.statistics import Statistics
from frugalnet.errors import FrugalNetError
from frugalnet.jobs.needed import without_their_model
from frugalnet.page import summary
from frugalnet.record import paths
from frugalnet.record.record import read_record
from snakemake_logger_plugin_frugalnet.outcome import read_outcome, total
from tests.unit.conftest import lacking, leave, made_record, with_inference, without_model

LOST = without_model(made_record(seed=1))
CHILD = lacking(made_record(method="pruning", seed=1), LOST)
NO_MEMORY = without_model(made_record(seed=2), "out_of_memory", "no memory")
COMPLETE = [made_record(method=method, seed=seed) for seed in (0, 3) for method in ("baseline", "pruning")]
OF_MODEL = ["test_quality", "parameters", "latency_batch1_ms", "throughput_batch", "same_operations", "train_loss"]


@pytest.fixture
def made(study, tmp_path):
    """Return a function that makes the tables of records, and gives the interim and the processed ones."""

    def make(*records):
        folder, found, checks = study(*records)
        make_interim(folder, found, {}, checks, tmp_path / "interim")
        files = sorted((tmp_path / "interim").glob("*.parquet"))
        make_processed("compression", files, Carbon(), Statistics(), Compression(), tmp_path / "processed")
        return tables.read(files), tables.read(sorted((tmp_path / "processed").glob("*.parquet")))

    return make


def row_of(rec, table):
    return table.set_index("run").loc[rec.run.id]


# Records


def test_run_without_a_model_is_read_as_a_finished_one(tmp_path):
    for rec in (LOST, NO_MEMORY, CHILD):
        leave(rec, tmp_path / rec.status)
        assert read_record(tmp_path / rec.status / paths.RECORD).status == rec.status


@pytest.mark.parametrize("change", [{"model": COMPLETE[0].model}, {"quality": {"test_accuracy": 0.1}}, {"error": None}])
def test_record_without_a_model_that_has_more_or_less_than_that_is_refused(tmp_path, change):
    LOST.model_copy(update=change).write(tmp_path)
    with pytest.raises(FrugalNetError, match="a run that is diverged, but with a model, its quality or its inference"):
        read_record(tmp_path / paths.RECORD)


def test_complete_run_without_its_model_is_refused(tmp_path):
    COMPLETE[0].model_copy(update={"model": None}).write(tmp_path)
    with pytest.raises(FrugalNetError, match="a complete run without its model"):
        read_record(tmp_path / paths.RECORD)


# Tables


def test_run_without_a_model_has_a_row_with_its_status_and_its_joules_alone(study):
    runs = read_study(*study(*COMPLETE, LOST, NO_MEMORY, CHILD))["runs"]
    assert runs["status"].value_counts().to_dict() == {"complete": 4, "diverged": 2, "out_of_memory": 1}
    for rec in (LOST, NO_MEMORY):
        row = row_of(rec, runs)
        assert row["train_energy_j"] == 5.0
        assert row[OF_MODEL].isna().all()


def test_run_that_measured_nothing_has_no_joules_and_says_why(study):
    row = row_of(CHILD, read_study(*study(LOST, CHILD))["runs"])
    assert row[["train_energy_j", "train_duration_s", "train_cpu_s", "energy_source", *OF_MODEL]].isna().all()
    assert row["energy_reason"] == "nothing was measured: its parent mnist/baseline/default/seed1 diverged"
    assert (row["parent"], row["epochs"]) == ("mnist/baseline/default/seed1", 0)


def test_problems_tell_of_how_many_seeds_a_method_is_compared_without_and_refuse_nothing(study):
    folder, records, _ = study(*COMPLETE, LOST, NO_MEMORY)
    refuse = Checks(damaged="refuse", duplicates="refuse", mixed_data="refuse", mixed_code="refuse")
    problems = read_study(folder, records, refuse)["problems"]
    assert problems["problem"].tolist() == ["without_model"]
    assert problems["text"].tolist() == [
        "mnist/baseline/default is compared without 2 of 4 seeds (seed1: the training diverged; seed2: no memory)."
    ]


def test_comparisons_are_those_of_the_complete_runs_alone(made):
    _, alone = made(*COMPLETE)
    expected = {name: alone[name] for name in alone}
    _, beside = made(*COMPLETE, LOST, NO_MEMORY, CHILD)
    for name, table in expected.items():
        pd.testing.assert_frame_equal(beside[name], table)
    assert expected["comparison"]["seeds"].tolist() == [2, 2]


def test_tables_that_are_read_have_complete_runs_unless_the_whole_is_asked_for(made, tmp_path):
    interim, _ = made(*COMPLETE, LOST, CHILD)
    assert set(interim["runs"]["run"]) == set(interim["windows"]["run"]) == {rec.run.id for rec in COMPLETE}
    assert len(interim.whole("runs")) == interim.rows("runs") == 6
    assert interim["runs"]["same_operations"].dtype == bool
    assert interim["runs"]["throughput_batch"].dtype == "int64"
    windows = tables.read([tmp_path / "interim" / "windows.parquet"])["windows"]
    assert LOST.run.id not in set(windows["run"])
    assert interim["timelines"]["run"].unique().tolist() == [COMPLETE[0].run.id]


def test_study_in_which_no_run_got_a_model_has_nothing_to_compare(made):
    with pytest.raises(FrugalNetError, match="no run got a model, so that nothing can be compared"):
        made(LOST, CHILD)


def test_seed_whose_baseline_has_no_model_is_left_out_of_ratios_to_it(made):
    alone = with_inference(made_record(method="nas", seed=1), same_operations=None, latency_ratio=None)
    known = [with_inference(made_record(method="nas", seed=seed), latency_ratio=0.5) for seed in (0, 3)]
    _, found = made(*COMPLETE, LOST, alone, *known)
    nas = found["comparison"].set_index("method").loc["nas"]
    assert (nas["seeds"], nas["latency_ratio"], nas["same_operations"]) == (3, pytest.approx(0.5), True)
    statistics = found["statistics"]
    pair = statistics[(statistics["method"] == "nas") & (statistics["against"] == "baseline")]
    assert set(pair["seeds"]) == {2}


# The page, the terminal, other commands


def test_summary_counts_the_joules_of_runs_without_a_model(made):
    interim, _ = made(*COMPLETE, LOST, CHILD)
    runs = interim.whole("runs")
    assert "6 runs on 1 dataset, with 3 seeds: their training and search took 25 J" in summary.taken(runs)
    assert summary.without_model(runs).startswith("Of 6 runs, 2 diverged, or needed a model of such a run.")
    assert summary.without_model(interim["runs"]) == ""


def test_joules_of_failed_tries_of_a_run_that_measured_nothing_are_not_lost(study):
    folder, records, checks = study(LOST, CHILD, failed=[made_record(method="pruning", seed=1)])
    assert summary.taken(read_study(folder, records, checks)["runs"]) == "2 runs on 1 dataset, with 1 seed."


def test_finished_run_without_a_model_is_printed_with_its_status_and_its_joules(tmp_path, capsys):
    for rec in (LOST, CHILD):
        leave(rec, tmp_path / "compression" / "raw" / rec.run.id)
        print_run(tmp_path / "compression" / "raw" / rec.run.id, tmp_path / "compression")
    lost, _, child = capsys.readouterr().out.partition(CHILD.run.id)
    assert "diverged" in lost and "5.00" in lost.replace(" 5 ", " 5.00 ")
    assert "The run is finished and got no model: the training diverged" in lost
    assert "got no model: its parent mnist/baseline/default/seed1 diverged" in child


def test_line_of_the_workflow_says_how_the_run_ended_and_what_it_took(tmp_path):
    for rec in (LOST, CHILD):
        leave(rec, tmp_path / rec.run.method)
    ended = read_outcome(tmp_path / "baseline" / paths.RECORD, "mnist", 99)
    assert (ended.ended, ended.quality, ended.duration_s) == ("diverged", None, 13)
    nothing = read_outcome(tmp_path / "pruning" / paths.RECORD, "mnist", 99)
    assert (nothing.is_read, nothing.reason) == (False, "its parent mnist/baseline/default/seed1 diverged")
    assert "not known for" not in total([nothing])


def test_run_without_a_model_is_made_and_so_is_what_starts_from_it(tmp_path):
    (tmp_path / paths.CARD).write_text('{"level": "sample"}')
    for rec in (LOST, CHILD):
        leave(rec, tmp_path / "raw" / rec.run.id)
        assert is_made(rec.run, tmp_path, tmp_path)
    leave(made_record(seed=1), tmp_path / "raw" / LOST.run.id)
    assert not is_made(CHILD.run, tmp_path, tmp_path), "its parent has a model now"


def test_only_a_model_that_was_there_counts_as_deleted(tmp_path):
    sheet = [COMPLETE[1].run, CHILD.run]
    for rec in (COMPLETE[0], LOST):
        leave(rec, tmp_path / "raw" / rec.run.id)
    assert without_their_model(sheet, tmp_path) == []
    deleted = tmp_path / "raw" / COMPLETE[0].run.id
    (deleted / paths.MODEL).unlink()
    assert without_their_model(sheet, tmp_path) == [deleted / paths.RECORD]
    assert of_folder(tmp_path) == [deleted / paths.RECORD, tmp_path / "raw" / LOST.run.id / paths.RECORD]


def test_script_is_made_of_a_seed_with_a_model(tmp_path):
    for rec in (LOST, COMPLETE[0]):
        leave(rec, tmp_path / "compression" / "raw" / rec.run.id)
    assert find("mnist/baseline", tmp_path).record.run.seed == 0
    with pytest.raises(FrugalNetError, match="mnist/baseline/default/seed1: has no model: the training diverged"):
        find("mnist/baseline/default/seed1", tmp_path)
