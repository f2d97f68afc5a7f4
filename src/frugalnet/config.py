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
    """Magnitude pruning while retraining; the controls `continued` and `nas_continued` train for the same epochs without it."""

    sparsity: float = Field(0.9, ge=0, lt=1)
    """Fraction of the weights of each pruned layer that is zero at the end."""
    initial_sparsity: float = Field(0.0, ge=0, lt=1)
    """Fraction that is zero before the first step."""
    epochs: int = Field(5, ge=1)
    """Epochs of retraining."""
    ramp: float = Field(0.5, gt=0, le=1)
    """Fraction of the retraining over which the sparsity rises, as a polynomial of degree 3 (Zhu and Gupta 2017)."""
    update_steps: int = Field(20, ge=1)
    """Optimizer steps between two updates of the masks."""
    prune_output: bool = False
    """Prune the output layer too."""

    @model_validator(mode="after")
    def _rises(self) -> "Pruning":
        if self.initial_sparsity > self.sparsity:
            raise ValueError(
                f"initial_sparsity {self.initial_sparsity} is above sparsity {self.sparsity}; it can only rise"
            )
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
    inference_s: float = Field(1, gt=0)
    """Seconds for which inference is repeated at each batch size."""
    inference_batch: int = Field(256, ge=1)
    """Large batch of the inference measurement; the small one is 1."""

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


class Compression(Section):
    """The run sheet of the study `compression`: every dataset with every method, once per seed."""

    datasets: list[DatasetName] = Field(["mnist", "cifar10", "sat6", "california_housing"], min_length=1)
    """Datasets, in the order in which they are run and drawn."""
    methods: list[MethodName] = Field(
        ["baseline", "continued", "pruning", "nas", "nas_continued", "nas_pruning"], min_length=1
    )
    """Methods; one that starts from the model of another needs that one in the list too."""
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
        return self

    def settings(self, dataset: str) -> DatasetSettings:
        """Return what is particular to a dataset (the defaults where nothing is said)."""
        return self.datasets.get(dataset, DatasetSettings())

    def network(self, dataset: str) -> str | None:
        """Return the name of the network that the methods of a dataset start from."""
        return self.settings(dataset).network or catalogue.DATASETS[dataset].network

    def section(self, name: Literal["pruning", "nas"], dataset: str) -> Any:
        """Return the section `name` as it holds for a dataset, its overrides merged in and checked."""
        shared: Section = getattr(self, name)
        overrides: Section = getattr(self.settings(dataset), name)
        return type(shared).model_validate(shared.model_dump() | overrides.model_dump(exclude_unset=True))


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
