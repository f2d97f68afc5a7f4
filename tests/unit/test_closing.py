"""Whether the ledger of a record closes: to the microjoule, on every device, and not by what is unknown."""

import pytest

from frugalnet.analysis.closing import ledger_difference_uj
from frugalnet.analysis.interim import read_study
from tests.unit.conftest import made_record
from tests.unit.test_analysis import gpu_beside


def changed(rec, name, **values):
    """Return the record with other values in the windows of a name."""
    windows = [each.model_copy(update=values) if each.name == name else each for each in rec.windows]
    return rec.model_copy(update={"windows": windows})


def test_ledger_that_closes_has_no_difference():
    assert ledger_difference_uj(made_record()) == 0


@pytest.mark.parametrize(
    ("name", "values", "difference_uj"),
    [
        ("run", {"gap_uj": 1}, 1),
        ("run/load", {"energy_uj": 1_999_997}, 3),  # as the window around it tells, and its own gap
        ("run/inference/batch256", {"parent": "run/train"}, 1_000_000),
        ("run/load", {"parent": None}, 2_000_000),
    ],
)
def test_damaged_record_tells_by_how_much_it_does_not_close(study, name, values, difference_uj):
    runs = read_study(*study(changed(made_record(), name, **values)))["runs"]
    assert runs["ledger_difference_uj"].tolist() == [difference_uj]


def test_every_device_has_to_close():
    rec = gpu_beside(made_record(), "cpu")  # whose card drew 9 J in each window, and whose gaps are that too
    assert ledger_difference_uj(rec) == 3 * 9_000_000  # of `run`, in which there are three


def test_window_that_is_known_around_one_that_is_not_closes_nothing():
    rec = changed(made_record(), "run/load", energy_uj=None, gap_uj=None)
    assert ledger_difference_uj(rec) is None
    assert ledger_difference_uj(changed(rec, "run", gap_uj=2_000_000)) is None
    assert ledger_difference_uj(changed(rec, "run", gap_uj=None)) == 0  # as a ledger leaves it


def test_window_inside_one_that_is_not_there_closes_nothing():
    rec = changed(made_record(), "run/inference/batch256", parent="run/inferrence")
    rec = changed(rec, "run/inference", gap_uj=1_000_000)
    assert ledger_difference_uj(rec) is None


def test_without_any_energy_it_cannot_be_told(study):
    nothing = made_record().windows
    nothing = [each.model_copy(update={"energy_uj": None, "gap_uj": None}) for each in nothing]
    runs = read_study(*study(made_record().model_copy(update={"windows": nothing})))["runs"]
    assert runs["ledger_difference_uj"].isna().all()
