"""Execute one measured run: the only place that knows what a run does from start to end."""

import logging
import math
import shutil
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
from frugalnet.ending import leave, leave_failed, publish
from frugalnet.energy import Ledger, open_meters
from frugalnet.energy.conditions import cool_down
from frugalnet.energy.per_epoch import with_readings
from frugalnet.energy.statement import windows_of
from frugalnet.errors import DivergedError, FrugalNetError, RefusedError, WithoutModelError
from frugalnet.files import digest, hold_lock
from frugalnet.jobs.job import undisturbed
from frugalnet.measure.costs import compaction, save
from frugalnet.measure.deployed import deployed, save_deployed
from frugalnet.measure.inference import inference, rows
from frugalnet.measure.reference import copied, reference_of
from frugalnet.measure.size import TFLiteBytes
from frugalnet.methods import Job
from frugalnet.recipes.checks import as_told, data_for
from frugalnet.recipes.devices import first_devices
from frugalnet.recipes.test_time import served
from frugalnet.recipes.training import evaluate, scores_of
from frugalnet.recipes.weights import file_of
from frugalnet.record import paths, record
from frugalnet.record.chosen import read_chosen
from frugalnet.record.machine import is_same, machine
from frugalnet.record.probe import Probe
from frugalnet.record.rows import READINGS, Epoch, Trial, write_csv
from frugalnet.record.run_log import check_list, log_run, write_parameters
from frugalnet.record.scores import write_scores
from frugalnet.record.seal import is_as_written
from frugalnet.search.kept import SEARCH

log = logging.getLogger(__name__)

NOTHING_MEASURED: dict[str, Any] = {"probed": False, "missing": {}, "conditions": record.Conditions()}
"""What the record says about the meters of a run that measures nothing."""
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
    chosen: Path | None = None


def inputs_of(named: Mapping[str, Any]) -> Inputs:
    """Return the inputs of a job of the workflow from its named input files."""
    parent, teacher, reference = (named.get(name) for name in ("parent", "teacher", "reference"))
    return Inputs(
        data=Path(named["data"]).parent,
        parent=Path(parent).parent if parent else None,
        teacher=Path(teacher).parent if teacher else None,
        reference=Path(reference) if reference else None,
        trials=[Path(path) for path in named.get("trials", ())],
        chosen=Path(named["chosen"]) if "chosen" in named else None,
    )


def execute(run: Run, inputs: Inputs, probe: Probe | None, carbon: Carbon, study_folder: Path) -> None:
    """Do the run and leave its files in `<study_folder>/raw/<run id>/`, the record last.

    A run that diverges, for which memory is too small, or which needs the model of such a run, is finished too, without
    a model. Until then all files are in `work/<run id>/`. When the run fails, what was measured is moved to
    `failed/<run id>/<n>/` and the error is raised on.
    """
    if carbon.hourly:
        read_hours(carbon.hourly)  # now, so that a bad file does not cost a measured run
    if run.factors or inputs.chosen:
        check_list(study_folder / paths.RUNS)
    work = paths.work(study_folder, run.id)
    with hold_lock(work.with_suffix(".lock"), f"another process is doing the run {run.id}", PATIENCE_S):
        made = work / "made"
        shutil.rmtree(made, ignore_errors=True)
        made.mkdir(parents=True)
        raw = paths.raw(study_folder, run.id)
        if not raw.exists():  # what is beside it is of a result that this one replaces
            shutil.rmtree(raw.parent, ignore_errors=True)
        needed = _needed(inputs)
        asked, chosen = run, read_chosen(inputs.chosen).get(run.variant) if inputs.chosen else None
        run = asked if chosen is None else chosen.applied(asked)
        data, refused = _data(run, inputs.data)
        found = lacking(run, needed) or refused
        weights = file_of(run.recipe.weights, run.network)
        ledger, energy = (Ledger([]), NOTHING_MEASURED) if found else open_ledger(run.measure, probe)
        parent, reference = needed.get("parent"), needed.get("reference")
        about = {
            "run": asked,
            "chosen": chosen,
            "started": datetime.now(UTC).isoformat(timespec="seconds"),
            "parents": [_named(parent)] if parent else [],
            "reference": _named(reference) if reference and reference.model else None,
            "teacher": _named(needed.get("teacher")),
            "resolved": run.resolved | {"because": run.because} if run.resolved else {},
            "weights_sha256": digest(weights) if weights else None,
            "data": data.card,
            "energy": energy | {"carbon": carbon},
        }
        try:
            found = found or _found(run, data, inputs, ledger, work, made)
            with undisturbed():
                if run.factors:
                    write_parameters(run, made / paths.PARAMETERS)
                done = leave(made, ledger, about, found.pop("windows", []), found)
                if run.factors:
                    log_run(done, study_folder / paths.RUNS)
                publish(made, raw.parent)  # last: after an error the joules of a run that is there would count twice
        except BaseException as error:
            with undisturbed():
                shutil.rmtree(made, ignore_errors=True)  # makes room for the record on a full disk
                leave_failed(error, ledger, about, work, paths.failed(study_folder, run.id))
            raise
        shutil.rmtree(work)


