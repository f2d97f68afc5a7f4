"""Rebuilding: which records are taken and in which order, settings from the folder or from the records, tables all or none."""

from dataclasses import replace

import nbformat
import pandas as pd
import pytest
from nbformat.v4 import new_code_cell, new_markdown_cell, new_notebook

from frugalnet import catalogue
from frugalnet.analysis import selection
from frugalnet.commands import rebuild
from frugalnet.config.carbon import Carbon
from frugalnet.config.hours import read_hours
from frugalnet.config.reading import write_settings
from frugalnet.config.whole import Config
from frugalnet.errors import FrugalNetError
from frugalnet.record.paths import MODEL, RECORD
from frugalnet.studies.compression.sheet import run_sheet
from tests.unit.conftest import leave, made_record
from tests.unit.here import Here

pytestmark = pytest.mark.long

SETTINGS = {"compression": {"datasets": ["mnist", "sat6"], "methods": ["baseline", "continued"], "seeds": 2}}
SHEET = run_sheet(Config.model_validate(SETTINGS))


@pytest.fixture
def results(tmp_path, monkeypatch):
    """Return the folder of results whose run sheet is done, with a short notebook and without figures."""
    folder = tmp_path / "results" / "made"
    rec = made_record()
    for run in SHEET:
        leave(rec.model_copy(update={"run": run}), folder / "compression" / "raw" / run.id)
    write_settings(SETTINGS, folder / "settings.yaml")
    notebooks = tmp_path / "workflow" / "notebooks"
    notebooks.mkdir(parents=True)
    cells = [
        new_code_cell("results = None", metadata={"tags": ["parameters"]}),
        new_markdown_cell("# A page"),
        new_code_cell(
            "from pathlib import Path\nprint('rows:', len(Path(results, 'interim', 'runs.csv').open().readlines()))"
        ),
    ]
    kernel = {"kernelspec": {"name": "python3", "display_name": "Python 3", "language": "python"}}
    nbformat.write(new_notebook(cells=cells, metadata=kernel), notebooks / "compression.ipynb")
    (notebooks / "page.html").write_text("$title $contents $body")
    monkeypatch.chdir(tmp_path)
    monkeypatch.setitem(catalogue.STUDIES, "compression", replace(catalogue.STUDIES["compression"], figures=()))
    return folder


def runs_of(results):
    return pd.read_csv(results / "compression" / "interim" / "runs.csv")


def test_tables_and_page_are_made_of_raw_files(results):
    rebuild.rebuild(results)
    study = results / "compression"
    assert list(runs_of(results)["run"]) == [run.id for run in SHEET]
    assert {"comparison.csv", "comparison.parquet", "data_dictionary.csv"} <= {
        path.name for path in (study / "processed").iterdir()
    }
    assert "rows: 9" in (study / "analysis.html").read_text()
    assert sorted(path.name for path in study.iterdir()) == [
        "analysis.html", "analysis.ipynb", "interim", "processed", "raw",
    ]  # fmt: skip


def test_results_of_a_version_whose_settings_had_another_layout_are_rebuilt(results):
    old = SETTINGS | {
        "pruning": {"sparsity": 0.8},
        "nas": {"trials": 7},
        "datasets": {"mnist": {"recipe": {"epochs": 5}}},
    }
    write_settings(old, results / "settings.yaml")
    rebuild.rebuild(results)
    assert list(runs_of(results)["run"]) == [run.id for run in SHEET]


@pytest.fixture
def without_page(results, monkeypatch):
    """Leave out the page and other processes, which take seconds."""
    monkeypatch.setattr(rebuild, "ProcessPoolExecutor", Here)
    monkeypatch.setattr(rebuild.notebook, "execute", lambda *_: None)
    monkeypatch.setattr(rebuild.notebook, "render", lambda *_: None)
    return results


def test_dataset_of_which_a_run_is_missing_is_left_out_and_told_of(without_page, caplog):
    folder = without_page / "compression" / "raw" / "sat6" / "continued" / "default" / "seed1"
    for path in folder.iterdir():
        path.unlink()
    rebuild.rebuild(without_page)
    assert set(runs_of(without_page)["dataset"]) == {"mnist"}
    assert "sat6 is left out" in caplog.text
    problems = pd.read_csv(without_page / "compression" / "interim" / "problems.csv")
    assert list(problems["problem"]) == ["incomplete"]
    assert "sat6/continued/default/seed1" in problems["text"][0]


def test_dataset_with_runs_of_other_settings_is_left_out(without_page):
    settings = {"compression": SETTINGS["compression"] | {"per_dataset": {"sat6": {"recipe": {"epochs": 7}}}}}
    write_settings(settings, without_page / "settings.yaml")
    rebuild.rebuild(without_page)
    assert set(runs_of(without_page)["dataset"]) == {"mnist"}


def test_settings_that_fit_no_raw_files_are_an_error(without_page):
    write_settings(SETTINGS | {"measure": {"threads": 7}}, without_page / "settings.yaml")
    with pytest.raises(FrugalNetError, match=r"no dataset has all of its runs as settings\.yaml says"):
        rebuild.rebuild(without_page)


def test_damaged_run_is_refused_and_the_tables_that_are_there_stay(without_page):
    rebuild.rebuild(without_page)
    study = without_page / "compression"
    before = {path: path.read_bytes() for part in ("interim", "processed") for path in (study / part).iterdir()}
    (study / "raw/mnist/baseline/default/seed0" / MODEL).unlink()
    with pytest.raises(FrugalNetError, match=r"raw/mnist/baseline/default/seed0/model\.keras is missing"):
        rebuild.rebuild(without_page)
    assert {path: path.read_bytes() for part in ("interim", "processed") for path in (study / part).iterdir()} == before
    assert not list(study.glob(".rebuilt-*"))


