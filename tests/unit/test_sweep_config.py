"""The section `sweep`, as YAML: a grid of axes, rows beside it, and a design of what is off and on; what cannot be meant is told with its place."""

import pytest

from frugalnet.config.reading import read_files
from frugalnet.config.sweep import Sweep
from frugalnet.config.whole import Config
from frugalnet.errors import FrugalNetError
from frugalnet.jobs.sheets import run_sheets
from frugalnet.studies.sweep.sheet import as_table

GRID = [f"{network}-lr{rate}-{schedule}" for network in ("resnet18", "resnet50") for rate in (0.1, 0.05) for schedule in ("step", "plateau")]  # fmt: skip
OWN = "axes: {network: null, schedule: null, %s}, rows: {strong: null, pretrained: null}, efficiency: null"
"""A study of some axes alone; that of the learning rate is among them, or left out."""
NO_RATE = OWN % "learning_rate: null, %s"


@pytest.fixture
def sheet(tmp_path, monkeypatch):
    """Return a function that gives the rows of the study of a file, by id."""
    monkeypatch.chdir(tmp_path)

    def make(text=""):
        (tmp_path / "mine.yaml").write_text(f"sweep: {{{text}}}")
        return run_sheets(read_files(["mine.yaml"]))["sweep"]

    return make


@pytest.fixture
def told(sheet):
    """Return a function that gives the one line about what is wrong in a file."""

    def message(text):
        with pytest.raises(FrugalNetError) as refused:
            sheet(text)
        _, line, _ = str(refused.value).splitlines()
        return line.strip()

    return message


def variants(sheet):
    return [run.split("/")[2] for run in sheet]


# What is taken


def test_the_study_has_eight_configurations_two_rows_and_a_design(sheet):
    found = variants(sheet())
    assert found[:10] == [*GRID, "strong", "pretrained"]
    assert all(each.startswith("efficiency-") for each in found[10:])


def test_all_trainings_have_the_constant_part_and_the_levels_of_their_name(sheet):
    run = sheet()["cifar100/baseline/resnet50-lr0.05-plateau/seed0"]
    assert (run.network, run.recipe.batch_size, run.recipe.learning_rate, run.recipe.schedule) == ("resnet50", 64, 0.05, "plateau")  # fmt: skip
    assert run.recipe.optimizer == {"name": "sgd", "momentum": 0.9, "weight_decay": 0.0005}
    assert (run.recipe.epochs, run.recipe.precision, run.recipe.scaling) == (200, "mixed_float16", "standard")
    assert run.factors == {"network": "resnet50", "learning_rate": "0.05", "schedule": "plateau"}
    assert sheet()["cifar100/baseline/resnet18-lr0.1-step/seed0"].recipe.batch_size == 128


def test_a_row_has_its_own_levels_and_what_all_have_in_common(sheet):
    run = sheet()["cifar100/baseline/strong/seed0"]
    assert run.recipe.label_smoothing == 0.1 and run.recipe.early_stopping == 20
    assert run.recipe.optimizer == {"name": "sgd", "momentum": 0.9, "weight_decay": 0.0005}
    assert run.factors == {"network": "resnet50", "learning_rate": "0.1", "schedule": "step (epochs 50.0 100.0 150.0)".replace(".0", "")}  # fmt: skip


def test_any_axis_is_a_list_of_levels_of_a_key(sheet):
    found = sheet(NO_RATE % "optimizer.weight_decay: [0, 0.0001], label_smoothing: [0, 0.1], network.width: [0.5]")
    assert variants(found) == [
        f"weight-decay{decay}-label-smoothing{smoothing}-width0.5"
        for decay in ("0", "0.0001")
        for smoothing in ("0", "0.1")
    ]
    run = found["cifar100/baseline/weight-decay0.0001-label-smoothing0.1-width0.5/seed0"]
    assert run.recipe.optimizer == {"name": "sgd", "momentum": 0.9, "weight_decay": 0.0001}
    assert run.network_settings == {"width": 0.5} and run.recipe.label_smoothing == 0.1


def test_a_level_that_is_no_name_of_its_own_has_that_of_its_axis_before_it(sheet):
    assert variants(sheet(NO_RATE % "augmentation: [none, mixup]")) == ["augmentation-none", "mixup"]


def test_a_label_sets_several_keys_at_once(sheet):
    found = sheet(NO_RATE % "size: {small: {network: resnet8, recipe: {batch_size: 32}}, large: {network: resnet20}}")
    assert [(run.network, run.recipe.batch_size) for run in found.values()] == [("resnet8", 32), ("resnet20", 128)]
    assert [run.factors for run in found.values()] == [{"size": "small"}, {"size": "large"}]


def test_seeds_repeat_all_and_a_row_may_have_its_own_number(sheet):
    found = sheet("seeds: 2, rows: {strong: {seeds: 1}}, efficiency: null")
    assert list(found)[:9] == [
        *(f"cifar100/baseline/{name}/seed0" for name in GRID),
        f"cifar100/baseline/{GRID[0]}/seed1",
    ]
    assert len(found) == 2 * 8 + 1 + 2


