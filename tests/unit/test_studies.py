"""Run sheets are pure functions of the configuration."""

import re
from dataclasses import replace
from itertools import pairwise
from pathlib import Path

import pytest

import frugalnet
from frugalnet import catalogue
from frugalnet.config.whole import Config
from frugalnet.jobs.order import measured_order
from frugalnet.studies.compression.sheet import run_sheet

CONFIG = Config.model_validate({"compression": {"datasets": ["mnist", "sat6"], "seeds": 2}})


SOURCE = Path(frugalnet.__file__).parent


@pytest.mark.parametrize("study", catalogue.STUDIES)
def test_code_names_a_study_in_its_own_files_alone(study):
    """As a literal, a path or a module; as an English word, and in examples of commands, it may stand anywhere."""
    own = {f"config/{study}.py", "config/whole.py", "catalogue/__init__.py"}
    name = re.compile(rf"""(?<!class=)["'.]{study}["'./:]|\b(config|studies)\.{study}\b""")
    found = {
        path.relative_to(SOURCE).as_posix()
        for path in SOURCE.rglob("*")
        if path.is_file() and path.suffix != ".pyc" and name.search(path.read_text())
    }
    others = {file for file in found if not file.startswith(f"studies/{study}/")}
    assert {"config/whole.py", "catalogue/__init__.py"} <= others <= own


METHODS_AND_VARIANTS = 19
"""Of a dataset: pruning and random masks have two variants, also after a search; shapes from new weights the one of units."""


def test_every_dataset_has_every_method_and_variant_once_per_seed():
    ids = [run.id for run in run_sheet(CONFIG)]
    assert len(ids) == len(set(ids)) == 2 * METHODS_AND_VARIANTS * 2
    assert ids[:6] == [
        "mnist/baseline/default/seed0",
        "mnist/continued/default/seed0",
        "mnist/pruning/weight-s0.90/seed0",
        "mnist/pruning/unit-s0.75/seed0",
        "mnist/random/weight-s0.90/seed0",
        "mnist/random/unit-s0.75/seed0",
    ]


def test_scratch_is_done_for_variants_of_units_and_starts_from_the_same_variant_of_pruning():
    scratch = [run for run in run_sheet(CONFIG) if run.method == "scratch" and run.seed == 0]
    assert [(run.id, run.parent) for run in scratch if run.dataset == "mnist"] == [
        ("mnist/scratch/unit-s0.75/seed0", "mnist/pruning/unit-s0.75/seed0")
    ]


def test_variant_changes_its_own_keys_of_pruning_only():
    runs = {run.id: run for run in run_sheet(CONFIG)}
    weight, unit = (runs[f"mnist/pruning/{name}/seed0"].pruning for name in ("weight-s0.90", "unit-s0.75"))
    assert (unit.granularity, unit.sparsity) == ("unit", 0.75)
    assert unit.model_copy(update={"granularity": "weight", "sparsity": 0.9}) == weight


def test_dataset_may_have_variants_of_its_own():
    config = Config.model_validate(
        {"compression": {"per_dataset": {"mnist": {"variants": [{"granularity": "unit", "sparsity": 0.5}]}}}}
    )
    assert list(config.compression.variants_of("mnist")) == ["unit-s0.50"]
    assert list(config.compression.variants_of("sat6")) == ["weight-s0.90", "unit-s0.75"]


def test_variants_are_named_by_granularity_sparsity_and_label():
    variants = [{"sparsity": 0.5}, {"sparsity": 0.5, "distillation": 0.7, "label": "distilled"}]
    variants += [{"granularity": "2:4", "sparsity": 0.5}, {"granularity": "unit", "sparsity": 0.845}]
    config = Config.model_validate({"compression": {"datasets": ["mnist"], "variants": variants}})
    assert list(config.compression.variants_of("mnist")) == [
        "weight-s0.50",
        "weight-s0.50-distilled",
        "2of4-s0.50",
        "unit-s0.845",
    ]


def test_variants_that_differ_in_sparsity_alone_are_a_family():
    variants = [{"sparsity": 0.5}, {"sparsity": 0.8}, {"granularity": "2:4", "sparsity": 0.5}]
    variants += [{"granularity": "unit", "sparsity": 0.845, "ramp": 0.3, "label": "slow"}]
    sheet = run_sheet(Config.model_validate({"compression": {"datasets": ["mnist"], "variants": variants}}))
    families = {run.variant: run.family for run in sheet if run.method in ("baseline", "pruning")}
    assert families == {
        "default": "",
        "weight-s0.50": "weight",
        "weight-s0.80": "weight",
        "2of4-s0.50": "2:4",
        "unit-s0.845-slow": "unit, slow",
    }


def test_variant_without_a_sparsity_has_that_of_the_section():
    config = Config.model_validate({"compression": {"pruning": {"sparsity": 0.5}}})
    assert list(config.compression.variants_of("mnist")) == ["weight-s0.50", "unit-s0.75"]