def test_edited_settings_of_a_run_are_refused_and_do_not_make_it_a_run_that_is_not_there(without_page):
    path = without_page / "compression/raw/mnist/continued/default/seed0" / RECORD
    path.write_text(path.read_text().replace('"learning_rate": 0.001', '"learning_rate": 0.002', 1))
    with pytest.raises(FrugalNetError, match=r"raw/mnist/continued/default/seed0/record\.json was edited"):
        rebuild.rebuild(without_page)


@pytest.mark.parametrize("name", [MODEL, RECORD])
def test_damaged_run_alone_is_left_out_where_the_settings_say_so(without_page, name):
    write_settings(SETTINGS | {"checks": {"damaged": "warn"}}, without_page / "settings.yaml")
    (without_page / "compression/raw/mnist/continued/default/seed0" / name).unlink()
    rebuild.rebuild(without_page)
    assert list(runs_of(without_page)["run"]) == [
        run.id for run in SHEET if run.id != "mnist/continued/default/seed0"
    ]  # fmt: skip


def test_without_settings_all_records_are_taken_in_the_order_of_the_sheet(without_page, caplog):
    (without_page / "settings.yaml").unlink()
    rebuild.rebuild(without_page)
    assert list(runs_of(without_page)["run"]) == [run.id for run in SHEET]
    assert "all records that are there are used, with default settings" in caplog.text


def test_records_alone_tell_the_order_of_the_whole_sheet(tmp_path):
    sheet = run_sheet(Config.model_validate({"compression": {"seeds": 2}}))
    quality = {f"{part}_{metric}": 0.9 for part in ("test", "validation") for metric in ("accuracy", "mae")}
    rec = made_record().model_copy(update={"quality": quality})
    for run in reversed(sheet):
        leave(rec.model_copy(update={"run": run}), tmp_path / "raw" / run.id)
    found = [path.parent.relative_to(tmp_path / "raw").as_posix() for path in selection.of_folder(tmp_path)]
    assert found == [run.id for run in sheet]


def carbon_of(results, *carbons):
    """Make tables without settings, the runs having been made with these carbon intensities in turn."""
    (results / "settings.yaml").unlink()
    for number, run in enumerate(SHEET):
        rec = made_record()
        energy = rec.energy.model_copy(update={"carbon": carbons[number % len(carbons)]})
        rec = rec.model_copy(update={"run": run, "energy": energy})
        leave(rec, results / "compression" / "raw" / run.id)
    rebuild.rebuild(results)
    return pd.read_csv(results / "compression" / "processed" / "comparison.csv")


def of(intensity_g_per_kwh):
    return Carbon(intensity_g_per_kwh=intensity_g_per_kwh, source="a grid", year=2025, pue=1.2)


def test_without_settings_carbon_is_that_of_the_records(without_page):
    found = carbon_of(without_page, of(250))
    assert (set(found["carbon_g_per_kwh"]), set(found["carbon_pue"])) == ({250}, {1.2})


def test_without_settings_unequal_carbon_is_not_taken(without_page):
    assert carbon_of(without_page, of(250), of(300))["carbon_g_per_kwh"].isna().all()


HOURLY = {"hourly": "/nowhere/grid.csv", "source": "a grid", "year": 2026}


def hours_beside(results):
    """Write a copy of the hours, in which no made record used energy, beside results."""
    read_hours.cache_clear()
    (results / "carbon_hours.csv").write_text("hour_utc,g_per_kwh\n1999-01-01T00:00Z,100\n")


def reasons(results):
    found = pd.read_csv(results / "compression" / "processed" / "comparison.csv")
    assert set(found["carbon_hourly"]) == {"/nowhere/grid.csv"}
    return found["co2e_reason"].str.cat()


def test_hours_are_those_of_the_copy_beside_the_settings(without_page):
    write_settings(SETTINGS | {"carbon": HOURLY}, without_page / "settings.yaml")
    with pytest.raises(FrugalNetError, match=r"carbon_hours\.csv': No such file"):
        rebuild.rebuild(without_page)
    hours_beside(without_page)
    rebuild.rebuild(without_page)
    assert "outside the hours of /nowhere/grid.csv (1999-01-01T00" in reasons(without_page)


def test_without_settings_hours_are_those_of_the_copy_and_none_without_it(without_page, caplog):
    assert carbon_of(without_page, Carbon(**HOURLY))["carbon_source"].isna().all()
    assert "carbon_hours.csv is missing: no carbon intensity is used" in caplog.text
    hours_beside(without_page)
    rebuild.rebuild(without_page)
    assert "outside the hours of /nowhere/grid.csv (1999-01-01T00" in reasons(without_page)


def test_folder_without_raw_files_is_an_error(tmp_path):
    with pytest.raises(FrugalNetError, match=r"no raw files; expected a folder of results, as results/quick"):
        rebuild.rebuild(tmp_path)


def test_another_working_directory_is_an_error_before_anything_is_read(results, tmp_path, monkeypatch):
    elsewhere = tmp_path / "elsewhere"
    elsewhere.mkdir()
    monkeypatch.chdir(elsewhere)
    with pytest.raises(
        FrugalNetError, match=r"workflow/notebooks/compression\.ipynb.*expected the folder of FrugalNet"
    ):
        rebuild.rebuild(results)
    assert not (results / "compression" / "interim").exists()