def _data(run: Run, folder: Path) -> tuple[Data, dict[str, Any] | None]:
    """Return a run's data, and what the record says of a run that cannot be done here, if it stands for levels of factors.

    Raises FrugalNetError where any other run cannot be done.
    """
    try:
        return start(run, folder), _without_choice(run)
    except RefusedError as error:
        if not run.factors:
            raise
        log.warning("%s The run is finished without a model", error)
        return datasets.load(folder, run.dataset), {"status": error.status, "error": str(error)}


def _without_choice(run: Run) -> dict[str, Any] | None:
    """Return what the record says of a run whose recipe is chosen from results, if there are none."""
    if not catalogue.METHODS[run.method].chosen or run.factors:
        return None
    return {"status": RefusedError.status, "error": "no run of the study has a result to choose a recipe by"}


def start(run: Run, data_folder: Path) -> Data:
    """Fix threads and seeds, and return the run's data; raises FrugalNetError for a recipe that cannot be used here."""
    backend.configure(run.measure.threads, run.seed)
    if run.recipe.devices > 1:
        first_devices(run.recipe.devices)
    data = data_for(run, datasets.load(data_folder, run.dataset))
    if said := as_told(run):
        log.info("%s", said)
    return data


def open_ledger(measure: Measure, probe: Probe | None) -> tuple[Ledger, dict[str, Any]]:
    """Return a ledger on the configured meters, once devices have cooled down, and what the record says about it."""
    probed = probe.meters if probe and is_same(probe.machine, machine()) else []
    meters, missing = open_meters(measure, backend.on_gpu(), probed)
    conditions = cool_down(meters, probed, measure.cool_down_s)
    conditions.warm_up_s = measure.warm_up_s
    wake = partial(backend.warm_up, measure.warm_up_s)
    ledger = Ledger(meters, measure.sampling_hz, measure.idle_s, backend.synchronize, wake)
    return ledger, {"probed": bool(probed), "missing": missing, "conditions": conditions}


def _needed(inputs: Inputs) -> dict[str, record.Record]:
    """Return the checked records of the runs that a run needs, by what they are to it."""
    folders = {"parent": inputs.parent, "teacher": inputs.teacher}
    folders["reference"] = inputs.reference.parent if inputs.reference else None
    return {role: _checked(folder) for role, folder in folders.items() if folder}


def lacking(run: Run, needed: Mapping[str, record.Record]) -> dict[str, Any] | None:
    """Return what the record says of a run that needs the model of a run without one, or its numbers; None for any other."""
    weighted = run.nas is not None and any(run.nas.weights.model_dump().values())
    for role, found in needed.items():
        if found.status in record.WITHOUT_MODEL and (role != "reference" or weighted):
            error = f"its {role} {found.run.id} {record.WITHOUT_MODEL[found.status]}"
            log.info("%s: finished without a model", error)
            return {"status": found.status, "error": error}
    return None


def _found(run: Run, data: Data, inputs: Inputs, ledger: Ledger, work: Path, made: Path) -> dict[str, Any]:
    """Return what the record says about a run, also about one that diverged or for which memory was too small.

    The latter leaves the rows of its epochs and trials, and no model.
    """
    epochs: list[Epoch] = []
    try:
        with backend.keeping_epochs(epochs):
            return _measure(run, data, inputs, ledger, work, made, epochs)
    except WithoutModelError as error:
        log.warning("%s The run is finished without a model; what it took is in its record", error)
        shutil.rmtree(made)
        made.mkdir()
        trials: list[Trial] = []
        windows: list[record.WindowEntry] = []
        if run.nas:
            from frugalnet.search.search import so_far  # imports AutoKeras, which other methods do without

            trials, windows = so_far(run, ledger, work / SEARCH, inputs.trials)
        if error.rows:
            _write_epochs(run, error.rows, ledger, made / paths.EPOCHS)
        if trials:
            write_csv(trials, made / paths.TRIALS)
        return {"status": error.status, "error": str(error), "windows": windows}


