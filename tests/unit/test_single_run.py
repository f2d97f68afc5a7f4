"""A single run is found by a short name, and what it needs is done before it."""

import json

import pytest

from frugalnet.commands.inputs import NEEDED, configuration, need_measuring
from frugalnet.commands.run import before, is_made, overridden
from frugalnet.config.nas import Nas, Weights
from frugalnet.config.whole import Config
from frugalnet.errors import FrugalNetError
from frugalnet.files import digest
from frugalnet.jobs.sheets import named, run_sheets
from frugalnet.record import paths
from frugalnet.record.record import Parent
from tests.unit.conftest import leave, made_record

VARIANTS = [{"granularity": "weight"}, {"granularity": "unit", "sparsity": 0.75}]
CONFIG = Config.model_validate({"compression": {"datasets": ["mnist", "sat6"], "seeds": 2, "variants": VARIANTS}})
SHEETS = run_sheets(CONFIG)
ROWS = SHEETS["compression"]


def test_first_variant_and_seed_are_meant_where_none_is_said():
    assert named("mnist/pruning", SHEETS).id == "mnist/pruning/weight-s0.90/seed0"
    assert named("mnist/pruning/unit-s0.75", SHEETS).id == "mnist/pruning/unit-s0.75/seed0"
    assert named("mnist/pruning/unit-s0.75/seed1/", SHEETS).id == "mnist/pruning/unit-s0.75/seed1"


def test_study_may_stand_in_front_and_the_first_that_has_the_run_is_meant_otherwise():
    other = ROWS["mnist/baseline/default/seed0"].model_copy(update={"study": "other"})
    sheets = {**SHEETS, "other": {other.id: other}}
    assert named("mnist/baseline", sheets).study == "compression"
    assert named("other/mnist/baseline", sheets).study == "other"
    with pytest.raises(FrugalNetError, match="other/mnist/pruning: not on the run sheet"):
        named("other/mnist/pruning", sheets)


@pytest.mark.parametrize(
    ("name", "message"),
    [
        ("mnist/prunning", "mnist/prunning: not on the run sheet.*Did you mean mnist/pruning"),
        ("mnist/pruning/unit-s0.8", "Did you mean mnist/pruning/unit-s0.75"),
        ("mnist", r"expected \[study/\]dataset/method"),
        ("xyz", "Known are cifar100/baseline, cifar10/baseline, cifar10/best, mnist/baseline"),
        ("mnist/pruning/unit-s0.75/seed2", "Did you mean mnist/pruning/unit-s0.75/seed"),
    ],
)
def test_name_that_is_not_on_the_sheet_is_answered_by_those_that_are(name, message):
    with pytest.raises(FrugalNetError, match=message):
        named(name, SHEETS)


def test_parents_and_references_come_first_each_once():
    assert before(ROWS["mnist/baseline/default/seed0"], ROWS) == []
    assert [run.id for run in before(ROWS["mnist/scratch/unit-s0.75/seed1"], ROWS)] == [
        "mnist/baseline/default/seed1",
        "mnist/pruning/unit-s0.75/seed1",
    ]
    weighed = CONFIG.model_copy(
        update={"compression": CONFIG.compression.model_copy(update={"nas": Nas(weights=Weights(parameters=0.1))})}
    )
    rows = run_sheets(weighed)["compression"]
    assert [run.id for run in before(rows["mnist/nas_pruning/weight-s0.90/seed0"], rows)] == [
        "mnist/baseline/default/seed0",
        "mnist/nas/default/seed0",
    ]


def test_setting_that_the_variant_overrides_is_told():
    settings = ["compression.pruning.sparsity=0.8", "compression.pruning.epochs=2"]
    config = configuration([], settings)
    rows = run_sheets(config)["compression"]
    assert overridden(rows["mnist/pruning/weight-s0.80/seed0"], config, settings) == []
    (line,) = overridden(rows["mnist/pruning/unit-s0.75/seed0"], config, settings)
    assert line.startswith("compression.pruning.sparsity is 0.75 in mnist/pruning/unit-s0.75/seed0, not 0.8")


def test_setting_that_the_dataset_overrides_is_told():
    config = Config.model_validate(
        {
            "compression": {
                "nas": {"weights": {"parameters": 0.1}},
                "per_dataset": {"mnist": {"nas": {"weights": {"parameters": 0.2}}}},
            }
        }
    )
    rows = run_sheets(config)["compression"]
    setting = ["compression.nas.weights.parameters=0.1"]
    assert len(overridden(rows["mnist/nas/default/seed0"], config, setting)) == 1
    assert overridden(rows["sat6/nas/default/seed0"], config, setting) == []
    assert overridden(rows["mnist/baseline/default/seed0"], config, setting) == []


