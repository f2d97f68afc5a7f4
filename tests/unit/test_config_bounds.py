"""Numbers have finite bounds, and no value is taken for one of another type."""

import json
from pathlib import Path

import pytest

from frugalnet.config.compression import Compression
from frugalnet.config.reading import read_config
from frugalnet.config.schema import config_schema
from frugalnet.config.yaml_files import Source
from frugalnet.errors import FrugalNetError

SCHEMA = json.loads(config_schema())
ROOT = Path(__file__).parents[2]


def leaves(part=SCHEMA, prefix=()):
    """Yield the place of each value in the configuration, with its schema."""
    for name, field in part["properties"].items():
        inner = field.get("additionalProperties", field)
        names = (*prefix, name, "mnist") if "additionalProperties" in field else (*prefix, name)
        if "$ref" in inner:
            yield from leaves(SCHEMA["$defs"][inner["$ref"].removeprefix("#/$defs/")], names)
        elif "properties" in inner:
            yield from leaves(inner, names)
        else:
            yield names, [inner, *inner.get("anyOf", [])]


LEAVES = dict(leaves())
NUMBERS = {
    place: kinds for place, kinds in LEAVES.items() if any(kind.get("type") in ("integer", "number") for kind in kinds)
}


def refused(place, value):
    written = value
    for step in reversed(place):
        written = {step: written}
    with pytest.raises(FrugalNetError) as error:
        read_config([Source("mine.yaml", written)])
    return str(error.value)


def test_there_are_numbers_in_all_sections():
    assert {place[0] for place in NUMBERS} == {"compression", "techniques", "sweep", "measure", "carbon", "statistics"}
    assert len(NUMBERS) > 50


@pytest.mark.parametrize("place", NUMBERS, ids=".".join)
@pytest.mark.parametrize(
    "value",
    [True, "2", float("inf"), float("nan"), 1e308, -1e308, 5e-324, -1e-300, 10**40, -(10**40), -1, [1], {"a": 1}],
)
def test_what_is_no_number_within_bounds_is_refused_with_its_key(place, value):
    if place[-1] == "layer_groups" and value == {"a": 1}:  # a factor of the layer a
        return
    message = refused(place, value)
    assert f"{'.'.join(place)} = " in message and "(mine.yaml): " in message
    assert len(message) < 600


@pytest.mark.parametrize("place", LEAVES, ids=".".join)
@pytest.mark.parametrize("value", [3.5, {"a": {"b": 1}}, [[1]], "x" * 5000, "\n"])
def test_what_is_none_of_the_values_of_a_key_is_refused_with_its_key(place, value):
    kinds = LEAVES[place]
    free = any(kind.get("format") in ("path", "uri", "text") for kind in kinds) and value == "\n"
    if (place in NUMBERS and value == 3.5) or free:
        return
    message = refused(place, value)
    assert ".".join(place) in message
    assert len(message) < 600


@pytest.mark.parametrize(
    ("place", "value"),
    [
        (("compression", "seeds"), 10**9),
        (("compression", "per_dataset", "mnist", "variants"), []),
        (("carbon", "year"), -1),
        (("statistics", "resampling_seed"), -1),
        (("name",), "a" * 256),
    ],
)
def test_value_that_no_study_has_is_refused(place, value):
    assert ".".join(place) in refused(place, value)


@pytest.mark.parametrize(
    ("section", "expected"),
    [
        (
            {"exclude": ["dens1"]},
            "compression.pruning.exclude = [dens1] (mine.yaml): dens1 is not a pruned layer of softmax_big",
        ),
        ({"exclude": ["output"]}, "output is not a pruned layer of softmax_big; expected some of dense1, dense2"),
        ({"exclude": ["dense1", "dense2"]}, "leaves nothing to prune of dense1, dense2"),
        ({"sparsity": 0.999999}, "leaves nothing of dense1 of softmax_big, which has 413952 weights"),
        ({"sparsity": 0.999, "granularity": "unit"}, "leaves nothing of dense2 of softmax_big, which has 128 units"),
        ({"sparsity": 0.999999, "allocation": "spread"}, "leaves nothing of"),
    ],
)
def test_pruning_that_cannot_be_done_on_a_network_is_refused_before_any_run(section, expected):
    written = {"compression": {"datasets": ["mnist"], "variants": [{}], "pruning": section}}
    with pytest.raises(FrugalNetError) as error:
        read_config([Source("mine.yaml", written)])
    assert expected in str(error.value)


def test_variant_that_cannot_be_done_is_refused_where_it_is_written():
    variants = [{"granularity": "weight"}, {"granularity": "unit", "sparsity": 0.999}]
    written = {"compression": {"datasets": ["california_housing"], "variants": variants}}
    with pytest.raises(FrugalNetError) as error:
        read_config([Source("mine.yaml", written)])
    assert "compression.variants.1.sparsity = 0.999 (mine.yaml): leaves nothing of dense1 of housing_mlp" in str(
        error.value
    )


def test_kernel_with_inputs_that_are_not_in_fours_is_refused_for_2_of_4():
    variants = [{"granularity": "2:4", "sparsity": 0.5}]
    with pytest.raises(ValueError, match="conv1 of cifar_cnn"):
        Compression(datasets=["cifar10"], variants=variants)
    Compression(datasets=["cifar10"], variants=[variants[0] | {"exclude": ["conv1"]}])


def test_pruning_that_no_method_of_the_study_does_need_not_fit_but_names_layers():
    study = {"datasets": ["mnist"], "methods": ["baseline", "continued"]}
    Compression(**study, variants=[{"sparsity": 0.999999}])
    with pytest.raises(ValueError, match="dens1 is not a pruned layer"):
        Compression(**study, variants=[{"exclude": ["dens1"]}])