def _measure(
    run: Run, data: Data, inputs: Inputs, ledger: Ledger, work: Path, made: Path, epochs: list[Epoch]
) -> dict[str, Any]:
    """Train and measure inside the ledger, evaluate and save outside of it, and return what the record says about it.

    `epochs` gets the rows of all epochs once the model is trained.
    """
    log.info("seed %d, data level %s, %d training samples", run.seed, data.card["level"], data.card["samples"]["train"])
    with ledger:
        with ledger.window("load"):
            _ = data.train, data.validation  # parts are read at first access: here, not during training
            model, teacher = (
                keras.models.load_model(folder / paths.MODEL, compile=False) if folder else None
                for folder in (inputs.parent, inputs.teacher)
            )
        method = catalogue.resolve(catalogue.METHODS[run.method].function)
        reference = reference_of(inputs.reference)
        result = method(Job(run, data, model, ledger, work, reference, inputs.trials, teacher, inputs.parent))
        epochs += result.epochs
        with ledger.window("inference"):
            with ledger.window("compaction"):
                compacted = compaction(result.model)
            int8, reason = deployed(run.recipe, result.model, compacted, data, run.measure.threads, ledger)
            with ledger.window("reference"):
                beside = reference.model if reference else _copy(run, compacted or result.model)
            final, small, other = served([result.model, compacted, beside], data, run.recipe)
            measured = inference(final, small, other, data.validation.x, run.measure, ledger, int8)
    name = f"test_{catalogue.DATASETS[run.dataset].metric}"
    scores = scores_of(final, data, run.recipe.test_time)
    quality = evaluate(final, data, run.recipe) | {name: float(scores.mean(dtype=float))}
    if not all(map(math.isfinite, quality.values())):
        raise DivergedError(what=f"{quality}; expected finite numbers")
    saved = save(
        result.model,
        made / paths.MODEL,
        batch_size=run.measure.inference_batch,
        samples=data.validation.x,
        memory=run.measure.memory in ("all", run.method),
        compacted=compacted,
        tflite=_tflite_bytes(inputs.parent) if inputs.parent and result.model is model else None,
    )
    _write_epochs(run, result.epochs, ledger, made / paths.EPOCHS)
    write_scores(scores, made / paths.TEST_SCORES)
    if result.trials:
        write_csv(result.trials, made / paths.TRIALS)
    log.info("%s %.4f, %d of %d parameters not zero", name, quality[name], saved.parameters_nonzero, saved.parameters)
    found = {"status": record.COMPLETE, "quality": quality, "model": saved, "windows": result.windows}
    if int8:
        found["deployed"] = save_deployed(int8, data, saved.tflite_bytes_compacted or saved.tflite_bytes, made)
    return found | {"inference": rows(measured, ledger, backend.on_gpu()), "deployed_reason": reason}


def _write_epochs(run: Run, epochs: Sequence[Epoch], ledger: Ledger, path: Path) -> None:
    """Write the log of epochs, with what the meters read if the run stands for levels of factors."""
    if run.factors:
        write_csv(with_readings(epochs, ledger, windows_of(ledger), backend.on_gpu()), path, READINGS)
    else:
        write_csv(epochs, path)


def _copy(run: Run, model: keras.Model) -> keras.Model | None:
    """Return what a run without a reference is measured beside: for the baseline, a copy of its own model.

    A run that stands for levels of factors is no baseline of others.
    """
    return copied(model) if run.method == catalogue.BASELINE and not run.factors else None


def _checked(folder: Path) -> record.Record:
    """Return the record of a run that another one needs; raises FrugalNetError where it, or its model, is not as it was."""
    found = record.read_record(folder / paths.RECORD)
    if not is_as_written(folder / paths.RECORD):
        raise FrugalNetError(
            f"{folder / paths.RECORD}: was edited; delete that folder, and the same command makes the run anew"
        )
    model = folder / paths.MODEL
    if found.model and not (model.exists() and digest(model) == found.model.sha256):
        raise FrugalNetError(
            f"{model}: {'not the model that' if model.exists() else 'is missing, which'} {paths.RECORD} beside it was "
            "written for; delete that folder, and the same command makes the run anew"
        )
    return found


def _named(found: record.Record | None) -> record.Parent | None:
    if found is None:
        return None
    return record.Parent(id=found.run.id, model_sha256=found.model.sha256 if found.model else None)


def _tflite_bytes(parent: Path) -> TFLiteBytes:
    model = record.read_record(parent / paths.RECORD).model
    return (model.tflite_bytes, model.tflite_int8_bytes) if model else (None, None)
