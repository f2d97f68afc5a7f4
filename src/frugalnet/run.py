"""Execute one measured run: the only place that knows what a run does from start to end."""

import logging
import math
import shutil
import traceback
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import partial
from pathlib import Path
from typing import Any

from frugalnet import backend, catalogue, datasets
from frugalnet.backend import keras
from frugalnet.config.carbon import Carbon
from frugalnet.config.hours import read_hours
from frugalnet.config.measure import Measure
from frugalnet.config.run import Run
from frugalnet.datasets import Data
from frugalnet.energy import Ledger, open_meters, statement
from frugalnet.energy.conditions import cool_down
from frugalnet.errors import FrugalNetError
from frugalnet.files import digest, hold_lock
from frugalnet.jobs.job import undisturbed
from frugalnet.measure.costs import compaction, save
from frugalnet.measure.deployed import deployed, save_deployed
from frugalnet.measure.inference import inference, rows
from frugalnet.measure.reference import Reference, copied
from frugalnet.measure.size import TFLiteBytes
from frugalnet.methods import Job
from frugalnet.recipes.training import evaluate, scores_of
from frugalnet.record import paths, record
from frugalnet.record.machine import is_same, machine, software
from frugalnet.record.probe import Probe
from frugalnet.record.rows import write_csv
from frugalnet.record.scores import write_scores
from frugalnet.record.seal import is_as_written
from frugalnet.search.kept import SEARCH, TRIALS, handed_on

log = logging.getLogger(__name__)

PATIENCE_S = 30
"""How long an orphan, which still writes what it measured, is waited for."""


@dataclass(frozen=True)
class Inputs:
    """What a run starts from: folders of its data, parent and teacher, its reference's record, files of trials done by jobs."""

    data: Path
    parent: Path | None = None
    teacher: Path | None = None
    reference: Path | None = None
    trials: Sequence[Path] = ()


def inputs_of(named: Mapping[str, Any]) -> Inputs:
    """Return the inputs of a job of the workflow from its named input files."""
    parent, teacher, reference = (named.get(name) for name in ("parent", "teacher", "reference"))
    return Inputs(
        data=Path(named["data"]).parent,
        parent=Path(parent).parent if parent else None,
        teacher=Path(teacher).parent if teacher else None,
        reference=Path(reference) if reference else None,
        trials=[Path(path) for path in named.get("trials", ())],
    )


def execute(run: Run, inputs: Inputs, probe: Probe | None, carbon: Carbon, study_folder: Path) -> None:
    """Do the run and leave its files in `<study_folder>/raw/<run id>/`, the record last.

    Until then all files are in `work/<run id>/`. When the run fails, what was measured is moved to `failed/<run
    id>/<n>/` and the error is raised on.
    """
    if carbon.hourly:
        read_hours(carbon.hourly)  # now, so that a bad file does not cost a measured run
    work = paths.work(study_folder, run.id)
    with hold_lock(work.with_suffix(".lock"), f"another process is doing the run {run.id}", PATIENCE_S):
        made = work / "made"
        shutil.rmtree(made, ignore_errors=True)
        made.mkdir(parents=True)
        data = start(run, inputs.data)
        parents = [_parent(inputs.parent)] if inputs.parent else []
        ledger, energy = open_ledger(run.measure, probe)
        about = {
            "run": run,
            "started": datetime.now(UTC).isoformat(timespec="seconds"),
            "parents": parents,
            "reference": _parent(inputs.reference.parent) if inputs.reference else None,
            "teacher": _parent(inputs.teacher) if inputs.teacher else None,
            "data": data.card,
            "energy": energy | {"carbon": carbon},
        }
        try:
            found = _measure(run, data, inputs, ledger, work, made)
            with undisturbed():
                _leave(made, ledger, about, found.pop("windows"), found | {"status": "complete"})
                _publish(made, paths.raw(study_folder, run.id).parent)
        except BaseException as error:
            with undisturbed():
                shutil.rmtree(made, ignore_errors=True)  # makes room for the record on a full disk
                _leave_failed(error, ledger, about, work, paths.failed(study_folder, run.id))
            raise
        shutil.rmtree(work)


def start(run: Run, data_folder: Path) -> Data:
    """Fix threads and seeds, and return the run's data."""
    backend.configure(run.measure.threads, run.seed)
    return datasets.load(data_folder, run.dataset)


def open_ledger(measure: Measure, probe: Probe | None) -> tuple[Ledger, dict[str, Any]]:
    """Return a ledger on the configured meters, once devices have cooled down, and what the record says about it."""
    probed = probe.meters if probe and is_same(probe.machine, machine()) else []
    meters, missing = open_meters(measure, backend.on_gpu(), probed)
    conditions = cool_down(meters, probed, measure.cool_down_s)
    conditions.warm_up_s = measure.warm_up_s
    wake = partial(backend.warm_up, measure.warm_up_s)
    ledger = Ledger(meters, measure.sampling_hz, measure.idle_s, backend.synchronize, wake)
    return ledger, {"probed": bool(probed), "missing": missing, "conditions": conditions}


