"""What a run will take, computed from what its parts took in a probe: pure functions, without TensorFlow.

What a method does follows from its entry in the catalogue. A method without a parent, or with new weights, trains for
the epochs of the recipe. One that reads `pruning` also trains for the epochs of that section, with masks if it has
kinds of pruning or searches. One that reads `nas` does its trials first. The networks that a search finds are not known
beforehand: some of its space stand for them.
"""

import math
from itertools import chain
from statistics import stdev
from typing import NamedTuple

from pydantic import Field

from frugalnet import catalogue
from frugalnet.commands.forecast.costs import NOTHING, Cost, Part, end, extra, mean, total, waiting
from frugalnet.config.run import Run

SETTLED = 1.2
"""Length of an idle bracket with the wait before it, relative to the configured length (see energy/ledger.py)."""
BRACKETS = 3


class Training(Part):
    """What training a network takes."""

    fixed: Cost
    """Once: tracing, copies of the data, the first masks."""
    step: Cost
    validation: Cost
    """Of one epoch."""
    spread: float = 0.0
    """By how much the probed epochs differ, as a fraction of their mean."""

    def of(self, epochs: int, steps: int, sign: int = 0) -> Cost:
        """Return the cost of epochs of `steps` steps; `sign` is -1 or 1 for the lower or upper end of the likely range."""
        return self.fixed + (self.step * steps + self.validation) * (epochs * (1 + sign * self.spread))

    def times(self, ratio: float, least: "Training") -> "Training":
        """Return training with `ratio` times the operations; the part that the least network takes too does not grow."""
        step, validation = (
            own + extra(own, below) * (ratio - 1)
            for own, below in ((self.step, least.step), (self.validation, least.validation))
        )
        return self.model_copy(update={"step": step, "validation": validation})

    def like(self, plain: "Training", masked: "Training") -> "Training":
        """Return this training with masks, assuming that they change it as they changed another network's."""
        ratio = masked.step.time_s / plain.step.time_s
        fixed = self.fixed + masked.fixed - plain.fixed
        return Training(fixed=fixed, step=self.step * ratio, validation=self.validation, spread=self.spread)


class Shape(Part):
    """A probed network; keys of `masked` are kinds of pruning, those of `inference` also `plain`."""

    build: Cost
    macs: int | None
    plain: Training
    masked: dict[str, Training] = Field({})
    inference: dict[str, Cost] = Field({})

    def with_macs(self, macs: int, least: Training) -> "Shape":
        """Return a network like this one with other multiply-accumulates, which is not probed itself."""
        ratio = macs / self.macs if self.macs else 1.0
        masked = {kind: training.times(ratio, least) for kind, training in self.masked.items()}
        return self.model_copy(update={"macs": macs, "plain": self.plain.times(ratio, least), "masked": masked})


