"""One trial of a search: a network is built, trained and weighed in its own window, which is booked whatever happens."""

import json
import logging
import math
from dataclasses import dataclass
from typing import Any

from autokeras.utils.utils import run_with_adaptive_batch_size

from frugalnet import backend
from frugalnet.backend import keras
from frugalnet.config.nas import Nas
from frugalnet.config.pruning import Pruning
from frugalnet.config.recipe import Recipe
from frugalnet.datasets import Data
from frugalnet.energy import Ledger, statement
from frugalnet.errors import FrugalNetError, OutOfMemoryError, WithoutModelError
from frugalnet.measure.costs import compaction
from frugalnet.measure.inference import latency_beside
from frugalnet.measure.operations import macs
from frugalnet.measure.reference import Reference
from frugalnet.measure.size import count_parameters
from frugalnet.pruning.masks import Masking, steps_of
from frugalnet.pruning.scores import candidates
from frugalnet.recipes.precision import precision
from frugalnet.recipes.scaling import scaling_layer
from frugalnet.recipes.training import train
from frugalnet.record.record import WindowEntry
from frugalnet.record.rows import Epoch, Trial
from frugalnet.search import spaces
from frugalnet.search.kept import KeptTrial
from frugalnet.search.objective import Costs, Objective
from frugalnet.search.pruned import chosen_pruning

log = logging.getLogger(__name__)

SEEDS_PER_SEARCH = 10_000
TOO_LARGE = "too large"
NOT_KNOWN: dict[str, Any] = {
    **dict.fromkeys(("objective", "quality", "latency_ms", "latency_ratio", "train_energy_j", "batch_size", "reason")),
    **dict.fromkeys(("parameters", "parameters_compacted", "macs", "macs_compacted")),
    "epochs": 0,
    "parts": "{}",
}
"""The row of a trial before anything is known of it."""


@dataclass(frozen=True)
class Task:
    """What all trials of a search have in common; `pruning` is None unless they prune, `about` holds all that decides their results.

    Latencies are measured in turn with that of the `reference`.
    """

    data: Data
    space: str
    nas: Nas
    recipe: Recipe
    seed: int
    objective: Objective
    reference: Reference | None = None
    pruning: Pruning | None = None
    about: str = ""

    def build(self, hp: Any) -> keras.Model:
        """Return the network that hyperparameters name, with new weights, for unscaled samples."""
        x = self.data.train.x
        if self.pruning:
            chosen_pruning(hp, self.pruning, self.nas.epochs)  # registers its hyperparameters with the tuner
        with precision(self.recipe.precision):
            scaling = scaling_layer(self.recipe.scaling, x)
            return spaces.build(self.space, hp, scaling, x.shape[1:], x.dtype.name, self.data.n_classes)


def try_network(task: Task, number: int, hp: Any, ledger: Ledger) -> KeptTrial:
    """Train the network of some hyperparameters as the recipe says, and return its row with its windows.

    A trial that fails, for whatever reason, has a row too. It has its own seed, so that no trial depends on those
    before it.
    """
    attempt = _Attempt(task, number, hp, ledger)
    window = ledger.open(f"trial{number}")
    keras.backend.clear_session()
    keras.utils.set_random_seed(SEEDS_PER_SEARCH * task.seed + number)
    try:
        model = attempt.build()
        rows = attempt.train(model)
        attempt.weigh(model, rows)
        attempt.found["status"] = "complete"
    except Exception as error:
        if isinstance(error, WithoutModelError):
            attempt.found["epochs"] = len(error.rows)
        known = isinstance(error, FrugalNetError)
        attempt.found["reason"] = reason = str(error) if known else f"{type(error).__name__}: {error}"
        log.warning("trial %d/%d failed: %s", number + 1, task.nas.trials, reason, exc_info=not known)
    ledger.close(window.name)
    windows = statement.windows_of(ledger, window.name)
    trial = Trial(
        **NOT_KNOWN | attempt.found,
        trial=number,
        winner=False,
        window=window.name,
        duration_s=window.duration_s,
        energy_j=_energy_j(windows, window.name, ledger),
        hyperparameters=json.dumps(hp.values),
    )
    return KeptTrial(trial, windows)


def not_tried(number: int, reason: str) -> KeptTrial:
    """Return a trial that could not begin: it took nothing, and has no windows."""
    row: dict[str, Any] = {"trial": number, "window": f"trial{number}", "duration_s": 0.0, "energy_j": None}
    about = {"status": "failed", "reason": reason, "winner": False, "hyperparameters": "{}"}
    return KeptTrial(Trial(**NOT_KNOWN | row | about), [])


