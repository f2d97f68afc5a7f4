"""Which mirror is asked, and what happens when it does not exist."""

import subprocess
import sys

import pytest

from frugalnet.config.data import Data
from frugalnet.datasets.mirror import check_mirror, mirror_of
from frugalnet.errors import FrugalNetError


@pytest.fixture(autouse=True)
def _no_mirror_of_this_machine(monkeypatch):
    monkeypatch.delenv("FRUGALNET_MIRROR", raising=False)


def test_without_key_and_variable_there_is_no_mirror():
    assert mirror_of(Data()) is None


def test_environment_variable_fills_in_for_the_key(monkeypatch):
    monkeypatch.setenv("FRUGALNET_MIRROR", "/from/variable")
    assert mirror_of(Data()) == "/from/variable"


def test_key_goes_before_the_environment_variable(monkeypatch):
    monkeypatch.setenv("FRUGALNET_MIRROR", "/from/variable")
    assert mirror_of(Data(mirror="/from/key")) == "/from/key"


def test_home_folder_is_written_out(monkeypatch):
    monkeypatch.setenv("HOME", "/home/someone")
    assert mirror_of(Data(mirror="~/mirror")) == "/home/someone/mirror"


def test_missing_folder_is_refused_with_the_key_and_what_to_do():
    with pytest.raises(
        FrugalNetError, match=r"^data\.mirror: there is no folder '/not/here'.*URL prefix.*leave it out"
    ):
        check_mirror(Data(source="official", mirror="/not/here"))


def test_missing_folder_of_the_variable_is_refused_with_its_name(monkeypatch):
    monkeypatch.setenv("FRUGALNET_MIRROR", "/not/here")
    with pytest.raises(FrugalNetError, match=r"^environment variable FRUGALNET_MIRROR: there is no folder '/not/here'"):
        check_mirror(Data(source="official"))


@pytest.mark.parametrize(
    "data",
    [
        Data(source="sample", mirror="/not/here"),
        Data(source="official"),
        Data(source="official", mirror="https://example.org/mirror"),
        Data(source="official", mirror="/"),
    ],
)
def test_mirror_that_exists_or_is_not_asked_passes(data):
    assert check_mirror(data) is None


def test_importing_datasets_loads_nothing_heavy():
    code = (
        "import sys, frugalnet.datasets, frugalnet.datasets.mirror; "
        "print(sorted({'sklearn', 'scipy', 'pooch', 'pandas', 'requests', 'tqdm', 'tensorflow'} & sys.modules.keys()))"
    )
    assert subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True).stdout == "[]\n"