def test_setting_that_a_method_has_a_value_of_its_own_for_is_told():
    settings = ["compression.nas.tuner=bayesian"]
    config = configuration([], settings)
    rows = run_sheets(config)["compression"]
    assert overridden(rows["mnist/nas/default/seed0"], config, settings) == []
    assert overridden(rows["mnist/random_search/default/seed0"], config, settings) == [
        "compression.nas.tuner has no effect on mnist/random_search/default/seed0: random_search has a value of its own, random"
    ]


def test_usual_configuration_may_be_missing_and_no_other(tmp_path, monkeypatch):
    from pathlib import Path

    monkeypatch.chdir(tmp_path)
    assert configuration([Path("config/config.yaml")], ["measure.threads=1"]).measure.threads == 1
    with pytest.raises(FrugalNetError, match=r"mine\.yaml: no such file"):
        configuration([Path("mine.yaml")], [])


def test_missing_libraries_are_named_with_the_extra_that_has_them(monkeypatch):
    monkeypatch.setattr("frugalnet.commands.inputs.find_spec", lambda name: None if name == "tensorflow" else name)
    assert "tensorflow" in NEEDED
    with pytest.raises(FrugalNetError, match=r"^tensorflow: not installed here;.*frugalnet\[measuring\]"):
        need_measuring()


@pytest.fixture
def made(tmp_path):
    """Return a study's folder with a run and its parent, and the folder of their data."""
    study, data = tmp_path / "compression", tmp_path / "data"
    data.mkdir()
    (data / paths.CARD).write_text('{"level": "sample"}')
    baseline = study / "raw/mnist/baseline/default/seed0"
    leave(made_record(method="baseline"), baseline)
    parent = Parent(id="mnist/baseline/default/seed0", model_sha256=digest(baseline / paths.MODEL))
    leave(made_record(method="pruning", parents=[parent]), study / "raw/mnist/pruning/weight-s0.90/seed0")
    return study, data


def is_pruned(study, data, **section):
    """Tell whether the pruned run is there as a configuration asks for it."""
    sheet = run_sheets(Config.model_validate({"compression": {"seeds": 9, "pruning": section}}))["compression"]
    return is_made(sheet["mnist/pruning/weight-s0.90/seed0"], study, data)


def test_run_that_is_there_whole_and_by_the_same_settings_is_made(made):
    assert is_pruned(*made)
    assert not is_pruned(*made, ramp=0.3)


@pytest.mark.parametrize("file", [paths.RECORD, paths.MODEL, paths.EPOCHS])
def test_run_that_lacks_a_file_is_not_made(made, file):
    (made[0] / "raw/mnist/pruning/weight-s0.90/seed0" / file).unlink()
    assert not is_pruned(*made)


def test_run_whose_record_was_edited_is_not_made(made):
    path = made[0] / "raw/mnist/pruning/weight-s0.90/seed0" / paths.RECORD
    path.write_text(path.read_text().replace("0.97", "0.99"))
    assert not is_pruned(*made)


def test_run_of_an_earlier_version_is_not_made(made):
    path = made[0] / "raw/mnist/pruning/weight-s0.90/seed0" / paths.RECORD
    path.write_text('{"layout": 1}')
    assert not is_pruned(*made)


def test_run_of_other_data_is_not_made(made):
    (made[1] / paths.CARD).write_text('{"level": "official"}')
    assert not is_pruned(*made)


def test_run_with_a_split_of_its_own_is_made_from_the_data_that_were_split(made):
    study, data = made
    card = {"level": "sample", "samples": {"train": 90}, "class_counts": None}
    split = {"split": "60-20-20", "samples": {"train": 60}}
    (data / paths.CARD).write_text(json.dumps(card))
    folder = study / "raw/mnist/baseline/default/seed0"
    rec = made_record(method="baseline", data=card | split)
    leave(rec, folder)
    assert is_made(rec.run, study, data)
    (data / paths.CARD).write_text(json.dumps(card | {"level": "official"}))
    assert not is_made(rec.run, study, data)


def test_run_whose_parent_was_made_anew_is_not_made(made):
    (made[0] / "raw/mnist/baseline/default/seed0" / paths.MODEL).write_bytes(b"another one")
    assert not is_pruned(*made)
