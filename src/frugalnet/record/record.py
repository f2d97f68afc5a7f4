"""The record of a measured run: `record.json`, read, written and checked."""

import json
from pathlib import Path
from typing import Annotated, Any, Literal

from pydantic import BaseModel, ConfigDict, Field

from frugalnet import catalogue
from frugalnet.config.carbon import Carbon
from frugalnet.config.recipe import Recipe
from frugalnet.config.run import Run
from frugalnet.errors import FrugalNetError
from frugalnet.files import replacing
from frugalnet.record.inference import Deployed as Deployed
from frugalnet.record.inference import Inference as Inference
from frugalnet.record.paths import RECORD
from frugalnet.record.reading import read_model
from frugalnet.record.seal import digest_of, finite
from frugalnet.record.shapes import Card, Machine, Software


class Part(BaseModel):
    """A part of the record: closed, so that a record of another version is refused and not half understood."""

    model_config = ConfigDict(extra="forbid")


class Parent(Part):
    """Another run that this one needed, as parent, reference or teacher, and the digest of its model; None: it has none."""

    id: str
    model_sha256: str | None


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
    """Energy minus the idle device's energy in the same time, with its context alive."""
    u_stat_j: float | None
    """Statistical uncertainty of the net energy from edges, sampling and idle power; of the gross energy if the net is not known."""
    u_idle_j: float | None
    """The part of `u_stat_j` that comes from the idle power: one error, common to all windows; the gross energy does not have it."""
    u_sys_j: float | None
    """Systematic uncertainty of the net energy: `gain` times it; of the gross energy if the net is not known, or `gain` is None."""
    gain: float | None = None
    """Relative systematic uncertainty of the sensor: one error, common to all windows of the device."""
    counted: bool = True
    """Whether totals include the window; False for a GPU that did no work in the process that measured it."""
    source: str | None
    flags: list[str]
    """What disturbed the window, or why its energy is not known."""
    cpu_s: float | None = None
    """CPU seconds of the run's processes, the same for every device; None in records of earlier versions."""
    started: str | None = None
    """When a root window began, UTC, ISO 8601; None for the others."""


class DeviceEntry(Part):
    """A device that was read, the source of its numbers, and its idle power around the run."""

    device: str
    meter: str
    model: str | None
    scope: str
    source: str
    tick_s: float
    """Period at which its counter is renewed; 0: readings are instantaneous."""
    averaging_s: float = 0.0
    """Seconds over which each power reading is a mean, where energy is integrated from power; 0: instantaneous, or a counter."""
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
    """Why the readings stopped before the end."""
    worked: bool | None = None
    """Whether a GPU did any work in the run; None: not known. Totals leave out GPUs that did none, if another one may have."""


class Total(Part):
    """Energy of the whole run, summed over the counted devices of a scope; uncertainties refer to the net energy."""

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
    """What was done before the run so that all runs start under the same conditions."""

    cool_down_s: float = 0.0
    """Seconds of waiting."""
    cooled: bool | None = None
    """Whether temperature and power were then near idle; None if that was not asked for or is not known."""
    warm_up_s: float = 0.0


class Energy(Part):
    """Where the energies of the record come from, and the totals of the run."""

    scope: str | None = None
    """Devices in the totals of the tables: `gpu`, `cpu`, `gpu+cpu`, or `machine` if no other meter read the work; GPUs that did
    no work are left out."""
    source: str | None = None
    """Source of those totals: that of their weakest part."""
    reason: str | None = None
    """Why there is no energy."""
    devices: list[DeviceEntry] = []
    probed: bool = False
    """Whether the probe was made on this machine; if not, its gains and idle powers were not used."""
    missing: dict[str, str] = {}
    """Meters that `auto` tried, and why they are missing."""
    totals: list[Total] = []
    conditions: Conditions = Conditions()
    carbon: Carbon = Carbon()


class Model(Part):
    """Cost of the saved model, as it is and compacted (`frugalnet.measure.cost`); None: not known.

    All fields except `sha256` are columns of the tables, in this order; `analysis.dictionary` describes them.
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
"""Columns of a model's cost in the tables."""
COUNTS = tuple(name for name in COST if Model.model_fields[name].annotation in (int, int | None))
"""The columns among them that hold whole numbers."""


class Memory(Part):
    """Largest memory of the run's process while its method worked, TensorFlow and the data in it; None: not known."""

    host_peak_mib: float | None
    """Resident memory."""
    device_peak_mib: float | None
    """What TensorFlow held on a GPU; None without one."""


