"""The study `compression`: what is pruned and searched, on which datasets, by which methods."""

from pathlib import Path
from typing import Annotated, Any, Literal

from pydantic import Field, ValidationError, model_validator

from frugalnet import catalogue
from frugalnet.config.fitting import check_recipe
from frugalnet.config.measure import Measure
from frugalnet.config.nas import Nas
from frugalnet.config.networks import OPTIONAL, unfit_network
from frugalnet.config.prunable import unfit, unknown_layer
from frugalnet.config.pruning import Pruning
from frugalnet.config.recipe import Recipe
from frugalnet.config.schedules import shortest_trial
from frugalnet.config.section import (
    LABEL,
    ONCE,
    DatasetName,
    Section,
    WrongValueError,
    known,
    merged,
    overrides,
)
from frugalnet.config.shown import bare, some
from frugalnet.config.starting import unfit_start

METHODS = {name: entry for name, entry in catalogue.METHODS.items() if not entry.chosen}
"""Methods that do not wait for the results of a whole study."""
MethodName = Annotated[str, known("method", METHODS)]
MOST_RUNS = 10_000
"""More than any study has; making that many rows takes half a minute."""
MOVED = {"pruning": "compression.pruning", "nas": "compression.nas", "datasets": "compression.per_dataset"}
"""Keys of this study that stood at the top of the configuration in earlier versions, and where they stand now."""

PruningOverrides = overrides(Pruning, __name__)
NasOverrides = overrides(Nas, __name__)


class Variant(PruningOverrides):  # type: ignore[valid-type,misc]
    """Keys of `pruning` that differ in one variant."""

    label: str | None = Field(None, pattern=LABEL, max_length=40)
    """Tells variants of the same granularity and sparsity apart."""


class DatasetSettings(Section):
    """Settings of one dataset."""

    network: OPTIONAL = None
    """Network of the baseline; null: the dataset's own in the catalogue. A mapping sets a `width` (factor of the number of filters) or a `stem` (`small` or `imagenet`): `{name: resnet18, stem: imagenet, width: 0.25}`."""
    recipe: Recipe = Recipe()
    """How networks are trained on this dataset."""
    pruning: PruningOverrides = PruningOverrides()  # type: ignore[valid-type]
    """Keys of `pruning` that differ for this dataset."""
    nas: NasOverrides = NasOverrides()  # type: ignore[valid-type]
    """Keys of `nas` that differ for this dataset."""
    without: Annotated[list[MethodName], ONCE] = Field([])
    """Methods of the study that this dataset leaves out."""
    variants: list[Variant] | None = Field(None, min_length=1, max_length=100)
    """Variants of pruning for this dataset; null: those of the study."""


