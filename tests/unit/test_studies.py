"""Run sheets are pure functions of the configuration."""

from itertools import pairwise

from frugalnet.config import Config
from frugalnet.studies.compression import run_sheet
from frugalnet.studies.order import measured_order

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


def test_measured_order_is_shuffled_within_each_seed():
    sheet = [run.id for run in run_sheet(CONFIG)]
    order = measured_order(run_sheet(CONFIG), seed=0)
    assert sorted(order) == sorted(sheet)
    assert order != sheet
    assert order != measured_order(run_sheet(CONFIG), seed=1)
    assert [run.endswith("seed0") for run in order] == [True] * 12 + [False] * 12


def test_measured_order_keeps_parents_before_their_children():
    parents = {run.id: run.parent for run in run_sheet(CONFIG)}
    for seed in range(50):
        order = measured_order(run_sheet(CONFIG)[::-1], seed)
        assert all(parent is None or order.index(parent) < order.index(run) for run, parent in parents.items())


def test_measured_order_without_a_seed_is_that_of_the_sheet():
    assert measured_order(run_sheet(CONFIG), None) == [run.id for run in run_sheet(CONFIG)]


def test_runs_that_are_added_leave_the_order_of_the_others():
    more = Config.model_validate({"compression": {"datasets": ["mnist", "sat6"], "seeds": 5}})
    assert measured_order(run_sheet(more), 0)[:24] == measured_order(run_sheet(CONFIG), 0)


def test_methods_interleave():
    order = measured_order(run_sheet(Config()), seed=0)
    datasets = [run.partition("/")[0] for run in order]
    assert sum(one != other for one, other in pairwise(datasets)) > 12


def changed_runs(**sections):
    """Return the methods of MNIST whose row differs when the configuration does."""
    before = {run.method: run for run in run_sheet(Config())[:6]}
    after = {run.method: run for run in run_sheet(Config.model_validate(sections))[:6]}
    return {method for method in before if before[method] != after[method]}


def test_pruning_recipe_touches_pruning_and_its_controls_only():
    assert changed_runs(pruning={"sparsity": 0.5}) == {"pruning", "nas_pruning", "continued", "nas_continued"}


def test_search_settings_touch_the_search_only():
    assert changed_runs(nas={"trials": 7}) == {"nas"}  # its children follow by their input


def test_name_mirror_and_carbon_touch_nothing():
    carbon = {"intensity_g_per_kwh": 100, "source": "made", "year": 2026}
    assert changed_runs(name="other", data={"mirror": "elsewhere"}, carbon=carbon) == set()
