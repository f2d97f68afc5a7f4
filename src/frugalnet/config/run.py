"""The row of a run sheet."""

from collections.abc import Iterator
from typing import Any

from pydantic import Field, ValidationInfo, field_validator

from frugalnet import catalogue
from frugalnet.config.combinations import because, resolved
from frugalnet.config.levels import NAME, given_settings, name_of, written
from frugalnet.config.measure import WORKFLOW_KEYS, Measure
from frugalnet.config.nas import Nas
from frugalnet.config.pruning import Pruning
from frugalnet.config.recipe import Recipe
from frugalnet.config.section import Section

DEFAULT = "default"
"""The variant of runs that are not varied."""


class Run(Section):
    """One row of a run sheet: everything that decides what a measured run does."""

    study: str
    dataset: str
    network: str
    """Name of the network in the catalogue."""
    network_settings: dict[str, Any] = Field({})
    """Settings of the network that differ from their defaults."""
    method: str
    variant: str
    seed: int
    parent: str | None
    """Id of the run whose model this one starts from."""
    recipe: Recipe
    pruning: Pruning | None
    nas: Nas | None
    reference: str | None = None
    """Id of the run whose model is the reference: inference is measured in turn with it, and a search's objective compares with it."""
    teacher: str | None = None
    """Id of the run whose predictions are part of the targets, if it is not the parent."""
    measure: Measure
    method_version: int
    recipe_version: int
    """Version of the recipe part `training`, which every run uses."""
    part_versions: dict[str, int] = Field({})
    """Versions of the other recipe parts that the run uses; version 1 is left out."""
    resolved: dict[str, Any] = Field({})
    """Keys of the recipe that could not be as asked for, with the values that they have instead."""
    factors: dict[str, str] = Field({})
    """Levels by the factors of a study that varies them."""
    network_version: int
    space_version: int | None = None

    @field_validator("pruning")
    @classmethod
    def _read_by_the_method(cls, pruning: Pruning | None, info: ValidationInfo) -> Pruning | None:
        """Leave out the keys that do not decide what the method does."""
        entry = catalogue.METHODS.get(info.data.get("method", ""))
        if pruning is None or entry is None or (keys := entry.keys("pruning")) is None:
            return pruning
        return Pruning.model_validate(pruning.model_dump(include=keys))

    @field_validator("measure")
    @classmethod
    def _of_the_run_itself(cls, measure: Measure) -> Measure:
        """Leave out the keys that only the workflow reads."""
        return measure.model_copy(update={key: getattr(Measure(), key) for key in WORKFLOW_KEYS})

    @property
    def id(self) -> str:
        """Return `<dataset>/<method>/<variant>/seed<k>`."""
        return f"{self.dataset}/{self.method}/{self.variant}/seed{self.seed}"

    def with_recipe(self, recipe: Recipe, **changes: Any) -> "Run":
        """Return the run with a recipe that is resolved for it, and other changes, unchecked."""
        # From `self.pruning`: it lacks the keys that the method does not read.
        versions = versions_of(recipe, self.pruning)
        return self.model_copy(update={"recipe": recipe, "part_versions": versions, **changes})

    @property
    def network_label(self) -> str:
        """Return the network as a cell of a table: `resnet18`, or `resnet18 (width 0.25)`."""
        return str(written({NAME: self.network, **self.network_settings}))

    @property
    def versions_of_parts(self) -> dict[str, int]:
        """Return the versions of all recipe parts that the run used, version 1 too."""
        used = {name: self.part_versions.get(name, 1) for name, _ in _parts_used(self.recipe, self.pruning)}
        return {"training": self.recipe_version} | used

    @property
    def because(self) -> str | None:
        """Return why the values in `resolved` are not as asked for."""
        return because(self.resolved, self.recipe, self.dataset, self.method)

    @property
    def varied_pruning(self) -> Pruning | None:
        """Return the pruning that the variant stands for; None if the method has no variants of pruning."""
        entry = catalogue.METHODS.get(self.method)
        return self.pruning if entry is None or entry.granularities else None

    @property
    def family(self) -> str:
        """Return the name that variants share which differ only in sparsity (`unit, distilled`); empty for the default variant."""
        pruning = self.varied_pruning
        if self.variant == DEFAULT or pruning is None:
            return "" if self.variant == DEFAULT else self.variant
        label = self.variant.removeprefix(pruning.name).removeprefix("-")
        return f"{pruning.granularity}, {label}" if label else pruning.granularity


def row(
    measure: Measure,
    *,
    study: str,
    dataset: str,
    network: Any,
    method: str,
    recipe: Recipe,
    variant: str = DEFAULT,
    seed: int = 0,
    parent: str | None = None,
    reference: str | None = None,
    teacher: str | None = None,
    pruning: Pruning | None = None,
    nas: Nas | None = None,
) -> Run:
    """Return a row of a run sheet, with the present versions of the code that it uses.

    `network` is a name, or a mapping of `name` and settings, as in the configuration. Only a method that trains this
    network from its beginning can start from the weights that the recipe names.
    """
    name = name_of(network)
    recipe, instead = resolved(recipe, dataset, method)
    if recipe.weights is not None and not catalogue.METHODS[method].builds_the_network:  # it starts from its parent's
        recipe = recipe.model_copy(update={"weights": None})
    made = Run(
        study=study,
        dataset=dataset,
        network=name,
        network_settings=given_settings(network),
        method=method,
        variant=variant,
        seed=seed,
        parent=parent,
        recipe=recipe,
        pruning=pruning,
        nas=nas,
        reference=reference,
        teacher=teacher,
        measure=measure,
        method_version=catalogue.METHODS[method].version,
        recipe_version=catalogue.RECIPE_PARTS["training"].version,
        network_version=catalogue.NETWORKS[name].version,
        space_version=catalogue.SPACES[catalogue.space_name(dataset, nas.space)].version if nas else None,
    )
    return made.with_recipe(recipe, resolved=instead)


def versions_of(recipe: Recipe, pruning: Pruning | None = None) -> dict[str, int]:
    """Return the present versions of the recipe parts besides `training` that have an effect; version 1 is left out."""
    return {name: version for name, version in _parts_used(recipe, pruning) if version > 1}


def _parts_used(recipe: Recipe, pruning: Pruning | None) -> Iterator[tuple[str, int]]:
    """Yield name and present version of the recipe parts besides `training` that have an effect, and of the levels they use."""
    sections = {"recipe": recipe, "pruning": pruning}
    for name, part in catalogue.RECIPE_PARTS.items():
        section, _, key = (part.key or "").partition(".")
        if not key or sections[section] is None or (value := getattr(sections[section], key)) == part.without:
            continue
        yield name, part.version
        levels = [name_of(each) for each in (value if isinstance(value, tuple) else (value,))] if part.levels else []
        for level in levels:
            if level in part.levels:
                yield f"{name} {level}", part.levels[level].version
