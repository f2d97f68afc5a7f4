"""The study `sweep`: a grid of configurations, further ones beside it, and a small design that tells what makes trainings efficient."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from itertools import product
from math import prod
from pathlib import Path
from typing import Any

from pydantic import Field, field_validator, model_validator

from frugalnet import catalogue
from frugalnet.config.axes import AXIS, KNOWN, LONG, NETWORK, Sets, levels_of, merged, part_of_name
from frugalnet.config.efficiency import DESIGN, Efficiency
from frugalnet.config.fitting import check_recipe
from frugalnet.config.images import input_pixels
from frugalnet.config.levels import NONE, given_settings, text
from frugalnet.config.networks import NETWORK as NETWORK_TYPE
from frugalnet.config.networks import unfit_network
from frugalnet.config.recipe import Recipe
from frugalnet.config.rows import ROWS, Row, check_rows
from frugalnet.config.section import MOST_SEEDS, DatasetName, Section, WrongValueError, beside
from frugalnet.config.starting import other_size, unfit_network_of, unfit_start

MOST_RUNS, MOST_FACTORS = 10_000, 8
Steps = tuple[str, ...]
"""Where something stands in the section."""
CROP_AND_FLIP = {"name": "random", "colour": 0, "erasing": 0}
COMMON = Recipe(
    epochs=200,
    optimizer={"name": "sgd", "momentum": 0.9, "weight_decay": 0.0005},
    learning_rate=0.1,
    schedule="step",
    scaling="standard",
    augmentation=[CROP_AND_FLIP],
    precision="mixed_float16",
)
"""What all trainings of the study have in common."""
AXES: dict[str, Any] = {
    "network": {
        "resnet18": {"network": "resnet18", "recipe": {"batch_size": 128}},
        "resnet50": {"network": "resnet50", "recipe": {"batch_size": 64}},
    },
    "learning_rate": [0.1, 0.05],
    "schedule": ["step", "plateau"],
}


@dataclass(frozen=True)
class Configuration:
    """A training of the study under its name: its levels by axis or factor, as text, and what it is done with."""

    name: str
    levels: Mapping[str, str]
    dataset: str
    network: Any
    recipe: Recipe
    sets: Mapping[Steps, Sets]
    """What it has in place of what all have in common, by where that stands."""
    seeds: int
    start: str | None = None

    @property
    def pixels(self) -> int | None:
        """Return the pixels of each side of the images that its network gets; None where they are not known."""
        return input_pixels(self.recipe, self.dataset)

    @property
    def training(self) -> str:
        """Return what decides the training, as text."""
        return repr((self.dataset, self.network, self.recipe.model_dump(), self.start))

    @property
    def place(self) -> str:
        """Return where its name comes from."""
        return _joined(*list(self.sets)[-1][:2])


class Sweep(Section):
    """The run sheet of the study `sweep`: every combination of the axes, further rows, and the design of efficiency."""

    dataset: DatasetName = "cifar100"
    """The dataset."""
    network: NETWORK_TYPE = "resnet18"
    """The network of what sets none: a name, or a mapping of `name`, `stem` and `width`."""
    recipe: Recipe = COMMON
    """What all trainings have in common; `momentum` and `weight_decay` stand for those of the optimizer."""
    axes: dict[str, AXIS] = Field(AXES)
    """What the grid is made of: an axis is a list of levels of the key that it is named after, or labels with the `network` and the keys of the `recipe` that each sets; null leaves an axis or a label out."""
    rows: dict[str, Row | None] = Field(ROWS)
    """Configurations beside the grid: a name adds one or changes keys of one of these; null leaves it out."""
    seeds: int = Field(1, ge=1, le=MOST_SEEDS)
    """Repetitions; the seeds are 0, 1, 2, ..."""
    target: float | None = Field(0.7, gt=0, le=1e6)
    """Quality on validation data; epochs, time and energy to reach it are read off the epochs. Null: none."""
    above: float = Field(0.5, ge=0, le=1e6)
    """Test quality from which on points are priced: energy per point above it."""
    efficiency: Efficiency | None = Efficiency()
    """What the techniques change that save time or memory; null leaves it out."""

    @field_validator("axes", mode="before")
    @classmethod
    def _with_usual_axes(cls, axes: Any) -> Any:
        return {**AXES, **axes} if isinstance(axes, Mapping) else axes

    @field_validator("rows", mode="before")
    @classmethod
    def _with_usual_rows(cls, rows: Any) -> Any:
        return beside(ROWS, rows)

    @field_validator("recipe", mode="before")
    @classmethod
    def _with_usual_keys(cls, recipe: Any) -> Any:
        return {**COMMON.model_dump(exclude_unset=True), **recipe} if isinstance(recipe, Mapping) else recipe

    @model_validator(mode="after")
    def _is_complete(self) -> "Sweep":
        self._check_size()
        self._check_keys()
        check_rows(self.further_rows, self.seeds)
        if catalogue.DATASETS[self.dataset].metric == "accuracy":
            for key in ("target", "above"):
                if (value := getattr(self, key)) is not None and value > 1:
                    raise WrongValueError(key, value, "expected an accuracy, which is 1 at most")
        self._check_names()
        return self

    @property
    def levels(self) -> dict[str, dict[str, Sets]]:
        """Return what each level of each axis sets, by axis and label."""
        found: dict[str, dict[str, Sets]] = {}
        for name, axis in self.axes.items():
            try:
                found |= {name: levels_of(name, axis)} if axis is not None else {}
            except WrongValueError as wrong:
                raise WrongValueError(_joined("axes", name, wrong.key), wrong.value, wrong.expected) from None
        return found

    def configurations(self) -> list["Configuration"]:
        """Return all trainings of the study: the grid, the further rows, and the design of efficiency."""
        return [*self.grid(), *self.further(), *self.design()]

    def grid(self) -> Iterator["Configuration"]:
        """Yield every combination of the levels of the axes; the last axis changes first."""
        levels = self.levels
        for labels in product(*levels.values()) if levels else ():
            own = dict(zip(levels, labels, strict=True))
            name = "-".join(part_of_name(axis, label) for axis, label in own.items())
            sets: dict[Steps, Sets] = {("axes", axis, label): levels[axis][label] for axis, label in own.items()}
            yield self._configuration(name, own, sets)

    def further(self) -> Iterator["Configuration"]:
        """Yield the rows beside the grid."""
        for name, row in self.further_rows.items():
            found = self._configuration(name, {}, {("rows", name): row.sets}, row.dataset)
            levels = {axis: _level_of(found, axis) for axis in self.levels}
            yield replace(found, levels=levels, seeds=row.seeds or self.seeds, start=row.start)

    def design(self) -> Iterator["Configuration"]:
        """Yield all combinations of the factors of efficiency, off and on."""
        if self.efficiency is None or not self.efficiency.varied:
            return
        factors = self.efficiency.varied
        common: dict[Steps, Sets] = {("efficiency",): self.efficiency.sets}
        for states in product(("off", "on"), repeat=len(factors)):
            state = dict(zip(factors, states, strict=True))
            value = {name: getattr(factor, state[name]) for name, factor in factors.items()}
            own = {
                ("efficiency", "factors", name, state[name]): {factor.key or name: value[name]}
                for name, factor in factors.items()
            }
            on = [name.replace("_", "-") for name in factors if state[name] == "on"] or [NONE]
            levels = {name: text(each) for name, each in value.items()}
            found = self._configuration("-".join([DESIGN, *on]), levels, common | own)
            yield replace(found, seeds=self.efficiency.seeds)

    @property
    def further_rows(self) -> dict[str, Row]:
        """Return the rows beside the grid by name, without those that are left out."""
        return {name: row for name, row in self.rows.items() if row is not None}

    def _configuration(
        self, name: str, levels: Mapping[str, str], sets: Mapping[Steps, Sets], dataset: str | None = None
    ) -> "Configuration":
        """Return a configuration, checked; `sets` are what its levels set, by their places."""
        dataset = dataset or self.dataset
        try:
            network, recipe = merged(self.network, self.recipe, *sets.values())
            if told := unfit_network(network, dataset):
                raise WrongValueError(NETWORK, network, told)
            check_recipe(recipe, dataset, network, {"recipe.epochs": recipe.epochs})
        except WrongValueError as wrong:
            raise self._at_fault(wrong, sets) from None
        return Configuration(name, levels, dataset, network, recipe, sets, self.seeds)

    def _at_fault(self, wrong: WrongValueError, sets: Mapping[Steps, Sets]) -> WrongValueError:
        """Return the error of a network or a recipe at the place that set its key last."""
        key = wrong.key.partition(".")[0]
        for place, own in reversed(list(sets.items())):
            for each in own:
                if each.partition(".")[0] == key:
                    where = self._place_of(place, each)
                    return WrongValueError(where, own[each], wrong.expected)
        return WrongValueError(wrong.key if key == NETWORK else f"recipe.{wrong.key}", wrong.value, wrong.expected)

    def _place_of(self, steps: Steps, key: str) -> str:
        """Return where a level has a key: in a list of levels, at a number."""
        if steps[0] == "axes" and not isinstance(self.axes[steps[1]], Mapping):
            return _joined(*steps[:2], str([*self.levels[steps[1]]].index(steps[2])))
        if "factors" in steps:
            return _joined(*steps)
        return _joined(*steps, key) if key == NETWORK else _joined(*steps, "recipe", key)

    def _check_size(self) -> None:
        runs = prod(map(len, self.levels.values())) * self.seeds
        if runs > MOST_RUNS:
            raise WrongValueError("axes", self.axes, f"{runs:,} runs (levels, seeds); expected {MOST_RUNS:,} at most")
        if self.efficiency and len(self.efficiency.varied) > MOST_FACTORS:
            raise WrongValueError(
                "efficiency.factors", list(self.efficiency.varied), f"expected {MOST_FACTORS} at most"
            )

    def _check_keys(self) -> None:
        """Raise ValueError for a key that two axes set."""
        setting: dict[str, str] = {}
        for axis, levels in self.levels.items():
            for key in dict.fromkeys(LONG.get(key, key) for sets in levels.values() for key in sets):
                if (other := setting.setdefault(key, axis)) != axis:
                    told = f"the axis {other} sets {key} too; expected one axis"
                    raise WrongValueError(_joined("axes", axis), self.axes[axis], told)

    def _check_names(self) -> None:
        """Raise ValueError for two configurations of one name, and for two of the grid or of the design that are the same."""
        places: dict[str, str] = {}
        for part in (self.grid(), self.further(), self.design()):
            trainings: dict[str, str] = {}
            for each in part:
                if each.name in places:
                    told = f"has the same name as {places[each.name]}; expected another one"
                    raise WrongValueError(each.place, each.name, told)
                places[each.name] = each.place
                same = trainings.setdefault(each.training, each.name)
                if same != each.name and each.name not in self.rows:
                    told = f"{each.name} is the same training as {same}; expected levels that all have an effect, in this order"
                    raise WrongValueError(each.place, each.name, told)

    def with_copies(self, results: Path) -> "Sweep":
        """Return this section: a folder of results has no copy of a file that it names."""
        return self

    def check_files(self) -> None:
        """Raise ValueError for a file that is missing here, or has weights that do not fit; for those of another row too."""
        found = {each.name: each for each in self.configurations()}
        for each in found.values():
            if told := unfit_start(each.recipe, each.dataset, each.network):
                raise self._at_fault(WrongValueError("weights", each.recipe.weights, told), each.sets)
            if each.start is None:
                continue
            start = found[each.start]
            told = unfit_network_of(start.network, each.network)
            if told is None and each.pixels and start.pixels not in (None, each.pixels):
                told = other_size(start.pixels, each.pixels)
            if told:
                raise WrongValueError(f"rows.{each.name}.start", each.start, told)


def _joined(*parts: str) -> str:
    return ".".join(part for part in parts if part)


def _level_of(found: Configuration, axis: str) -> str:
    """Return what a configuration has on an axis of the grid, as text; empty for an axis that is named after no key."""
    of, _, setting = axis.partition(".")
    if axis not in KNOWN:
        return NONE
    value = found.network if of == NETWORK else getattr(found.recipe, of)
    return text(given_settings(value).get(setting) if setting else value)
