"""Tables in pieces: whatever a piece lacks, they are those that are read and written as wholes."""

import pandas as pd
import pytest

from frugalnet import figures
from frugalnet.analysis import interim, tables
from frugalnet.config.checks import Checks
from frugalnet.record.paths import INTERIM_TABLES, MODEL
from tests.unit.conftest import made_record
from tests.unit.test_analysis_search import DONE, FAILED, with_trials

pytestmark = pytest.mark.long

WARN = Checks(damaged="warn")


@pytest.fixture
def given(study):
    """Return runs that differ in what they have: a parent, energies, a search with trials, all of their files."""
    known, unknown = made_record(), made_record("sat6", train_uj=None)
    pruned, searched = made_record(method="pruning", seed=1), made_record(method="nas")
    damaged = made_record("cifar10")
    folder, records, _ = study(known, unknown, pruned, searched, damaged)
    with_trials(records, DONE, FAILED)
    (folder / "raw" / damaged.run.id / MODEL).unlink()
    return folder, records


def made(given, piece, monkeypatch, folder):
    """Write the interim tables, so many runs at a time, and return their parquet files by name."""
    monkeypatch.setattr(interim, "PIECE", piece)
    tables.make_interim(*given, {"mnist": ["mnist/joint/default/seed0"]}, WARN, folder)
    return {name: folder / f"{name}.parquet" for name in INTERIM_TABLES}


@pytest.mark.parametrize("piece", [1, 2])
def test_tables_do_not_depend_on_how_many_runs_are_read_at_a_time(given, piece, monkeypatch):
    monkeypatch.setattr(interim, "PIECE", len(given[1]))
    whole = interim.read_study(*given, WARN)
    monkeypatch.setattr(interim, "PIECE", piece)
    for name, table in interim.read_study(*given, WARN).items():
        pd.testing.assert_frame_equal(table, whole[name], check_exact=True)
    assert whole["windows"]["energy_uj"].isna().any()
    assert len(whole["trials"]) == 2


def test_files_do_not_depend_on_it_either(given, monkeypatch, tmp_path):
    whole = made(given, len(given[1]), monkeypatch, tmp_path / "whole")
    for name, file in made(given, 1, monkeypatch, tmp_path / "pieces").items():
        assert file.with_suffix(".csv").read_bytes() == whole[name].with_suffix(".csv").read_bytes()
        pd.testing.assert_frame_equal(pd.read_parquet(file), pd.read_parquet(whole[name]), check_exact=True)


def test_columns_are_known_without_the_rows(given, monkeypatch, tmp_path):
    found = tables.read(made(given, 1, monkeypatch, tmp_path).values())
    for name, table in found.without_rows().items():
        pd.testing.assert_series_equal(table.dtypes, found[name].dtypes)
        assert found.rows(name) == len(found[name])


@pytest.mark.parametrize("name", ["where_energy_went", "run_timeline"])
def test_figure_of_windows_is_the_same_of_the_columns_that_it_reads(name, given, monkeypatch, tmp_path):
    files = made(given, 1, monkeypatch, tmp_path).values()
    for number, columns in enumerate(({}, figures.columns(name))):
        figures.save(figures.draw(name, tables.read(files, columns)), tmp_path / f"{number}.png")
    assert (tmp_path / "0.png").read_bytes() == (tmp_path / "1.png").read_bytes()
    assert "windows" in figures.columns(name)
