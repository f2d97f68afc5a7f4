"""What the parts of a dataset's runs take on this machine, found by doing each of them once, shortly."""

import logging
import os
import tempfile
import time
from collections.abc import Mapping, Sequence
from functools import partial
from importlib import import_module
from pathlib import Path
from typing import Any

import snakemake.script  # noqa: F401  # as a job of the workflow does before all else

from frugalnet import catalogue
from frugalnet.backend import keras
from frugalnet.commands.forecast.bench import Bench, Excerpt, Tried
from frugalnet.commands.forecast.costs import extra, waiting
from frugalnet.commands.forecast.reckoning import Family, Probed, chooser
from frugalnet.config.pruning import Pruning
from frugalnet.config.run import Run
from frugalnet.jobs.job import SPAWNED_S
from frugalnet.measure.costs import compaction, save
from frugalnet.measure.inference import latency_ms
from frugalnet.measure.operations import macs
from frugalnet.measure.peaks import peaks
from frugalnet.measure.samples import rows
from frugalnet.measure.size import count_parameters, save_without_optimizer
from frugalnet.methods import Job
from frugalnet.methods.baseline import network_of
from frugalnet.networks.widths import scaled
from frugalnet.record import paths
from frugalnet.run import open_ledger, start
from frugalnet.search.pruned import SPARSITIES

log = logging.getLogger(__name__)

UNDISTURBED = {"idle_s": 0.0, "cool_down_s": 0.0, "warm_up_s": 0.0}


def probe_dataset(runs: list[dict[str, Any]], data: str) -> dict[str, Any]:
    """Return what the parts of a dataset's runs take, as `Probed`, in a process that has done nothing else yet."""
    logging.getLogger("frugalnet.recipes.callbacks").setLevel(logging.WARNING)  # lines for each epoch say nothing here
    sheet = [Run.model_validate(run) for run in runs]
    run = sheet[0]
    whole = start(run, Path(data))
    ledger, _ = open_ledger(run.measure.model_copy(update=UNDISTURBED), None)
    bench = Bench(run, Excerpt(whole.folder, whole.card), ledger)
    started_s = time.time() - float(os.environ[SPAWNED_S])
    with ledger:
        found, model = _parts(bench, sheet)
    save_s, peaks_s = _saving(bench, model)
    times = {"start": waiting(started_s), "save_s": save_s, "peaks_s": peaks_s}
    return Probed.model_validate(found | times).model_dump()


def _parts(bench: Bench, sheet: Sequence[Run]) -> tuple[dict[str, Any], keras.Model]:
    """Return what the windows of runs take, and the baseline's model, which is not pruned."""

    def network() -> keras.Model:
        return network_of(Job(bench.run, bench.data, None, bench.ledger, Path()))

    load = bench.timed("load", lambda: (bench.data.train, bench.data.validation))
    log.info("probing the network of the baseline")
    first = bench.shape(network).shape.plain.fixed
    pruning = bench.timed("pruning", lambda: import_module("frugalnet.methods.pruning"))
    baseline = bench.shape(network, _prunings(sheet, "baseline"))
    model = baseline.models["plain"]
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / paths.MODEL
        save_without_optimizer(model, path)
        reload = bench.timed("reload", lambda: keras.models.load_model(path, compile=False))
    searching = bench.timed("searching", lambda: import_module("frugalnet.methods.nas"))
    families, typical = {"baseline": Family(candidates=[baseline.shape])}, {}
    for run in {run.method: run for run in sheet if run.nas}.values():
        families[run.method], typical[run.method] = _search(bench, run, sheet)
    return {
        "samples": bench.data.card["samples"],
        "energy": bench.energy,
        "first": extra(first, baseline.shape.plain.fixed),
        "load": load,
        "reload": reload,
        "pruning": pruning,
        "searching": searching,
        "families": families | _of_controls(bench, sheet, baseline, typical),
    }, model


def _prunings(sheet: Sequence[Run], family: str) -> dict[str, Pruning]:
    """Return the first pruning of each kind that the networks which a method chooses are trained with."""
    found: dict[str, Pruning] = {}
    for run in sheet:
        if run.pruning and run.pruning.sparsity and chooser(run.method) == family:
            if run.nas:
                typical = {"granularity": "unit", "exclude": (), "sparsity": SPARSITIES[0], "initial_sparsity": 0.0}
                found.setdefault("unit", Pruning.model_validate(run.pruning.model_dump() | typical))
            elif catalogue.METHODS[run.method].granularities:
                found.setdefault(run.pruning.granularity, run.pruning)
    return found


def _search(bench: Bench, run: Run, sheet: Sequence[Run]) -> tuple[Family, keras.Model]:
    """Return what the trials of a search take, and a typical network of its space."""
    from frugalnet.commands.forecast.candidates import proposed, search_task

    task = search_task(run, bench.data)
    log.info("building networks that %s may try", run.method)
    chosen, too_large = proposed(task, 1 + max(each.seed for each in sheet))
    log.info("probing %d of them", len(chosen))
    middle, prunings = len(chosen) // 2, _prunings(sheet, run.method)
    tried = [
        bench.shape(partial(task.build, hp), prunings if number == middle else None) for number, hp in enumerate(chosen)
    ]
    models = tried[middle].models
    kind = "unit" if run.pruning else "plain"
    weighing = bench.timed("weigh", partial(_weigh, bench, models[kind], kind != "plain"))
    family = Family(candidates=[each.shape for each in tried], too_large=too_large, weighing=weighing)
    return family, models["plain"]


def _weigh(bench: Bench, model: keras.Model, pruned: bool) -> None:
    """Do what a trial does after its training."""
    small = (compaction(model) if pruned else model) or model
    macs(small)
    latency_ms(small, bench.data.validation.x)


def _of_controls(
    bench: Bench, sheet: Sequence[Run], baseline: Tried, typical: Mapping[str, keras.Model]
) -> dict[str, Family]:
    """Return the networks that controls train from new weights, in a shape that another method gave them."""
    methods = {run.method for run in sheet}
    shapes = {}
    if "scratch" in methods and (pruned := baseline.models.get("unit")) is not None:
        log.info("probing the compacted network")
        shapes["scratch"] = bench.shape(lambda: keras.models.clone_model(compaction(pruned) or pruned), {}).shape
    if "width_scaled" in methods and "nas" in typical:
        log.info("probing the baseline's network with other widths")
        job = Job(bench.run, bench.data, None, bench.ledger, Path())
        parameters = count_parameters(typical["nas"])
        shapes["width_scaled"] = bench.shape(lambda: scaled(network_of(job), parameters), {}).shape
    return {name: Family(candidates=[shape]) for name, shape in shapes.items()}


def _saving(bench: Bench, model: keras.Model) -> tuple[float, float]:
    """Return the seconds that saving a model, with all that is found out about it, takes, and those for its peaks of memory."""
    measure, x = bench.run.measure, bench.data.validation.x
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / paths.MODEL
        start_s = time.monotonic()
        save(model, path, batch_size=measure.inference_batch, samples=x, memory=False, compacted=model)
        saved_s = time.monotonic()
        if measure.memory != "none":
            peaks(model, path, rows([x], measure.inference_batch))
        return saved_s - start_s, time.monotonic() - saved_s
