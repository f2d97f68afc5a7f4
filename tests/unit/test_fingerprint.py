"""A digest follows what code does, not how it reads; each part of the study has its own."""

import shutil
from dataclasses import replace
from pathlib import Path
from types import SimpleNamespace

import pytest

import frugalnet
from frugalnet import catalogue
from frugalnet import fingerprint as module
from frugalnet.catalogue.recipes import Level, RecipePart, Setting
from frugalnet.fingerprint import code_versions, fingerprint, unversioned_changes
from tests.unit.made_modules import write


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


def test_file_that_is_moved_renamed_or_split_changes_nothing(tmp_path, monkeypatch):
    monkeypatch.syspath_prepend(tmp_path)
    write(
        tmp_path / "before",
        start="from before import tools\nfrom before.other import f\n\nx = tools.g(f(1))\n",
        tools="def g(x):\n    return x\n\n\ndef h(x):\n    return -x\n",
        other="def f(x):\n    from before.tools import h\n\n    return h(x)\n",
    )
    write(
        tmp_path / "after",
        room_in_begin="from after.kit import gear\nfrom after.kit.more import f\n\nx = gear.g(f(1))\n",
        kit_in_gear="def g(x):\n    return x\n",
        kit_in_more="from after.kit.most import h\n\n\ndef f(x):\n    return h(x)\n",
        kit_in_most="def h(x):\n    return -x\n",
    )
    assert fingerprint("before.start", within=["before"]) == fingerprint("after.room.begin", within=["after"])


def test_code_that_is_needed_counts_and_other_code_does_not(tmp_path, monkeypatch):
    monkeypatch.syspath_prepend(tmp_path)
    package = tmp_path / "needy"
    write(package, start="from needy.near import x\n", near="from needy import far\nx = far.y\n")
    write(package, far="y = 1\n", apart="z = 1\n")
    before = fingerprint("needy.start", within=["needy"])
    (package / "apart.py").write_text("z = 2\n")
    assert fingerprint("needy.start", within=["needy"]) == before
    (package / "far.py").write_text("y = 2\n")
    assert fingerprint("needy.start", within=["needy"]) != before
    assert fingerprint("needy.start", within=["needy.near"]) != before


def test_import_from_elsewhere_counts(digest):
    assert digest("from math import floor as whole\n") != digest("from math import ceil as whole\n")


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


def test_every_module_of_the_recipes_is_of_a_part_or_a_level():
    folder = Path(frugalnet.__file__).parent
    modules = {
        ".".join(path.relative_to(folder.parent).with_suffix("").parts) for path in folder.glob("recipes/**/*.py")
    }
    parts = catalogue.RECIPE_PARTS.values()
    known = {name for part in parts for name in part.modules}
    known |= {level.path.partition(":")[0] for part in parts for level in part.levels.values()}
    changing_nothing = {"frugalnet.recipes.__init__", "frugalnet.recipes.checks"}
    assert modules - changing_nothing <= known


def test_recipe_part_counts_for_itself_alone(touched_by):
    assert touched_by("recipes/distillation.py") == {"recipe distillation"}


def test_file_of_an_augmentation_counts_for_it_alone(touched_by):
    assert touched_by("recipes/augmentation/mixup.py") == {"recipe augmentation mixup"}


def test_levels_in_the_file_of_their_part_count_with_it(touched_by):
    assert touched_by("recipes/scaling.py") == {"recipe scaling"}


def changed(before):
    return {name for name, entry in code_versions().items() if entry != before.get(name)}


def level_of(part, name, **changes):
    """Return the levels of a part with one that differs."""
    entry = catalogue.RECIPE_PARTS[part]
    levels = {**entry.levels, name: replace(entry.levels[name], **changes)}
    return replace(entry, levels=levels)


def test_default_of_a_setting_counts_for_its_level_alone(monkeypatch):
    before, level = code_versions(), catalogue.RECIPE_PARTS["augmentation"].levels["mixup"]
    settings = {"alpha": replace(level.settings["alpha"], default=0.4)}
    monkeypatch.setitem(catalogue.RECIPE_PARTS, "augmentation", level_of("augmentation", "mixup", settings=settings))
    assert changed(before) == {"recipe augmentation mixup"}
    assert unversioned_changes(before) == ["recipe augmentation mixup"]


def test_default_of_a_setting_without_a_name_counts_for_its_part(monkeypatch):
    part = catalogue.RECIPE_PARTS["early_stopping"]
    settings = {**part.settings, "restore_best": replace(part.settings["restore_best"], default=False)}
    before = code_versions()
    monkeypatch.setitem(catalogue.RECIPE_PARTS, "early_stopping", replace(part, settings=settings))
    assert changed(before) == {"recipe early_stopping"}


def test_other_words_and_bounds_of_a_setting_and_a_new_one_without_a_default_count_for_nothing(monkeypatch):
    before, level = code_versions(), catalogue.RECIPE_PARTS["augmentation"].levels["mixup"]
    settings = {
        "alpha": replace(level.settings["alpha"], meaning="how much", high=50),
        "new": Setting("new", None, 0, 1),
    }
    monkeypatch.setitem(catalogue.RECIPE_PARTS, "augmentation", level_of("augmentation", "mixup", settings=settings))
    assert changed(before) == set()


def test_another_class_of_keras_counts_for_its_level_alone(monkeypatch):
    before = code_versions()
    monkeypatch.setitem(
        catalogue.RECIPE_PARTS, "optimizer", level_of("optimizer", "adam", path="keras.optimizers:Nadam")
    )
    assert unversioned_changes(before) == ["recipe optimizer adam"]


def test_change_with_a_raised_version_is_no_unversioned_one(monkeypatch):
    before = code_versions()
    raised = level_of("optimizer", "adam", path="keras.optimizers:Nadam", version=2)
    monkeypatch.setitem(catalogue.RECIPE_PARTS, "optimizer", raised)
    assert unversioned_changes(before) == []


def test_new_level_and_new_part_change_no_other_code(monkeypatch):
    before, entry = code_versions(), catalogue.RECIPE_PARTS["optimizer"]
    levels = {**entry.levels, "lion": Level("keras.optimizers:Lion")}
    monkeypatch.setitem(catalogue.RECIPE_PARTS, "optimizer", replace(entry, levels=levels))
    monkeypatch.setitem(catalogue.RECIPE_PARTS, "noise", RecipePart(("frugalnet.recipes.scaling",), "recipe.noise", 0))
    assert changed(before) == {"recipe optimizer lion", "recipe noise"}


def test_method_counts_for_those_that_are_made_of_it(touched_by):
    assert touched_by("methods/pruning.py") == {
        f"method {name}" for name in ("pruning", "nas_pruning", "random", "nas_random", "joint", "joint_random")
    }
