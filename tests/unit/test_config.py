"""The configuration coerces what is legal and refuses the rest with key, value, expectation and place."""

import json
import re
from pathlib import Path

import pytest
import yaml

from frugalnet.config.reading import read_config, read_files, read_settings, sources_of, write_settings
from frugalnet.config.recipe import SHORT_FORMS
from frugalnet.config.schema import config_schema, key_table
from frugalnet.config.whole import Config
from frugalnet.config.yaml_files import Source
from frugalnet.errors import FrugalNetError

ROOT = Path(__file__).parents[2]
HOURS = Path("nowhere.csv")


def refused(written, source="--config"):
    with pytest.raises(FrugalNetError) as error:
        read_config([Source(source, written)])
    return str(error.value)


def test_text_from_the_command_line_means_what_yaml_says():
    config = read_config(sources_of([], ["compression={pruning: {sparsity: 0.75, epochs: 3, prune_output: true}}"]))
    assert (
        config.compression.pruning.sparsity,
        config.compression.pruning.epochs,
        config.compression.pruning.prune_output,
    ) == (0.75, 3, True)


def test_null_of_the_command_line_means_none():
    config = read_config(sources_of([], ["compression={nas: {max_parameters: null}}"]))
    assert config.compression.nas.max_parameters is None


def test_quotes_of_the_command_line_make_text_and_a_key_may_be_there_once():
    quoted = ["carbon={intensity_g_per_kwh: 300, source: '2024', year: 2024}"]
    assert read_config(sources_of([], quoted)).carbon.source == "2024"
    with pytest.raises(FrugalNetError, match="the key seeds is in lines 1 and 1"):
        sources_of([], ["compression={seeds: 1, seeds: 2}"])
    with pytest.raises(FrugalNetError, match="expected a key and its value"):
        sources_of([], ["compression"])


def test_misspelt_key_names_the_right_one_and_its_place():
    message = refused({"compression": {"pruning": {"sparsty": 0.5}}}, "config/mine.yaml")
    assert "compression.pruning.sparsty (config/mine.yaml): unknown key; did you mean sparsity?" in message


def test_misspelt_key_below_a_dataset():
    message = refused({"compression": {"per_dataset": {"mnist": {"recipe": {"epoch": 3}}}}})
    assert "compression.per_dataset.mnist.recipe.epoch (--config): unknown key; did you mean epochs?" in message


@pytest.mark.parametrize(
    ("key", "value", "expected"),
    [
        ("sparsity", 1.0, "compression.pruning.sparsity = 1.0 (--config): expected less than 1"),
        ("sparsity", -0.1, "compression.pruning.sparsity = -0.1 (--config): expected at least 0"),
        ("epochs", 0, "compression.pruning.epochs = 0 (--config): expected at least 1"),
        ("epochs", "many", "compression.pruning.epochs = 'many' (--config): expected a whole number"),
    ],
)
def test_value_out_of_range_is_refused(key, value, expected):
    assert expected in refused({"compression": {"pruning": {key: value}}})


def test_every_wrong_key_is_named_at_once():
    message = refused({"colour": "red", "compression": {"pruning": {"sparsity": 2}, "nas": {"trials": 0}}})
    assert all(key in message for key in ("compression.pruning.sparsity", "compression.nas.trials", "colour"))


@pytest.mark.parametrize(
    "place", [{"compression": {"datasets": ["mnits"]}}, {"compression": {"per_dataset": {"mnits": {}}}}]
)
def test_unknown_dataset_lists_the_known_ones(place):
    assert "unknown dataset; known are mnist, cifar10, sat6, california_housing" in refused(place)


def test_run_sheet_without_runs_is_refused():
    assert "compression.datasets = []" in refused({"compression": {"datasets": []}})
    assert "compression.methods = []" in refused({"compression": {"methods": []}})


def test_method_without_its_parent_is_refused():
    message = refused({"compression": {"methods": ["pruning"]}})
    assert "method pruning starts from the model of baseline: add baseline to methods" in message


def test_dataset_without_a_network_is_refused():
    assert "per_dataset.pneumoniamnist.network" in refused({"compression": {"datasets": ["pneumoniamnist"]}})


def test_network_for_samples_of_other_dimensions_is_refused():
    message = refused({"compression": {"per_dataset": {"mnist": {"network": "cifar_cnn"}}}})
    assert (
        "per_dataset.mnist.network = 'cifar_cnn' (--config): cifar_cnn does not take samples of 2 dimensions" in message
    )


