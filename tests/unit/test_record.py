"""A record is read back as it was written, or refused."""

import json

import pytest

from frugalnet.errors import FrugalNetError
from frugalnet.record.paths import RECORD
from frugalnet.record.record import read_record
from frugalnet.record.seal import NEWER_THAN_SEALS, is_as_written
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


@pytest.mark.parametrize(("left_out", "expected"), [(("sha256", NEWER_THAN_SEALS), True), (("sha256",), False)])
def test_only_a_record_of_before_there_were_checksums_may_lack_its_own(tmp_path, left_out, expected):
    made_record().write(tmp_path)
    path = tmp_path / RECORD
    values = {key: value for key, value in json.loads(path.read_text()).items() if key not in left_out}
    path.write_text(json.dumps(values))
    assert is_as_written(path) == expected


@pytest.mark.parametrize("text", ["", "[]", "{", "[" * 100_000, "null", '{"sha256": 3, "teacher": null}'])
def test_what_is_no_record_is_not_as_it_was_written(tmp_path, text):
    (tmp_path / RECORD).write_text(text)
    assert not is_as_written(tmp_path / RECORD)


def test_record_of_a_try_that_failed_has_null_for_what_is_not_finite(tmp_path):
    made_record(status="failed", quality=float("inf"), train_uj=None).write(tmp_path)
    values = json.loads((tmp_path / RECORD).read_text())
    assert set(values["quality"].values()) == {None, 0.1}
    assert is_as_written(tmp_path / RECORD)


@pytest.mark.parametrize("name", ["../../secret", "/etc/passwd", "a/b", "", ".", "..", "a\nb"])
def test_file_beside_a_record_is_in_its_folder(tmp_path, name):
    made_record().model_copy(update={"files": {name: "0" * 64}}).write(tmp_path)
    with pytest.raises(FrugalNetError, match=r"not a record of this version of FrugalNet \(files"):
        read_record(tmp_path / RECORD)


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
