"""The section `techniques`, as YAML: what is left out is as usual, and what cannot be meant is told in one line with its place."""

import pickle

import pytest
from pydantic import ValidationError

from frugalnet.config.compression import Compression
from frugalnet.config.reading import read_files
from frugalnet.config.techniques import FACTORS, Techniques
from frugalnet.config.varied import TAKEN
from frugalnet.config.whole import Config, section_of
from frugalnet.errors import FrugalNetError
from frugalnet.jobs.sheets import run_sheets

THREE = "{scaling: null, augmentation: null, split: null, precision: null, batch_size: null, learning_rate: null, schedule: null}"
"""Leaves momentum, optimizer and internal."""
SMOOTHING = "{key: label_smoothing, off: 0, on: 0.1, levels: [0, 0.1]}"
TOGETHER = "{test_time: {off: 0, on: 4, levels: [0, 4]}, internal: {levels: [none, quantization_aware]}}"


@pytest.fixture
def sheets(tmp_path, monkeypatch):
    """Return a function that gives the rows of all studies of a file."""
    monkeypatch.chdir(tmp_path)

    def make(text, own=None):
        (tmp_path / "mine.yaml").write_text(text)
        if own is not None:
            (tmp_path / "own.tsv").write_text(own)
        return run_sheets(read_files(["mine.yaml"]))

    return make


@pytest.fixture
def told(sheets):
    """Return a function that gives the one line about what is wrong in a file, or in the own sheet that it names."""

    def message(text, own=None):
        with pytest.raises(FrugalNetError) as refused:
            sheets(text, own)
        lines = str(refused.value).splitlines()
        if len(lines) == 1:
            return lines[0]
        first, line, last = lines
        assert (first, last) == ("the configuration is not valid:", "  (config/README.md describes every key)")
        return line.strip()

    return message


# What is taken


def test_keys_of_a_factor_that_are_left_out_are_those_of_the_usual_one():
    factors = Techniques.model_validate({"factors": {"batch_size": {"levels": [8, 16]}}}).factors
    assert (factors["batch_size"].off, factors["batch_size"].on, factors["batch_size"].levels) == (32, 128, [8, 16])
    assert {name: factor for name, factor in factors.items() if name != "batch_size"} == {
        name: factor for name, factor in FACTORS.items() if name != "batch_size"
    }


def test_usual_key_and_group_of_a_factor_stay():
    varied = Techniques.model_validate({"factors": {"momentum": {"on": 0.5}, "scaling": {"off": "none"}}}).varied
    assert (varied["momentum"].key, varied["momentum"].on) == ("optimizer.momentum", 0.5)
    assert (varied["scaling"].group, varied["scaling"].on) == ("preprocessing", "standard")


def test_factor_that_is_null_is_left_out_and_another_one_is_added_behind():
    study = Techniques.model_validate({"factors": {"internal": None, "smoothing": {"key": "label_smoothing", "off": 0, "on": 0.1, "levels": [0, 0.1]}}})  # fmt: skip
    assert [*study.varied] == [*[name for name in FACTORS if name != "internal"], "smoothing"]


def test_factor_of_one_file_can_be_left_out_by_another(tmp_path):
    (tmp_path / "one.yaml").write_text("techniques: {factors: {test_time: {off: 0, on: 4, levels: [0, 4]}}}")
    (tmp_path / "other.yaml").write_text("techniques: {factors: {test_time: null}}")
    both = read_files([tmp_path / "one.yaml", tmp_path / "other.yaml"]).techniques
    assert [*both.varied] == [*FACTORS]


def test_epochs_can_be_a_factor_where_the_recipe_does_not_set_them(sheets):
    runs = sheets("techniques: {n: 0, factors: {epochs: {off: 5, on: 2, levels: [2, 5]}}}")["techniques"]
    assert runs["cifar10/baseline/all-off/seed0"].recipe.epochs == 5
    assert runs["cifar10/baseline/only-epochs/seed0"].recipe.epochs == 2


def test_level_of_an_optimizer_can_have_settings_that_no_factor_sets(sheets):
    factors = "{momentum: null, optimizer: {off: &it {name: sgd, momentum: 0.9}, levels: [*it, adamw]}}"
    runs = sheets(f"techniques: {{n: 0, factors: {factors}}}")["techniques"]
    off = runs["cifar10/baseline/all-off/seed0"]
    assert off.recipe.optimizer == {"name": "sgd", "momentum": 0.9}
    assert off.factors["optimizer"] == "sgd (momentum 0.9)"


