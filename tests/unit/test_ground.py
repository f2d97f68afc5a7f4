"""Lock, environments and versions are in step."""

import json
import re
import tomllib
from pathlib import Path

import pytest
import yaml

import frugalnet
from frugalnet.fingerprint import code_versions, unversioned_changes

ROOT = Path(__file__).parents[2]
PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]
LOCK = (ROOT / "requirements.lock").read_text()


def test_lock_has_a_hash_for_every_package():
    packages = re.findall(r"^[a-z0-9][\w.-]*==.*?(?=^[a-z0-9]|\Z)", LOCK, re.MULTILINE | re.DOTALL)
    assert len(packages) > 150
    assert all("--hash=sha256:" in package for package in packages)


def test_lock_holds_every_requirement():
    locked = set(re.findall(r"^([a-z0-9][\w.-]*)==", LOCK, re.MULTILINE))
    required = {re.match(r"[\w-]+", requirement)[0] for requirement in PROJECT["dependencies"]}
    assert required <= locked


def test_lock_names_no_host():
    assert "://" not in LOCK


def test_conda_environment_installs_from_the_lock():
    *_, pip = yaml.safe_load((ROOT / "environment.yml").read_text())["dependencies"]
    assert pip == {"pip": ["--require-hashes", "--requirement requirements.lock"]}


@pytest.mark.parametrize("file", ["environment.yml", "workflow/envs/frugalnet.yaml"])
def test_conda_environment_has_the_python_of_the_project(file):
    python, *_ = yaml.safe_load((ROOT / file).read_text())["dependencies"]
    assert python == f"python {PROJECT['requires-python']}"


def test_versions_agree():
    citation = yaml.safe_load((ROOT / "CITATION.cff").read_text())
    assert PROJECT["version"] == frugalnet.__version__ == citation["version"]


def test_changed_code_has_a_new_version():
    known = json.loads((ROOT / "tests" / "unit" / "code_versions.json").read_text())
    changed = unversioned_changes(known)
    assert not changed, f"the code of {changed} changed: raise its version in the catalogue, then `make format`"
    assert known == code_versions(), "versions were raised: renew tests/unit/code_versions.json with `make format`"
