"""The study `compression`: what is pruned and searched, on which datasets, by which methods."""

from pydantic import Field, model_validator

from frugalnet import catalogue
from frugalnet.config.nas import Nas
from frugalnet.config.pruning import Pruning
from frugalnet.config.recipe import Recipe
from frugalnet.config.section import DatasetName, MethodName, NetworkName, Section, overrides

PruningOverrides = overrides(Pruning)


NasOverrides = overrides(Nas)


class Variant(PruningOverrides):  # type: ignore[valid-type,misc]
    """Keys of `pruning` that differ in one variant of it."""

    label: str | None = Field(None, pattern=r"^[a-z0-9]+$")
    """What tells it from another of the same granularity and sparsity."""


class DatasetSettings(Section):
    """What is particular to one dataset."""

    network: NetworkName | None = None
    """Network of the baseline; null: the dataset's own in the catalogue."""
    recipe: Recipe = Recipe()
    """How networks are trained on this dataset."""
    pruning: PruningOverrides = PruningOverrides()  # type: ignore[valid-type]
    """Keys of `pruning` that differ for this dataset."""
    nas: NasOverrides = NasOverrides()  # type: ignore[valid-type]
    """Keys of `nas` that differ for this dataset."""
    variants: list[Variant] | None = None
    """Variants of pruning for this dataset; null: those of the study."""


class Compression(Section):
    """The run sheet of the study `compression`: every dataset with every method and variant, once per seed."""

    datasets: list[DatasetName] = Field(["mnist", "cifar10", "sat6", "california_housing"], min_length=1)
    """Datasets, in the order in which they are run and drawn."""
    methods: list[MethodName] = Field(list(catalogue.METHODS), min_length=1)
    """Methods; one that starts from the model of another needs that one in the list too."""
    variants: list[Variant] = Field(
        [Variant(granularity="weight"), Variant(granularity="unit", sparsity=0.75)], min_length=1
    )
    """Variants of `pruning` and its controls: the keys of `pruning` that differ, and a `label` where two would have the same name (`unit-s0.75-<label>`)."""
    seeds: int = Field(1, ge=1)
    """Number of repetitions; the seeds are 0, 1, 2, ..."""

    @model_validator(mode="after")
    def _complete(self) -> "Compression":
        for key, names in (("datasets", self.datasets), ("methods", self.methods)):
            if len(set(names)) < len(names):
                raise ValueError(f"{key} names one of its entries twice: {', '.join(names)}")
        for method in self.methods:
            parent = catalogue.METHODS[method].parent
            if parent and parent not in self.methods:
                raise ValueError(f"method {method} starts from the model of {parent}: add {parent} to methods")
        return self