def _energy_j(windows: list[WindowEntry], name: str, ledger: Ledger) -> float | None:
    return statement.energy_j(windows, name, statement.scope_of(ledger, backend.on_gpu()))


class _Attempt:
    """The work of a trial; `found` collects its row."""

    def __init__(self, task: Task, number: int, hp: Any, ledger: Ledger) -> None:
        self.found: dict[str, Any] = {"status": "failed"}
        self._task, self._number, self._hp, self._ledger = task, number, hp, ledger

    def build(self) -> keras.Model:
        """Build the network; raises FrugalNetError for one that is above a limit."""
        with self._ledger.window("build"):
            model = self._task.build(self._hp)
        self.found |= {"parameters": count_parameters(model), "macs": macs(model).dense}
        for name, limit in (("parameters", self._task.nas.max_parameters), ("macs", self._task.nas.max_macs)):
            value = self.found[name]
            if limit is not None and (value is None or value > limit):
                raise FrugalNetError(f"{TOO_LARGE}: {value or 'unknown'} {name}, nas.max_{name} is {limit}")
        return model

    def train(self, model: keras.Model) -> list[Epoch]:
        """Train, with half the batch size each time memory is too small; return a row per epoch of the training that succeeded."""
        task = self._task
        epochs = self._hp.values.get("tuner/epochs", task.nas.epochs)  # set by hyperband
        what = f"trial {self._number + 1}/{task.nas.trials}"

        start = model.get_weights()

        def fit(batch_size: int, validation_data: None) -> list[Epoch]:
            self.found["batch_size"] = batch_size
            model.set_weights(start)  # a failed attempt with a larger batch may have changed them
            # A trial ends early by `nas.patience`, and a smaller batch may not be shared by the devices.
            devices = 1 if batch_size % task.recipe.devices else task.recipe.devices
            own = {"batch_size": batch_size, "early_stopping": None, "devices": devices}
            recipe = task.recipe.model_copy(update=own)
            try:
                return train(model, task.data, recipe, epochs, self._ledger, self._callbacks(model, epochs), what=what)
            except OutOfMemoryError as error:  # AutoKeras halves the batch after the original error alone
                raise error.__cause__ or error from None

        return run_with_adaptive_batch_size(task.recipe.batch_size, fit)

    def _callbacks(self, model: keras.Model, epochs: int) -> list[keras.callbacks.Callback]:
        """Return early stopping or, where trials prune, the masks, which need all of the trial's epochs."""
        if not self._task.pruning:
            return [keras.callbacks.EarlyStopping(patience=self._task.nas.patience)]
        settings = chosen_pruning(self._hp, self._task.pruning, epochs)
        steps = steps_of(settings, len(self._task.data.train.x), self.found["batch_size"])
        return [Masking(candidates(model, settings), settings, steps)] if settings.sparsity else []

    def weigh(self, model: keras.Model, rows: list[Epoch]) -> None:
        """Note quality, costs and objective."""
        sign, found = self._task.objective.sign, self.found
        qualities = [row.validation_quality for row in rows]
        quality = qualities[-1] if self._task.pruning else sign * max(sign * each for each in qualities)
        found["epochs"] = len(rows)
        loss = rows[-1].validation_loss
        if not (math.isfinite(quality) and math.isfinite(loss)):
            raise FrugalNetError(f"the training diverged: the metric is {quality}, the loss {loss}")
        training = rows[0].window.rpartition("/")[0]
        energy_j = _energy_j(statement.windows_of(self._ledger, training), training, self._ledger)
        found |= {"quality": quality, "train_energy_j": energy_j}
        with self._ledger.window("weigh"):
            small = (compaction(model) if self._task.pruning else model) or model
            found |= {"parameters_compacted": count_parameters(small), "macs_compacted": macs(small).dense}
            reference = self._task.reference.model if self._task.reference else None
            latency_ms, latency_ratio = latency_beside(small, reference, self._task.data.validation.x)
            found |= {"latency_ms": latency_ms, "latency_ratio": latency_ratio}
        per_epoch_j = None if energy_j is None else energy_j / len(rows)
        kind = statement.scope_of(self._ledger, backend.on_gpu()), statement.source_of(self._ledger, backend.on_gpu())
        costs = Costs(found["parameters_compacted"], found["macs_compacted"], per_epoch_j, latency_ratio, kind)
        parts = self._task.objective.parts(quality, costs)
        found |= {"objective": sum(parts.values()), "parts": json.dumps(parts)}
