"""A search that cannot be done is refused before any download or training, with what was expected."""

import pytest

from frugalnet.config.reading import read_config
from frugalnet.config.yaml_files import Source
from tests.unit.test_config import refused


def read(written):
    return read_config([Source("mine.yaml", written)])


@pytest.mark.parametrize(
    ("key", "value", "expected"),
    [
        ("tuner", "gredy", "'gredy' (--config): expected 'greedy', 'bayesian', 'hyperband', 'random' or 'grid'"),
        ("epochs", 0, "0 (--config): expected at least 1"),
        ("trials", 0, "0 (--config): expected at least 1"),
        ("max_macs", 0, "0 (--config): expected at least 1"),
        ("weights", 0.1, "0.1 (--config): expected keys with values"),
        ("winner", "best", "'best' (--config): expected 'objective' or 'smallest'"),
        ("tolerance", -0.1, "-0.1 (--config): expected at least 0"),
    ],
)
def test_setting_of_a_search_out_of_range_is_refused(key, value, expected):
    assert f"compression.nas.{key} = {expected}" in refused({"compression": {"nas": {key: value}}})


def written(place, nas):
    return {"nas": nas} if place == "nas" else {"per_dataset": {"mnist": {"nas": nas}}}


@pytest.mark.parametrize("place", ["nas", "per_dataset.mnist.nas"])
def test_unknown_part_of_the_objective_lists_the_known_ones(place):
    message = refused({"compression": written(place, {"weights": {"size": 0.1}})})
    known = "parameters, macs, energy, latency"
    assert f"compression.{place}.weights.size (--config): unknown key; known here are {known}" in message


def test_weight_below_zero_is_refused():
    message = refused({"compression": {"nas": {"weights": {"macs": -1}}}})
    assert "compression.nas.weights.macs = -1 (--config): expected at least 0" in message


@pytest.mark.parametrize("place", ["nas", "per_dataset.mnist.nas"])
@pytest.mark.parametrize("method", ["nas", "joint"])
def test_weights_without_a_baseline_to_compare_with_are_refused(place, method):
    message = refused({"compression": written(place, {"weights": {"latency": 0.1}}) | {"methods": [method]}})
    assert "nas.weights compares with the record of baseline: add baseline to methods" in message


def test_search_for_quality_alone_needs_no_baseline():
    config = read({"compression": {"methods": ["nas"], "nas": {"weights": {"latency": 0}}}})
    assert config.compression.methods == ["nas"]


def test_weight_of_energy_without_meters_is_refused():
    message = refused({"measure": {"meters": "none"}, "compression": {"nas": {"weights": {"energy": 0.1}}}})
    assert "compression.nas.weights.energy needs energies, but measure.meters is none" in message
    read({"measure": {"meters": "none"}, "compression": {"nas": {"weights": {"macs": 0.1}}}})


@pytest.mark.parametrize("tuner", ["greedy", "bayesian", "hyperband"])
def test_jobs_of_a_tuner_that_learns_from_earlier_trials_are_refused(tuner):
    expected = f"jobs with tuner {tuner}, which learns from earlier trials; expected tuner random or grid"
    message = refused({"compression": {"nas": {"jobs": True, "tuner": tuner}}})
    assert f"compression.nas.jobs = true (--config): {expected}" in message
    assert expected in refused(
        {"compression": {"nas": {"tuner": tuner}, "per_dataset": {"mnist": {"nas": {"jobs": True}}}}}
    )


@pytest.mark.parametrize("tuner", ["random", "grid"])
def test_trials_of_a_tuner_that_learns_nothing_may_be_jobs(tuner):
    assert read({"compression": {"nas": {"jobs": True, "tuner": tuner}}}).compression.nas.jobs is True


@pytest.mark.parametrize(
    ("dataset", "space", "known"),
    [
        ("mnist", "tiny", "mnist_small, mnist_wide"),
        ("mnist", "cifar10_small", "mnist_small, mnist_wide"),
        ("california_housing", "mnist_wide", "california_housing_small, california_housing_wide"),
    ],
)
def test_space_that_is_none_for_the_dataset_lists_those_that_are(dataset, space, known):
    message = refused({"compression": {"per_dataset": {dataset: {"nas": {"space": space}}}}})
    told = f"not a search space for {dataset}; known are small, wide, {known}"
    assert f"per_dataset.{dataset}.nas.space = '{space}' (--config): {told}" in message


def test_space_of_another_dataset_with_samples_of_the_same_dimensions_is_accepted():
    config = read({"compression": {"per_dataset": {"cifar10": {"nas": {"space": "sat6_small"}}}}})
    assert config.compression.section("nas", "cifar10").space == "sat6_small"


def test_space_need_not_fit_where_nothing_is_searched_but_must_be_one():
    config = read({"compression": {"methods": ["baseline"], "nas": {"space": "cifar10_wide"}}})
    assert config.compression.nas.space == "cifar10_wide"
    message = refused({"compression": {"methods": ["baseline"], "nas": {"space": "tiny"}}})
    assert "compression.nas.space = 'tiny' (--config): not a search space for mnist; known are small, wide" in message


def test_weights_of_a_dataset_are_merged_with_the_shared_ones():
    shared = {"parameters": 0.01, "macs": 0.02}
    own = {"weights": {"macs": 0, "latency": 0.5}, "trials": 9}
    config = read({"compression": {"nas": {"weights": shared}, "per_dataset": {"mnist": {"nas": own}}}})
    assert config.compression.section("nas", "mnist").weights.model_dump() == {
        "parameters": 0.01,
        "macs": 0,
        "energy": 0,
        "latency": 0.5,
    }
    assert config.compression.section("nas", "sat6").weights.model_dump(exclude_defaults=True) == shared
