"""The sweeps that the files of `config/` lay over the quick one: the whole study, and the one of the reference results."""

from collections import Counter

import pytest

from frugalnet.config.factors import factors_of
from frugalnet.config.levels import name_of
from frugalnet.config.reading import read_files
from frugalnet.config.sweep import Sweep
from frugalnet.kernels import trained_layers
from frugalnet.studies.sweep.sheet import run_sheet

USUAL = {each.name: each for each in Sweep().configurations()}


def read(name):
    return read_files(["config/config.yaml", f"config/{name}.yaml"])


def known(configuration):
    """Return what a configuration is done with, the rates of its layers written out."""
    groups = configuration.recipe.layer_groups
    rates = groups and factors_of(groups, trained_layers(name_of(configuration.network)))
    return configuration.network, configuration.recipe.model_copy(update={"layer_groups": rates})


@pytest.mark.parametrize("name", USUAL)
def test_the_whole_study_has_the_usual_configurations(name):
    (own,) = [each for each in read("paper").sweep.configurations() if each.name == name]
    assert known(own) == known(USUAL[name])


def test_the_file_is_whole_by_itself():
    alone = {each.name: each for each in read_files(["config/paper.yaml"]).sweep.configurations()}
    assert {name: known(each) for name, each in alone.items()} == {name: known(each) for name, each in USUAL.items()}


def test_the_whole_study_has_three_seeds_and_nothing_of_the_quick_one():
    study = read("paper").sweep
    assert {each.name for each in study.configurations()} == set(USUAL)
    assert (study.seeds, study.target, study.above, study.dataset) == (3, 0.7, 0.5, "cifar100")


def test_its_file_says_how_many_runs_it_has():
    assert len(run_sheet(read("paper"))) == 38


def test_the_narrowed_study_has_the_same_grid_with_two_seeds():
    config = read("sweep")
    runs = Counter(run.variant for run in run_sheet(config))
    grid = [each.name for each in Sweep().grid()]
    assert {name: runs[name] for name in grid} == dict.fromkeys(grid, 2)
    assert all(
        each.recipe.epochs <= 10 and each.network["stem"] == "imagenet" for each in config.sweep.configurations()
    )


def test_the_quick_study_downloads_nothing():
    config = read_files(["config/config.yaml"])
    assert {each.recipe.weights for each in config.sweep.configurations()} == {None}
    assert config.data.source == "sample"
