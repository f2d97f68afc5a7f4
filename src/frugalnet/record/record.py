"""What a measured run leaves in its raw folder: `record.json`, read, written and checked."""

import json
import math
from pathlib import Path
from typing import Annotated, Any, Literal

from pydantic import BaseModel, ConfigDict, Field

from frugalnet import catalogue
from frugalnet.config.carbon import Carbon
from frugalnet.config.run import Run
from frugalnet.errors import FrugalNetError
from frugalnet.files import replacing
from frugalnet.record.paths import RECORD
from frugalnet.record.reading import read_model
from frugalnet.record.seal import digest_of
from frugalnet.record.shapes import Card, Machine, Software


class Part(BaseModel):
    """A part of the record: closed, so that a record of another version is refused rather than half understood."""

    model_config = ConfigDict(extra="forbid")


class Parent(Part):
    """The run that this one started from, or was measured beside, and its model."""

    id: str
    model_sha256: str


class WindowEntry(Part):
    """A window of the ledger on one device; `energy_uj` = the `energy_uj` of the windows inside on the same device + `gap_uj`.

    Uncertainties are 1 sigma. None: not known; a flag `unknown: ...` then says why.
    """

    name: str
    parent: str | None
    device: str | None
    scope: str | None
    start_s: float
    end_s: float
    energy_uj: int | None
    gap_uj: int | None
    energy_net_uj: int | None
    """Without the power of the idle device with its context alive."""
    u_stat_j: float | None
    """Statistical uncertainty of the net energy: edges, sampling, idle power; of the gross one where the net is not known."""
    u_idle_j: float | None
    """The part of it that is of the idle power, which the gross energy does not have: one error, common to all windows."""
    u_sys_j: float | None
    """Systematic uncertainty of the net energy: `gain` times it; of the gross energy where the net is not known.

    In records without `gain` it is always of the gross energy.
    """
    gain: float | None = None
    """Relative systematic uncertainty of the sensor: one error in all windows of the device."""
    counted: bool = True
    """Whether totals have it in them; False for a GPU that did no work in the process that measured it."""
    source: str | None
    flags: list[str]
    """What disturbed the window, or why its energy is not known."""
    cpu_s: float | None = None
    """CPU seconds of the run's processes, the same for every device; None in records of before they were noted."""
    started: str | None = None
    """Of a root: when it began, UTC, ISO 8601."""


class DeviceEntry(Part):
    """A device that was read, how its numbers are known, and its idle power around the run."""

    device: str
    meter: str
    model: str | None
    scope: str
    source: str
    tick_s: float
    """Period at which its counter is renewed; 0: a reading is of its moment."""
    averaging_s: float = 0.0
    """Its energy is integrated from power that is a mean over so many seconds; 0: of the moment, or it is counted."""
    gain: float | None
    """Relative systematic uncertainty, 1 sigma."""
    gain_source: str | None
    assumptions: dict[str, Any]
    readings: int
    idle_no_context_w: float | None
    idle_before_w: float | None
    """With the context alive, before the run."""
    idle_after_w: float | None
    lost: str | None
    """Why there were no more readings at the end."""
    worked: bool | None = None
    """Of a GPU, whether it did any work in the run; None: not known. Of several, those that did none are in no total."""


class Total(Part):
    """Energy of the whole run over the devices of a scope that count; uncertainties are those of the net energy."""

    name: str = "run"
    scope: str
    source: str | None = None
    energy_uj: int | None = None
    energy_net_uj: int | None = None
    u_stat_j: float | None = None
    u_sys_j: float | None = None
    co2e_g: float | None = None
    """Gross energy times the configured intensity and PUE; None without an intensity, or where `co2e_reason` says why."""
    co2e_reason: str | None = None


class Conditions(Part):
    """What was done so that the run starts like the others."""

    cool_down_s: float = 0.0
    """Seconds that were waited."""
    cooled: bool | None = None
    """Whether temperature and power were near idle then; None where it was not asked for, or cannot be known."""
    warm_up_s: float = 0.0


class Energy(Part):
    """Where the energies of the record come from, and the totals of the run."""

    scope: str | None = None
    """Devices that the tables' totals are over: `gpu`, `cpu`, `gpu+cpu`, or `machine`, where nothing else was read of the
    work; GPUs that did no work are left out."""
    source: str | None = None
    """How those totals are known: as firmly as their weakest part."""
    reason: str | None = None
    """Why there is no energy."""
    devices: list[DeviceEntry] = []
    probed: bool = False
    """Whether the probe is of this machine: if not, its gains and idle powers were not used."""
    missing: dict[str, str] = {}
    """Meters that `auto` tried, and why they are not there."""
    totals: list[Total] = []
    conditions: Conditions = Conditions()
    carbon: Carbon = Carbon()


class Model(Part):
    """Cost of the saved model, as it is and compacted (`frugalnet.measure.cost`); None: not known.

    Its fields but `sha256` are columns of the tables, in this order; `analysis.dictionary` says what they mean.
    """

    parameters: int
    parameters_nonzero: int
    parameters_compacted: int | None = None
    model_bytes: int
    gzip_bytes: int | None = None
    compacted_bytes: int | None = None
    gzip_bytes_compacted: int | None = None
    tflite_bytes: int | None = None
    tflite_bytes_compacted: int | None = None
    tflite_int8_bytes: int | None = None
    tflite_int8_bytes_compacted: int | None = None
    macs: int | None = None
    macs_nonzero: int | None = None
    macs_compacted: int | None = None
    weight_bytes: int | None = None
    weight_bytes_compacted: int | None = None
    activation_bytes: int | None = None
    activation_bytes_compacted: int | None = None
    activation_batch: int | None = None
    host_peak_inference_mib: float | None = None
    host_peak_inference_mib_compacted: float | None = None
    host_peak_training_mib: float | None = None
    host_peak_training_mib_compacted: float | None = None
    host_runtime_mib: float | None = None
    device_peak_inference_mib: float | None = None
    device_peak_inference_mib_compacted: float | None = None
    device_peak_training_mib: float | None = None
    device_peak_training_mib_compacted: float | None = None
    compaction_error: float | None = None
    sha256: str


