"""What cannot be used together is refused with its reason, or resolved by a rule that the row of the run shows."""

import pytest

from frugalnet import catalogue
from frugalnet.analysis.interim import read_study
from frugalnet.config.combinations import COMBINATIONS, METAL, check, facts_of, refused, resolved, told
from frugalnet.config.combinations import because as why
from frugalnet.config.recipe import Recipe
from frugalnet.config.run import Run
from frugalnet.config.section import WrongValueError
from frugalnet.config.whole import Config
from frugalnet.jobs.sheets import run_sheets
from tests.unit.conftest import made_record

FREE = {"task", "samples", "method", "machine"}
"""Keys of combinations that are no keys of a recipe."""


def recipe(**keys):
    return Recipe.model_validate(keys)


def rows_of(**keys):
    study = {"datasets": ["mnist"], "per_dataset": {"mnist": {"recipe": keys}}}
    return {
        run.method: run
        for run in reversed(run_sheets(Config.model_validate({"compression": study}))["compression"].values())
    }


@pytest.mark.parametrize("combination", COMBINATIONS, ids=lambda each: str(dict(each.levels)))
def test_combination_names_keys_of_recipes_and_values_that_they_take(combination):
    assert set(combination.levels) - FREE <= set(Recipe.model_fields)
    assert next(iter(combination.levels)) not in FREE
    assert combination.because
    assert set(combination.instead) <= set(Recipe.model_fields)


@pytest.mark.parametrize(
    ("dataset", "keys", "key", "because"),
    [
        ("california_housing", {"augmentation": "random"}, "augmentation", "samples rows: samples of one dimension are no images"),
        ("california_housing", {"test_time": 2}, "test_time", "are no images"),
        ("california_housing", {"resize": 16}, "resize", "are no images"),
        ("california_housing", {"label_smoothing": 0.1}, "label_smoothing", "a regression has no classes"),
    ],
)  # fmt: skip
def test_level_that_a_dataset_cannot_have_is_refused_with_the_reason(dataset, keys, key, because):
    with pytest.raises(WrongValueError) as error:
        check(recipe(**keys), dataset)
    assert error.value.key == key
    assert because in error.value.expected
    check(recipe(**keys), "mnist")


@pytest.mark.parametrize(
    ("keys", "expected"),
    [
        ({"batch_growth": 2, "devices": 4}, "batch_growth: cannot be used with devices 4: a batch that"),
    ],
)
def test_levels_that_exclude_each_other_are_refused_with_both_and_the_reason(keys, expected):
    with pytest.raises(WrongValueError) as error:
        check(recipe(**keys), "cifar10")
    assert f"{error.value.key}: {error.value.expected}".startswith(expected)
    for key, value in keys.items():
        check(recipe(**{key: value}), "cifar10")


@pytest.mark.parametrize(("keys", "key"), [({"internal": "jit"}, "internal"), ({"optimizer": "adamw"}, "optimizer")])
def test_level_that_a_machine_cannot_have_is_refused_where_the_machine_is_known(keys, key):
    facts = facts_of(recipe(**keys), "mnist", "baseline")
    assert refused(facts) is None
    assert refused(facts | {"machine": (METAL,)})[0] == key


@pytest.mark.parametrize(
    "method", ["pruning", "random", "continued", "scratch", "nas_pruning", "nas_continued", "joint", "joint_scratch"]
)
@pytest.mark.parametrize(("key", "value", "instead"), [("early_stopping", 3, None), ("batch_growth", 2, None), ("devices", 2, 1)])  # fmt: skip
def test_pruning_and_what_it_is_compared_with_train_all_planned_steps(method, key, value, instead):
    given, found = resolved(recipe(**{key: value}), "mnist", method)
    assert getattr(given, key) == instead
    assert found[key] == instead
    assert "planned steps" in why(found, given, "mnist", method)


@pytest.mark.parametrize("method", ["baseline", "nas", "random_search", "width_scaled"])
def test_methods_without_pruning_keep_what_was_asked_for(method):
    asked = recipe(early_stopping=3, batch_growth=2)
    assert resolved(asked, "mnist", method) == (asked, {})


