"""A record is read back as it was written, or refused."""

import json

import pytest

from frugalnet.errors import FrugalNetError
from frugalnet.record.paths import RECORD
from frugalnet.record.record import is_as_written, read_record
from tests.unit.conftest import made_record


def test_record_is_read_back_as_it_was_written(tmp_path):
    made_record().write(tmp_path)
    found = read_record(tmp_path / RECORD)
    assert found.model_copy(update={"sha256": None}) == made_record()


def test_record_that_was_edited_is_told_from_the_one_that_was_written(tmp_path):
    made_record().write(tmp_path)
    path = tmp_path / RECORD
    assert is_as_written(path)
    path.write_text(path.read_text().replace('"seed": 0', '"seed": 1'))
    assert not is_as_written(path)


def test_record_of_before_there_were_checksums_counts_as_written(tmp_path):
    made_record().write(tmp_path)
    path = tmp_path / RECORD
    path.write_text(json.dumps({key: value for key, value in json.loads(path.read_text()).items() if key != "sha256"}))
    assert is_as_written(path)


def test_nothing_half_written_has_the_name_of_a_record(tmp_path):
    with pytest.raises(ValueError, match="not JSON compliant"):
        made_record(quality=float("nan")).write(tmp_path)
    assert not (tmp_path / RECORD).exists()


@pytest.mark.parametrize("keep", [0, 100, -20])
def test_torn_record_is_refused_with_its_path(tmp_path, keep):
    made_record().write(tmp_path)
    path = tmp_path / RECORD
    path.write_text(path.read_text()[:keep])
    with pytest.raises(FrugalNetError, match=r"record\.json: not a record of this version.*delete its folder"):
        read_record(path)


def test_record_of_another_layout_is_refused_with_the_key(tmp_path):
    made_record().write(tmp_path)
    path = tmp_path / RECORD
    path.write_text(json.dumps(json.loads(path.read_text()) | {"joules": 7}))
    with pytest.raises(FrugalNetError, match="joules"):
        read_record(path)
