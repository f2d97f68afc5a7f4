"""Neural architecture search: what it looks for, where, and for how long."""

from typing import Literal

from pydantic import Field, model_validator

from frugalnet.config.section import Section, WrongValueError


class Weights(Section):
    """What halving a cost is worth in the objective of a search, in units of the metric; all 0: quality alone.

    The objective is the quality on validation data, minus (for an error: plus) each weight times the binary logarithm of a
    ratio: the trial's cost over that of the baseline of the same seed.
    """

    parameters: float = Field(0, ge=0, le=1000)
    """Parameters of the compacted network."""
    macs: float = Field(0, ge=0, le=1000)
    """Multiply-accumulates of the compacted network, for one sample."""
    energy: float = Field(0, ge=0, le=1000)
    """Energy of an epoch of training, validation included."""
    latency: float = Field(0, ge=0, le=1000)
    """Median time that the compacted network takes for a single sample."""


class Nas(Section):
    """Neural architecture search with AutoKeras' tuners; the winner is then trained from new weights with the dataset's recipe."""

    tuner: Literal["greedy", "bayesian", "hyperband", "random", "grid"] = "greedy"
    """Tuner of AutoKeras; `grid` is KerasTuner's."""
    space: str = "small"
    """Search space: `small` or `wide` for the dataset's own, or the name of a space in the catalogue."""
    trials: int = Field(3, ge=1, le=10_000)
    """Number of networks that are tried."""
    epochs: int = Field(3, ge=1, le=100_000)
    """Maximum number of epochs of a trial."""
    patience: int = Field(3, ge=1, le=100_000)
    """Epochs without a better validation loss after which a trial stops."""
    weights: Weights = Weights()
    """Weights of size, operations, energy and latency in the objective."""
    max_parameters: int | None = Field(2_000_000, ge=1, le=10**12)
    """Networks with more parameters than this are not trained; null: no limit."""
    max_macs: int | None = Field(None, ge=1, le=10**15)
    """Networks with more multiply-accumulates for one sample than this are not trained; null: no limit."""
    winner: Literal["objective", "smallest"] = "objective"
    """Trial whose network is then trained: the best by objective, or the smallest within `tolerance` of the best quality."""
    tolerance: float = Field(0.003, ge=0, le=1000)
    """How much worse than the best quality the smallest network may be, in units of the metric."""
    jobs: bool = False
    """Try each network in a job of its own, so that a cluster can run trials in parallel; only with the tuners `random` and `grid`."""

    @model_validator(mode="after")
    def _fits(self) -> "Nas":
        if self.jobs and self.tuner not in ("random", "grid"):
            raise WrongValueError(
                "jobs",
                self.jobs,
                f"jobs with tuner {self.tuner}, which learns from earlier trials; expected tuner random or grid",
            )
        return self
