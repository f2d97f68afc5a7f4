"""The whole configuration of a results folder, and the rows of run sheets that are made of it.

`workflow/schemas/config.schema.json` and the keys of `config/README.md` are checked against these models and those of
`sections.py`: together they are the single source of every key.
"""

from typing import Any, Literal

from pydantic import (
    Field,
    ValidationError,
    model_validator,
)

from frugalnet import catalogue
from frugalnet.config.carbon import Carbon
from frugalnet.config.checks import Checks
from frugalnet.config.compression import Compression, DatasetSettings
from frugalnet.config.data import Data
from frugalnet.config.measure import Measure
from frugalnet.config.nas import Nas
from frugalnet.config.pruning import Pruning
from frugalnet.config.section import DatasetName, Section, merged
from frugalnet.config.statistics import Statistics


class Config(Section):
    """The whole configuration of a results folder."""

    name: str = Field("quick", pattern=r"^[a-z0-9][a-z0-9_-]*$")
    """Name of the folder under `results/`."""
    data: Data = Data()
    compression: Compression = Compression()
    pruning: Pruning = Pruning()
    nas: Nas = Nas()
    measure: Measure = Measure()
    carbon: Carbon = Carbon()
    statistics: Statistics = Statistics()
    checks: Checks = Checks()
    datasets: dict[DatasetName, DatasetSettings] = Field({})
    """Per dataset: its recipe, and what else differs there."""

    @model_validator(mode="after")
    def _datasets_are_complete(self) -> "Config":
        for dataset in self.compression.datasets:
            network, rank = self.network(dataset), catalogue.DATASETS[dataset].rank
            if network is None:
                raise ValueError(f"datasets.{dataset}.network: the catalogue has no network for {dataset}; name one")
            if catalogue.NETWORKS[network].rank not in (None, rank):
                raise ValueError(f"datasets.{dataset}.network: {network} takes no samples of {rank} dimensions")
            for name in ("pruning", "nas"):
                try:
                    self.section(name, dataset)
                except ValidationError as error:
                    raise ValueError(f"datasets.{dataset}.{name}: {error.errors()[0]['msg']}") from None
            self.variants(dataset)
            if {"nas", "joint"} & set(self.compression.methods):
                self._check_search(dataset)
        return self

    def _check_search(self, dataset: str) -> None:
        """Raise ValueError for a search that cannot be done."""
        nas: Nas = self.section("nas", dataset)
        space = catalogue.SPACES.get(catalogue.space_name(dataset, nas.space))
        if space is None or space.rank not in (None, catalogue.DATASETS[dataset].rank):
            known = [
                name
                for name, entry in catalogue.SPACES.items()
                if entry.rank in (None, catalogue.DATASETS[dataset].rank)
            ]
            raise ValueError(
                f"nas.space {nas.space!r} is none for {dataset}; known are small, wide, {', '.join(known)}"
            )
        if any(nas.weights.model_dump().values()) and "baseline" not in self.compression.methods:
            raise ValueError("nas.weights compares with the record of baseline: add baseline to compression.methods")
        if nas.weights.energy and self.measure.meters == "none":
            raise ValueError("nas.weights.energy needs energies, but measure.meters is none")

    def settings(self, dataset: str) -> DatasetSettings:
        """Return what is particular to a dataset (the defaults where nothing is said)."""
        return self.datasets.get(dataset, DatasetSettings())

    def network(self, dataset: str) -> str | None:
        """Return the name of the network that the methods of a dataset start from."""
        return self.settings(dataset).network or catalogue.DATASETS[dataset].network

    def section(self, name: Literal["pruning", "nas"], dataset: str) -> Any:
        """Return the section `name` as it holds for a dataset, its overrides merged in and checked."""
        return merged(getattr(self, name), getattr(self.settings(dataset), name))

    def variants(self, dataset: str) -> dict[str, Pruning]:
        """Return the variants of pruning of a dataset, by their names; raises ValueError for one that cannot be."""
        shared: Pruning = self.section("pruning", dataset)
        own = self.settings(dataset).variants
        found: dict[str, Pruning] = {}
        for number, variant in enumerate(self.compression.variants if own is None else own):
            place = f"variant {number} of {dataset}"
            try:
                pruning: Pruning = merged(shared, variant, exclude={"label"})
            except ValidationError as error:
                raise ValueError(f"{place}: {error.errors()[0]['msg']}") from None
            name = "-".join([_kind(pruning), *([variant.label] if variant.label else [])])
            if name in found:
                raise ValueError(f"{place}: the second one that is named {name}; expected a label of its own")
            if pruning.epochs != shared.epochs:
                raise ValueError(
                    f"{place}: epochs {pruning.epochs}; expected {shared.epochs}, as the control `continued` has"
                )
            found[name] = pruning
        return found


def _kind(pruning: Pruning) -> str:
    """Return granularity and sparsity, as in `unit-s0.75`."""
    digits = f"{pruning.sparsity:.2f}" if round(pruning.sparsity, 2) == pruning.sparsity else f"{pruning.sparsity:g}"
    return f"{pruning.granularity.replace(':', 'of')}-s{digits}"
