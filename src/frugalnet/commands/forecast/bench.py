"""Short trainings on this machine: the cost of a network's tracing, steps, validation and inference, in a ledger."""

import math
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, NamedTuple

from frugalnet import backend
from frugalnet.backend import keras
from frugalnet.commands.forecast.costs import Cost, extra, total
from frugalnet.commands.forecast.reckoning import Shape, Training
from frugalnet.config.pruning import Pruning
from frugalnet.config.run import Run
from frugalnet.datasets import Data, Part
from frugalnet.energy import Ledger, statement
from frugalnet.measure.costs import compaction
from frugalnet.measure.inference import inference
from frugalnet.measure.operations import macs
from frugalnet.measure.reference import copied
from frugalnet.recipes.training import train

EPOCH_S = 0.3
"""A probed epoch ends after this time, or when it is over."""
VALIDATION = 1024
"""Most samples of the validation part that it uses."""
INFERENCE_S = 1.0
"""Most seconds for which inference of a model is measured; the rest of the time that precision needs is extrapolated."""


@dataclass(frozen=True)
class Excerpt(Data):
    """A dataset with the parts of another one, of whose validation part the first samples."""

    whole: Data

    def _part(self, name: str) -> Part:
        part: Part = getattr(self.whole, name)
        return Part(part.x[:VALIDATION], part.y[:VALIDATION]) if name == "validation" else part


class Short(keras.callbacks.Callback):
    """End the first of three epochs after its first step, and the others after a time or a number of steps.

    `whole` is the number of steps of a whole epoch: Keras counts its last call as a full one.
    """

    def __init__(self, whole: int, most: int | None) -> None:
        super().__init__()
        self.steps: list[int] = []
        self._whole = whole
        self._most = most
        self._start_s = 0.0

    def on_epoch_begin(self, epoch: int, logs: dict[str, Any] | None = None) -> None:
        self.steps.append(0)
        self._start_s = time.monotonic()

    def on_train_batch_end(self, batch: int, logs: dict[str, Any] | None = None) -> None:
        self.steps[-1] = done = min(batch + 1, self._whole)
        enough = done >= self._most if self._most else time.monotonic() - self._start_s >= EPOCH_S
        self.model.stop_training = enough or len(self.steps) == 1

    def on_epoch_end(self, epoch: int, logs: dict[str, Any] | None = None) -> None:
        self.model.stop_training = False  # it was to end the epoch, not the training


class Tried(NamedTuple):
    """A probed network, and its trained models by kind of pruning, `plain` without pruning."""

    shape: Shape
    models: dict[str, keras.Model]


@dataclass(frozen=True)
class Bench:
    """What the networks of a dataset are probed with: one of its runs, the data, and an open ledger."""

    run: Run
    data: Data
    ledger: Ledger

    def cost(self, path: str) -> Cost:
        """Return what a closed window took."""
        windows = statement.windows_of(self.ledger, path)
        scope = statement.scope_of(self.ledger, backend.on_gpu())
        time_s = windows[0].end_s - windows[0].start_s
        return Cost(time_s=time_s, energy_j=statement.energy_j(windows, path, scope))

    @property
    def energy(self) -> str | None:
        """Return source and scope of the energies, as in `estimated, cpu`."""
        found = [each(self.ledger, backend.on_gpu()) for each in (statement.source_of, statement.scope_of)]
        return ", ".join(part for part in found if part) or None

    def timed(self, name: str, work: Callable[[], Any]) -> Cost:
        """Return what some work takes."""
        with self.ledger.window(name) as window:
            work()
        return self.cost(window.name)

    def shape(self, build: Callable[[], keras.Model], prunings: Mapping[str, Pruning] | None = None) -> Tried:
        """Build a network and train it; with prunings, also train it with each of them, and measure inference of all models."""
        with self.ledger.window("build") as window:
            model = build()
        plain = self._training(model)
        found = Shape(build=self.cost(window.name), macs=macs(model).dense, plain=plain)
        if prunings is None:
            return Tried(found, {"plain": model})
        steps = max(1, min(self._epoch_steps, round(EPOCH_S / plain.step.time_s)))
        models, masked = {"plain": model}, {}
        for kind, pruning in prunings.items():
            models[kind] = twin = keras.models.clone_model(model)
            twin.set_weights(model.get_weights())
            trained = self._training(
                twin, pruning, steps
            )  # its own spread means nothing: only the first epoch renews its masks
            masked[kind] = trained.model_copy(update={"spread": plain.spread})
        measured = {kind: self._inference(each) for kind, each in models.items()}
        return Tried(found.model_copy(update={"masked": masked, "inference": measured}), models)

    def _inference(self, model: keras.Model) -> Cost:
        """Return what a run takes to measure inference of a model and of its compacted twin, beside a copy of the model.

        The time that is missing for the precision is extrapolated: intervals narrow with the root of the number of
        batches.
        """
        measure = self.run.measure
        short = measure.model_copy(update={"inference_s": min(INFERENCE_S, measure.inference_s)})
        with self.ledger.window("inference") as window:
            found = inference(model, compaction(model), copied(model), self.data.validation.x, short, self.ledger)
        whole = self.cost(window.name)
        for each in found:
            if not each.turns.enough:
                done, count = self.cost(each.window), len(each.turns.blocks)
                longest_s = measure.inference_s / len(found) * count
                needed_s = done.time_s * (each.turns.half_width / measure.latency_precision) ** 2
                needed_s = max(needed_s, self.ledger.resolvable_s(measure.latency_precision) * count)
                whole += extra(done * (min(needed_s, longest_s) / done.time_s), done)
        return whole

    def _training(self, model: keras.Model, pruning: Pruning | None = None, steps: int | None = None) -> Training:
        """Train for a first step and two short epochs; with pruning, the epochs have `steps` steps, over which the masks grow."""
        short = Short(self._epoch_steps, steps)
        with self.ledger.window("network") as window:
            masks = [self._masking(model, pruning, steps)] if pruning and steps else []
            epochs = train(model, self.data, self.run.recipe, 3, self.ledger, [*masks, short], what="probe")
        costs = [(self.cost(epoch.window), self.cost(f"{epoch.window}/validation")) for epoch in epochs[1:]]
        counts = short.steps[1:]
        stepping = [epoch - validation for epoch, validation in costs]
        step = total(stepping) * (1 / sum(counts))
        validation = total(part for _, part in costs) * (1 / len(costs))
        slow, fast = (part.time_s / count for part, count in zip(stepping, counts, strict=True))
        samples = self.data.card["samples"]["validation"]
        return Training(
            fixed=self.cost(window.name) - step * sum(short.steps) - validation * len(epochs),
            step=step,
            validation=validation * (samples / min(samples, VALIDATION)),
            spread=abs(slow - fast) / (slow + fast),
        )

    def _masking(self, model: keras.Model, pruning: Pruning, steps: int) -> keras.callbacks.Callback:
        from frugalnet.pruning.masks import Masking
        from frugalnet.pruning.scores import candidates

        return Masking(candidates(model, pruning), pruning, self.run.recipe.steps_per_execution + 2 * steps)

    @property
    def _epoch_steps(self) -> int:
        return math.ceil(len(self.data.train.x) / self.run.recipe.batch_size)
