"""Axes of a grid of trainings: the levels of each, and what a level sets."""

import re
from collections.abc import Mapping, Sequence
from typing import Annotated, Any

from pydantic import Field, ValidationError, WithJsonSchema

from frugalnet import catalogue
from frugalnet.config.levels import NAME as NAME_OF_LEVEL
from frugalnet.config.levels import NONE, given_settings, name_of, text
from frugalnet.config.networks import OPTIONAL
from frugalnet.config.recipe import SHORT as SHORT_FORMS
from frugalnet.config.recipe import Recipe
from frugalnet.config.section import Section, WrongValueError, unknown
from frugalnet.config.shown import shown
from frugalnet.config.varied import KEYS, TAKEN

MOST_LEVELS = 100
NETWORK = "network"
OF_NETWORKS = tuple(
    dict.fromkeys(f"{NETWORK}.{name}" for entry in catalogue.NETWORKS.values() for name in entry.settings)
)
"""Settings of networks, as `network.width`."""
LONG = {short: f"optimizer.{short}" for short in SHORT_FORMS}
"""Short keys of a recipe, and the settings that they stand for."""
KNOWN = (NETWORK, *OF_NETWORKS, *KEYS)
"""What a list of levels can set."""
Sets = Mapping[str, Any]
"""What a level sets: `network`, settings of it, keys of the recipe and settings of these, each with its value."""
SAID = ("dataset", "seeds", "start")
"""What the run sheet says of a configuration beside its levels."""
SHORT = {"learning_rate": "lr", "batch_size": "batch"}
"""Names of axes as they stand before a number in the name of a configuration."""
LABEL, NAME = re.compile(r"[a-z0-9][a-z0-9._-]*"), re.compile(r"[a-z0-9][a-z0-9_.]*")

SOME_KEYS = {"type": "object", "title": "some keys of a recipe"}
"""Stands in JSON schemas for that of a recipe."""
RECIPE: Any = Annotated[dict[str, Any], WithJsonSchema(SOME_KEYS)]
"""The type of some keys of a recipe, which stand in place of those of another one."""


class Choice(Section):
    """What one level of an axis, or one configuration, has in place of what all have in common."""

    network: OPTIONAL = None
    """The network: a name, or a mapping of `name`, `stem` and `width`; null: that of the study."""
    recipe: RECIPE = Field({})
    """Keys of the recipe that differ."""

    @property
    def sets(self) -> dict[str, Any]:
        """Return what it sets: `network`, and keys of the recipe."""
        return ({NETWORK: self.network} if self.network is not None else {}) | self.recipe


_NULL = {"type": "null"}
_LABELS = {"anyOf": [_NULL, Choice.model_json_schema()]}
AXIS: Any = Annotated[
    Any,
    WithJsonSchema(
        {
            "anyOf": [
                _NULL,
                {"type": "array", "minItems": 1},
                {"type": "object", "minProperties": 1, "additionalProperties": _LABELS},
            ]
        }
    ),
]
"""The type of an axis: a list of levels of the key that it is named after, or labels with what each sets; null: no axis."""


def levels_of(name: str, axis: Any) -> dict[str, Sets]:
    """Return what each level of an axis sets, by its label; raises WrongValueError, with the place in the axis."""
    if name in (*TAKEN, *SAID) or not NAME.fullmatch(name):
        raise WrongValueError(
            "",
            axis,
            "expected another name for it: lower-case letters, digits, _ and ., and no column of the list of runs",
        )
    if isinstance(axis, Mapping):
        found = {_label(label): _choice(label, given) for label, given in axis.items() if given is not None}
    elif isinstance(axis, list | tuple):
        found = _by_text(name, axis)
    else:
        raise WrongValueError("", axis, "expected a list of levels, or labels with what each sets")
    if not 1 <= len(found) <= MOST_LEVELS:
        raise WrongValueError("", axis, f"expected 1 to {MOST_LEVELS} levels; null leaves the axis out")
    return found


def _by_text(name: str, levels: Sequence[Any]) -> dict[str, Sets]:
    """Return levels of the key that an axis is named after, by their texts."""
    if name not in KNOWN:
        told = unknown("network or key of a recipe", name, KNOWN).replace("unknown", "no", 1)
        raise WrongValueError(
            "", levels, f"{told}; or expected labels, each with the network or the recipe that it sets"
        )
    found: dict[str, Sets] = {}
    for number, value in enumerate(levels):
        label = text(value)
        if label in found:
            raise WrongValueError(str(number), value, "is there twice; expected each level once")
        found[label] = {name: value}
    return found


def part_of_name(axis: str, label: str) -> str:
    """Return what stands for a level in the name of a configuration: `lr0.1`, `resnet18`, `augmentation-none`."""
    own = axis.rpartition(".")[2]
    label, own = re.sub(r"[^a-z0-9.]+", "-", label.lower()).strip("-."), SHORT.get(own, own.replace("_", "-"))
    if label in (NONE, "true", "false", ""):
        return f"{own}-{label}"
    return f"{own}{label}" if label[0].isdigit() else label


def merged(network: Any, recipe: Recipe, *differing: Sets) -> tuple[Any, Recipe]:
    """Return a network and a recipe with other values, checked; `optimizer.momentum` sets that of the optimizer that is there.

    Raises WrongValueError, with the key.
    """
    values = recipe.model_dump(exclude_unset=True) | {NETWORK: network}
    for sets in differing:
        for key, value in sets.items():
            of, _, setting = key.partition(".")
            if setting:
                whole = values.get(of, Recipe.model_fields[of].default if of != NETWORK else None)
                value = {NAME_OF_LEVEL: name_of(whole), **given_settings(whole), setting: value}
            values[of] = value
    try:
        own = Choice(network=values.pop(NETWORK)).network
    except ValidationError as error:
        raise WrongValueError.first(error) from None
    try:
        return own, Recipe.model_validate(values)
    except ValidationError as error:
        raise WrongValueError.first(error) from None


def _label(label: Any) -> str:
    if not isinstance(label, str) or not LABEL.fullmatch(label):
        raise WrongValueError("", label, f"{shown(label)} is no label; expected lower-case letters, digits, -, _ and .")
    return label


def _choice(label: str, given: Any) -> Sets:
    try:
        return Choice.model_validate(given).sets
    except ValidationError as error:
        wrong = WrongValueError.first(error)
        raise WrongValueError(f"{label}.{wrong.key}", wrong.value, wrong.expected) from None