class Family(Part):
    """Networks that stand for those that a method may train, by rising multiply-accumulates, each with equal weight.

    The one in the middle is probed with masks and in inference too, for all of them. Without a search there is one
    network.
    """

    candidates: list[Shape]
    too_large: float = 0.0
    """Part of the trials whose network is above a limit, and is built only."""
    weighing: Cost = NOTHING
    """What follows the training of a trial."""

    @property
    def typical(self) -> Shape:
        """Return the network in the middle."""
        return self.candidates[len(self.candidates) // 2]


class Probed(Part):
    """What was found for a dataset on this machine."""

    samples: dict[str, int]
    """Number of samples of each part."""
    energy: str | None
    """How the energies are known, and of which devices; None: not at all."""
    start_s: float
    """From the start of a process until its run begins."""
    first: Cost
    """What the first training of a process takes more than the others."""
    load: Cost
    reload: Cost
    """Reading the parent's model."""
    pruning: Cost
    """Importing what prunes."""
    searching: Cost
    """Importing what searches, after that."""
    families: dict[str, Family]
    """By the methods that choose the network: `baseline`, searches, and controls with a shape of their own."""
    save_s: float
    """Saving and weighing a model after the run, per model."""
    tflite_s: float
    """Its sizes in TFLite, which a model that is trained on has of its parent."""
    peaks_s: float
    """The process that measures peaks of memory, per model."""


class Reckoned(NamedTuple):
    """What a run is expected to take, and the ends of the likely range."""

    low: Cost
    expected: Cost
    high: Cost


def reckon(run: Run, probed: Probed) -> Reckoned:
    """Return what a run will take.

    The range is from the cheapest to the most expensive network that it may train, and includes the spread of probed
    epochs.
    """
    family = _family(run, probed)
    ends = [[_cost(run, probed, shape, sign) for shape in family.candidates] for sign in (-1, 0, 1)]
    low, expected, high = end(min, ends[0]), mean(ends[1]), end(max, ends[2])
    if run.nas:
        trials, uncertain = _trials(run, probed)
        low, expected, high = low + trials * (1 - uncertain), expected + trials, high + trials * (1 + uncertain)
    return Reckoned(low, expected, high)


def chooser(method: str) -> str:
    """Return the method that chooses the network that a method trains: itself, or the root of its parents."""
    entry = catalogue.METHODS[method]
    return method if entry.parent is None or entry.new_weights else chooser(entry.parent)


def _family(run: Run, probed: Probed) -> Family:
    """Return the networks that a run may train: those of its method, or of a method like it, or else the baseline's."""
    entry = catalogue.METHODS[run.method]
    like = [chooser(method) for method in (run.method, entry.parent, entry.control_of) if method]
    return next(probed.families[method] for method in [*like, "baseline"] if method in probed.families)


def _cost(run: Run, probed: Probed, shape: Shape, sign: int) -> Cost:
    """Return the cost of a run that trains a network of some shape, without the trials of a search."""
    entry = catalogue.METHODS[run.method]
    steps = math.ceil(probed.samples["train"] / run.recipe.batch_size)
    kind = _kind(run)
    anew = entry.parent is None or entry.new_weights
    plain = masked = 0
    if anew:
        plain = run.recipe.epochs
    if run.pruning and kind == "plain":
        plain += run.pruning.epochs
    elif run.pruning:
        masked = run.pruning.epochs
    parts = [_around(run, probed, kind), probed.first, probed.load, _inference(shape, run, probed, kind)]
    parts += [shape.build] if anew else []
    parts += [probed.reload] if entry.parent else []
    parts += [shape.plain.of(plain, steps, sign)] if plain else []
    if masked:
        parts += [probed.pruning, _masked(shape, run, probed, kind).of(masked, steps, sign)]
    if run.pruning and run.pruning.distillation:
        parts += [shape.plain.validation * (probed.samples["train"] / probed.samples["validation"])]
    parts += [_evaluation(shape, probed)]
    return total(parts)


def _kind(run: Run) -> str:
    """Return the kind of pruning that a run does, `plain` for none."""
    entry = catalogue.METHODS[run.method]
    if run.pruning is None or run.pruning.sparsity == 0:
        return "plain"
    if entry.new_weights or not entry.granularities:
        return "unit" if "pruning.ramp" in entry.reads else "plain"  # a search chose the sparsity
    return run.pruning.granularity


def _masked(shape: Shape, run: Run, probed: Probed, kind: str) -> Training:
    """Return training with masks; those slow it down as they slowed the network in the middle, or else the baseline's.

    A kind that was not probed takes as long as one that was.
    """
    like = _family(run, probed).typical
    like = like if kind in like.masked else probed.families["baseline"].typical
    masked = like.masked.get(kind) or next(iter(like.masked.values()))
    return masked if shape is like else shape.plain.like(like.plain, masked)


def _inference(shape: Shape, run: Run, probed: Probed, kind: str) -> Cost:
    tried = [each.inference for each in (shape, _family(run, probed).typical, probed.families["baseline"].typical)]
    masked = [cost for costs in tried for other, cost in costs.items() if "plain" not in (kind, other)]
    return next(chain((costs[kind] for costs in tried if kind in costs), masked))


def _around(run: Run, probed: Probed, kind: str) -> Cost:
    """Return the cost outside of the windows: the process, idle brackets, saving the model and finding its costs."""
    measure = run.measure
    brackets_s = 0.0 if measure.meters == "none" else BRACKETS * SETTLED * measure.idle_s
    models = 1 if kind == "plain" else 2  # the compacted one
    saving_s = models * (probed.save_s + (probed.peaks_s if measure.memory in ("all", run.method) else 0))
    entry = catalogue.METHODS[run.method]
    sizes = models - (entry.parent is not None and not entry.new_weights)
    return waiting(probed.start_s + brackets_s + measure.warm_up_s + saving_s + sizes * probed.tflite_s)


def _evaluation(shape: Shape, probed: Probed) -> Cost:
    """Return the evaluation on all parts, after the run."""
    return waiting(shape.plain.validation.time_s * sum(probed.samples.values()) / probed.samples["validation"])


def _trials(run: Run, probed: Probed) -> tuple[Cost, float]:
    """Return the cost of a run's trials and its relative uncertainty (2 sigma), from the probed candidates."""
    assert run.nas
    family, nas = _family(run, probed), run.nas
    steps = math.ceil(probed.samples["train"] / run.recipe.batch_size)
    trainings = [_masked(each, run, probed, "unit") if run.pruning else each.plain for each in family.candidates]
    builds = [each.build for each in family.candidates]
    each = [
        build + training.of(nas.epochs, steps) + family.weighing
        for build, training in zip(builds, trainings, strict=True)
    ]
    done = nas.trials * (1 - family.too_large)
    cost = mean(each) * done + mean(builds) * (nas.trials - done)
    cost += probed.searching + (NOTHING if run.pruning else probed.pruning)
    if nas.jobs:
        cost += (waiting(probed.start_s) + probed.load) * nas.trials
    times_s = [trial.time_s for trial in each]
    spread = stdev(times_s) / mean(each).time_s if len(each) > 1 else 0.0
    return cost, min(1.0, 2 * spread / math.sqrt(nas.trials))