def test_section_of_a_study_is_found_by_its_name():
    config = Config.model_validate({"techniques": {"n": 7}, "compression": {"seeds": 3}})
    assert (config.of_study("techniques").n, config.of_study("compression").seeds) == (7, 3)


def test_section_of_a_study_is_made_again_of_what_jobs_are_given():
    factors = {"batch_size": {"levels": [8, 16]}, "internal": None}
    study = Techniques.model_validate({"n": 7, "factors": factors, "interactions": [["optimizer", "scaling"]]})
    assert section_of("techniques", study.model_dump(mode="json", exclude_unset=True)) == study
    assert section_of("techniques", {}) == Techniques()
    assert isinstance(section_of("compression", {"seeds": 2}), Compression)


def test_section_of_a_study_can_be_handed_to_another_process():
    settings = {"per_dataset": {"mnist": {"pruning": {"sparsity": 0.5}}}, "variants": [{"sparsity": 0.5}]}
    for section in (Compression.model_validate(settings), Techniques()):
        assert pickle.loads(pickle.dumps(section)) == section


def test_settings_that_results_were_made_with_do_not_need_the_own_sheet(tmp_path):
    values = {"techniques": {"sheet": str(tmp_path / "gone.tsv")}}
    assert Config.model_validate(values, context=tmp_path).techniques.sheet.endswith("gone.tsv")


# What is refused


