"""Execute one measured run: the only place that knows what a run does from start to end."""

import logging
import math
import shutil
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from functools import partial
from pathlib import Path
from typing import Any

from frugalnet import backend, catalogue
from frugalnet.backend import keras
from frugalnet.beginning import NOTHING_MEASURED, Inputs, data_of, lacking, named, needed_records, open_ledger
from frugalnet.config.carbon import Carbon
from frugalnet.config.hours import read_hours
from frugalnet.config.run import Run
from frugalnet.config.weights import PARENT
from frugalnet.datasets import Data
from frugalnet.ending import leave, leave_failed, publish
from frugalnet.energy import Ledger
from frugalnet.energy.per_epoch import with_readings
from frugalnet.energy.statement import windows_of
from frugalnet.errors import DivergedError, FrugalNetError, WithoutModelError
from frugalnet.files import digest, hold_lock
from frugalnet.jobs.job import undisturbed
from frugalnet.measure import resident
from frugalnet.measure.costs import compaction, save
from frugalnet.measure.deployed import deployed, save_deployed
from frugalnet.measure.inference import inference, rows
from frugalnet.measure.reference import copied, reference_of
from frugalnet.measure.size import TFLiteBytes
from frugalnet.methods import Job
from frugalnet.recipes.test_time import served
from frugalnet.recipes.training import evaluate, scores_of
from frugalnet.recipes.weights import file_of
from frugalnet.record import paths, record
from frugalnet.record.chosen import ChosenRecipes, read_chosen
from frugalnet.record.probe import Probe
from frugalnet.record.rows import READINGS, Epoch, Trial, write_csv
from frugalnet.record.run_log import check_list, log_run, write_parameters
from frugalnet.record.scores import write_scores
from frugalnet.search.kept import SEARCH

log = logging.getLogger(__name__)

PATIENCE_S = 30
"""How long an orphan, which still writes what it measured, is waited for."""


def execute(run: Run, inputs: Inputs, probe: Probe | None, carbon: Carbon, study_folder: Path) -> None:
    """Do the run and leave its files in `<study_folder>/raw/<run id>/`, the record last.

    A run that diverges, for which memory is too small, or which needs the model of such a run, is finished too, without
    a model. Until then all files are in `work/<run id>/`. When the run fails, what was measured is moved to
    `failed/<run id>/<n>/` and the error is raised on.
    """
    if carbon.hourly:
        read_hours(carbon.hourly)  # now, so that a bad file does not cost a measured run
    if is_listed := bool(run.factors or inputs.chosen):
        check_list(study_folder / paths.RUNS)
    work = paths.work(study_folder, run.id)
    with hold_lock(work.with_suffix(".lock"), f"another process is doing the run {run.id}", PATIENCE_S):
        made = work / "made"
        shutil.rmtree(made, ignore_errors=True)
        made.mkdir(parents=True)
        raw = paths.raw(study_folder, run.id)
        if not raw.exists():  # what is beside it is of a result that this one replaces
            shutil.rmtree(raw.parent, ignore_errors=True)
        needed = needed_records(inputs)
        asked, choice = run, read_chosen(inputs.chosen) if inputs.chosen else ChosenRecipes()
        chosen = choice.recipes.get(run.variant)
        run = asked if chosen is None else chosen.applied(asked)
        if run.recipe.weights == PARENT and inputs.parent:
            run = run.with_recipe(run.recipe.model_copy(update={"weights": str(inputs.parent / paths.MODEL)}))
        data, refused = data_of(run, inputs.data)
        found = lacking(run, needed, choice) or refused
        ledger, energy = (Ledger([]), NOTHING_MEASURED) if found else open_ledger(run.measure, probe)
        about = {"run": asked, "chosen": chosen, "data": data.card, "energy": energy | {"carbon": carbon}}
        about |= _origins(run, needed)
        try:
            found = found or _found(run, data, inputs, ledger, work, made)
            with undisturbed():
                if run.factors:
                    write_parameters(run, made / paths.PARAMETERS)
                done = leave(made, ledger, about, found.pop("windows", []), found)
                if is_listed:
                    _list(done, study_folder / paths.RUNS)
                publish(made, raw.parent)  # last: after an error the joules of a run that is there would count twice
        except BaseException as error:
            with undisturbed():
                shutil.rmtree(made, ignore_errors=True)  # makes room for the record on a full disk
                leave_failed(error, ledger, about, work, paths.failed(study_folder, run.id))
            raise
        shutil.rmtree(work)


def _origins(run: Run, needed: Mapping[str, record.Record]) -> dict[str, Any]:
    """Return what the record says of when a run began and what from."""
    weights = file_of(run.recipe.weights, run.network)
    parent, reference = needed.get("parent"), needed.get("reference")
    return {
        "started": datetime.now(UTC).isoformat(timespec="seconds"),
        "parents": [named(parent)] if parent else [],
        "reference": named(reference) if reference and reference.model else None,
        "teacher": named(needed.get("teacher")),
        "resolved": run.resolved | {"because": run.because} if run.resolved else {},
        "weights_sha256": digest(weights) if weights else None,
    }


def _list(done: record.Record, path: Path) -> None:
    """Add a finished run to the list of runs; what is wrong with that file costs no measured run."""
    try:
        log_run(done, path)
    except (FrugalNetError, OSError) as error:
        log.warning("%s: its line is missing in %s (%s)", done.run.id, path, error)


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
        reference = reference_of(inputs.reference)
        job = Job(run, data, model, ledger, work, reference, inputs.trials, teacher, inputs.parent)
        result, memory = resident.with_peaks(partial(catalogue.resolve(catalogue.METHODS[run.method].function), job))
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
    found = {"status": record.COMPLETE, "quality": quality, "model": saved, "windows": result.windows, "memory": memory}
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


def _tflite_bytes(parent: Path) -> TFLiteBytes:
    model = record.read_record(parent / paths.RECORD).model
    return (model.tflite_bytes, model.tflite_int8_bytes) if model else (None, None)
