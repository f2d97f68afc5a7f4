"""The whole configuration of a results folder, and the rows of run sheets that are made of it.

`workflow/schemas/config.schema.json` and the keys of `config/README.md` are checked against these models and those of
`sections.py`: together they are the single source of every key.
"""

from typing import Annotated, Any, Literal

from pydantic import (
    AfterValidator,
    Field,
    ValidationError,
    ValidationInfo,
    create_model,
    field_validator,
    model_validator,
)

from frugalnet import catalogue
from frugalnet.sections import Carbon, Checks, Data, Measure, Nas, Pruning, Recipe, Section, Statistics


def _known(kind: str, names: dict[str, Any]) -> AfterValidator:
    def check(name: str) -> str:
        if name not in names:
            raise ValueError(f"unknown {kind}; known are {', '.join(names)}")
        return name

    return AfterValidator(check)


DatasetName = Annotated[str, _known("dataset", catalogue.DATASETS)]
NetworkName = Annotated[str, _known("network", catalogue.NETWORKS)]
MethodName = Annotated[str, _known("method", catalogue.METHODS)]


def _overrides(section: type[Section]) -> Any:
    """Return the section with every key optional: what a dataset may say otherwise than the rest."""
    fields: dict[str, Any] = {
        name: (Annotated[field.annotation | None, Field(description=field.description), *field.metadata], None)  # type: ignore[operator]
        for name, field in section.model_fields.items()
    }
    return create_model(f"{section.__name__}Overrides", __base__=Section, **fields)


PruningOverrides = _overrides(Pruning)
NasOverrides = _overrides(Nas)


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
        return _merged(getattr(self, name), getattr(self.settings(dataset), name))

    def variants(self, dataset: str) -> dict[str, Pruning]:
        """Return the variants of pruning of a dataset, by their names; raises ValueError for one that cannot be."""
        shared: Pruning = self.section("pruning", dataset)
        own = self.settings(dataset).variants
        found: dict[str, Pruning] = {}
        for number, variant in enumerate(self.compression.variants if own is None else own):
            place = f"variant {number} of {dataset}"
            try:
                pruning: Pruning = _merged(shared, variant, exclude={"label"})
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


def _merged(shared: Any, overrides: Section, exclude: set[str] | None = None) -> Any:
    """Return a section with other values for some of its keys, also of those inside a key, checked."""
    values = shared.model_dump()
    for key, value in overrides.model_dump(exclude_unset=True, exclude=exclude).items():
        values[key] = values[key] | value if isinstance(value, dict) else value
    return type(shared).model_validate(values)


class Run(Section):
    """One row of a run sheet: all that decides what is done in a measured run."""

    study: str
    dataset: str
    network: str
    method: str
    variant: str
    seed: int
    parent: str | None
    """Id of the run whose model this one starts from."""
    recipe: Recipe
    pruning: Pruning | None
    nas: Nas | None
    reference: str | None = None
    """Id of the run whose record the objective of a search compares with."""
    measure: Measure
    method_version: int
    recipe_version: int
    """Version of the recipe part `training`, which every run uses."""
    part_versions: dict[str, int] = Field({})
    """Versions of the other recipe parts that the run uses; a part's first version leaves no trace."""
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
        """Leave out when the run's turn comes."""
        return measure.model_copy(update={"order_seed": Measure().order_seed})

    @property
    def id(self) -> str:
        """Return `<dataset>/<method>/<variant>/seed<k>`."""
        return f"{self.dataset}/{self.method}/{self.variant}/seed{self.seed}"


def versions(
    dataset: str, network: str, method: str, recipe: Recipe, pruning: Pruning | None, nas: Nas | None
) -> dict[str, Any]:
    """Return the versions of the code that a row uses, by the row's names for them."""
    given = {"recipe": recipe, "pruning": pruning}

    def is_used(part: catalogue.RecipePart) -> bool:
        if part.key is None:
            return False  # by every run: `recipe_version`
        section, _, key = part.key.partition(".")
        return bool(getattr(given[section], key, None))

    parts = {name: part.version for name, part in catalogue.RECIPE_PARTS.items() if is_used(part)}
    return {
        "method_version": catalogue.METHODS[method].version,
        "recipe_version": catalogue.RECIPE_PARTS["training"].version,
        "part_versions": {name: version for name, version in parts.items() if version > 1},
        "network_version": catalogue.NETWORKS[network].version,
        "space_version": catalogue.SPACES[catalogue.space_name(dataset, nas.space)].version if nas else None,
    }