class Compression(Section):
    """The run sheet of the study `compression`: every dataset with every method and variant, once per seed."""

    datasets: Annotated[list[DatasetName], ONCE] = Field(
        ["mnist", "cifar10", "sat6", "california_housing"], min_length=1
    )
    """Datasets, in the order in which they are run and drawn."""
    methods: Annotated[list[MethodName], ONCE] = Field(list(METHODS), min_length=1)
    """Methods; a method that starts from the model of another one needs that one in the list too."""
    variants: list[Variant] = Field(
        [Variant(granularity="weight"), Variant(granularity="unit", sparsity=0.75)], min_length=1, max_length=100
    )
    """Variants of `pruning` and its controls: the keys of `pruning` that differ, and a `label` where two would have the same name (`unit-s0.75-<label>`)."""
    seeds: int = Field(1, ge=1, le=100)
    """Number of repetitions; the seeds are 0, 1, 2, ..."""

    pruning: Pruning = Pruning()
    nas: Nas = Nas()
    per_dataset: dict[DatasetName, DatasetSettings] = Field({})
    """Recipe and other settings of single datasets."""

    @model_validator(mode="after")
    def _complete(self) -> "Compression":
        for method in self.methods:
            parent = catalogue.METHODS[method].parent
            if parent and parent not in self.methods:
                told = f"method {method} starts from the model of {parent}: add {parent} to methods"
                raise WrongValueError("methods", self.methods, told)
        for dataset in self._named:
            place, without = f"per_dataset.{dataset}.without", self.settings(dataset).without
            for method in self.methods_of(dataset):
                parent = catalogue.METHODS[method].parent
                if parent in without:
                    told = f"names {parent}, but {method} starts from its model: add {method} too"
                    raise WrongValueError(place, without, told)
            if dataset in self.datasets and not self.methods_of(dataset):
                raise WrongValueError(place, without, f"leaves no method for {dataset}; expected fewer methods here")
        if (runs := self.most_runs) > MOST_RUNS:
            key = self.written("seeds", "variants", "per_dataset")
            told = f"up to {runs:,} runs (datasets, methods, variants, seeds); expected {MOST_RUNS:,} at most"
            raise WrongValueError(key, getattr(self, key), told)
        return self

    @model_validator(mode="after")
    def _datasets_are_complete(self) -> "Compression":
        for dataset in self._named:
            self._check_network(dataset)
            for name in ("pruning", "nas"):
                try:
                    self.section(name, dataset)
                except ValidationError as error:
                    wrong = WrongValueError.first(error)
                    raise self._blamed(wrong.key, wrong.value, wrong.expected, name, dataset) from None
            self._check_recipe(dataset)
            if dataset in self.datasets:  # shared settings need not fit datasets outside the study
                self._check_variants(dataset)
                self._check_search(dataset)
        return self

    @property
    def _named(self) -> list[str]:
        """Return the datasets of the study, and those that have settings only."""
        return list(dict.fromkeys([*self.datasets, *self.per_dataset]))

    @property
    def most_runs(self) -> int:
        """Return an upper bound for the number of runs."""
        found = 0
        for dataset in self.datasets:
            own = self.settings(dataset).variants
            variants = len(self.variants if own is None else own)
            for method in map(catalogue.METHODS.__getitem__, self.methods_of(dataset)):
                of_one = 1 if method.parent is None or method.new_weights else 1 + variants
                found += self.seeds * (variants if method.granularities else of_one)
        return found

    def _check_network(self, dataset: str) -> None:
        """Raise ValueError for a dataset of the study without a network, and for a network that does not take its samples."""
        network = self.network(dataset)
        if network is None and dataset not in self.datasets:
            return
        if told := unfit_network(network, dataset):
            raise WrongValueError(f"per_dataset.{dataset}.network", network, told)

    def with_copies(self, results: Path) -> "Compression":
        """Return this section: a folder of results has no copy of a file that it names."""
        return self

    def check_files(self) -> None:
        """Raise ValueError for a file that is missing here, or has weights that do not fit."""
        for dataset in self.datasets:
            recipe = self.recipe(dataset)
            if told := unfit_start(recipe, dataset, self.network(dataset)):
                raise WrongValueError(f"per_dataset.{dataset}.recipe.weights", recipe.weights, told)

    def _check_variants(self, dataset: str) -> None:
        """Raise ValueError for a variant that does not fit the network that it starts from."""
        kinds = {
            kind
            for method in self.methods_of(dataset)
            if catalogue.METHODS[method].parent == catalogue.BASELINE
            for kind in catalogue.METHODS[method].granularities
        }
        network = self.network(dataset)
        assert network is not None  # `_check_network` comes first
        own_data = network == catalogue.DATASETS[dataset].network and self.recipe(dataset).resize is None
        for number, pruning in enumerate(self.variants_of(dataset).values()):
            wrong = unknown_layer(network, pruning)
            if wrong is None and pruning.granularity in kinds:
                wrong = unfit(network, pruning, own_data)
            if wrong is not None:
                key, told = wrong
                raise self._blamed(key, getattr(pruning, key), told, "pruning", dataset, number)

    def _blamed(
        self, key: str, value: Any, told: str, name: str, dataset: str, variant: int | None = None
    ) -> WrongValueError:
        """Return the error of a key of the section `name`, placed where it is set: variant, dataset or study."""
        settings = self.settings(dataset)
        parts = [(f"per_dataset.{dataset}.{name}", getattr(settings, name)), (name, getattr(self, name))]
        if variant is not None:
            variants = self.variants if settings.variants is None else settings.variants
            parts.insert(0, (f"{self._list_of(dataset)}.{variant}", variants[variant]))
        place = next((place for place, part in parts if key in part.model_fields_set), name)
        if place != parts[0][0]:
            told += f" (for {dataset}, in {parts[0][0]})" if variant is not None else f" (for {dataset})"
        return WrongValueError(f"{place}.{key}", value, told)

    def _list_of(self, dataset: str) -> str:
        """Return the path of the list that holds the variants of a dataset."""
        return "variants" if self.settings(dataset).variants is None else f"per_dataset.{dataset}.variants"

    def _searches(self, dataset: str) -> bool:
        return any("nas" in catalogue.METHODS[method].reads for method in self.methods_of(dataset))

    def _check_search(self, dataset: str) -> None:
        """Raise ValueError for a search that cannot be done, and for a search space that does not exist."""
        nas: Nas = self.section("nas", dataset)
        name, rank, searches = nas.space, catalogue.DATASETS[dataset].rank, self._searches(dataset)
        known = [each for each, entry in catalogue.SPACES.items() if entry.rank in (None, rank)]
        of_some = name in catalogue.SPACES or catalogue.space_name(dataset, name) != name
        if not of_some or (searches and catalogue.space_name(dataset, name) not in known):
            told = f"not a search space for {dataset}; known are small, wide, {some(known)}"
            raise self._blamed("space", name, told, "nas", dataset)
        if not (searches and any(nas.weights.model_dump().values())):
            return
        if catalogue.BASELINE not in self.methods:
            told = "nas.weights compares with the record of baseline: add baseline to methods"
            raise WrongValueError("methods", self.methods, told)
        if catalogue.BASELINE in (without := self.settings(dataset).without):
            told = "names baseline, but nas.weights compares with its record: take it out of here"
            raise WrongValueError(f"per_dataset.{dataset}.without", without, told)

    def _check_recipe(self, dataset: str) -> None:
        """Raise ValueError for a recipe that does not fit the dataset, its network, or the trainings that its methods do."""
        trainings = self._trainings(dataset) if dataset in self.datasets else {}
        try:
            check_recipe(self.recipe(dataset), dataset, self.network(dataset), trainings)
        except WrongValueError as wrong:
            raise WrongValueError(f"per_dataset.{dataset}.recipe.{wrong.key}", wrong.value, wrong.expected) from None

    def _trainings(self, dataset: str) -> dict[str, int]:
        """Return the epochs of the trainings that the methods of a dataset do, by the keys that set them."""
        found = {"recipe.epochs": self.settings(dataset).recipe.epochs}
        read = [catalogue.METHODS[method].keys("pruning") for method in self.methods_of(dataset)]
        if any(keys is None or "epochs" in keys for keys in read):
            found["pruning.epochs"] = self.section("pruning", dataset).epochs
        if self._searches(dataset):
            found["nas.epochs"] = shortest_trial(self.section("nas", dataset))
        return found

    def check_meters(self, measure: Measure) -> None:
        """Raise ValueError for a search that needs energies that are not measured."""
        weighted = any(
            self._searches(dataset) and self.section("nas", dataset).weights.energy for dataset in self.datasets
        )
        if weighted and measure.meters == "none":
            told = "compression.nas.weights.energy needs energies, but measure.meters is none"
            raise WrongValueError("measure.meters", measure.meters, told)

    def settings(self, dataset: str) -> DatasetSettings:
        """Return the settings of a dataset; the defaults if it has none."""
        return self.per_dataset.get(dataset, DatasetSettings())

    def recipe(self, dataset: str) -> Recipe:
        """Return how networks are trained on a dataset."""
        return self.settings(dataset).recipe

    def methods_of(self, dataset: str) -> list[str]:
        """Return the methods of a dataset."""
        return [method for method in self.methods if method not in self.settings(dataset).without]

    def network(self, dataset: str) -> Any:
        """Return the network that the methods of a dataset start from: a name, or a mapping of `name` and settings."""
        return self.settings(dataset).network or catalogue.DATASETS[dataset].network

    def section(self, name: Literal["pruning", "nas"], dataset: str) -> Any:
        """Return the section `name` for a dataset, with its overrides merged in and checked."""
        return merged(getattr(self, name), getattr(self.settings(dataset), name))

    def variants_of(self, dataset: str) -> dict[str, Pruning]:
        """Return the pruning variants of a dataset by name; raises ValueError for an invalid one."""
        shared: Pruning = self.section("pruning", dataset)
        own = self.settings(dataset).variants
        found: dict[str, Pruning] = {}
        for number, variant in enumerate(self.variants if own is None else own):
            place = f"{self._list_of(dataset)}.{number}"
            try:
                pruning: Pruning = merged(shared, variant, exclude={"label"})
            except ValidationError as error:
                wrong = WrongValueError.first(error)
                raise self._blamed(wrong.key, wrong.value, wrong.expected, "pruning", dataset, number) from None
            name = "-".join([pruning.name, *([variant.label] if variant.label else [])])
            if name in found:
                told = f"the second variant of {dataset} named {bare(name)}; expected a label of its own"
                raise WrongValueError(f"{place}.label", variant.label, told)
            if pruning.epochs != shared.epochs:
                told = f"expected {shared.epochs} for {dataset}, as the control `continued` has"
                raise WrongValueError(f"{place}.epochs", pruning.epochs, told)
            found[name] = pruning
        return found
