"""The report of a comparison of two results."""

import pandas as pd
import pytest

from frugalnet.commands.compare import print_comparison
from frugalnet.errors import FrugalNetError
from tests.unit.made_replications import made, number, written


def test_report_says_first_that_data_are_not_the_same(tmp_path, capsys):
    first = written(tmp_path / "a", made([0.97, 0.98], [5.0, 5.1]))
    second = written(tmp_path / "b", made([0.97, 0.98], [5.0, 5.1], data={"level": "official"}))
    print_comparison(first, second, tmp_path / "kept")
    lines = capsys.readouterr().out.splitlines()
    assert lines[2].startswith("! The data are not of the same level: sample in A, official in B.")
    assert any(line.startswith("! A has no table statistics and claims") for line in lines)
    assert any("Numbers, B against A" in line for line in lines)
    assert {path.name for path in (tmp_path / "kept").iterdir()} == {
        "differences.csv",
        "numbers.csv",
        "conclusions.csv",
    }
    kept = pd.read_csv(tmp_path / "kept" / "numbers.csv")
    assert number(kept, "test_quality")["reason"] == "data: sample against official"


def test_same_runs_are_no_replication_and_the_report_says_so(tmp_path, capsys):
    folder = written(tmp_path / "a", made([0.97, 0.98], [5.0, 5.1]))
    print_comparison(folder, folder)
    said = capsys.readouterr().out
    assert "! 2 runs are the same measurement in both" in said
    assert "Nothing: same settings, runs, code, software, machine and data." in said


def test_results_without_tables_or_without_anything_in_common_are_refused(tmp_path):
    first = written(tmp_path / "a", made([0.97], [5.0]))
    (tmp_path / "empty").mkdir()
    with pytest.raises(FrugalNetError, match="no finished results: no table comparison"):
        print_comparison(first, tmp_path / "empty")
    with pytest.raises(FrugalNetError, match="no such file or folder"):
        print_comparison(first, tmp_path / "none")
    other = written(tmp_path / "b", made([0.4], [5.0], method="nas"))
    with pytest.raises(FrugalNetError, match="no dataset, method and variant in common"):
        print_comparison(first, other)
