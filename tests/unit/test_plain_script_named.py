"""The run that a plain script is of: the one that was named, or the best of those that a name stands for."""

import pytest

from frugalnet.commands.script import plain_script
from frugalnet.config.recipe import Recipe
from frugalnet.errors import FrugalNetError
from frugalnet.record import paths
from frugalnet.record.record import Chosen, read_record
from tests.unit.conftest import made_record, without_model
from tests.unit.made_networks import RESIDUAL
from tests.unit.test_plain_script import constant, leave_run


def test_of_several_seeds_the_best_on_validation_data_is_taken(tmp_path):
    leave_run(tmp_path, seed=0, quality=0.99, validation=0.95)
    leave_run(tmp_path, seed=1, quality=0.96, validation=0.97)
    text = plain_script("mnist/baseline/default", tmp_path)
    assert constant(text, "SEED") == 1
    assert "the best of 2 runs on validation data" in " ".join(text.split())


def test_least_error_is_the_best(tmp_path):
    for seed, error in ((0, 0.4), (1, 0.3)):
        leave_run(tmp_path, seed=seed, dataset="california_housing", quality=error, data={"n_classes": None})
    assert constant(plain_script("california_housing/baseline", tmp_path), "SEED") == 1


def test_one_seed_can_be_named(tmp_path):
    leave_run(tmp_path, seed=0, validation=0.9)
    leave_run(tmp_path, seed=1, validation=0.8)
    assert constant(plain_script("mnist/baseline/default/seed1", tmp_path), "SEED") == 1


def test_variant_may_be_left_out_where_there_is_one(tmp_path):
    leave_run(tmp_path, "pruning", variant="weight-s0.90")
    assert "mnist/pruning/weight-s0.90/seed0" in plain_script("mnist/pruning", tmp_path)
    leave_run(tmp_path, "pruning", variant="weight-s0.95")
    with pytest.raises(FrugalNetError, match=r"several.*mnist/pruning/weight-s0\.90, mnist/pruning/weight-s0\.95"):
        plain_script("mnist/pruning", tmp_path)


def test_default_is_the_best_of_all_variants_of_a_method_that_has_none_of_that_name(tmp_path):
    leave_run(tmp_path, "nas_pruning", variant="weight-s0.90", validation=0.95)
    leave_run(tmp_path, "nas_pruning", variant="unit-s0.50", validation=0.97)
    words = " ".join(plain_script("mnist/nas_pruning/default", tmp_path).split())
    assert "the run mnist/nas_pruning/unit-s0.50/seed0, the best of 2 runs on validation data" in words


def test_only_runs_that_are_near_the_name_are_offered(tmp_path):
    leave_run(tmp_path)
    leave_run(tmp_path, "continued")
    leave_run(tmp_path, dataset="sat6")
    with pytest.raises(FrugalNetError, match=r"expected one of mnist/baseline/default, mnist/continued/default$"):
        plain_script("mnist/nas", tmp_path)


@pytest.mark.parametrize(
    "name", ["mnist/nas", "mnist/baseline/default/seed7", "mnist/baseline/defaul", "cifar10/x/y/z"]
)
def test_name_that_results_do_not_have_is_refused_with_the_known_ones(tmp_path, name):
    leave_run(tmp_path)
    with pytest.raises(FrugalNetError, match=rf"{name}: no such run.*expected one of mnist/baseline/default"):
        plain_script(name, tmp_path)


def test_results_without_runs_are_refused(tmp_path):
    with pytest.raises(FrugalNetError, match="no finished runs in it; expected a folder of results"):
        plain_script("mnist/baseline", tmp_path)


CHOSEN = Chosen(
    recipe=Recipe(batch_size=32), factors={}, of=None, because="Mean effect: optimizer adamw +18.32 dB. (HC3 errors)"
)


def leave_best(results, variant, validation, recipe, **without):
    """Leave a best configuration, whose row has another recipe than the one that was chosen."""
    run = made_record("cifar10").run.model_copy(update={"study": "techniques", "method": "best", "variant": variant})
    chosen = CHOSEN.model_copy(update={"recipe": Recipe.model_validate(recipe)})
    quality = {"dataset": "cifar10", "quality": validation}
    folder = leave_run(results, study="techniques", layers=RESIDUAL, run=run, chosen=chosen, **quality)
    if without:
        without_model(read_record(folder / paths.RECORD), **without).write(folder)


@pytest.mark.parametrize("name", ["techniques/cifar10/best", "cifar10/best", "techniques/cifar10/best/default"])
@pytest.mark.parametrize("both", [False, True])
def test_best_is_the_better_of_its_variants_on_validation_data_with_the_recipe_that_was_chosen(tmp_path, name, both):
    if both:
        leave_run(tmp_path, dataset="cifar10", quality=0.99)
    leave_best(tmp_path, "best-run", 0.86, {"batch_size": 16})
    leave_best(tmp_path, "best-levels", 0.96, {"batch_size": 48, "schedule": "cosine"})
    text = plain_script(name, tmp_path)
    assert constant(text, "BATCH_SIZE") == 48 and "cosine_rate" in text
    words = " ".join(text.split())
    assert "the run cifar10/best/best-levels/seed0, the best of 2 runs on validation data" in words
    assert (
        "The recipe was chosen from the results of the study. Mean effect: optimizer adamw +18.32 dB. (HC3 errors)"
        in words
    )


@pytest.mark.parametrize("name", ["techniques/cifar10/best/best-run", "cifar10/best/best-run/seed0"])
def test_variant_of_best_can_be_named(tmp_path, name):
    leave_best(tmp_path, "best-run", 0.86, {"batch_size": 16})
    leave_best(tmp_path, "best-levels", 0.96, {"batch_size": 48})
    assert constant(plain_script(name, tmp_path), "BATCH_SIZE") == 16


def test_variant_that_one_study_alone_has_is_found_beside_the_other_study(tmp_path):
    leave_run(tmp_path, dataset="cifar10")
    run = made_record("cifar10").run.model_copy(update={"variant": "all-on", "recipe": Recipe(batch_size=48)})
    leave_run(tmp_path, study="techniques", run=run)
    assert constant(plain_script("cifar10/baseline/all-on", tmp_path), "BATCH_SIZE") == 48


def test_best_configuration_without_a_model_is_left_out(tmp_path):
    leave_best(tmp_path, "best-run", 0.86, {"batch_size": 16})
    leave_best(tmp_path, "best-levels", 0.96, {"batch_size": 48}, status="diverged")
    assert constant(plain_script("techniques/cifar10/best", tmp_path), "BATCH_SIZE") == 16


@pytest.mark.parametrize("status", ["diverged", "refused"])
def test_best_configurations_without_a_model_are_one_error(tmp_path, status):
    for variant in ("best-run", "best-levels"):
        leave_best(tmp_path, variant, 0.9, {}, status=status, error="no run has a result")
    with pytest.raises(FrugalNetError, match=r"^techniques/cifar10/best: has no model: no run has a result$"):
        plain_script("techniques/cifar10/best", tmp_path)


def test_study_without_runs_is_named(tmp_path):
    leave_run(tmp_path)
    with pytest.raises(FrugalNetError, match="no finished runs of the study techniques in it"):
        plain_script("techniques/cifar10/best", tmp_path)
