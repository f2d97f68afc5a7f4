"""How runs are measured."""

import re
from typing import Annotated, Literal
from urllib.parse import urlsplit

from pydantic import AfterValidator, Field, model_validator

from frugalnet import catalogue
from frugalnet.config.section import TINY, Section, WrongValueError, anything

WORKFLOW_KEYS = ("order_seed", "warm")
"""Keys that decide when and where a run is done, not what it does: rows of the run sheet leave them out."""

ADDRESS = re.compile(r"(?=[!-~]+\Z)https?://[^@/?#\\]+([/?#].*)?", re.IGNORECASE)
HOST = re.compile(r"[a-z0-9_-]+(\.[a-z0-9_-]+)*\.?|[0-9a-f:.]+:[0-9a-f:.]*(%[a-z0-9]+)?")


def _address(written: str) -> str:
    try:
        parts = urlsplit(written)
        host, port = parts.hostname or "", parts.port
    except ValueError:  # an unclosed bracket or an invalid port
        host, port = "", None
    if not (ADDRESS.fullmatch(written) and HOST.fullmatch(host)) or port == 0:
        raise ValueError("expected an address without a password, as in http://192.168.0.9/rpc/Switch.GetStatus?id=0")
    return written


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

    threads: int = Field(2, ge=1, le=1024)
    """Threads of TensorFlow's pools, whatever `--cores` says."""
    meters: Annotated[str, AfterValidator(_meters)] = "auto"
    """Sources of energy readings: `nvml`, `rapl`, `plug`, `estimate`, `replay`, or several of them (`nvml+rapl`); `none`; or `auto`: every meter that measures (the plug only if `measure.plug` is set), and `estimate` if they read neither the CPU, nor the whole machine, nor the GPU that does the work."""
    sampling_hz: float = Field(10, ge=0.01, le=100)
    """Readings per second of the timeline."""
    plug: Annotated[str, AfterValidator(_address)] | None = anything("uri")
    """Address at which a wall plug reports its power, for example `http://192.168.0.9/rpc/Switch.GetStatus?id=0` (Shelly; `docs/energy.md` lists others). The plug must feed the measuring machine and nothing else."""
    calibration: str | None = anything("path")
    """File that `frugalnet probe --against plug` wrote on this machine. It gives the relative error of the meters; energies are not corrected by it."""
    replay: str | None = anything("path")
    """Recorded timeline that the meter `replay` plays: `timeline.parquet` of a run, the same table as CSV, or a log of nvidia-smi."""
    cpu_idle_w: float = Field(10, ge=0, le=100_000)
    """Assumption of `estimate`: power of the idle processor package, in watts."""
    cpu_tdp_w: float = Field(65, ge=0.01, le=100_000)
    """Assumption of `estimate`: power of the processor package with all cores busy, in watts."""
    idle_s: float = Field(5, ge=0, le=3600)
    """Seconds of each idle phase, in which the idle power of the devices is measured: without a context, with one before the run, and with one after it."""
    cool_down_s: float = Field(0, ge=0, le=86_400)
    """Longest wait in seconds before a run until temperature and power of the devices are near the idle values of the probe; 0: do not wait."""
    warm_up_s: float = Field(0, ge=0, le=3600)
    """Seconds of matrix products before a run, so that it does not start on a cold device."""
    order_seed: int | None = Field(0, ge=0, lt=2**32)
    """Seed of the shuffled order in which the runs of one seed are measured, so that methods interleave; null: the order of the run sheet."""
    warm: bool = True
    """Fork the runs on this machine from one process that has imported TensorFlow; false: each run imports it again. Results are the same."""
    inference_s: float = Field(10, ge=0.001, le=86_400)
    """Longest time in seconds for which inference of each model (as it is, compacted, the baseline's) is repeated, all batch sizes together; a measurement that this limit ends is flagged `resolution_limited`."""
    latency_precision: float = Field(0.02, ge=TINY, lt=1)
    """Goal of the inference measurement: relative half-width of the 95 % intervals of median latencies and of their ratios to the baseline's, and relative error of the energy that comes from the edges."""
    inference_batch: int = Field(256, ge=1, le=10**7)
    """Large batch size of the inference measurement; the small one is 1. The memory of activations and of a training step is given for this batch size too."""
    memory: Literal["all", "baseline", "none"] = "all"
    """Runs whose peak memory in inference and training is measured. It takes some seconds, in a separate process for the model and another one for the compacted model. `baseline`: those of the method `baseline` alone, in a study that compares others with it."""

    @model_validator(mode="after")
    def _fits(self) -> "Measure":
        if self.cpu_tdp_w < self.cpu_idle_w:
            key = self.written("cpu_tdp_w", "cpu_idle_w")
            raise WrongValueError(
                key,
                getattr(self, key),
                f"cpu_tdp_w {self.cpu_tdp_w} is below cpu_idle_w {self.cpu_idle_w}; expected at least that",
            )
        if ("replay" in self.meters.split("+")) != (self.replay is not None):
            key = "meters" if self.replay is None else "replay"
            raise WrongValueError(
                key, getattr(self, key), "meters names replay and replay names its file: expected both or neither"
            )
        if "plug" in self.meters.split("+") and self.plug is None:
            key = self.written("plug", "meters")
            raise WrongValueError(key, getattr(self, key), "meters names plug; expected its address in plug")
        return self
