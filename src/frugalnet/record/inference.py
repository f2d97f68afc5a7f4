"""Parts of the record: what inference of a model takes, and what it is as an int8 file."""

from typing import Literal

from pydantic import BaseModel, ConfigDict


class Inference(BaseModel):
    """Inference of a model at one batch size, measured in turn with a reference in the ledger's `window`; None: not known.

    Energies are joules per sample, over the devices of the run's totals.
    """

    model_config = ConfigDict(extra="forbid")

    model: Literal["masked", "compacted", "reference", "deployed"] = "masked"
    """The model as it is; its compacted form, measured if it is smaller; the baseline's compacted model; or the int8 file, on the processor."""
    window: str
    batch_size: int
    batches: int
    blocks: int = 1
    """Number of stretches that hold these batches; stretches of the models take turns."""
    latency_ms: float
    """Median over the batches."""
    latency_iqr_ms: float
    latency_p90_ms: float | None = None
    latency_p99_ms: float | None = None
    latency_low_ms: float | None = None
    """Lower end of the 95 % interval of the median, over blocks; None if there are too few."""
    latency_high_ms: float | None = None
    throughput_per_s: float
    energy_j: float | None = None
    energy_net_j: float | None = None
    """Energy minus the idle device's energy in the same time, with its context alive."""
    energy_u_j: float | None = None
    """Standard error of `energy_j` over blocks."""
    latency_ratio: float | None = None
    """Time of a batch over that of the reference, from lower quartiles of blocks measured in turn, with its 95 % interval."""
    latency_ratio_low: float | None = None
    latency_ratio_high: float | None = None
    energy_ratio: float | None = None
    """The same ratio for the gross energy."""
    energy_ratio_low: float | None = None
    energy_ratio_high: float | None = None
    same_operations: bool | None = None
    """Whether the reference does the same operations on the same shapes."""
    flags: list[str] = []
    """`resolution_limited`: time ran out before intervals and energy reached `measure.latency_precision`."""


class Deployed(BaseModel):
    """The int8 file of TensorFlow Lite that a network was made into, measured through its interpreter.

    It is that of the compacted model, where that is smaller. Its inference has rows of the model `deployed`.
    """

    model_config = ConfigDict(extra="forbid")

    bytes: int
    float_bytes: int | None = None
    """The same network as TensorFlow Lite file with float32 weights; None: not known."""
    quality: dict[str, float]
    """`test_<metric>` and `validation_<metric>`, measured outside every window."""