def test_the_design_has_all_combinations_of_off_and_on(sheet):
    found = sheet("efficiency: {factors: {precision: null, input: null, batch_growth: {on: 3}, smoothing: {key: label_smoothing, off: 0, on: 0.1}}}")  # fmt: skip
    own = {run.variant: run for run in found.values() if run.variant.startswith("efficiency")}
    assert list(own) == [
        "efficiency-none",
        "efficiency-smoothing",
        "efficiency-batch-growth",
        "efficiency-batch-growth-smoothing",
    ]
    assert own["efficiency-smoothing"].factors == {"batch_growth": "none", "smoothing": "0.1"}
    assert own["efficiency-smoothing"].recipe.epochs == 5


def test_training_samples_on_disk_are_a_factor_of_the_design(sheet):
    found = sheet("efficiency: {factors: {precision: null, batch_growth: null}}")
    own = {run.variant: run for run in found.values() if run.variant.startswith("efficiency")}
    assert {name: (run.recipe.input, run.factors) for name, run in own.items()} == {
        "efficiency-none": ("memory", {"input": "memory"}),
        "efficiency-input": ("disk", {"input": "disk"}),
    }


def test_a_row_starts_from_the_model_of_another_one_of_its_seed(sheet):
    text = "seeds: 2, rows: {pretrained: {start: before, network: resnet18, recipe: {weights: null, resize: null}}, before: {dataset: cifar10}}"
    run = sheet(text)["cifar100/baseline/pretrained/seed1"]
    assert (run.parent, run.recipe.weights) == ("cifar10/baseline/before/seed1", "parent")


def test_weight_decay_may_be_named_without_its_optimizer(sheet):
    run = sheet("recipe: {weight_decay: 0.0001, epochs: 170}")["cifar100/baseline/resnet18-lr0.1-step/seed0"]
    assert run.recipe.optimizer == {"name": "sgd", "momentum": 0.9, "weight_decay": 0.0001} and run.recipe.epochs == 170


def test_the_section_reads_what_it_writes():
    study = Sweep.model_validate({"axes": {"schedule": ["step"]}, "rows": {"strong": {"seeds": 2}}})
    assert Sweep.model_validate(study.model_dump(mode="json", exclude_unset=True)) == study


def test_the_run_sheet_lists_configurations_with_their_levels():
    lines = as_table(Config().sweep).splitlines()
    assert lines[0] == "run\tdataset\tseeds\tstart\tnetwork\tlearning_rate\tschedule\tprecision\tbatch_growth\tinput"
    assert lines[1] == "resnet18-lr0.1-step\tcifar100\t1\t\tresnet18\t0.1\tstep\t\t\t"


def test_memory_is_measured_of_all_runs_or_none_where_it_would_be_of_the_baseline_alone():
    config = Config.model_validate({"measure": {"memory": "baseline"}})
    assert {run.measure.memory for run in run_sheets(config)["sweep"].values()} == {"none"}
    assert {run.measure.memory for run in run_sheets(Config())["sweep"].values()} == {"all"}


# What is refused


