"""What booking adds to a search: our trials against AutoKeras' own, on the same networks.

    python benchmarks/search_overhead.py [--pairs 8] [--trials 3] [--epochs 2]

It runs random search in the small space for MNIST on made data of the same shape, in CPU seconds of this process,
interleaved. Seed, networks (checked), batches, optimizer and epochs are the same on both sides, with one step per
execution. The ratio is ours over AutoKeras; `aa` is ours over ours. Beside them are the seconds of our trials that are
neither training nor validation: `weigh` is compaction, sizes and latency; `clear` is mostly Keras releasing the trial
before, and booking; `tuner` is the time between trials. The last line is one JSON object.
"""

import argparse
import json
import tempfile
import time
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import autokeras as ak
import keras_tuner
import numpy as np
from _alone import alone
from _pairs import interval, take_turns

from frugalnet import backend, catalogue
from frugalnet.backend import keras
from frugalnet.config.nas import Nas, Weights
from frugalnet.config.recipe import Recipe
from frugalnet.datasets import Data, Part
from frugalnet.energy import Ledger
from frugalnet.energy.meters.estimate import EstimateMeter
from frugalnet.recipes.scaling import scaling_layer
from frugalnet.search.objective import Objective
from frugalnet.search.search import search
from frugalnet.search.trial import Task

SAMPLES, VALIDATION = 25_600, 2_560
SPACE, SEED = "mnist_small", 0
RECIPE = Recipe(batch_size=128, steps_per_execution=1)
TRAINING = {"optimizer": "adam", "learning_rate": 0.001}
"""Hyperparameters of AutoKeras that are fixed here, and registered on both sides, so that both draw the same networks."""


class MadeData(Data):
    """Noise of the shape of MNIST."""

    def __init__(self) -> None:
        super().__init__(folder=Path(), card={"name": "mnist", "task": "classification", "n_classes": 10})
        draw = np.random.default_rng(0)
        for name, count in (("train", SAMPLES), ("validation", VALIDATION)):
            x, y = draw.integers(0, 256, (count, 28, 28), "uint8"), draw.integers(0, 10, count)
            self.__dict__[name] = Part(x, y)


class SameTask(Task):
    """The task with AutoKeras' hyperparameters of training registered first."""

    def build(self, hp: Any) -> keras.Model:
        for name, value in TRAINING.items():
            hp.Fixed(name, value)
        return super().build(hp)


@keras.saving.register_keras_serializable(package="benchmark")
class SpaceBlock(ak.Block):
    """The space as a block of AutoKeras."""

    def build(self, hp: Any, inputs: Any = None) -> Any:
        x = scaling_layer("unit", np.zeros(0))(keras.tree.flatten(inputs)[0])
        return catalogue.resolve(catalogue.SPACES[SPACE].builder)(hp, x)


@dataclass
class Sides:
    """The searches that are compared; each returns its CPU seconds, and keeps the networks that it tried."""

    data: Data
    nas: Nas
    ledger: Ledger | None = None
    tried: Any = None

    def ours(self) -> float:
        """Search with booked trials."""
        task = SameTask(self.data, SPACE, self.nas, RECIPE, SEED, Objective(Weights(), None, 1))
        start_s = time.process_time()
        with tempfile.TemporaryDirectory() as folder, Ledger([EstimateMeter(10, 65)]) as self.ledger:
            found = search(task, self.ledger, Path(folder))
        cpu_s = time.process_time() - start_s
        self._check([list(json.loads(trial.hyperparameters).values()) for trial in found.trials])
        return cpu_s

    def autokeras(self) -> float:
        """Search with AutoKeras alone."""
        fixed = keras_tuner.HyperParameters()
        for name, value in TRAINING.items():
            fixed.Fixed(name, value)
        start_s = time.process_time()
        with tempfile.TemporaryDirectory() as folder:
            inputs = ak.Input()
            outputs = ak.ClassificationHead(num_classes=10, metrics=["accuracy"], dropout=0.0)(SpaceBlock()(inputs))
            model = ak.AutoModel(
                inputs,
                outputs,
                directory=folder,
                max_trials=self.nas.trials,
                tuner=self.nas.tuner,
                objective=keras_tuner.Objective("val_accuracy", "max"),
                seed=SEED + 1,
                hyperparameters=fixed,
            )
            model.fit(
                self.data.train.x,
                self.data.train.y,
                validation_data=(self.data.validation.x, self.data.validation.y),
                batch_size=RECIPE.batch_size,
                epochs=self.nas.epochs,
                callbacks=[keras.callbacks.EarlyStopping(patience=self.nas.patience)],
                verbose=0,
            )
        cpu_s = time.process_time() - start_s
        trials = sorted(model.tuner.oracle.trials.items())
        self._check([list(trial.hyperparameters.values.values()) for _, trial in trials])
        return cpu_s

    def _check(self, tried: list[list[Any]]) -> None:
        self.tried = self.tried or tried
        assert tried == self.tried, f"other networks were tried: {tried} and {self.tried}"


def rest_of_trials(ledger: Ledger, epochs: int) -> dict[str, float]:
    """Return the mean seconds of a trial outside of its epochs, by what they are spent on."""
    spent_s = {window.name: window.duration_s for window in ledger.windows}
    trials = [name for name in spent_s if name.rpartition("/")[0] == "run/search"]

    def mean_s(parts: Sequence[str]) -> float:
        return sum(spent_s[f"{trial}{part}"] for trial in trials for part in parts) / len(trials)

    whole_s, train_s = mean_s([""]), mean_s(["/train"])
    inside_s = mean_s([f"/train/epoch{number}" for number in range(1, epochs + 1)])
    parts = {"build": mean_s(["/build"]), "weigh": mean_s(["/weigh"]), "compile": train_s - inside_s}
    parts["clear"] = whole_s - train_s - parts["build"] - parts["weigh"]
    parts["tuner"] = spent_s["run/search"] / len(trials) - whole_s
    return {"trial_s": whole_s, "first_step_s": mean_s(["/train/epoch1/first_step"])} | {
        f"{name}_s": value for name, value in parts.items()
    }


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--pairs", type=int, default=8, help="rounds of ours, the others, ours (default 8)")
    parser.add_argument("--trials", type=int, default=3, help="networks that a search tries (default 3)")
    parser.add_argument("--epochs", type=int, default=2, help="epochs of a trial (default 2)")
    options = parser.parse_args()
    alone()
    backend.configure(threads=2, seed=0)
    nas = Nas(tuner="random", trials=options.trials, epochs=options.epochs, patience=options.epochs)
    sides = Sides(MadeData(), nas)
    for side in (sides.ours, sides.autokeras):
        side()  # work that is done only once per process
    own, costs = take_turns(sides.ours, {"autokeras": sides.autokeras}, options.pairs)
    found = interval(own.mean(1) / costs["autokeras"], "ratio") | interval(own[:, 1] / own[:, 0], "aa")
    found |= {"pairs": options.pairs, "search_cpu_s": float(np.median(own))}
    assert sides.ledger
    print(json.dumps(found | rest_of_trials(sides.ledger, options.epochs)))
