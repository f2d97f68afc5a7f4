"""The study `compression`: what is pruned and searched, on which datasets, by which methods."""

from typing import Any, Literal

from pydantic import Field, ValidationError, model_validator

from frugalnet import catalogue
from frugalnet.config.measure import Measure
from frugalnet.config.nas import Nas
from frugalnet.config.pruning import Pruning
from frugalnet.config.recipe import Recipe
from frugalnet.config.section import DatasetName, MethodName, NetworkName, Section, merged, overrides

MOVED = {"pruning": "compression.pruning", "nas": "compression.nas", "datasets": "compression.per_dataset"}
"""Keys of this study that stood at the top of the configuration in earlier versions, and where they stand now."""

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
    without: list[MethodName] = Field([])
    """Methods of the study that are not done on this dataset."""
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

    pruning: Pruning = Pruning()
    nas: Nas = Nas()
    per_dataset: dict[DatasetName, DatasetSettings] = Field({})
    """Per dataset: its recipe, and what else differs there."""

    @model_validator(mode="after")
    def _complete(self) -> "Compression":
        for key, names in (("datasets", self.datasets), ("methods", self.methods)):
            if len(set(names)) < len(names):
                raise ValueError(f"{key} names one of its entries twice: {', '.join(names)}")
        for method in self.methods:
            parent = catalogue.METHODS[method].parent
            if parent and parent not in self.methods:
                raise ValueError(f"method {method} starts from the model of {parent}: add {parent} to methods")
        for dataset in self.datasets:
            for method in self.methods_of(dataset):
                parent = catalogue.METHODS[method].parent
                if parent in self.settings(dataset).without:
                    raise ValueError(
                        f"per_dataset.{dataset}.without names {parent}, whose model {method} starts from: add {method} too"
                    )
        return self

    @model_validator(mode="after")
    def _datasets_are_complete(self) -> "Compression":
        for dataset in self.datasets:
            network, rank = self.network(dataset), catalogue.DATASETS[dataset].rank
            place = f"per_dataset.{dataset}"
            if network is None:
                raise ValueError(f"{place}.network: the catalogue has no network for {dataset}; name one")
            if catalogue.NETWORKS[network].rank not in (None, rank):
                raise ValueError(f"{place}.network: {network} takes no samples of {rank} dimensions")
            for name in ("pruning", "nas"):
                try:
                    self.section(name, dataset)
                except ValidationError as error:
                    raise ValueError(f"{place}.{name}: {error.errors()[0]['msg']}") from None
            self.variants_of(dataset)
            if self._searches(dataset):
                self._check_search(dataset)
        return self

    def _searches(self, dataset: str) -> bool:
        return any("nas" in catalogue.METHODS[method].reads for method in self.methods_of(dataset))

    def _check_search(self, dataset: str) -> None:
        """Raise ValueError for a search that cannot be done."""
        nas: Nas = self.section("nas", dataset)
        rank = catalogue.DATASETS[dataset].rank
        space = catalogue.SPACES.get(catalogue.space_name(dataset, nas.space))
        if space is None or space.rank not in (None, rank):
            known = [name for name, entry in catalogue.SPACES.items() if entry.rank in (None, rank)]
            raise ValueError(
                f"nas.space {nas.space!r} is none for {dataset}; known are small, wide, {', '.join(known)}"
            )
        if any(nas.weights.model_dump().values()) and catalogue.BASELINE not in self.methods_of(dataset):
            raise ValueError("nas.weights compares with the record of baseline: add baseline to methods")

    def check_meters(self, measure: Measure) -> None:
        """Raise ValueError for a search that needs energies which are not measured."""
        weighted = any(
            self._searches(dataset) and self.section("nas", dataset).weights.energy for dataset in self.datasets
        )
        if weighted and measure.meters == "none":
            raise ValueError("compression.nas.weights.energy needs energies, but measure.meters is none")

    def settings(self, dataset: str) -> DatasetSettings:
        """Return what is particular to a dataset (the defaults where nothing is said)."""
        return self.per_dataset.get(dataset, DatasetSettings())

    def methods_of(self, dataset: str) -> list[str]:
        """Return the methods of a dataset."""
        return [method for method in self.methods if method not in self.settings(dataset).without]

    def network(self, dataset: str) -> str | None:
        """Return the name of the network that the methods of a dataset start from."""
        return self.settings(dataset).network or catalogue.DATASETS[dataset].network

    def section(self, name: Literal["pruning", "nas"], dataset: str) -> Any:
        """Return the section `name` as it holds for a dataset, its overrides merged in and checked."""
        return merged(getattr(self, name), getattr(self.settings(dataset), name))

    def variants_of(self, dataset: str) -> dict[str, Pruning]:
        """Return the variants of pruning of a dataset, by their names; raises ValueError for one that cannot be."""
        shared: Pruning = self.section("pruning", dataset)
        own = self.settings(dataset).variants
        found: dict[str, Pruning] = {}
        for number, variant in enumerate(self.variants if own is None else own):
            place = f"variant {number} of {dataset}"
            try:
                pruning: Pruning = merged(shared, variant, exclude={"label"})
            except ValidationError as error:
                raise ValueError(f"{place}: {error.errors()[0]['msg']}") from None
            name = "-".join([pruning.name, *([variant.label] if variant.label else [])])
            if name in found:
                raise ValueError(f"{place}: the second one that is named {name}; expected a label of its own")
            if pruning.epochs != shared.epochs:
                raise ValueError(
                    f"{place}: epochs {pruning.epochs}; expected {shared.epochs}, as the control `continued` has"
                )
            found[name] = pruning
        return found
