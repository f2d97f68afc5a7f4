"""What our training costs per image, for several recipes: our `train` in a ledger, against Keras' `fit` on arrays.

    python benchmarks/training_throughput.py [--pairs 5] [--recipe random]

Both sides train the network for CIFAR-10 on made images of its size, two epochs at a time, interleaved, and the second epoch
with its validation counts: the first one holds the tracing. Plain Keras has its defaults, with the augmentations that Keras has
as layers in the model, and mixup and cutmix as a `tf.data` map of its own, as its guides show. Its crop is RandomTranslation:
RandomCrop takes one place for a whole batch, and leaves the padding of validation data as it is. Ratios are plain over ours in
CPU seconds of this process (`ratio`), and ours over plain in images per second (`speed`): above 1 ours is cheaper, or faster.
`aa` is plain over plain. The last line is one JSON object.
"""

import argparse
import json
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

import numpy as np
from _alone import alone
from _pairs import interval, take_turns

from frugalnet import backend, catalogue, networks
from frugalnet.backend import keras, tf
from frugalnet.config.measure import Measure
from frugalnet.config.recipe import Recipe
from frugalnet.datasets import Data, Part
from frugalnet.energy import Ledger, open_meters
from frugalnet.recipes.fit import one_hot
from frugalnet.recipes.precision import precision
from frugalnet.recipes.scaling import scaling_layer
from frugalnet.recipes.training import train

layers = keras.layers

NETWORK, SHAPE, CLASSES = "cifar_cnn", (32, 32, 3), 10
SAMPLES, VALIDATION, BATCH_SIZE, EPOCHS = 4_096, 512, 128, 2
STEPS = EPOCHS * SAMPLES // BATCH_SIZE


@dataclass(frozen=True)
class Case:
    """A recipe, and how a user of plain Keras writes it; `mixing` layers are in the input, `augmenting` ones in the model."""

    recipe: dict[str, Any] = field(default_factory=dict)
    augmenting: Callable[[], list[keras.Layer]] = list
    mixing: Callable[[], keras.Layer] | None = None
    optimizer: Callable[[], keras.Optimizer] = keras.optimizers.Adam
    smoothing: float = 0.0


def random_layers() -> list[keras.Layer]:
    """Return Keras' layers for what `random` does."""
    jitter = {"brightness_factor": 0.1, "contrast_factor": 0.1, "saturation_factor": (0.9 / 1.9, 1.1 / 2.1)}
    return [
        layers.RandomTranslation(4 / SHAPE[0], 4 / SHAPE[1], "constant", "nearest"),
        layers.RandomFlip("horizontal"),
        layers.RandomColorJitter(**jitter),
        layers.RandomErasing((0.25, 0.25), fill_value=0),
    ]


def adamw() -> keras.Optimizer:
    """Return AdamW with a rate that falls as a cosine."""
    return keras.optimizers.AdamW(keras.optimizers.schedules.CosineDecay(0.001, STEPS))


SCHEDULED = {"optimizer": "adamw", "schedule": "cosine", "label_smoothing": 0.1}
CASES = {
    "plain": Case(),
    "adamw_cosine_smoothing": Case(SCHEDULED, optimizer=adamw, smoothing=0.1),
    "random": Case({"augmentation": "random"}, random_layers),
    "mixup": Case({"augmentation": "mixup"}, mixing=lambda: layers.MixUp(0.2)),
    "cutmix": Case({"augmentation": "cutmix"}, mixing=lambda: layers.CutMix((1.0, 1.0))),
    "random_mixup": Case({"augmentation": ["random", "mixup"]}, random_layers, lambda: layers.MixUp(0.2)),
    "mixed_bfloat16": Case({"precision": "mixed_bfloat16"}),
    "jit": Case({"internal": "jit"}),
}


class Clock(keras.callbacks.Callback):
    """Tell the CPU seconds and the seconds from the end of the first epoch to the end of the last one."""

    def on_epoch_end(self, epoch: int, logs: dict[str, Any] | None = None) -> None:
        now = np.array([time.process_time(), time.perf_counter()])
        if epoch == 0:
            self._start = now
        self.spent_s = now - self._start


class MadeData(Data):
    """Made images of CIFAR-10's size, in memory."""

    def __init__(self) -> None:
        card = {"name": "cifar10", "task": "classification", "n_classes": CLASSES}
        super().__init__(folder=None, card=card)  # type: ignore[arg-type]
        draw = np.random.default_rng(0)
        for name, count in {"train": SAMPLES, "validation": VALIDATION}.items():
            self.__dict__[name] = Part(
                draw.integers(0, 256, (count, *SHAPE), "uint8"), draw.integers(0, CLASSES, count)
            )