@pytest.mark.parametrize(
    ("written", "expected"),
    [
        (
            {"measure": {"meters": "nvlm"}},
            "meters = 'nvlm' (--config): expected auto, none, or one or more of nvml, rapl",
        ),
        ({"measure": {"meters": "replay"}}, "meters names replay and replay names its file: expected both or neither"),
        ({"measure": {"replay": "a.csv"}}, "meters names replay and replay names its file: expected both or neither"),
        ({"measure": {"cpu_tdp_w": 5}}, "cpu_tdp_w 5.0 is below cpu_idle_w 10"),
        ({"carbon": {"intensity_g_per_kwh": 250}}, "expected intensity_g_per_kwh with its source and its year"),
        ({"nonsense": 1}, "nonsense (--config): unknown key; known here are name, data, compression"),
    ],
)
def test_setting_that_cannot_be_is_refused(written, expected):
    assert expected in refused(written)


def test_override_of_one_dataset_leaves_the_others_alone():
    config = Config.model_validate(
        {"compression": {"pruning": {"epochs": 4}, "per_dataset": {"mnist": {"pruning": {"epochs": 9}}}}}
    )
    assert config.compression.section("pruning", "mnist").epochs == 9
    assert config.compression.section("pruning", "sat6").epochs == 4


def test_override_that_contradicts_the_shared_section_is_refused_at_once():
    message = refused(
        {
            "compression": {
                "pruning": {"sparsity": 0.5},
                "per_dataset": {"mnist": {"pruning": {"initial_sparsity": 0.6}}},
            }
        }
    )
    assert "initial_sparsity 0.6 is above sparsity 0.5" in message


def test_variant_that_trains_for_other_epochs_than_its_control_is_refused():
    message = refused({"compression": {"variants": [{"epochs": 9}]}})
    assert "variants.0.epochs = 9 (--config): expected 5 for mnist, as the control `continued` has" in message


@pytest.mark.parametrize(
    ("variant", "expected"),
    [
        ({"sparsity": 1.5}, "compression.variants.0.sparsity = 1.5 (--config): expected less than 1"),
        ({"sparsty": 0.5}, "unknown key; did you mean sparsity?"),
        ({"granularity": "2:4", "sparsity": 0.9}, "2:4 drops half of each layer: expected sparsity 0.5"),
        ({"granularity": "filter"}, "expected 'weight', 'unit' or '2:4'"),
    ],
)
def test_variant_that_cannot_be_is_refused(variant, expected):
    assert expected in refused({"compression": {"variants": [variant]}})


def test_second_variant_of_the_same_name_is_refused():
    message = refused({"compression": {"variants": [{"ramp": 0.3}, {"ramp": 0.9}]}})
    assert (
        "variants.1.label = null (--config): the second variant of mnist named weight-s0.90; expected a label"
        in message
    )


def test_label_of_a_variant_is_a_part_of_a_path():
    assert "compression.variants.0.label = 'a/b'" in refused({"compression": {"variants": [{"label": "a/b"}]}})


def test_later_source_is_the_place_that_is_named(tmp_path):
    file = tmp_path / "mine.yaml"
    file.write_text("compression: {nas: {trials: 0}}\n")
    sources = sources_of([ROOT / "config" / "config.yaml", file])
    with pytest.raises(FrugalNetError, match=r"compression\.nas\.trials = 0 \(.*mine\.yaml, line 1\)"):
        read_config(sources)


@pytest.mark.parametrize("setting", ["compression.nas.trials=[", "compression.nas.trials=a: b: c"])
def test_setting_that_is_no_yaml_is_named(setting):
    found = rf"^--set '{re.escape(setting)}', line 1: not valid YAML .*; expected a key and its value"
    with pytest.raises(FrugalNetError, match=found):
        read_files([], [setting])


@pytest.mark.parametrize(
    ("text", "wrong"),
    [("compression: {seeds: 1", ", line 1: not valid YAML"), ("- compression\n", ", line 1: has no keys")],
)
def test_file_that_is_no_settings_is_named(tmp_path, text, wrong):
    (tmp_path / "mine.yaml").write_text(text)
    with pytest.raises(FrugalNetError, match=rf"mine\.yaml{wrong}.*; expected settings as in config/config\.yaml"):
        read_files([tmp_path / "mine.yaml"])


