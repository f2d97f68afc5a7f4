"""What the parts of a dataset's runs take on this machine, found by doing each of them once, briefly.

A quick probe trains the network of the baseline and two of each space, and prunes the first with one kind alone.
Searches of one space share its networks, and the networks of the controls are estimated from the baseline's by their
multiply-accumulates.
"""

import logging
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import partial
from importlib import import_module
from itertools import pairwise
from pathlib import Path
from typing import Any

from frugalnet import catalogue, networks
from frugalnet.backend import keras
from frugalnet.beginning import open_ledger, start
from frugalnet.commands.forecast.bench import Bench, Excerpt, Tried
from frugalnet.commands.forecast.costs import extra
from frugalnet.commands.forecast.reckoning import Family, Probed, Training, chooser
from frugalnet.config.pruning import Pruning
from frugalnet.config.run import Run
from frugalnet.files import scratch
from frugalnet.measure.costs import compaction, save
from frugalnet.measure.inference import latency_beside
from frugalnet.measure.operations import macs
from frugalnet.measure.peaks import peaks
from frugalnet.measure.samples import rows
from frugalnet.measure.size import count_parameters, save_without_optimizer, tflite_bytes
from frugalnet.methods import Job
from frugalnet.methods.baseline import network_of
from frugalnet.networks.widths import scaled
from frugalnet.recipes.precision import precision
from frugalnet.recipes.resize import resized
from frugalnet.recipes.scaling import scaling_layer
from frugalnet.record import paths
from frugalnet.search.pruned import SPARSITIES

log = logging.getLogger(__name__)

UNDISTURBED = {"idle_s": 0.0, "cool_down_s": 0.0, "warm_up_s": 0.0}
PROBING = "probing the network of %s"
"""Line in the log for each method that chooses its network (`reckoning.chooser`)."""


Searched = dict[str, tuple[list[Tried], float]]
"""Probed networks of searches, and the fraction of proposals above a limit, by the names of method and space."""


def nothing() -> None:
    """Do nothing, so that the job takes only what starting a job takes."""


def probe_dataset(runs: list[dict[str, Any]], data: str, start_s: float, quick: bool) -> dict[str, Any]:
    """Return what the parts of a dataset's runs take, as `Probed`; `start_s` is what starting a job takes."""
    logging.getLogger("frugalnet.recipes.callbacks").setLevel(
        logging.WARNING
    )  # lines for each epoch are of no use here
    sheet = [Run.model_validate(run) for run in runs]
    run = with_even_steps(sheet[0])
    whole = start(run, Path(data))
    ledger, _ = open_ledger(run.measure.model_copy(update=UNDISTURBED), None)
    bench = Bench(run, Excerpt(whole.folder, whole.card, whole), ledger)
    with ledger:
        parts, model = Probing(bench, sheet, quick).parts()
    return Probed.model_validate(parts | _saving(bench, model) | {"start_s": start_s}).model_dump()


def with_even_steps(run: Run) -> Run:
    """Return a run without the parts of its recipe that need the whole training, and hardly change what a step takes."""
    even = {"schedule": "constant", "early_stopping": None, "batch_growth": None, "layer_groups": None}
    return run.model_copy(update={"recipe": run.recipe.model_copy(update=even)})