def _measure(run: Run, data: Data, inputs: Inputs, ledger: Ledger, work: Path, made: Path) -> dict[str, Any]:
    """Train and measure inside the ledger, evaluate and save outside of it, and return what the record says about it."""
    log.info("seed %d, data level %s, %d training samples", run.seed, data.card["level"], data.card["samples"]["train"])
    with ledger:
        with ledger.window("load"):
            _ = data.train, data.validation  # parts are read at first access: here, not during training
            model, teacher = (
                keras.models.load_model(folder / paths.MODEL, compile=False) if folder else None
                for folder in (inputs.parent, inputs.teacher)
            )
        method = catalogue.resolve(catalogue.METHODS[run.method].function)
        reference = Reference(inputs.reference) if inputs.reference else None
        result = method(Job(run, data, model, ledger, work, reference, inputs.trials, teacher, inputs.parent))
        with ledger.window("inference"):
            with ledger.window("compaction"):
                compacted = compaction(result.model)
            int8, reason = deployed(run.recipe, result.model, compacted, data, run.measure.threads, ledger)
            with ledger.window("reference"):
                beside = reference.model if reference else _copy(run, compacted or result.model)
            measured = inference(result.model, compacted, beside, data.validation.x, run.measure, ledger, int8)
    name = f"test_{catalogue.DATASETS[run.dataset].metric}"
    scores = scores_of(result.model, data)
    quality = evaluate(result.model, data, run.recipe) | {name: float(scores.mean(dtype=float))}
    if not all(map(math.isfinite, quality.values())):
        raise FrugalNetError(
            f"the training diverged: {quality}; expected finite numbers. Is recipe.learning_rate too high?"
        )
    saved = save(
        result.model,
        made / paths.MODEL,
        batch_size=run.measure.inference_batch,
        samples=data.validation.x,
        memory=run.measure.memory in ("all", run.method),
        compacted=compacted,
        tflite=_tflite_bytes(inputs.parent) if inputs.parent and result.model is model else None,
    )
    write_csv(result.epochs, made / paths.EPOCHS)
    write_scores(scores, made / paths.TEST_SCORES)
    if result.trials:
        write_csv(result.trials, made / paths.TRIALS)
    log.info("%s %.4f, %d of %d parameters not zero", name, quality[name], saved.parameters_nonzero, saved.parameters)
    found = {"quality": quality, "model": saved, "inference": rows(measured, ledger, backend.on_gpu())}
    if int8:
        found["deployed"] = save_deployed(int8, data, saved.tflite_bytes_compacted or saved.tflite_bytes, made)
    return found | {"windows": result.windows, "deployed_reason": reason}


def _copy(run: Run, model: keras.Model) -> keras.Model | None:
    """Return what a run without a reference is measured beside: for the baseline, a copy of its own model."""
    return copied(model) if run.method == catalogue.BASELINE else None


def _leave(
    folder: Path,
    ledger: Ledger,
    about: dict[str, Any],
    others: list[record.WindowEntry],
    found: dict[str, Any],
) -> None:
    """Write the ledger and the record beside what is in the folder already; `others` are windows of other processes."""
    windows = [*statement.windows_of(ledger), *others]
    statement.write(ledger, windows, folder)
    energy = statement.energy_of(ledger, windows, backend.on_gpu(), **about["energy"])
    record.Record(
        **about | found | {"energy": energy, "windows": windows},
        machine=machine(),
        software=software(),
        files={path.name: digest(path) for path in sorted(folder.iterdir())},
    ).write(folder)


def _leave_failed(error: BaseException, ledger: Ledger, about: dict[str, Any], work: Path, tries: Path) -> None:
    """Write what was measured before an error to the folder of failed tries; a second error does not replace the first."""
    written = work / "failed"
    shutil.rmtree(written, ignore_errors=True)
    try:
        written.mkdir(parents=True)
        kept, others = _handed_on(work, ledger)
        _leave(written, ledger, about, others, {"status": "failed", "error": _text(error), "kept": kept})
        tries.mkdir(parents=True, exist_ok=True)
        folder = tries / _next_number(tries)
        written.rename(folder)
    except Exception as second:
        shutil.rmtree(written, ignore_errors=True)
        log.warning("the measurements of the failed run could not be written (%s: %s)", type(second).__name__, second)
    else:
        log.info("failed; what was measured until then is in %s", folder)


def _handed_on(work: Path, ledger: Ledger) -> tuple[list[str], list[record.WindowEntry]]:
    """Return what the next try can go on with; nothing where trials cannot be read."""
    try:
        return handed_on(work / SEARCH / TRIALS, ledger)
    except FrugalNetError as error:
        log.warning("%s", error)
        return [], []


def _publish(made: Path, raw: Path) -> None:
    """Move a finished run's files into its raw folder, the record last: a folder without a record is not finished."""
    shutil.rmtree(raw, ignore_errors=True)
    raw.mkdir(parents=True)
    for path in sorted(made.iterdir(), key=lambda path: path.name == paths.RECORD):
        path.replace(raw / path.name)


def _parent(folder: Path) -> record.Parent:
    found = record.read_record(folder / paths.RECORD)
    if not is_as_written(folder / paths.RECORD):
        raise FrugalNetError(
            f"{folder / paths.RECORD}: was edited; delete that folder, and the same command makes the run anew"
        )
    model_sha256 = digest(folder / paths.MODEL)
    if found.model is None or model_sha256 != found.model.sha256:
        raise FrugalNetError(
            f"{folder / paths.MODEL}: not the model that {paths.RECORD} beside it was written for; "
            "delete that folder, and the same command makes the run anew"
        )
    return record.Parent(id=found.run.id, model_sha256=model_sha256)


def _tflite_bytes(parent: Path) -> TFLiteBytes:
    model = record.read_record(parent / paths.RECORD).model
    return (model.tflite_bytes, model.tflite_int8_bytes) if model else (None, None)


def _next_number(tries: Path) -> str:
    """Return the name of the next try: one more than the largest number that is there."""
    return str(1 + max((int(path.name) for path in tries.iterdir() if path.name.isdecimal()), default=-1))


def _text(error: BaseException) -> str:
    return str(error) if isinstance(error, FrugalNetError) else "".join(traceback.format_exception(error))