COST = tuple(name for name in Model.model_fields if name != "sha256")
"""Columns that a model's cost has in the tables."""
COUNTS = tuple(name for name in COST if Model.model_fields[name].annotation in (int, int | None))
"""Those of them that are whole numbers."""


class Inference(Part):
    """Inference of a model at one batch size, in turn with a reference in the ledger's window `window`; None: not known.

    Energies are those of a sample, in joules, over the devices that the run's totals are over.
    """

    model: Literal["masked", "compacted", "reference"] = "masked"
    """The model as it is, its compacted twin, which is measured where it is smaller, or the baseline's compacted model."""
    window: str
    batch_size: int
    batches: int
    blocks: int = 1
    """Stretches that they were done in, in turn with those of the other models."""
    latency_ms: float
    """Median over the batches."""
    latency_iqr_ms: float
    latency_p90_ms: float | None = None
    latency_p99_ms: float | None = None
    latency_low_ms: float | None = None
    """Lower end of the 95 % interval of the median, over blocks; None for too few of them."""
    latency_high_ms: float | None = None
    throughput_per_s: float
    energy_j: float | None = None
    energy_net_j: float | None = None
    """Without the power of the idle device with its context alive."""
    energy_u_j: float | None = None
    """Standard error of `energy_j` over blocks."""
    latency_ratio: float | None = None
    """Time of a batch over that of the reference, by lower quartiles of blocks that were measured in turn, with its 95 % interval."""
    latency_ratio_low: float | None = None
    latency_ratio_high: float | None = None
    energy_ratio: float | None = None
    """The same of the gross energy."""
    energy_ratio_low: float | None = None
    energy_ratio_high: float | None = None
    same_operations: bool | None = None
    """Whether the reference does the same operations on the same shapes."""
    flags: list[str] = []
    """`resolution_limited`: the time was up before intervals and energy were as narrow as `measure.latency_precision`."""


class Record(Part):
    """All that is known of a run."""

    run: Run
    status: Literal["complete", "failed"]
    error: str | None = None
    started: str
    """UTC, ISO 8601."""
    parents: list[Parent]
    reference: Parent | None = None
    """The run beside whose compacted model inference was measured; None: beside a copy of its own, or none."""
    teacher: Parent | None = None
    """The run whose predictions were in the targets, where that is not the parent."""
    data: Card
    """Card of the prepared dataset: source, level, sizes, files with checksums."""
    quality: dict[str, float] = {}
    """`test_<metric>`, `validation_<metric>`, `train_...` of the final model, measured outside every window."""
    model: Model | None = None
    inference: list[Inference] = []
    energy: Energy
    windows: list[WindowEntry]
    machine: Machine
    software: Software
    kept: list[str] = []
    """Of a try that failed: windows of the trials that the next try goes on with, and counts."""
    files: dict[Annotated[str, Field(pattern=r"^\w[\w.-]*$")], str] = {}
    """sha256 of the other files in the folder."""
    sha256: str | None = None
    """sha256 of the record itself, without this field; None in records of before there was one."""

    def write(self, folder: Path) -> None:
        """Write `record.json` with its checksum into the folder, in one piece.

        Of a try that failed, numbers that are not finite are written as not known: what else was measured is not to be lost.
        """
        values = self.model_dump(mode="json", exclude={"sha256"})
        values = values if self.status in FINISHED else _finite(values)
        with replacing(folder / RECORD) as new:
            new.write_text(json.dumps(values | {"sha256": digest_of(values)}, indent=1, allow_nan=False) + "\n")


FINISHED = ("complete",)
"""Statuses of records that tables are made of."""


def _finite(value: Any) -> Any:
    """Return values with None for each number that is not finite."""
    if isinstance(value, dict):
        return {key: _finite(each) for key, each in value.items()}
    if isinstance(value, list):
        return [_finite(each) for each in value]
    return None if isinstance(value, float) and not math.isfinite(value) else value


def read_record(path: Path) -> Record:
    """Return the record in a file; raises FrugalNetError for one that is torn or of another layout."""
    what, then = "a record of this version of FrugalNet", "delete its folder to make the run anew"
    found = read_model(Record, path, what, then)
    if wrong := _wrong(found, found.run):
        raise FrugalNetError(f"{path}: not {what} ({wrong}); {then}")
    return found


def _wrong(found: Record, run: Run) -> str | None:
    """Return in words that a run is of what this version does not know, or a finished one without what tables need."""
    names = ((run.study, catalogue.STUDIES), (run.dataset, catalogue.DATASETS), (run.method, catalogue.METHODS))
    if unknown := [name for name, known in names if name not in known]:
        return f"{', '.join(unknown)}: not in the catalogue"
    wanted = {f"{part}_{catalogue.DATASETS[run.dataset].metric}" for part in ("test", "validation")}
    if found.status in FINISHED and (found.model is None or wanted - found.quality.keys()):
        return f"a finished run without its model, or one of {', '.join(sorted(wanted))}"
    return None