@dataclass(frozen=True)
class Probing:
    """The probe of a dataset; `sheet` has its runs."""

    bench: Bench
    sheet: Sequence[Run]
    quick: bool

    def parts(self) -> tuple[dict[str, Any], keras.Model]:
        """Return what the windows of runs take, and the baseline's unpruned model."""
        bench = self.bench
        load = bench.timed("load", lambda: (bench.data.train, bench.data.validation))
        first, least = (bench.shape(self._least).shape.plain for _ in range(2))
        pruning = bench.timed("pruning", lambda: import_module("frugalnet.methods.pruning"))
        log.info(PROBING, "baseline")
        baseline = bench.shape(self._network, self._prunings("baseline"))
        model = baseline.models["plain"]
        with scratch() as folder:
            path = folder / paths.MODEL
            save_without_optimizer(model, path)
            reload = bench.timed("reload", lambda: keras.models.load_model(path, compile=False))
        searching = bench.timed("searching", lambda: import_module("frugalnet.methods.nas"))
        families = {"baseline": Family(candidates=[baseline.shape])}
        searched: Searched = {}
        for run in {run.method: run for run in self.sheet if run.nas}.values():
            log.info(PROBING, run.method)
            families[run.method] = self._search(run, searched)
        return {
            "samples": bench.data.card["samples"],
            "energy": bench.energy,
            "first": extra(first.fixed, least.fixed),
            "load": load,
            "reload": reload,
            "pruning": pruning,
            "searching": searching,
            "families": families | self._controls(baseline, searched, least),
        }, model

    def _network(self) -> keras.Model:
        """Return the network of the baseline."""
        return network_of(Job(self.bench.run, self.bench.data, None, self.bench.ledger, Path()))

    def _least(self) -> keras.Model:
        """Return a network of the output layer alone: its cost is part of every network's, whatever the operations."""
        x, n_classes, recipe = self.bench.data.train.x, self.bench.data.n_classes, self.bench.run.recipe
        with precision(recipe.precision):
            return networks.assemble(
                lambda features, output: output(keras.layers.Flatten()(features)),
                scaling_layer(recipe.scaling, x),
                x.shape[1:],
                x.dtype.name,
                n_classes,
                "least",
                partial(resized, resize=recipe.resize),
            )

    def _prunings(self, family: str) -> dict[str, Pruning]:
        """Return the first pruning of each kind with which the networks that a method chooses are trained."""
        found: dict[str, Pruning] = {}
        for run in self.sheet:
            if run.pruning and run.pruning.sparsity and chooser(run.method) == family:
                if run.nas:
                    typical = {"granularity": "unit", "exclude": (), "sparsity": SPARSITIES[0], "initial_sparsity": 0.0}
                    found.setdefault("unit", Pruning.model_validate(run.pruning.model_dump() | typical))
                elif catalogue.METHODS[run.method].granularities:
                    found.setdefault(run.pruning.granularity, run.pruning)
        if self.quick:  # units first: the control needs the shape that is left without them
            return {kind: found[kind] for kind in sorted(found, key=lambda kind: kind != "unit")[:1]}
        return found

    def _search(self, run: Run, searched: Searched) -> Family:
        """Return what the trials of a search take, and keep its networks by the names of method and space."""
        from frugalnet.commands.forecast.candidates import FEW, PROBED, proposed, search_task

        bench = self.bench
        task = search_task(run, bench.data)
        tried, too_large = searched.get(task.space, ([], 0.0)) if self.quick else ([], 0.0)
        if not tried:
            chosen, too_large = proposed(task, FEW if self.quick else PROBED)
            prunings = {} if self.quick else self._prunings(run.method)
            middle = len(chosen) // 2
            tried = [
                bench.shape(partial(task.build, hp), prunings if number == middle else None)
                for number, hp in enumerate(chosen)
            ]
        searched[run.method] = searched[task.space] = (tried, too_large)
        models = _middle(tried).models
        kind = "unit" if "unit" in models else "plain"
        weighing = bench.timed("weigh", partial(self._weigh, models[kind], kind != "plain"))
        return Family(candidates=[each.shape for each in tried], too_large=too_large, weighing=weighing)

    def _weigh(self, model: keras.Model, pruned: bool) -> None:
        """Do what a trial does after its training."""
        small = (compaction(model) if pruned else model) or model
        macs(small)
        latency_beside(small, model, self.bench.data.validation.x)

    def _controls(self, baseline: Tried, searched: Searched, least: Training) -> dict[str, Family]:
        """Return the networks that controls train from new weights, in a shape given by another method."""
        methods = {run.method for run in self.sheet}
        builds: dict[str, Callable[[], keras.Model]] = {}
        if "scratch" in methods and (pruned := baseline.models.get("unit")) is not None:
            builds["scratch"] = lambda: keras.models.clone_model(compaction(pruned) or pruned)
        if "width_scaled" in methods and "nas" in searched:
            parameters = count_parameters(_middle(searched["nas"][0]).models["plain"])
            builds["width_scaled"] = lambda: scaled(self._network(), parameters)
        found = {}
        for method, build in builds.items():
            log.info(PROBING, method)
            size = macs(build()).dense if self.quick else None
            shape = self.bench.shape(build, {}).shape if size is None else baseline.shape.with_macs(size, least)
            found[method] = Family(candidates=[shape])
        return found


def _middle(tried: Sequence[Tried]) -> Tried:
    return tried[len(tried) // 2]


def _saving(bench: Bench, model: keras.Model) -> dict[str, float]:
    """Return the seconds of saving a model with all its costs but TFLite sizes and memory peaks, and the seconds of these two."""
    measure, x = bench.run.measure, bench.data.validation.x
    with scratch() as folder:
        path = folder / paths.MODEL
        edges_s = [time.monotonic()]
        sizes = tflite_bytes(model)
        edges_s.append(time.monotonic())
        about = {"batch_size": measure.inference_batch, "samples": x, "memory": False, "compacted": model}
        save(model, path, tflite=sizes, **about)
        edges_s.append(time.monotonic())
        if measure.memory != "none":
            peaks(model, path, rows([x], measure.inference_batch))
        edges_s.append(time.monotonic())
    return dict(zip(("tflite_s", "save_s", "peaks_s"), (end - begin for begin, end in pairwise(edges_s)), strict=True))
