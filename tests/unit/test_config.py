"""The configuration coerces what is legal and refuses the rest with key, value, expectation and place."""

import json
import re
from pathlib import Path

import pytest
import yaml
from snakemake.utils import update_config

from frugalnet.config.reading import read_config, read_files, sources_of
from frugalnet.config.schema import config_schema, key_table
from frugalnet.config.whole import Config
from frugalnet.errors import FrugalNetError

ROOT = Path(__file__).parents[2]


def refused(written, source="--config"):
    with pytest.raises(FrugalNetError) as error:
        read_config(written, {source: written})
    return str(error.value)


def test_text_from_the_command_line_is_coerced():
    config = read_config({"pruning": {"sparsity": "0.75", "epochs": "3", "prune_output": "true"}}, {})
    assert (config.pruning.sparsity, config.pruning.epochs, config.pruning.prune_output) == (0.75, 3, True)


def test_null_as_text_means_none():
    assert read_config({"nas": {"max_parameters": "null"}}, {}).nas.max_parameters is None


def test_misspelt_key_names_the_right_one_and_its_place():
    message = refused({"pruning": {"sparsty": 0.5}}, "config/mine.yaml")
    assert "pruning.sparsty (config/mine.yaml): unknown key; did you mean sparsity?" in message


def test_misspelt_key_below_a_dataset():
    message = refused({"datasets": {"mnist": {"recipe": {"epoch": 3}}}})
    assert "datasets.mnist.recipe.epoch (--config): unknown key; did you mean epochs?" in message


@pytest.mark.parametrize(
    ("key", "value", "expected"),
    [
        ("sparsity", 1.0, "pruning.sparsity = 1.0 (--config): expected less than 1"),
        ("sparsity", -0.1, "pruning.sparsity = -0.1 (--config): expected greater than or equal to 0"),
        ("epochs", 0, "pruning.epochs = 0 (--config): expected greater than or equal to 1"),
        ("epochs", "many", "pruning.epochs = 'many' (--config): expected a valid integer"),
    ],
)
def test_value_out_of_range_is_refused(key, value, expected):
    assert expected in refused({"pruning": {key: value}})


def test_every_wrong_key_is_named_at_once():
    message = refused({"pruning": {"sparsity": 2}, "nas": {"trials": 0}, "colour": "red"})
    assert all(key in message for key in ("pruning.sparsity", "nas.trials", "colour"))


@pytest.mark.parametrize("place", [{"compression": {"datasets": ["mnits"]}}, {"datasets": {"mnits": {}}}])
def test_unknown_dataset_lists_the_known_ones(place):
    assert "unknown dataset; known are mnist, cifar10, sat6, california_housing" in refused(place)


def test_run_sheet_without_runs_is_refused():
    assert "compression.datasets = []" in refused({"compression": {"datasets": []}})
    assert "compression.methods = []" in refused({"compression": {"methods": []}})


def test_method_without_its_parent_is_refused():
    message = refused({"compression": {"methods": ["pruning"]}})
    assert "method pruning starts from the model of baseline: add baseline to methods" in message


def test_dataset_without_a_network_is_refused():
    assert "datasets.pneumoniamnist.network" in refused({"compression": {"datasets": ["pneumoniamnist"]}})


def test_network_for_samples_of_other_dimensions_is_refused():
    message = refused({"datasets": {"mnist": {"network": "cifar_cnn"}}})
    assert "datasets.mnist.network: cifar_cnn takes no samples of 2 dimensions" in message


def test_power_of_a_busy_processor_below_idle_is_refused():
    assert "cpu_tdp_w 5.0 is below cpu_idle_w 10" in refused({"measure": {"cpu_tdp_w": 5}})


def test_override_of_one_dataset_leaves_the_others_alone():
    config = Config.model_validate({"pruning": {"epochs": 4}, "datasets": {"mnist": {"pruning": {"epochs": 9}}}})
    assert config.section("pruning", "mnist").epochs == 9
    assert config.section("pruning", "sat6").epochs == 4


def test_override_that_contradicts_the_shared_section_is_refused_at_once():
    message = refused({"pruning": {"sparsity": 0.5}, "datasets": {"mnist": {"pruning": {"initial_sparsity": 0.6}}}})
    assert "initial_sparsity 0.6 is above sparsity 0.5" in message


def test_variant_that_trains_for_other_epochs_than_its_control_is_refused():
    message = refused({"compression": {"variants": [{"epochs": 9}]}})
    assert "variant 0 of mnist: epochs 9; expected 5, as the control `continued` has" in message


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
    assert "variant 1 of mnist: the second one that is named weight-s0.90; expected a label of its own" in message


def test_label_of_a_variant_is_a_part_of_a_path():
    assert "compression.variants.0.label = 'a/b'" in refused({"compression": {"variants": [{"label": "a/b"}]}})


def test_later_source_is_the_place_that_is_named(tmp_path):
    file = tmp_path / "mine.yaml"
    file.write_text("nas: {trials: 0}\n")
    sources = sources_of([ROOT / "config" / "config.yaml", file], {})
    with pytest.raises(FrugalNetError, match=r"nas\.trials = 0 \(.*mine\.yaml\)"):
        read_config({"nas": {"trials": 0}}, sources)


@pytest.mark.parametrize("setting", ["nas.trials=[", "nas.trials=a: b: c"])
def test_setting_that_is_no_yaml_is_named(setting):
    found = rf"^setting '{re.escape(setting)}': no YAML .*; expected a key and its value"
    with pytest.raises(FrugalNetError, match=found):
        read_files([], [setting])


@pytest.mark.parametrize(("text", "wrong"), [("nas: {trials: 1", "no YAML"), ("- nas\n", "has no keys")])
def test_file_that_is_no_settings_is_named(tmp_path, text, wrong):
    (tmp_path / "mine.yaml").write_text(text)
    with pytest.raises(FrugalNetError, match=rf"mine\.yaml: {wrong}.*; expected settings as in config/config\.yaml"):
        read_files([tmp_path / "mine.yaml"])


@pytest.mark.parametrize(("file", "seeds", "source"), [("config.yaml", 1, "sample"), ("paper.yaml", 5, "official")])
def test_shipped_configuration_is_valid(file, seeds, source):
    written = yaml.safe_load((ROOT / "config" / "config.yaml").read_text())
    update_config(written, yaml.safe_load((ROOT / "config" / file).read_text()))
    config = read_config(written, {})
    assert (config.compression.seeds, config.data.source) == (seeds, source)
    assert config.settings("california_housing").recipe.scaling == "standard"


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
        inner = field.get("additionalProperties", field)
        section = inner.get("$ref", "").removeprefix("#/$defs/") if isinstance(inner, dict) else ""
        if section and not section.endswith("Overrides"):
            below = f"{path}.<dataset>." if "additionalProperties" in field else f"{path}."
            yield from keys(schema, schema["$defs"][section], below)
        else:
            yield path


def test_readme_is_in_step_with_the_models():
    assert (ROOT / "config" / "README.md").read_text().endswith(key_table())