@pytest.mark.parametrize(
    ("study", "expected"),
    [
        ("factors:\n    batch_size: {levls: [1, 2]}", "factors.batch_size.levls (mine.yaml, line 3): unknown key; did you mean levels?"),
        (
            "factors:\n    momentun: {off: 0, on: 1, levels: [0, 1]}",
            "factors.momentun = 'momentun' (mine.yaml, line 3): unknown factor or key of a recipe; known are scaling, augmentation, ",
        ),
        ("factors:\n    momentun: null", "factors.momentun = 'momentun' (mine.yaml, line 3): unknown factor or key of a recipe; known are scaling, "),
        (
            "factors:\n    rate: {key: lerning_rate, off: 1, on: 2, levels: [1, 2]}",
            "factors.rate.key = 'lerning_rate' (mine.yaml, line 3): unknown key of a recipe; known are epochs, ",
        ),
        (
            "factors:\n    precision: {levels: [float32, flot16]}",
            "factors.precision.levels.1 = 'flot16' (mine.yaml, line 3): expected 'float32', 'float16', ",
        ),
        ("factors:\n    optimizer:\n      on: adam2", "factors.optimizer.on = 'adam2' (mine.yaml, line 4): unknown optimizer; known are"),
        ("factors:\n    optimizer:\n      off: sdg", "factors.optimizer.off = 'sdg' (mine.yaml, line 4): unknown optimizer; known are"),
        ("factors:\n    learning_rate: {levels: [.nan, 1]}", "factors.learning_rate.levels.0 = .nan (mine.yaml, line 3): expected a finite number"),
        ("factors:\n    momentum: {levels: [0, 2]}", "factors.momentum.levels.1 = 2 (mine.yaml, line 3): expected momentum to be a number from 0 to"),
        (
            "factors:\n    optimizer: {levels: [{decay: 0.1}, adamw]}",
            "factors.optimizer.levels.0 = {decay: 0.1} (mine.yaml, line 3): expected the name of optimizer, or a mapping with its name",
        ),
        (
            "factors:\n    optimizer: {levels: [{name: sgd, momentum: 0.5}, adamw]}",
            "factors.optimizer.levels.0 = {name: sgd, momentum: 0.5} (mine.yaml, line 3): the factor momentum sets momentum too; expected it there alone",
        ),
        (
            "recipe: {optimizer: {name: sgd, momentum: 0.5}}\n  factors: {optimizer: null}",
            "recipe.optimizer = {name: sgd, momentum: 0.5} (mine.yaml, line 2): the factor momentum sets momentum too; expected it there alone",
        ),
        ("recipe: {batch_size: 8}", "recipe.batch_size = 8 (mine.yaml, line 2): the factor batch_size sets it too; expected it there alone"),
        ("factors:\n    label_smoothing: {on: 0.1, levels: [0, 0.1]}", "factors.label_smoothing.off (mine.yaml, line 3): is missing; expected it beside the other keys there"),
        *[
            (f"factors:\n    {name}: {SMOOTHING}", f"factors.{name} = '{name}' (mine.yaml, line 3): is a group of factors; expected another name")
            for name in ("preprocessing", "model")
        ],
        *[
            (f"factors:\n    {name}: {SMOOTHING}", f"factors.{name} = '{name}' (mine.yaml, line 3): is a column of the lists of runs; expected another name")
            for name in TAKEN
        ],
        *[
            (f"factors:\n    '{name}': {SMOOTHING}", f"factors.{name} = '{name}' (mine.yaml, line 3): expected a name of lower-case letters, digits, - and _")
            for name in ("a/b", "A", "-a")
        ],
        ("factors:\n    'a.b': " + SMOOTHING, "factors.a.b = 'a.b' (mine.yaml, line 2): expected a name of lower-case letters, digits, - and _"),
        ("factors:\n    smoothing: {key: label_smoothing, off: 0, on: 0.1, levels: [0, 0.1], group: data}", "factors.smoothing.group = 'data' (mine.yaml, line 3): expected 'preprocessing' or 'model'"),
        ("factors:\n    batch_size: 4", "factors.batch_size = 4 (mine.yaml, line 3): expected keys with values"),
        ("factors: [batch_size]", "factors = [batch_size] (mine.yaml, line 2): expected keys with values"),
        ("factors:\n    batch_size: {levels: [4]}", "factors.batch_size.levels = [4] (mine.yaml, line 3): expected at least 2 of them"),
        ("interactions: [[optimizer, schedul]]", "interactions.0 = [optimizer, schedul] (mine.yaml, line 2): unknown factor; known are scaling, "),
        ("interactions: [[optimizer]]", "interactions.0 = [optimizer] (mine.yaml, line 2): expected two factors"),
        ("network: housing_mlp", "network = 'housing_mlp' (mine.yaml, line 2): housing_mlp does not take samples of 3 dimensions; these do: "),
        ("dataset: cifra10", "dataset = 'cifra10' (mine.yaml, line 2): unknown dataset; known are"),
        (
            "dataset: california_housing\n  network: housing_mlp\n  factors: {augmentation: {levels: [none, random]}}",
            "factors.augmentation.on = 'random' (mine.yaml, line 4): cannot be used with samples rows: samples of one dimension are no images",
        ),
        (
            "dataset: california_housing\n  network: housing_mlp\n  recipe: {label_smoothing: 0.1}\n  factors: {augmentation: null}",
            "recipe.label_smoothing = 0.1 (mine.yaml, line 4): cannot be used with task regression: a regression has no classes",
        ),
        (
            "factors:\n    layer_groups: {off: null, on: {stage9*: 0.1}, levels: [null, {stage9*: 0.1}]}",
            "factors.layer_groups.on = {'stage9*': 0.1} (mine.yaml, line 3): stage9* matches no layer with weights; exp",
        ),
        ("n: 100001", "n = 100001 (mine.yaml, line 2): expected at most 100000"),
        ("score: {energy: -1}", "score.energy = -1 (mine.yaml, line 2): expected at least 0.0"),
        ("sheet: gone.tsv", "sheet = 'gone.tsv' (mine.yaml, line 2): no such file; expected one, with its path from /"),
    ],
)  # fmt: skip
def test_what_cannot_be_meant_is_told_with_key_value_and_place(told, study, expected):
    assert told(f"techniques:\n  {study}\n").startswith(f"techniques.{expected}")


def test_close_names_are_offered(told):
    assert told("techniques: {factors: {momentun: null}}").endswith("; did you mean momentum?")
    assert told("techniques: {factors: {bach_size: {on: 1}}}").endswith("; did you mean batch_size?")


def test_more_runs_than_there_are_combinations_are_refused(told):
    expected = "techniques.n = 41: the levels have 40 different combinations; expected at most as many"
    assert told(f"techniques:\n  n: 41\n  factors: {THREE}\n") == expected


def test_best_configuration_is_not_a_method_of_another_study(told):
    line = told("compression:\n  methods: [baseline, best]\n")
    assert line.startswith(
        "compression.methods.1 = 'best' (mine.yaml, line 2): unknown method; known are baseline, continued,"
    )
    assert " best" not in line.partition("known are")[2]


# Own sheets