@pytest.mark.parametrize(
    ("text", "line"),
    [
        (
            NO_RATE % "depth: [18, 50]",
            "sweep.axes.depth = [18, 50] (mine.yaml, line 1): no network or key of a recipe; known are network,",
        ),
        (NO_RATE % "network.depth: [18]", "sweep.axes.network.depth = [18] (mine.yaml, line 1): no network or key"),
        ("axes: {network: [resnet8], schedule: null, network.stem: [small]}", "sweep.axes.network.stem.0 = 'small' (mine.yaml, line 1): stem is no setting of resnet8"),
        (OWN % "learning_rate: [0.1, 0.1]", "sweep.axes.learning_rate.1 = 0.1 (mine.yaml, line 1): is there twice"),
        (OWN % "learning_rate: [0.1, -1]", "sweep.axes.learning_rate.1 = -1 (mine.yaml, line 1): expected at least"),
        (NO_RATE % "batch_size: [32, 45001]", "sweep.axes.batch_size.1 = 45001 (mine.yaml, line 1): larger than the training part of cifar100, which has 45,000 samples"),
        (OWN % "learning_rate: []", "sweep.axes.learning_rate = [] (mine.yaml, line 1): expected 1 to 100 levels"),
        (OWN % "learning_rate: 0.1", "sweep.axes.learning_rate = 0.1 (mine.yaml, line 1): expected a list of levels"),
        (NO_RATE % "seeds: [1]", "sweep.axes.seeds = [1] (mine.yaml, line 1): expected another name for it"),
        (NO_RATE % "size: {A: {}}", "sweep.axes.size = 'A' (mine.yaml, line 1): 'A' is no label"),
        (NO_RATE % "size: {small: {netork: resnet8}}", "sweep.axes.size.small.netork"),
        (
            NO_RATE % "batch_size: [32], size: {small: {recipe: {batch_size: 64}}}",
            "sweep.axes.size = {small: {recipe: {batch_size: 64}}} (mine.yaml, line 1): the axis batch_size sets batch_size too",
        ),
        ("network: housing_mlp, axes: {network: null}", "sweep.network = 'housing_mlp' (mine.yaml, line 1): housing_mlp does not take"),
        ("rows: {strong: {recipe: {momentum: 2}}}", "sweep.rows.strong.recipe.momentum = 2 (mine.yaml, line 1): expected momentum to be"),
        ("rows: {strong: {start: nobody}}", "sweep.rows.strong.start = 'nobody' (mine.yaml, line 1): unknown row; known are strong, pretrained"),
        ("rows: {strong: {start: strong}}", "sweep.rows.strong.start = 'strong' (mine.yaml, line 1): leads back to this row"),
        ("rows: {pretrained: {start: strong}}", "sweep.rows.pretrained.start = 'strong' (mine.yaml, line 1): recipe.weights names weights too"),
        ("rows: {pretrained: {network: resnet18}}", "sweep.rows.pretrained.recipe.weights = 'imagenet'"),
        ("rows: {strong: {recipe: {weights: parent}}}", "sweep.rows.strong.recipe.weights = 'parent' (mine.yaml, line 1): stands in run sheets alone"),
        ("rows: {strong: {recipe: {weights: mine.keras}}}", "sweep.rows.strong.recipe.weights = 'mine.keras' (mine.yaml, line 1): no such file"),
        ("rows: {resnet18-lr0.1-step: {}}", "sweep.rows.resnet18-lr0.1-step = 'resnet18-lr0.1-step' (mine.yaml, line 1): expected a name"),
        ("rows: {efficiency-none: {}}", "sweep.rows.efficiency-none = 'efficiency-none' (mine.yaml, line 1): expected a name"),
        ("efficiency: {factors: {precision: {on: float12}}}", "sweep.efficiency.factors.precision.on = 'float12' (mine.yaml, line 1): expected"),
        (NO_RATE % "optimizer.momentum: [0.5, 0.9], optimizer: [sgd, rmsprop]", "sweep.axes.optimizer = 'momentum0.9-sgd' (mine.yaml, line 1): momentum0.9-sgd is the same training as momentum0.5-sgd"),
        (NO_RATE % "optimizer.weight_decay: [0, 0.5], size: {small: {recipe: {weight_decay: 0.1}}}", "sweep.axes.size = {small: {recipe: {weight_decay: 0.1}}} (mine.yaml, line 1): the axis optimizer.weight_decay sets optimizer.weight_decay too"),
        ("efficiency: {factors: {half: {key: precision, off: float32, on: bfloat16}}}", "sweep.efficiency.factors.half = 'half' (mine.yaml, line 1): the factor precision sets precision too"),
        ("efficiency: {factors: {foo.bar: {off: 1, on: 2}}}", "sweep.efficiency.factors.foo.bar = 'foo.bar' (mine.yaml, line 1): unknown key"),
        ("efficiency: {factors: {x/y: {key: label_smoothing, off: 0, on: 0.1}}}", "sweep.efficiency.factors.x/y = 'x/y' (mine.yaml, line 1): expected another name"),
        ("efficiency: {factors: {status: {key: label_smoothing, off: 0, on: 0.1}}}", "sweep.efficiency.factors.status = 'status' (mine.yaml, line 1): expected another name"),
        ("rows: {pretrained: {start: before, network: resnet20, recipe: {weights: null, resize: null, layer_groups: null}}, before: {network: resnet8}}", "sweep.rows.pretrained.start = 'before' (mine.yaml, line 1): weights of another network than resnet20: stage1_block2_conv1 is not in it"),
        ("rows: {pretrained: {start: before, network: {name: resnet8, width: 2}, recipe: {weights: null, resize: null, layer_groups: null}}, before: {network: resnet8}}", "sweep.rows.pretrained.start = 'before' (mine.yaml, line 1): weights of another network than resnet8 (width 2): stem has 3x3x3x16 in it instead of 3x3x3x32"),
        ("seeds: 2, rows: {pretrained: {start: before, network: resnet8, recipe: {weights: null, layer_groups: null}}, before: {network: resnet8, seeds: 1}}", "sweep.rows.pretrained.start = 'before' (mine.yaml, line 1): this row has 2 seeds, and before, from which each starts, has 1"),
        ("target: 70", "sweep.target = 70.0 (mine.yaml, line 1): expected an accuracy, which is 1 at most"),
        ("seeds: 100, axes: {optimizer.momentum: [0, 0.1, 0.2], batch_growth: [2, 3, 4, 5, 6]}", "sweep.axes ="),
    ],
)  # fmt: skip
def test_what_cannot_be_meant_is_told_with_its_place(told, text, line):
    assert told(text).startswith(line)