@pytest.mark.parametrize("place", ["mine.yaml", "--config"])
@pytest.mark.parametrize(
    ("key", "value", "new"),
    [
        ("pruning", {"epochs": 4}, "pruning"),
        ("nas", {"trials": 3}, "nas"),
        ("datasets", {"mnist": {"recipe": {"epochs": 7}}}, "per_dataset"),
    ],
)
def test_key_of_an_earlier_version_is_refused_with_the_place_that_it_has_now(
    tmp_path, monkeypatch, key, value, new, place
):
    monkeypatch.chdir(tmp_path)
    written = {key: value}
    Path("mine.yaml").write_text(yaml.safe_dump(written if place == "mine.yaml" else {"name": "mine"}))
    entries = [f"{key}={json.dumps(value)}" for key, value in written.items()]
    sources = sources_of(["mine.yaml"], entries if place == "--config" else ())
    with pytest.raises(FrugalNetError) as error:
        read_config(sources)
    (line,) = str(error.value).splitlines()[1:-1]
    where = f"{place}, line 1" if place == "mine.yaml" else place
    assert line.strip() == f"{key} ({where}): has moved; write compression.{new} instead"


def test_settings_of_an_earlier_version_are_read_as_those_of_today(tmp_path):
    pruning, nas = {"epochs": 4}, {"trials": 3}
    per_dataset = {"mnist": {"recipe": {"epochs": 7}}}
    study = {"datasets": ["mnist", "sat6"], "seeds": 2}
    earlier = {"name": "kept", "compression": study, "pruning": pruning, "nas": nas, "datasets": per_dataset}
    today = {"name": "kept", "compression": study | {"pruning": pruning, "nas": nas, "per_dataset": per_dataset}}
    for name, settings in (("earlier", earlier), ("today", today)):
        (tmp_path / name).mkdir()
        write_settings(settings, tmp_path / name / "settings.yaml")
    config = read_settings(tmp_path / "earlier" / "settings.yaml", HOURS)
    assert config == read_settings(tmp_path / "today" / "settings.yaml", HOURS) == Config.model_validate(today)
    assert (config.compression.datasets, config.compression.seeds) == (["mnist", "sat6"], 2)
    assert (config.compression.pruning.epochs, config.compression.nas.trials) == (4, 3)
    assert config.compression.settings("mnist").recipe.epochs == 7


def test_results_without_settings_have_no_configuration(tmp_path):
    assert read_settings(tmp_path / "settings.yaml", HOURS) is None


@pytest.mark.parametrize(("file", "seeds", "source"), [("config.yaml", 1, "sample"), ("paper.yaml", 5, "official")])
def test_shipped_configuration_is_valid(file, seeds, source):
    config = read_files([ROOT / "config" / "config.yaml", ROOT / "config" / file])
    assert (config.compression.seeds, config.data.source) == (seeds, source)
    assert config.compression.settings("california_housing").recipe.scaling == "standard"


def test_schema_file_is_in_step_with_the_models():
    assert (ROOT / "workflow" / "schemas" / "config.schema.json").read_text() == config_schema()


def test_schema_is_closed_at_every_level():
    schema = json.loads(config_schema())
    objects = [schema, *schema["$defs"].values()]
    assert all(part["additionalProperties"] is False for part in objects if "properties" in part)


def test_readme_describes_exactly_the_keys_of_the_schema():
    lines = (ROOT / "config" / "README.md").read_text().splitlines()
    described = {line.split("`")[1] for line in lines if line.startswith("| `")}
    assert described == set(keys(json.loads(config_schema())))


def keys(schema, part=None, prefix=""):
    """Return the paths of all keys in a JSON schema; a section that only overrides another is one key."""
    for name, field in (part or schema)["properties"].items():
        path = f"{prefix}{name}"
        if name in SHORT_FORMS and prefix.endswith("recipe."):  # they stand for a setting of the key `optimizer`
            continue
        inner = field.get("additionalProperties", field)
        inner = inner["anyOf"][0] if field.get("default") and isinstance(inner, dict) and "anyOf" in inner else inner
        section = inner.get("$ref", "").removeprefix("#/$defs/") if isinstance(inner, dict) else ""
        if section and not section.endswith("Overrides"):
            if "additionalProperties" in field and field["default"]:
                yield path
            of = {"per_dataset": "dataset", "factors": "factor", "rows": "row"}
            below = f"{path}.<{of[name]}>." if "additionalProperties" in field else f"{path}."
            yield from keys(schema, schema["$defs"][section], below)
        else:
            yield path


def test_readme_is_in_step_with_the_models():
    assert (ROOT / "config" / "README.md").read_text().endswith(key_table())
