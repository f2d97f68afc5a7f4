"""Run sheets are pure functions of the configuration."""

from frugalnet.config import Config
from frugalnet.studies.compression import run_sheet

CONFIG = Config.model_validate({"compression": {"datasets": ["mnist", "sat6"], "seeds": 2}})


def test_every_dataset_has_every_method_once_per_seed():
    ids = [run.id for run in run_sheet(CONFIG)]
    assert len(ids) == len(set(ids)) == 2 * len(CONFIG.compression.methods) * 2
    assert ids[0] == "mnist/baseline/default/seed0"


def test_more_seeds_only_add_rows_at_the_end():
    more = Config.model_validate({"compression": {"datasets": ["mnist", "sat6"], "seeds": 5}})
    assert run_sheet(more)[: len(run_sheet(CONFIG))] == run_sheet(CONFIG)


def test_parents_come_first_and_have_the_same_seed():
    seen = set()
    for run in run_sheet(CONFIG):
        assert run.parent is None or run.parent in seen
        assert run.parent is None or run.parent.endswith(f"seed{run.seed}")
        seen.add(run.id)


def changed_runs(**sections):
    """Return the methods of MNIST whose row differs when the configuration does."""
    before = {run.method: run for run in run_sheet(Config())[:6]}
    after = {run.method: run for run in run_sheet(Config.model_validate(sections))[:6]}
    return {method for method in before if before[method] != after[method]}


def test_pruning_recipe_touches_pruning_and_its_controls_only():
    assert changed_runs(pruning={"sparsity": 0.5}) == {"pruning", "nas_pruning", "continued", "nas_continued"}


def test_search_settings_touch_the_search_only():
    assert changed_runs(nas={"trials": 7}) == {"nas"}  # its children follow by their input


def test_name_and_mirror_touch_nothing():
    assert changed_runs(name="other", data={"mirror": "elsewhere"}) == set()
