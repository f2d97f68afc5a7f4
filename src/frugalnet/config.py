"""Every key of the configuration: its type, its unit, its default and its text. The single source of all of them.

`workflow/schemas/config.schema.json` and the keys of `config/README.md` are checked against these models.
"""

from typing import Annotated, Any, Literal

from pydantic import AfterValidator, BaseModel, ConfigDict, Field, ValidationError, create_model, model_validator

from frugalnet import catalogue


def _known(kind: str, names: dict[str, Any]) -> AfterValidator:
    def check(name: str) -> str:
        if name not in names:
            raise ValueError(f"unknown {kind}; known are {', '.join(names)}")
        return name

    return AfterValidator(check)


DatasetName = Annotated[str, _known("dataset", catalogue.DATASETS)]
NetworkName = Annotated[str, _known("network", catalogue.NETWORKS)]
MethodName = Annotated[str, _known("method", catalogue.METHODS)]


class Section(BaseModel):
    """A part of the configuration: closed (an unknown key is refused) and immutable."""

    model_config = ConfigDict(extra="forbid", frozen=True, use_attribute_docstrings=True)

    @model_validator(mode="before")
    @classmethod
    def _null(cls, written: Any) -> Any:
        """Take `null` that arrives as text: in a nested `--config` everything does."""
        return (
            {key: None if value == "null" else value for key, value in written.items()}
            if isinstance(written, dict)
            else written
        )


class Data(Section):
    """Where the data come from."""

    source: Literal["sample", "official"] = "sample"
    """`sample`: small made stand-ins, offline; `official`: the real files."""
    mirror: str | None = None
    """Folder or URL prefix with the official files (`<mirror>/<dataset>/<file>`), asked before the official addresses; also `FRUGALNET_MIRROR`."""
    allow_subset: bool = False
    """Accept a SAT-6 file of the right layout with other class counts than the official ones (level `subset`)."""


class Recipe(Section):
    """How a network is trained."""

    epochs: int = Field(5, ge=1)
    """Passes over the training part."""
    batch_size: int = Field(128, ge=1)
    """Samples per optimizer step."""
    optimizer: Literal["adam", "sgd", "rmsprop"] = "adam"
    """Keras optimizer, with its defaults but for the learning rate."""
    learning_rate: float = Field(0.001, gt=0)
    """Step size of the optimizer, constant over the training."""
    scaling: Literal["unit", "standard"] = "unit"
    """First layer of the network: `unit` divides bytes by 255; `standard` gives each feature mean 0 and deviation 1, fitted on the training part."""
    steps_per_execution: int = Field(8, ge=1)
    """Optimizer steps per call of the compiled training function; changes the speed, not the result."""
    jit: bool = False
    """Compile the training step with XLA."""


class Pruning(Section):
    """Pruning while retraining; the controls `continued` and `nas_continued` train for the same epochs without it."""

    granularity: Literal["weight", "unit", "2:4"] = "weight"
    """What is dropped: single weights, by magnitude; units (neurons, filters), by the norm of all that depends on them; or two of each four consecutive weights."""
    sparsity: float = Field(0.9, ge=0, lt=1)
    """Fraction of the weights or units that is gone at the end; 0.5 for 2:4."""
    allocation: Literal["layer", "global", "spread"] = "layer"
    """Where they go: the same fraction of each layer, the smallest of all layers together, or more of large layers (Erdos-Renyi)."""
    exclude: tuple[str, ...] = ()
    """Layers that are left as they are."""
    prune_output: bool = False
    """Drop weights of the output layer too; its units always stay."""
    schedule: Literal["polynomial", "constant"] = "polynomial"
    """How the sparsity rises: as a polynomial of degree 3 (Zhu and Gupta 2017), or all at once before the first step."""
    initial_sparsity: float = Field(0.0, ge=0, lt=1)
    """Fraction that is gone before the first step of the polynomial."""
    epochs: int = Field(5, ge=1)
    """Epochs of retraining."""
    ramp: float = Field(0.5, gt=0, le=1)
    """Fraction of the retraining in which the masks are renewed; the polynomial ends with it."""
    update_steps: int = Field(20, ge=1)
    """Optimizer steps between two updates of the masks."""
    distillation: float = Field(0.0, ge=0, le=1)
    """Share of the parent's own predictions in the targets of the retraining (Hinton et al. 2015); 0: the labels alone."""
    temperature: float = Field(1.0, gt=0)
    """Softens those predictions: probabilities to the power of its inverse, made to sum to 1."""

    @model_validator(mode="after")
    def _fits(self) -> "Pruning":
        if self.initial_sparsity > self.sparsity:
            raise ValueError(
                f"initial_sparsity {self.initial_sparsity} is above sparsity {self.sparsity}; it can only rise"
            )
        if self.granularity == "2:4" and (self.sparsity, self.allocation) != (0.5, "layer"):
            raise ValueError("granularity 2:4 drops half of each layer: expected sparsity 0.5 and allocation layer")
        return self