def test_more_seeds_only_add_rows_at_the_end():
    more = Config.model_validate({"compression": {"datasets": ["mnist", "sat6"], "seeds": 5}})
    assert run_sheet(more)[: len(run_sheet(CONFIG))] == run_sheet(CONFIG)


def test_parents_come_first_and_have_the_same_seed():
    seen = set()
    for run in run_sheet(CONFIG):
        assert run.parent is None or run.parent in seen
        assert run.parent is None or run.parent.endswith(f"seed{run.seed}")
        seen.add(run.id)


def test_measured_order_is_shuffled_within_each_seed():
    sheet = [run.id for run in run_sheet(CONFIG)]
    order = measured_order(run_sheet(CONFIG), seed=0)
    assert sorted(order) == sorted(sheet)
    assert order != sheet
    assert order != measured_order(run_sheet(CONFIG), seed=1)
    assert [run.endswith("seed0") for run in order] == [True] * 38 + [False] * 38


def test_measured_order_keeps_parents_before_their_children():
    parents = {run.id: run.parent for run in run_sheet(CONFIG)}
    for seed in range(50):
        order = measured_order(run_sheet(CONFIG)[::-1], seed)
        assert all(parent is None or order.index(parent) < order.index(run) for run, parent in parents.items())


def test_runs_are_measured_after_the_baseline_that_they_are_measured_beside():
    sheet = run_sheet(CONFIG)
    references = {run.id: run.reference for run in sheet if run.reference}
    assert len(references) == len(sheet) - 4  # of two datasets and two seeds
    for seed in range(20):
        order = measured_order(sheet, seed)
        assert all(order.index(reference) < order.index(run) for run, reference in references.items())


def test_measured_order_without_a_seed_is_that_of_the_sheet():
    assert measured_order(run_sheet(CONFIG), None) == [run.id for run in run_sheet(CONFIG)]


def test_runs_that_are_added_leave_the_order_of_the_others():
    more = Config.model_validate({"compression": {"datasets": ["mnist", "sat6"], "seeds": 5}})
    assert measured_order(run_sheet(more), 0)[:76] == measured_order(run_sheet(CONFIG), 0)


def test_methods_interleave():
    order = measured_order(run_sheet(Config()), seed=0)
    datasets = [run.partition("/")[0] for run in order]
    assert sum(one != other for one, other in pairwise(datasets)) > 12


def changed_runs(**sections):
    """Return the methods of MNIST of which a row differs when the configuration does."""
    before = run_sheet(Config())[:METHODS_AND_VARIANTS]
    after = run_sheet(Config.model_validate(sections))[:METHODS_AND_VARIANTS]
    return {one.method for one, other in zip(before, after, strict=True) if one != other}


def test_pruning_recipe_touches_pruning_and_its_controls_only():
    others = {"baseline", "nas", "random_search", "width_scaled", "best"}
    assert changed_runs(compression={"pruning": {"epochs": 7}}) == set(catalogue.METHODS) - others


def test_search_settings_touch_the_search_only():
    assert changed_runs(compression={"nas": {"trials": 7}}) == {
        "nas",
        "random_search",
        "joint",
    }  # children follow by their input


@pytest.mark.parametrize("key", ["sparsity", "update_steps", "ramp", "schedule"])
def test_key_of_pruning_that_a_control_does_not_read_leaves_it_alone(key):
    value = {"sparsity": 0.5, "update_steps": 7, "ramp": 0.3, "schedule": "constant"}[key]
    assert not changed_runs(compression={"pruning": {key: value}}) & {"continued", "nas_continued"}


def test_order_of_runs_touches_none():
    assert changed_runs(measure={"order_seed": 5}) == set()


def test_recipe_part_has_its_version_in_the_rows_that_use_it(monkeypatch):
    part = catalogue.RECIPE_PARTS["distillation"]
    monkeypatch.setitem(catalogue.RECIPE_PARTS, "distillation", replace(part, version=3))
    variants = [{"sparsity": 0.5}, {"sparsity": 0.5, "distillation": 0.7, "label": "distilled"}]
    shared = {"datasets": ["mnist"], "variants": variants, "pruning": {"distillation": 0.0}}
    sheet = run_sheet(Config.model_validate({"compression": shared}))
    versions = {run.variant: run.part_versions for run in sheet if run.method == "pruning"}
    assert versions == {"weight-s0.50": {}, "weight-s0.50-distilled": {"distillation": 3}}
    continued = {run.variant: run.part_versions for run in sheet if run.method == "continued"}
    assert continued == {"default": {}, "distilled-0.70-t1": {"distillation": 3}}
    assert not any(run.part_versions for run in sheet if run.method == "baseline")
    used = {run.variant: run.versions_of_parts for run in sheet if run.method == "pruning"}
    plain = {"training": 5, "scaling": 1, "scaling unit": 1, "optimizer": 1, "optimizer adam": 1}
    assert used["weight-s0.50"] == plain
    assert used["weight-s0.50-distilled"] == plain | {"distillation": 3}


