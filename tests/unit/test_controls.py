"""The rows of controls: each differs in one thing from the method that it tests."""

from pathlib import Path

import pytest

from frugalnet import catalogue
from frugalnet.config.reading import read_files
from frugalnet.config.whole import Config
from frugalnet.studies.compression.sheet import run_sheet

DISTILLED = {"granularity": "unit", "sparsity": 0.5, "distillation": 0.7, "temperature": 4.0, "label": "distilled"}


def rows_of(**compression):
    """Return the rows of MNIST, without dataset and seed in their names."""
    sheet = run_sheet(Config.model_validate({"compression": {"datasets": ["mnist"]} | compression}))
    return {f"{run.method}/{run.variant}": run for run in sheet}


@pytest.mark.parametrize("method", [name for name, entry in catalogue.METHODS.items() if entry.control_of])
def test_control_is_called_one_and_tests_a_method_that_is_none(method):
    entry = catalogue.METHODS[method]
    assert entry.title.endswith("(control)")
    assert catalogue.METHODS[entry.control_of].control_of is None


def test_random_search_has_the_budget_of_the_search_and_draws_its_trials():
    rows = rows_of(nas={"tuner": "greedy", "trials": 7, "weights": {"parameters": 0.01}})
    searched, control = rows["nas/default"].nas, rows["random_search/default"].nas
    assert control == searched.model_copy(update={"tuner": "random"})


def test_random_search_has_no_control():
    assert "random_search/default" not in rows_of(nas={"tuner": "random"})
    assert "random_search/default" in rows_of(nas={"tuner": "grid"})


def test_pruning_of_a_searched_network_has_the_controls_of_pruning():
    rows = rows_of(variants=[{"sparsity": 0.9}, {"granularity": "unit", "sparsity": 0.5}])
    assert rows["nas_random/weight-s0.90"].parent == "mnist/nas/default/seed0"
    assert rows["nas_scratch/unit-s0.50"].parent == "mnist/nas_pruning/unit-s0.50/seed0"
    assert "nas_scratch/weight-s0.90" not in rows
    assert {rows[f"joint_{name}/default"].parent for name in ("random", "scratch")} == {"mnist/joint/default/seed0"}


def test_two_of_each_four_weights_are_dropped_at_random_too():
    rows = rows_of(variants=[{"granularity": "2:4", "sparsity": 0.5}])
    assert rows["random/2of4-s0.50"].pruning == rows["pruning/2of4-s0.50"].pruning


def test_distilled_variant_has_controls_with_the_same_teacher():
    rows = rows_of(variants=[{"granularity": "unit", "sparsity": 0.5}, DISTILLED])
    scratch, twin = rows["scratch/unit-s0.50-distilled"], rows["continued/distilled-0.70-t4"]
    assert (scratch.teacher, rows["scratch/unit-s0.50"].teacher) == ("mnist/baseline/default/seed0", None)
    assert rows["nas_scratch/unit-s0.50-distilled"].teacher == "mnist/nas/default/seed0"
    assert (twin.parent, twin.pruning.distillation, twin.pruning.temperature) == (
        "mnist/baseline/default/seed0",
        0.7,
        4,
    )
    assert rows["nas_continued/distilled-0.70-t4"].parent == "mnist/nas/default/seed0"
    assert rows["continued/default"].pruning.distillation == 0


def test_variants_with_the_same_teacher_share_one_twin_of_the_control():
    rows = rows_of(variants=[DISTILLED, DISTILLED | {"sparsity": 0.75}])
    assert [name for name in rows if name.startswith("continued/")] == [
        "continued/default",
        "continued/distilled-0.70-t4",
    ]


def test_layers_that_stay_have_no_twin_among_searched_networks():
    rows = rows_of(variants=[{"sparsity": 0.5}, DISTILLED | {"exclude": ["dense1"]}])
    assert "continued/distilled-0.70-t4" in rows
    assert [name for name in rows if name.startswith(("nas_continued/", "nas_scratch/"))] == ["nas_continued/default"]


def test_real_study_has_the_budget_and_the_methods_of_its_file_whatever_the_quick_one_has():
    config = read_files([Path("config/config.yaml"), Path("config/paper.yaml")], [])
    datasets = config.compression.datasets
    assert {config.compression.section("nas", dataset).trials for dataset in datasets} == {10}
    known = [method for method in catalogue.METHODS.values() if not method.chosen]
    assert {len(config.compression.methods_of(dataset)) for dataset in datasets} == {len(known)}
    assert (config.measure.idle_s, config.measure.memory) == (5, "all")


def test_dataset_may_do_without_methods_of_the_study():
    without = ["random_search", "nas_random", "nas_scratch"]
    config = {"datasets": ["mnist", "sat6"], "per_dataset": {"sat6": {"without": without}}}
    sheet = run_sheet(Config.model_validate({"compression": config}))
    methods = {dataset: {run.method for run in sheet if run.dataset == dataset} for dataset in ("mnist", "sat6")}
    assert methods["mnist"] - methods["sat6"] == set(without)


def test_method_that_a_dataset_does_without_is_the_parent_of_none():
    with pytest.raises(
        ValueError, match=r"per_dataset.sat6.without = .*: names nas_pruning, but nas_scratch starts from its model"
    ):
        Config.model_validate({"compression": {"per_dataset": {"sat6": {"without": ["nas_pruning"]}}}})
