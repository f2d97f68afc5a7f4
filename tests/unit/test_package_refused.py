"""Results that are not packed, and why."""

import json
import zipfile
from pathlib import Path

import pandas as pd
import pytest

from frugalnet.commands.package import package, verify
from frugalnet.errors import FrugalNetError
from frugalnet.record import record
from frugalnet.record.paths import SETTINGS
from frugalnet.record.record import read_record
from tests.unit.conftest import made_record
from tests.unit.made_package import CARD, SOFTWARE, archive, results, unpacked, working, write_run

__all__ = ["archive", "results", "unpacked", "working"]


def refused(match, results="results/made", archive="made.zip"):
    with pytest.raises(FrugalNetError, match=match):
        package(Path(results), Path(archive))
    assert not list(Path().glob("made.zip*"))


def test_results_that_are_not_there_or_not_finished_are_refused(results):
    refused("results/none: no such folder", results="results/none")
    Path("results/empty").mkdir()
    refused("no study with finished runs", results="results/empty")


@pytest.mark.parametrize("table", ["comparison", "statistics", "claims", "data_dictionary"])
def test_results_without_a_table_are_refused(results, table):
    (results / f"compression/processed/{table}.csv").unlink()
    refused(rf"missing: compression/processed/{table}\.csv; run `make analysis RESULTS=results/made` first")


ANALYSIS_FIRST = r"run `make analysis RESULTS=results/made` first:\n.*"


def test_run_that_the_tables_do_not_have_is_refused(results):
    (results / SETTINGS).unlink()
    rec = made_record(seed=1, data=CARD, software=SOFTWARE)
    write_run(results / "compression/raw" / rec.run.id, rec)
    refused(ANALYSIS_FIRST + "mnist/baseline/default/seed1: not in the tables")


def test_run_that_the_settings_do_not_name_is_not_missed_in_the_tables(results):
    rec = made_record("california_housing", data=CARD, software=SOFTWARE)
    write_run(results / "compression/raw" / rec.run.id, rec)
    package(Path("results/made"))
    assert Path("results/made.zip").exists()


def test_run_of_the_tables_that_the_settings_do_not_name_is_refused(results):
    (results / SETTINGS).write_text("compression: {seeds: 1, datasets: [mnist], methods: [baseline]}\n")
    refused(ANALYSIS_FIRST + r"mnist/continued/default/seed0: not as settings\.yaml says, but in the tables")


def test_run_that_was_measured_anew_is_refused(results):
    folder = results / "compression/raw/mnist/baseline/default/seed0"
    rec = record.read_record(folder / "record.json")
    rec.model_copy(update={"started": "2026-01-02T00:00:00+00:00"}).write(folder)
    refused(ANALYSIS_FIRST + "mnist/baseline/default/seed0: measured anew, not as in the tables")


def test_damaged_run_that_the_tables_leave_out_is_called_damaged(results):
    runs = pd.read_csv(results / "compression/interim/runs.csv")
    runs[runs["run"] != "mnist/continued/default/seed0"].to_csv(results / "compression/interim/runs.csv", index=False)
    (results / "compression/raw/mnist/continued/default/seed0/timeline.parquet").unlink()
    refused(r"do not fit their records:\n.*continued/default/seed0/timeline\.parquet: missing")


def test_archive_inside_of_the_results_is_refused(results):
    refused("lies inside the results", archive="results/made/package.zip")


def test_raw_file_that_was_changed_lost_or_cut_off_is_refused(results):
    run = results / "compression/raw/mnist/baseline/default/seed0"
    (run / "epochs.csv").write_text("window,epoch\n")
    refused(r"baseline/default/seed0/epochs\.csv: not as its record says")
    (run / "epochs.csv").unlink()
    refused(r"baseline/default/seed0/epochs\.csv: missing")
    text = (run / "record.json").read_text()
    (run / "record.json").write_text(text.replace("0.97", "0.99"))
    refused(r"not as they were written:\n.*baseline/default/seed0/record\.json")
    (run / "record.json").write_text(text[: len(text) // 2])
    refused(r"not as they were written:\n.*baseline/default/seed0/record\.json")
    (run / "record.json").unlink()
    refused(r"in the tables but have no record:\n.*mnist/baseline/default/seed0")


def test_package_is_made_where_the_code_lies(results, monkeypatch):
    Path("LICENSE").unlink()
    refused("no LICENSE here; expected the folder of FrugalNet")


def test_links_and_files_that_nothing_names_are_left_out_and_told(results, caplog):
    study = results / "compression"
    (study / "raw/mnist/notes.txt").write_text("mine")
    (study / "figures/link.svg").symlink_to("/etc/passwd")
    (study / "raw/elsewhere").symlink_to("/etc")
    (Path("src/frugalnet") / "link.py").symlink_to("/etc/passwd")
    package(Path("results/made"), Path("results/made.zip"))
    names = zipfile.ZipFile("results/made.zip").namelist()
    left_out = ("notes.txt", "link.svg", "elsewhere", "link.py")
    assert [name for name in names if any(each in name for each in left_out)] == []
    assert all(each in caplog.text for each in left_out)
    verify(Path("results/made.zip"))


def test_raw_file_in_whose_place_is_a_link_is_missing(results):
    file = results / "compression/raw/mnist/baseline/default/seed0/epochs.csv"
    content = file.read_bytes()
    file.unlink()
    (results / "epochs.csv").write_bytes(content)
    file.symlink_to(results / "epochs.csv")
    with pytest.raises(FrugalNetError, match=r"epochs\.csv: missing"):
        package(Path("results/made"))


@pytest.mark.parametrize("name", ["two\nlines", "back\\slash"])
def test_name_that_cannot_be_unpacked_everywhere_is_refused(results, name):
    results.rename(results.with_name(name))
    with pytest.raises(FrugalNetError, match="names that cannot be unpacked everywhere"):
        package(Path("results") / name)
    assert not list(Path("results").glob("*.zip"))


def test_record_of_a_try_that_failed_is_refused_among_finished_runs(results):
    path = results / "compression/raw/mnist/baseline/default/seed0/record.json"
    read_record(path).model_copy(update={"status": "failed"}).write(path.parent)
    with pytest.raises(FrugalNetError, match=r"did not finish(.|\n)*baseline/default/seed0/record\.json: failed"):
        package(Path("results/made"))


def test_prepared_data_that_are_there_and_were_changed_are_refused(results):
    card = {"source": "sample", "name": "mnist"}
    for path in (results / "compression/raw").rglob("record.json"):
        record = read_record(path)
        record.model_copy(update={"data": record.data | card}).write(path.parent)
    folder, arrays = Path("data/sample/prepared/mnist"), ("x", "y", "train", "validation", "test")
    folder.mkdir(parents=True)
    (folder / "dataset.json").write_text(json.dumps(card | {"arrays": dict.fromkeys(arrays, "0" * 64)}))
    for name in arrays:
        (folder / f"{name}.npy").write_bytes(b"other")
    with pytest.raises(FrugalNetError, match=r"x\.npy: was changed"):
        package(Path("results/made"))