@pytest.mark.parametrize(
    ("recipe", "versions"),
    [
        ({}, {}),
        ({"augmentation": "cutmix"}, {}),
        ({"augmentation": ["random", "mixup"]}, {"augmentation mixup": 2}),
        ({"augmentation": {"name": "mixup", "alpha": 1.0}}, {"augmentation mixup": 2}),
        ({"optimizer": {"name": "sgd", "momentum": 0.9}}, {"optimizer sgd": 3}),
        ({"optimizer": "sgd", "early_stopping": 2}, {"optimizer sgd": 3, "early_stopping": 4}),
    ],
)
def test_level_of_a_recipe_has_its_version_in_the_rows_that_use_it(monkeypatch, recipe, versions):
    def raised(part, level, version):
        entry = catalogue.RECIPE_PARTS[part]
        levels = {**entry.levels, level: replace(entry.levels[level], version=version)}
        monkeypatch.setitem(catalogue.RECIPE_PARTS, part, replace(entry, levels=levels))

    raised("augmentation", "mixup", 2)
    raised("optimizer", "sgd", 3)
    stopping = replace(catalogue.RECIPE_PARTS["early_stopping"], version=4)
    monkeypatch.setitem(catalogue.RECIPE_PARTS, "early_stopping", stopping)
    config = {"compression": {"datasets": ["mnist"], "per_dataset": {"mnist": {"recipe": recipe}}}}
    baseline = run_sheet(Config.model_validate(config))[0]
    assert baseline.part_versions == versions
    assert baseline.model_dump(exclude_defaults=True).get("part_versions", {}) == versions
    assert versions.items() <= baseline.versions_of_parts.items()


def test_recipe_part_that_a_method_does_not_read_leaves_no_version(monkeypatch):
    part = catalogue.RECIPE_PARTS["distillation"]
    monkeypatch.setitem(catalogue.RECIPE_PARTS, "distillation", replace(part, version=3))
    sheet = run_sheet(Config.model_validate({"compression": {"pruning": {"distillation": 0.5}}}))
    assert {run.method for run in sheet if not run.part_versions} >= {"baseline", "continued", "nas", "nas_continued"}
    assert {run.method for run in sheet if run.part_versions} >= {"pruning", "nas_pruning", "joint"}


def test_first_version_of_a_recipe_part_leaves_no_trace():
    assert not any("part_versions" in run.model_dump(exclude_defaults=True) for run in run_sheet(CONFIG))


def test_name_mirror_and_carbon_touch_nothing():
    carbon = {"intensity_g_per_kwh": 100, "source": "made", "year": 2026}
    assert changed_runs(name="other", data={"mirror": "elsewhere"}, carbon=carbon) == set()


# What a run is measured beside


def test_every_run_but_the_baseline_is_measured_beside_the_baseline_of_its_dataset_and_seed():
    beside = {run.id: run.reference for run in run_sheet(CONFIG)}
    assert beside.pop("mnist/baseline/default/seed0") is beside.pop("sat6/baseline/default/seed1") is None
    assert beside["mnist/continued/default/seed0"] == "mnist/baseline/default/seed0"
    assert beside["mnist/joint/default/seed1"] == "mnist/baseline/default/seed1"
    assert beside["sat6/nas_pruning/unit-s0.75/seed1"] == "sat6/baseline/default/seed1"
    assert beside.pop("mnist/baseline/default/seed1") is beside.pop("sat6/baseline/default/seed0") is None
    assert None not in beside.values()


@pytest.mark.parametrize("weights", [{}, {"latency": 0.1}, {"parameters": 0.01}])
def test_search_is_measured_beside_the_baseline_whatever_its_objective_counts(weights):
    rows = run_sheet(Config.model_validate({"compression": {"datasets": ["mnist"], "nas": {"weights": weights}}}))
    assert {row.reference for row in rows if row.nas} == {"mnist/baseline/default/seed0"}


def test_study_without_a_baseline_measures_beside_nothing():
    rows = run_sheet(Config.model_validate({"compression": {"methods": ["nas", "joint"], "datasets": ["mnist"]}}))
    assert [row.reference for row in rows] == [None, None]


# Searches


def test_searched_network_is_pruned_in_each_variant_and_starts_from_the_one_search():
    rows = [run for run in run_sheet(CONFIG) if (run.dataset, run.method, run.seed) == ("mnist", "nas_pruning", 0)]
    assert [(row.variant, row.parent) for row in rows] == [
        ("weight-s0.90", "mnist/nas/default/seed0"),
        ("unit-s0.75", "mnist/nas/default/seed0"),
    ]
    assert all(row.nas is None for row in rows)


def test_search_that_prunes_has_both_sections_and_one_variant():
    (row,) = [run for run in run_sheet(CONFIG) if (run.dataset, run.method, run.seed) == ("mnist", "joint", 0)]
    assert (row.variant, row.parent) == ("default", None)
    assert row.pruning == CONFIG.compression.pruning
    assert row.nas == CONFIG.compression.nas


def test_row_of_a_search_has_the_version_of_its_space():
    versions = {(run.method, run.space_version) for run in run_sheet(CONFIG) if run.dataset == "mnist"}
    assert {method for method, version in versions if version is not None} == {"nas", "random_search", "joint"}