HEAD = "run\tmomentum\toptimizer\tinternal\n"
EXPECTED = "; expected run, momentum, optimizer, internal, each once"


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("run\tmomentum\toptimizer\n", f"line 1: columns: internal is missing{EXPECTED}"),
        ("optimizer\n", f"line 1: columns: run, momentum, internal are missing{EXPECTED}"),
        ("", f"line 1: columns: run, momentum, optimizer, internal are missing{EXPECTED}"),
        (HEAD.strip() + "\tmomentum\n", f"line 1: columns: momentum is there twice{EXPECTED}"),
        (HEAD.strip() + "\tsplit\x1b\n", f"line 1: columns: split\\x1b is unknown{EXPECTED}"),
        ("run,momentum,optimizer,internal\n", "line 1: columns: run, momentum, optimizer, internal are missing; run,momentum,optimizer,internal is unknown"),
        (HEAD + "a\t0\tsgd\tjit\na\t0.9\tsgd\tjit\n", "line 3: run = 'a'; expected another name: it is taken"),
        (HEAD + "all-on\t0\tsgd\tjit\n", "line 2: run = 'all-on'; expected another name: it is taken"),
        (HEAD + "a/b\t0\tsgd\tjit\n", "line 2: run = 'a/b'; expected lower-case letters, digits, - and _"),
        (HEAD + "a\t0\tsgd\tjit\nb\t0\tsdg\tjit\n", "line 3: optimizer = 'sdg': unknown level; known are rmsprop, sgd, adam, adamw; did you mean sgd?"),
        (HEAD + "a\t0.8\tsgd\tjit\n", "line 2: momentum = '0.8': unknown level; known are 0, 0.5, 0.9, 0.99; did you mean 0.9?"),
        (HEAD + "a\t0\tsgd\n", "line 2: 3 cells; expected 4"),
        (HEAD + "\n", "line 2: 0 cells; expected 4"),
    ],
)  # fmt: skip
def test_line_of_an_own_sheet_that_no_run_can_have_is_told_with_its_place(told, text, expected):
    config = f"techniques:\n  sheet: own.tsv\n  factors: {THREE}\n"
    assert told(config, text).startswith(f"own.tsv, {expected}")


def test_own_sheet_that_is_no_text_is_told(told, tmp_path):
    config = f"techniques:\n  sheet: own.tsv\n  factors: {THREE}\n"
    (tmp_path / "own.tsv").write_bytes(b"\xff\xfe")
    assert told(config) == "own.tsv: not UTF-8 text; expected a table of tab-separated values"


REFUSED = "{epochs: {off: 4, on: 2, levels: [2, 4]}, schedule: {levels: [constant, {name: step, epochs: [3]}]}}"
"""The rates fall after three epochs: that does not go with two."""


def test_run_of_an_own_sheet_that_cannot_be_is_told_before_any_run(told):
    factors = THREE[1:-1].replace("schedule: null", REFUSED[1:-1]) + ", momentum: null, optimizer: null, internal: null"
    config = f"techniques:\n  sheet: own.tsv\n  factors: {{{factors}}}\n"
    line = told(config, "run\tepochs\tschedule\nmine\t4\tconstant\nlate\t2\tstep (epochs 3)\n")
    assert line.startswith("own.tsv, line 3: run late cannot be: schedule ")


def test_base_case_that_cannot_be_is_told_before_any_run(told):
    late = REFUSED[1:-1].replace("schedule: {", "schedule: {on: {name: step, epochs: [3]}, ")
    factors = THREE[1:-1].replace("schedule: null", late) + ", momentum: null, optimizer: null, internal: null"
    line = told(f"techniques:\n  factors: {{{factors}}}\n")
    assert line.startswith("techniques.factors: the base case all-on schedule ")
    assert line.endswith("expected levels that go together")


def test_what_decides_about_the_choice_is_a_section_of_its_own_without_what_does_not():
    given = {"n": 3, "seeds": 2, "at_quality": [0.5], "recipe": {"epochs": 3}, "score": {"energy": 1}}
    choosing = Techniques.model_validate(given).choosing
    assert choosing == {"recipe": {"epochs": 3}, "score": {"energy": 1.0}}
    assert Techniques.model_validate(choosing).choosing == choosing


@pytest.mark.parametrize(
    ("given", "told"),
    [
        ({"interactions": [["optimizer", "momentum"], ["momentum", "optimizer"]]}, "is there twice"),
        ({"score": {"quality": 0, "energy": 0, "inference": 0}}, "no weight is above zero"),
        ({"at_quality": [0.5, 0.5]}, "has a value twice"),
        ({"at_quality": [5]}, "expected an accuracy"),
        ({"at_energy_j": [0]}, "at_energy_j.0"),
    ],
)
def test_values_that_cannot_be_meant_are_refused(given, told):
    with pytest.raises(ValidationError) as error:
        Techniques.model_validate(given)
    assert told in str(error.value)
