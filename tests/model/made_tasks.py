"""Searches that take a moment: a space of eight networks, and trainings that only say what they would have given."""

from dataclasses import dataclass, field

from frugalnet import catalogue
from frugalnet.backend import keras
from frugalnet.config.nas import Nas, Weights
from frugalnet.config.recipe import Recipe
from frugalnet.record.rows import Epoch
from frugalnet.search import trial
from frugalnet.search.objective import Costs, Objective
from frugalnet.search.trial import Task
from tests.unit.steady import SteadyMeter

NETWORKS = 8
QUALITIES = {2: 0.5, 4: 0.8, 8: 0.9, 16: 0.91}
"""What trainings that take no time give, by the units of the first layer; a second layer takes 0.1 off."""
BASELINE = Costs(parameters=12_760, macs=12_704, energy=40.0, latency=1.0, energy_kind=("cpu", "measured"))


def tiny(hp, x):
    """Return a layer of 2, 4, 8 or 16 units, and behind it none or one of 2: the space `tiny`.

    On the made digits, networks of one layer have 795 parameters a unit and 10 more, and 794 multiply-accumulates a unit.
    """
    x = keras.layers.Flatten(name="flatten")(x)
    x = keras.layers.Dense(hp.Choice("units", [2, 4, 8, 16]), activation="relu", name="dense1")(x)
    if hp.Choice("layers", [1, 2]) == 2:
        x = keras.layers.Dense(2, activation="relu", name="dense2")(x)
    return x


def add_tiny_space(monkeypatch):
    """Put the space `tiny` into the catalogue."""
    monkeypatch.setitem(catalogue.SPACES, "tiny", catalogue.Space("tests.model.made_tasks:tiny"))


def task_on(data, *, weights=None, reference=None, pruning=None, seed=0, recipe=None, **nas):
    """Return a search in the space `tiny`, at random over 4 trials of an epoch where nothing else is said."""
    sign = 1 if data.n_classes else -1
    chosen = Nas(**{"tuner": "random", "trials": 4, "epochs": 1} | nas)
    objective = Objective(Weights(**(weights or {})), reference, sign)
    recipe = recipe or Recipe(batch_size=16)
    return Task(
        data,
        "tiny",
        chosen,
        recipe,
        seed,
        objective,
        pruning=pruning,
        about=f"{chosen} {recipe} {seed} {objective} {pruning}",
    )


def processor():
    """Return a meter of a processor that draws 30 W all the time."""
    return SteadyMeter(30, "package-0", "cpu")


@dataclass
class Instant:
    """Takes the place of trainings: notes each, opens its windows, and fails where it is told to.

    `qualities` are those of the epochs; None: of one epoch, by the units of the network.
    """

    qualities: list[float] | None = None
    fails: dict[int, BaseException] = field(default_factory=dict)
    """What is raised, by the number of the training."""
    done: list[tuple[int, int, int]] = field(default_factory=list)
    """Parameters, epochs and batch size of each."""
    callbacks: list[keras.callbacks.Callback] = field(default_factory=list)
    """Those of the last one."""

    def __call__(self, model, data, recipe, epochs, ledger, callbacks=(), targets=None, what="train"):
        number = len(self.done)
        self.done.append((model.count_params(), epochs, recipe.batch_size))
        self.callbacks = list(callbacks)
        with ledger.window("train") as train:
            self.during(model)
            if number in self.fails:
                with ledger.window("epoch1"):
                    raise self.fails[number]
            return [self._epoch(train, n, each, ledger) for n, each in enumerate(self.qualities or [told(model)], 1)]

    def during(self, model):
        """Do what a test wants to happen in a training."""

    def _epoch(self, train, number, quality, ledger):
        with ledger.window(f"epoch{number}") as window:
            assert window.name == f"{train.name}/epoch{number}"
        return Epoch(window.name, number, 0.5, quality, 0.5, quality, None)


def told(model):
    """Return the quality that a network is said to have."""
    return QUALITIES[model.get_layer("dense1").units] - 0.1 * (len(model.layers) > 5)


def make_instant(monkeypatch, training=None):
    """Let trials take no time, and return what notes their trainings; build, books and files are the real ones."""
    training = training or Instant()
    add_tiny_space(monkeypatch)
    monkeypatch.setattr(trial, "train", training)
    monkeypatch.setattr(trial, "latency_beside", lambda model, reference, x: (0.5, 0.5))
    monkeypatch.setattr(keras.backend, "clear_session", lambda: None)  # half a second, to free what is small here
    return training
