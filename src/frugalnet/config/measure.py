"""How runs are measured."""

import re
from typing import Annotated, Literal
from urllib.parse import urlsplit

from pydantic import AfterValidator, Field, model_validator

from frugalnet import catalogue
from frugalnet.config.section import TINY, Section, WrongValueError, anything

WORKFLOW_KEYS = ("order_seed", "warm")
"""Keys that say when and where a run is done, not what: rows of the run sheet are without them."""

ADDRESS = re.compile(r"(?=[!-~]+\Z)https?://[^@/?#\\]+([/?#].*)?", re.IGNORECASE)
HOST = re.compile(r"[a-z0-9_-]+(\.[a-z0-9_-]+)*\.?|[0-9a-f:.]+:[0-9a-f:.]*(%[a-z0-9]+)?")


def _address(written: str) -> str:
    try:
        parts = urlsplit(written)
        host, port = parts.hostname or "", parts.port
    except ValueError:  # brackets that are not closed, or a port that is none
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
    """Sources of energy readings: `nvml`, `rapl`, `plug`, `estimate`, `replay`, or several (`nvml+rapl`); `auto`: all that measure (the plug where `measure.plug` names it), and `estimate` where they read neither the processor that does the work nor the CPU; `none`."""
    sampling_hz: float = Field(10, ge=0.01, le=100)
    """Readings per second of the timeline."""
    plug: Annotated[str, AfterValidator(_address)] | None = anything("uri")
    """Address at which a wall plug tells its power, as `http://192.168.0.9/rpc/Switch.GetStatus?id=0` (the README lists others): the plug of the machine that measures, and of nothing else."""
    calibration: str | None = anything("path")
    """File that `frugalnet probe --against plug` wrote on this machine: it says how far off its meters are. Energies stay as they are read."""
    replay: str | None = anything("path")
    """Recorded timeline that the meter `replay` plays: `timeline.parquet` of a run, the same as csv, or a log of nvidia-smi."""
    cpu_idle_w: float = Field(10, ge=0, le=100_000)
    """Assumption of `estimate`: power of the idle processor package, in watts."""
    cpu_tdp_w: float = Field(65, ge=0.01, le=100_000)
    """Assumption of `estimate`: power of the processor package with all cores busy, in watts."""
    idle_s: float = Field(5, ge=0, le=3600)
    """Seconds for which devices are left alone to measure their idle power: without context, with it before the run, and after the run."""
    cool_down_s: float = Field(0, ge=0, le=86_400)
    """Longest time in seconds to wait before a run until temperature and power of the devices are near what the probe found idle; 0: do not wait."""
    warm_up_s: float = Field(0, ge=0, le=3600)
    """Seconds of matrix products before a run, so that it does not start on a cold device."""
    order_seed: int | None = Field(0, ge=0, lt=2**32)
    """Seed of the order in which the runs of a seed are measured, shuffled so that methods interleave; null: the order of the run sheet."""
    warm: bool = True
    """Whether runs on this machine are forked from a process that has imported TensorFlow once; false: each imports it anew, with the same results."""
    inference_s: float = Field(10, ge=0.001, le=86_400)
    """Seconds for which inference is repeated at most, for each model that is measured in turn (as it is, compacted, the baseline's) and over its batch sizes; what ends so is flagged `resolution_limited`."""
    latency_precision: float = Field(0.02, ge=TINY, lt=1)
    """Relative half width that the 95 % intervals of median latencies and of their ratios to the baseline's are to have, and relative error that edges may put on the energy."""
    inference_batch: int = Field(256, ge=1, le=10**7)
    """Large batch of the inference measurement, and of the memory of activations and of a training step; the small one is 1."""
    memory: Literal["all", "baseline", "none"] = "all"
    """Runs whose peak memory of inference and training is measured, in a process of its own (another for the compacted model) that takes some seconds."""

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
