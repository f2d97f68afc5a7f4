"""The techniques study that `config/paper.yaml` lays over the quick one."""

from collections import Counter

import pytest

from frugalnet.config.reading import read_files
from frugalnet.config.techniques import FACTORS
from frugalnet.studies.techniques.sheet import run_sheet


@pytest.fixture(scope="module")
def config():
    return read_files(["config/config.yaml", "config/paper.yaml"])


def test_it_has_all_levels_of_all_factors_and_none_of_the_quick_study(config):
    assert config.techniques.factors == FACTORS


def test_it_is_what_the_study_asks_for(config):
    study = config.techniques
    assert (config.name, config.data.source) == ("paper", "official")
    assert (study.dataset, study.network, study.recipe.epochs) == ("cifar10", "resnet50", 20)
    assert study.recipe.model_fields_set == {"epochs"}
    assert (study.n, study.seeds, study.sheet, study.epochs_of_best) == (100, 3, None, None)


def test_its_file_says_how_many_runs_it_has(config):
    runs = Counter(
        "best" if run.method == "best" else "drawn" if run.variant.startswith("draw") else "cases"
        for run in run_sheet(config)
    )
    assert runs == {"cases": 14 * 3, "drawn": 100, "best": 2 * 3}