class Chosen(Part):
    """The recipe that a run has because of the results of others, and why it was chosen."""

    recipe: Recipe
    resolved: dict[str, Any] = {}
    factors: dict[str, str]
    part_versions: dict[str, int] = {}
    """Versions of the other recipe parts that it uses; version 1 is left out."""
    of: str | None
    """Variant that had this recipe; None: it was combined."""
    because: str

    def applied(self, run: Run) -> Run:
        """Return a row of a run sheet with this recipe."""
        own = {"resolved": self.resolved, "factors": self.factors, "part_versions": self.part_versions}
        return run.with_recipe(self.recipe, **own)


class Record(Part):
    """Everything that is known of a run."""

    run: Run
    """The row of the run sheet."""
    status: Literal["complete", "diverged", "out_of_memory", "refused", "failed"]
    error: str | None = None
    started: str
    """UTC, ISO 8601."""
    parents: list[Parent]
    reference: Parent | None = None
    """The run whose compacted model was measured in turn at inference; None: a copy of this run's own model, or nothing."""
    teacher: Parent | None = None
    """The run whose predictions were part of the targets, if it is not the parent."""
    resolved: dict[str, Any] = {}
    """Values of the recipe that are not as asked for, and `because` of what."""
    chosen: Chosen | None = None
    """What the run does in place of the recipe in its row, if its method has a chosen one."""
    weights_sha256: str | None = None
    """sha256 of the file of weights that the network started from, if the recipe names one."""
    data: Card
    """Card of the prepared dataset: source, level, sizes, files with checksums."""
    quality: dict[str, float] = {}
    """`test_<metric>`, `validation_<metric>`, `train_...` of the final model, measured outside every window."""
    model: Model | None = None
    memory: Memory | None = None
    """None in records of earlier versions, and of runs without a model."""
    inference: list[Inference] = []
    deployed: Deployed | None = None
    """The int8 file of a recipe that rounds to int8 (`internal`); None: there is none, `deployed_reason` says why."""
    deployed_reason: str | None = None
    energy: Energy
    windows: list[WindowEntry]
    machine: Machine
    software: Software
    kept: list[str] = []
    """Windows of a failed try's trials that the next try goes on with, and therefore counts."""
    files: dict[Annotated[str, Field(pattern=r"^\w[\w.-]*$")], str] = {}
    """sha256 of the other files in the folder."""
    sha256: str | None = None
    """sha256 of the record itself without this field; None in records of earlier versions."""

    @property
    def done(self) -> Run:
        """Return the row of the run with the recipe that it had."""
        return self.run if self.chosen is None else self.chosen.applied(self.run)

    def write(self, folder: Path) -> None:
        """Write `record.json` with its checksum into the folder, in one piece.

        In the record of a run without a model, numbers that are not finite become None, so that the others are not lost.
        """
        values = self.model_dump(mode="json", exclude={"sha256"})
        values = values if self.status == COMPLETE else finite(values)
        with replacing(folder / RECORD) as new:
            new.write_text(json.dumps(values | {"sha256": digest_of(values)}, indent=1, allow_nan=False) + "\n")


COMPLETE = "complete"
WITHOUT_MODEL = {"diverged": "diverged", "out_of_memory": "ran out of memory", "refused": "proved impossible"}
"""Statuses of finished runs that got no model, or that need a run that got none; in words."""
FINISHED = (COMPLETE, *WITHOUT_MODEL)
"""Statuses of records that tables are made of; comparisons are made of complete runs alone."""


def read_record(path: Path) -> Record:
    """Return the record in a file; raises FrugalNetError for one that is torn or of another layout."""
    what, then = "a record of this version of FrugalNet", "delete its folder to make the run anew"
    found = read_model(Record, path, what, then)
    if wrong := _wrong(found, found.run):
        raise FrugalNetError(f"{path}: not {what} ({wrong}); {then}")
    return found


def _wrong(found: Record, run: Run) -> str | None:
    """Return why this version cannot use a record: unknown names, or a finished run without what the tables need."""
    names = ((run.study, catalogue.STUDIES), (run.dataset, catalogue.DATASETS), (run.method, catalogue.METHODS))
    if unknown := [name for name, known in names if name not in known]:
        return f"{', '.join(unknown)}: not in the catalogue"
    wanted = {f"{part}_{catalogue.DATASETS[run.dataset].metric}" for part in ("test", "validation")}
    if found.status == COMPLETE and (found.model is None or wanted - found.quality.keys()):
        return f"a complete run without its model, or one of {', '.join(sorted(wanted))}"
    if found.status in WITHOUT_MODEL and (found.model or found.quality or found.inference or not found.error):
        return f"a run that is {found.status}, but with a model, its quality or its inference, or without an error"
    return None