class Bench:
    """Trainings of one recipe: ours, and plain ones."""

    def __init__(self, case: Case, data: Data) -> None:
        self._case, self._data = case, data
        self._recipe = Recipe(batch_size=BATCH_SIZE, **case.recipe)
        self.speeds: dict[str, list[float]] = {"plain": [], "ours": []}

    def ours(self) -> float:
        """Train as a run does, and return the CPU seconds."""
        with precision(self._recipe.precision):
            x = self._data.train.x
            model = networks.build(NETWORK, scaling_layer("unit", x), SHAPE, "uint8", CLASSES)
        clock = Clock()
        meters, _ = open_meters(Measure(), backend.on_gpu())
        with Ledger(meters, synchronize=backend.synchronize) as ledger:
            train(model, self._data, self._recipe, EPOCHS, ledger, [clock])
        return self._kept("ours", clock)

    def plain(self) -> float:
        """Train with plain Keras, and return the CPU seconds."""
        case, clock, train, validation = self._case, Clock(), self._data.train, self._data.validation
        with precision(self._recipe.precision):
            first = keras.Sequential([*case.augmenting(), layers.Rescaling(1 / 255)])
            builder = catalogue.resolve(catalogue.NETWORKS[NETWORK].builder)
            model = networks.assemble(builder, first, SHAPE, "uint8", CLASSES, NETWORK)
        soft = bool(case.mixing or case.smoothing)
        loss = keras.losses.CategoricalCrossentropy(label_smoothing=case.smoothing) if soft else None
        jit = True if self._recipe.internal == "jit" else "auto"
        model.compile(
            case.optimizer(), loss or "sparse_categorical_crossentropy", metrics=["accuracy"], jit_compile=jit
        )
        y, validation_y = (one_hot(part.y, CLASSES) if soft else part.y for part in (train, validation))
        given = {"x": train.x, "y": y, "batch_size": BATCH_SIZE}
        if case.mixing:
            given = {"x": mixed(train.x, y, case.mixing())}
        model.fit(**given, validation_data=(validation.x, validation_y), epochs=EPOCHS, verbose=0, callbacks=[clock])
        return self._kept("plain", clock)

    def _kept(self, side: str, clock: Clock) -> float:
        cpu_s, wall_s = clock.spent_s
        self.speeds[side].append((EPOCHS - 1) * SAMPLES / wall_s)
        return float(cpu_s)


def mixed(x: np.ndarray, y: np.ndarray, layer: keras.Layer) -> Any:
    """Return the input for a layer that mixes samples, as Keras' guides write it."""

    def mix(images: Any, labels: Any) -> Any:
        found = layer({"images": images, "labels": labels})
        return found["images"], found["labels"]

    shuffled = tf.data.Dataset.from_tensor_slices((x, y)).cache().shuffle(len(x)).batch(BATCH_SIZE)
    return shuffled.map(mix, tf.data.AUTOTUNE).prefetch(tf.data.AUTOTUNE)


def compared(name: str, data: Data, pairs: int) -> dict[str, float]:
    """Return the ratios of one recipe, with their intervals and the images per second of both sides."""
    keras.utils.set_random_seed(0)
    keras.backend.clear_session()
    bench = Bench(CASES[name], data)
    bench.plain(), bench.ours()  # caches of memory and code
    bench.speeds = {"plain": [], "ours": []}
    own, costs = take_turns(bench.plain, {"ours": bench.ours}, pairs)
    plain, ours = np.array(bench.speeds["plain"]).reshape(pairs, 2).mean(1), np.array(bench.speeds["ours"])
    found = interval(own.mean(1) / costs["ours"], "ratio") | interval(own[:, 1] / own[:, 0], "aa")
    found |= interval(ours / plain, "speed")
    images = (EPOCHS - 1) * SAMPLES
    return found | {
        "plain_cpu_us": 1e6 * float(np.median(own)) / images,
        "ours_cpu_us": 1e6 * float(np.median(costs["ours"])) / images,
        "plain_images_per_s": float(np.median(plain)),
        "ours_images_per_s": float(np.median(ours)),
    }


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--pairs", type=int, default=5, help="rounds of plain, ours, plain for each recipe (default 5)")
    parser.add_argument("--recipe", action="append", choices=CASES, help="only this one; may be repeated")
    arguments = parser.parse_args()
    alone()
    backend.configure(threads=2, seed=0)
    data, results = MadeData(), {}
    for name in arguments.recipe or CASES:
        results[name] = compared(name, data, arguments.pairs)
        text = "{ratio_median:.3f} ({ratio_low:.3f} to {ratio_high:.3f}; A/A {aa_low:.3f} to {aa_high:.3f}) of our CPU time"
        text += ", {ours_images_per_s:.0f} against {plain_images_per_s:.0f} images per second"
        print(f"{name}: plain takes {text.format(**results[name])}", flush=True)
    print(json.dumps({"pairs": arguments.pairs} | results))
