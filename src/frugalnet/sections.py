"""The sections of the configuration: every key with its type, its unit, its default and its text."""

from typing import Annotated, Any, Literal

from pydantic import AfterValidator, BaseModel, ConfigDict, Field, model_validator

from frugalnet import catalogue


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
    """Layers whose weights, or units, all stay; best in a variant of one dataset, whose network has them."""
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


class Weights(Section):
    """What a halving is worth in the objective of a search, in units of the metric; all 0: quality alone.

    The objective is the quality on validation data, minus (for an error: plus) each weight times the binary logarithm of the
    trial's value over that of the baseline of the same seed.
    """

    parameters: float = Field(0, ge=0)
    """Parameters of the compacted network."""
    macs: float = Field(0, ge=0)
    """Multiply-accumulates of the compacted network, for one sample."""
    energy: float = Field(0, ge=0)
    """Energy of an epoch of training, validation included."""
    latency: float = Field(0, ge=0)
    """Median time that the compacted network takes for a single sample."""


class Nas(Section):
    """Neural architecture search with AutoKeras' tuners; the winner is then trained from new weights with the dataset's recipe."""

    tuner: Literal["greedy", "bayesian", "hyperband", "random", "grid"] = "greedy"
    """Tuner of AutoKeras; `grid` is KerasTuner's."""
    space: str = "small"
    """Networks that are searched: `small` or `wide`, the dataset's own, or the name of a space in the catalogue."""
    trials: int = Field(3, ge=1)
    """Networks that are tried."""
    epochs: int = Field(3, ge=1)
    """Most epochs of a trial."""
    patience: int = Field(3, ge=1)
    """Epochs without a better validation loss after which a trial stops."""
    weights: Weights = Weights()
    """What size, operations, energy and latency count for in the objective."""
    max_parameters: int | None = Field(2_000_000, ge=1)
    """Networks with more parameters than this are not trained; null: no limit."""
    max_macs: int | None = Field(None, ge=1)
    """Networks with more multiply-accumulates for one sample than this are not trained; null: no limit."""
    winner: Literal["objective", "smallest"] = "objective"
    """Trial whose network is then trained: the best by objective, or the smallest within `tolerance` of the best quality."""
    tolerance: float = Field(0.003, ge=0)
    """How much worse than the best the smallest may be, in units of the metric."""
    jobs: bool = False
    """Try each network in a job of its own, so that a cluster can take them side by side; for random and grid."""

    @model_validator(mode="after")
    def _fits(self) -> "Nas":
        if self.jobs and self.tuner not in ("random", "grid"):
            raise ValueError(
                f"jobs with tuner {self.tuner}, which learns from earlier trials; expected tuner random or grid"
            )
        return self


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
    """Runs whose peak memory of inference and training is measured, in a process of its own (another for the compacted model) that takes some seconds."""

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


class Margins(Section):
    """How much worse still counts as no worse, in units of the metric."""

    accuracy: float = Field(0.005, gt=0)
    """For accuracies, as a fraction."""
    mae: float = Field(0.01, gt=0)
    """For mean absolute errors, in the unit of the dataset."""


class Statistics(Section):
    """How methods are compared over seeds; decided before the runs are seen."""

    alpha: float = Field(0.05, gt=0, lt=0.5)
    """Level of significance of tests and assumption checks."""
    min_seeds: int = Field(3, ge=3)
    """Number of paired seeds below which there is no p-value."""
    margins: Margins = Margins()
    resamples: int = Field(9_999, ge=99)
    """Bootstrap samples behind an interval."""
    resampling_seed: int = 0
    """Seed of the bootstrap."""
    outlier_z: float | None = Field(3.5, gt=0)
    """Modified z-score (Iglewicz and Hoaglin 1993) from which on a run is listed as an outlier, and kept; null: none is looked for."""


class Checks(Section):
    """What happens to raw files that do not fit: `refuse` makes no tables, `warn` says so in the summary."""

    damaged: Literal["refuse", "warn"] = "refuse"
    """Raw files that are missing, torn or edited; `warn` leaves their runs out."""
    duplicates: Literal["refuse", "warn"] = "refuse"
    """Two records of the same run; `warn` leaves out the one that is not in the run's own folder."""
    mixed_data: Literal["refuse", "warn"] = "warn"
    """Runs on made samples beside runs on other data."""
    mixed_code: Literal["refuse", "warn"] = "warn"
    """Runs with unequal versions of methods, recipes, networks or packages, or with unequal commits."""
