"""The reference packages of the repository, and a made one: whole, small, and with the tables that their records give.

Where tables changed on purpose, `make reference` renews the packages.
"""

import csv
from math import isclose
from pathlib import Path

import pytest

from frugalnet.commands.package import verify
from frugalnet.commands.package.unpacking import unpack
from frugalnet.commands.rebuild import remake
from tests.unit.made_light import light, made, once, without_drawing

pytestmark = pytest.mark.long

__all__ = ["light", "made", "once"]

ROOT = Path(__file__).parents[2]
REFERENCES = sorted(ROOT.glob("results/reference/*.zip"))
MOST = 3_000_000
"""Bytes of a package for each of its studies."""


def test_made_package_has_the_tables_that_its_records_give(light, tmp_path):
    found = differences(light, tmp_path)
    assert found == []


@pytest.mark.parametrize("package", REFERENCES, ids=lambda path: path.name)
def test_reference_package_has_the_tables_that_its_records_give(package, tmp_path, monkeypatch):
    monkeypatch.chdir(ROOT)
    without_drawing(monkeypatch)
    assert differences(package, tmp_path) == [], "make reference renews the package, if the tables changed on purpose"


@pytest.mark.parametrize("package", REFERENCES, ids=lambda path: path.name)
def test_reference_package_is_whole_and_small(package, tmp_path):
    verify(package)
    studies = [path for path in unpack(package, tmp_path).iterdir() if path.is_dir()]
    assert studies and package.stat().st_size <= MOST * len(studies)


def test_value_that_is_not_that_of_the_records_is_found(light, tmp_path, monkeypatch):
    make = remake

    def edited(results):
        made = make(results)
        table = results / "compression/processed/comparison.csv"
        table.write_text(table.read_text().replace("baseline", "another", 1))
        return made

    monkeypatch.setattr("tests.unit.test_reference.remake", edited)
    assert differences(light, tmp_path) == [
        "compression/processed/comparison.csv: method[0]: 'baseline', made 'another'"
    ]


def differences(package, folder):
    """Return where the tables of a package are not those that its records give, in the columns that it has."""
    results = unpack(package, folder)
    places = [path for part in ("interim", "processed") for path in sorted(results.glob(f"*/{part}/*.csv"))]
    packed = {path: columns(path) for path in places if path.stem != "data_dictionary"}
    assert packed
    remake(results)
    return [
        f"{path.relative_to(results)}: {name}{where}"
        for path, table in packed.items()
        for name, values in table.items()
        if (where := unlike(values, columns(path).get(name, [])))
    ]


def columns(path):
    """Return the values of a table by their columns."""
    with path.open(newline="") as stream:
        header, *rows = csv.reader(stream)
    return {name: [row[place] for row in rows] for place, name in enumerate(header)}


def unlike(values, made):
    """Return the first value that is another one, or None: another processor may give another last digit."""
    if len(values) != len(made):
        return f": {len(values)} rows, made {len(made)}"
    pairs = enumerate(zip(values, made, strict=True))
    return next((f"[{row}]: {one!r}, made {other!r}" for row, (one, other) in pairs if not same(one, other)), None)


def same(one, other):
    try:
        return one == other or isclose(float(one), float(other), rel_tol=1e-9, abs_tol=1e-12)
    except ValueError:
        return False
