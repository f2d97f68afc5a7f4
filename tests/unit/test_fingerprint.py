"""A digest follows what code does, not how it reads; each part of the study has its own."""

import shutil
from pathlib import Path
from types import SimpleNamespace

import pytest

import frugalnet
from frugalnet import catalogue
from frugalnet import fingerprint as module
from frugalnet.fingerprint import code_versions, fingerprint


@pytest.fixture
def digest(tmp_path, monkeypatch):
    monkeypatch.syspath_prepend(tmp_path)
    names = iter(f"module{n}" for n in range(9))

    def digest_of(source):
        folder = tmp_path / next(names)
        folder.mkdir()
        (folder / "__init__.py").write_text(source)
        return fingerprint(folder.name)

    return digest_of


def test_docstring_comment_and_layout_change_nothing(digest):
    assert digest('def f(x):\n    """Old."""\n    return x+1\n') == digest(
        '"""Module."""\n\ndef f(\n    x,\n):\n    """New."""\n    return x + 1  # why\n'
    )


def test_changed_constant_changes_it(digest):
    assert digest("def f(x):\n    return x + 1\n") != digest("def f(x):\n    return x + 2\n")


def test_changed_default_changes_it(digest):
    assert digest("def f(x=1): ...\n") != digest("def f(x=None): ...\n")


def test_module_that_is_left_out_of_a_package_does_not_count(tmp_path, monkeypatch):
    monkeypatch.syspath_prepend(tmp_path)
    package = tmp_path / "parted"
    package.mkdir()
    for name in ("__init__", "one", "two"):
        (package / f"{name}.py").write_text(f"name = {name!r}\n")
    all_of_it, rest = fingerprint("parted"), fingerprint("parted", without=["parted.two"])
    (package / "two.py").write_text("name = 2\n")
    assert fingerprint("parted") != all_of_it
    assert fingerprint("parted", without=["parted.two"]) == rest


@pytest.fixture
def touched_by(tmp_path, monkeypatch):
    """Return a function that tells whose code is another one after a change of a file of frugalnet."""
    copy = tmp_path / "frugalnet"
    shutil.copytree(Path(frugalnet.__file__).parent, copy, ignore=shutil.ignore_patterns("__pycache__"))
    monkeypatch.setattr(module, "find_spec", lambda name: SimpleNamespace(origin=str(copy / "__init__.py")))
    before = code_versions()

    def touched(file):
        (copy / file).write_text((copy / file).read_text() + "\nADDED = 1\n")
        return {name for name, entry in code_versions().items() if entry != before[name]}

    return touched


def test_space_of_a_search_counts_for_the_spaces_of_its_module_alone(touched_by):
    assert touched_by("search/spaces/convolutional.py") == {
        *("space mnist_wide", "space cifar10_small", "space cifar10_wide", "space sat6_small", "space sat6_wide")
    }


def test_dense_layers_count_for_every_space_that_has_them(touched_by):
    assert touched_by("search/spaces/dense.py") == {f"space {name}" for name in catalogue.SPACES}


def test_how_networks_of_a_space_are_built_counts_for_the_search(touched_by):
    touched = touched_by("search/spaces/__init__.py")
    assert "method nas" in touched
    assert not [name for name in touched if not name.startswith("method ")]