class Nas(Section):
    """Neural architecture search with AutoKeras; the winner is then trained from new weights with the dataset's recipe."""

    tuner: Literal["greedy", "bayesian", "hyperband", "random"] = "greedy"
    """AutoKeras tuner."""
    trials: int = Field(3, ge=1)
    """Networks that are tried."""
    epochs: int = Field(3, ge=1)
    """Most epochs of a trial."""
    patience: int = Field(3, ge=1)
    """Epochs without a better validation loss after which a trial stops."""
    max_parameters: int | None = Field(2_000_000, ge=1)
    """Networks with more parameters than this are not trained; null: no limit."""


def _meters(named: str) -> str:
    if named not in ("auto", "none") and not set(named.split("+")) <= catalogue.METERS.keys():
        raise ValueError(f"expected auto, none, or one or more of {', '.join(catalogue.METERS)} joined by +")
    names = named.split("+")
    if len(set(names)) < len(names) or {"rapl", "estimate"} <= set(names) or (len(names) > 1 and "replay" in names):
        raise ValueError(
            "would count a device twice: expected each meter once, not both rapl and estimate, and replay alone"
        )
    return named


class Measure(Section):
    """How runs are measured."""

    threads: int = Field(2, ge=1)
    """Threads of TensorFlow's pools, whatever `--cores` says."""
    meters: Annotated[str, AfterValidator(_meters)] = "auto"
    """Sources of energy readings: `nvml`, `rapl`, `estimate`, `replay`, or several (`nvml+rapl`); `auto`: all that measure, and `estimate` where they read neither the processor that does the work nor the CPU; `none`."""
    sampling_hz: float = Field(10, gt=0, le=100)
    """Readings per second of the timeline."""
    replay: str | None = None
    """Recorded timeline that the meter `replay` plays: `timeline.parquet` of a run, the same as csv, or a log of nvidia-smi."""
    cpu_idle_w: float = Field(10, ge=0)
    """Assumption of `estimate`: power of the idle processor package, in watts."""
    cpu_tdp_w: float = Field(65, gt=0)
    """Assumption of `estimate`: power of the processor package with all cores busy, in watts."""
    idle_s: float = Field(5, ge=0)
    """Seconds for which devices are left alone to measure their idle power: without context, with it before the run, and after the run."""
    cool_down_s: float = Field(0, ge=0)
    """Longest time in seconds to wait before a run until temperature and power of the devices are near what the probe found idle; 0: do not wait."""
    warm_up_s: float = Field(0, ge=0)
    """Seconds of matrix products before a run, so that it does not start on a cold device."""
    order_seed: int | None = 0
    """Seed of the order in which the runs of a seed are measured, shuffled so that methods interleave; null: the order of the run sheet."""
    inference_s: float = Field(10, gt=0)
    """Seconds for which inference of a model is repeated at most, over all of its batch sizes; what ends so is flagged `resolution_limited`."""
    latency_precision: float = Field(0.02, gt=0, lt=1)
    """Relative half width that the 95 % interval of the median latency is to have, and relative error that the edges of a window may put on its energy."""
    inference_batch: int = Field(256, ge=1)
    """Large batch of the inference measurement, and of the memory of activations and of a training step; the small one is 1."""
    memory: Literal["all", "baseline", "none"] = "all"
    """Runs whose peak memory of inference and training is measured, in a process of its own that takes some seconds."""

    @model_validator(mode="after")
    def _fits(self) -> "Measure":
        if self.cpu_tdp_w < self.cpu_idle_w:
            raise ValueError(
                f"cpu_tdp_w {self.cpu_tdp_w} is below cpu_idle_w {self.cpu_idle_w}; expected at least that"
            )
        if ("replay" in self.meters.split("+")) != (self.replay is not None):
            raise ValueError("meters names replay and replay names its file: expected both or neither")
        return self


class Carbon(Section):
    """Carbon intensity of the electricity, for CO2e; nothing is assumed where none is given."""

    intensity_g_per_kwh: float | None = Field(None, ge=0)
    """Grams of CO2 equivalent per kWh."""
    source: str | None = None
    """Where that number comes from."""
    year: int | None = None
    """Year that it is of."""

    @model_validator(mode="after")
    def _complete(self) -> "Carbon":
        if len({value is None for value in (self.intensity_g_per_kwh, self.source, self.year)}) > 1:
            raise ValueError("expected intensity_g_per_kwh with its source and its year, or none of them")
        return self


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
    datasets: dict[DatasetName, DatasetSettings] = {}
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
        return self

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
    """Return a section with other values for some of its keys, checked."""
    return type(shared).model_validate(shared.model_dump() | overrides.model_dump(exclude_unset=True, exclude=exclude))


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
    measure: Measure
    method_version: int
    recipe_version: int
    network_version: int

    @property
    def id(self) -> str:
        """Return `<dataset>/<method>/<variant>/seed<k>`."""
        return f"{self.dataset}/{self.method}/{self.variant}/seed{self.seed}"