@pytest.mark.parametrize(
    ("asked", "instead", "because"),
    [
        ({"internal": "quantization_aware", "precision": "mixed_float16"}, {"internal": "none"}, "computes in float32"),
        ({"internal": "post_training_quantization", "precision": "float64"}, {"internal": "none"}, "in float32"),
        ({"internal": "post_training_quantization", "test_time": 2}, {"test_time": 0}, "from single images"),
        ({"precision": "bfloat16"}, {"optimizer": {"name": "adam", "beta_2": 0.99}}, "a beta_2 of 0.999 is 1"),
        (
            {"precision": "float16", "optimizer": {"name": "adamw", "beta_1": 0.8}},
            {"optimizer": {"name": "adamw", "beta_1": 0.8, "epsilon": 1e-4}},
            "an epsilon of 1e-7 is almost 0",
        ),
    ],
)
def test_levels_that_exclude_each_other_are_resolved_and_the_row_says_why(asked, instead, because):
    given, found = resolved(recipe(**asked), "cifar10", "baseline")
    assert {key: getattr(given, key) for key in instead} == found == instead
    assert because in why(found, given, "cifar10", "baseline")
    assert Recipe.model_validate(given.model_dump()) == given


def test_setting_that_a_recipe_has_itself_stays():
    asked = recipe(precision="float16", optimizer={"name": "adam", "epsilon": 0.01})
    assert resolved(asked, "cifar10", "baseline") == (asked, {})
    assert resolved(recipe(precision="bfloat16", optimizer="sgd"), "cifar10", "baseline")[1] == {}


def test_several_devices_do_one_step_per_call():
    given, found = resolved(recipe(devices=2), "mnist", "baseline")
    assert (given.devices, given.steps_per_execution) == (2, 1)
    assert (
        told(found, why(found, given, "mnist", "baseline"))
        == "steps_per_execution 1: Keras' loop over several steps fails with several devices"
    )
    assert resolved(recipe(devices=2, steps_per_execution=1), "mnist", "baseline")[1] == {}


def test_names_of_layers_mean_nothing_to_what_a_search_finds():
    asked = recipe(layer_groups={"dense*": 0.1})
    for method in catalogue.METHODS:
        of_search = method.startswith(("nas", "joint", "random_search"))
        assert (resolved(asked, "mnist", method)[0].layer_groups is None) == of_search, method
    assert resolved(recipe(layer_groups=0.5), "mnist", "nas")[1] == {}


def test_images_are_resized_for_no_network_that_a_search_finds():
    for method in catalogue.METHODS:
        given, instead = resolved(recipe(resize=40), "mnist", method)
        if method.startswith(("nas", "joint", "random_search")):
            assert (given.resize, instead) == (None, {"resize": None}), method
            assert "takes images as they are" in why(instead, given, "mnist", method)
        else:
            assert (given.resize, instead) == (40, {}), method


def test_row_has_the_values_that_it_got_and_says_why():
    rows = rows_of(early_stopping=3, devices=2, steps_per_execution=1)
    assert (rows["baseline"].recipe.early_stopping, rows["baseline"].resolved) == (3, {})
    pruned = rows["pruning"]
    assert (pruned.recipe.early_stopping, pruned.recipe.devices) == (None, 1)
    assert pruned.resolved == {"early_stopping": None, "devices": 1}
    assert pruned.because.count("planned steps") == 1


def test_row_with_nothing_to_resolve_has_no_trace_of_it():
    for row in rows_of(label_smoothing=0.1).values():
        assert "resolved" not in row.model_dump(exclude_defaults=True)


def test_row_is_the_same_after_it_went_through_json():
    row = rows_of(early_stopping=3)["pruning"]
    assert Run.model_validate(row.model_dump(mode="json", exclude_defaults=True)) == row


def test_mapping_without_a_name_has_its_version_in_the_row():
    keys = {"layer_groups": {"dense*": 0.1}, "early_stopping": {"patience": 3, "min_delta": 0.1}}
    assert {"layer_groups", "early_stopping"} <= rows_of(**keys)["baseline"].versions_of_parts.keys()


def test_version_of_a_part_that_was_resolved_away_is_not_in_the_row():
    rows = rows_of(early_stopping=3)
    assert "early_stopping" in rows["baseline"].versions_of_parts
    assert "early_stopping" not in rows["pruning"].versions_of_parts


def test_resolution_is_told_in_words():
    assert told({}, None) is None
    assert told({"early_stopping": None, "devices": 1}, "of masks") == "early_stopping none, devices 1: of masks"


def test_table_of_runs_has_what_was_resolved(study):
    row = rows_of(early_stopping=3)["pruning"]
    plain, pruned = made_record(), made_record(method="pruning")
    pruned = pruned.model_copy(update={"run": pruned.run.model_copy(update={"resolved": row.resolved})})
    runs = read_study(*study(plain, pruned))["runs"].set_index("method")
    assert runs.loc["pruning", "resolved"].startswith("early_stopping none: masks grow")
    assert runs["resolved"].isna().tolist() == [True, False]
