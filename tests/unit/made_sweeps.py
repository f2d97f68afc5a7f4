"""Runs of the study `techniques`, made up: base cases, and drawn runs whose effects are known."""

from math import prod

import numpy as np
import pandas as pd

from frugalnet.config.techniques import FACTORS, Techniques

KEYS = {
    "batch_size": [32, 4, 64, 128, 256],
    "schedule": ["constant", "cosine", "exponential", "polynomial"],
    "optimizer": ["adam", "adamw", "rmsprop", "sgd"],
    "learning_rate": [0.01, 0.001, 0.0001],
    "augmentation": ["none", "random"],
    "scaling": ["unit", "standard", "robust", "min_max", "none"],
    "split": ["80-10-10", "60-20-20", "70-15-15"],
    "precision": ["float32", "mixed_float16"],
    "internal": ["none", "jit", "quantization_aware"],
    "early_stopping": [None, 3],
}
"""Keys of the recipe with levels; the first is off, the second on."""
UNUSED = dict.fromkeys(FACTORS)


def study(levels, extra=None, **settings):
    """Return a study that varies as many levels of keys as `levels` says, `{"batch_size": 3}`, and `extra` factors."""
    factors = UNUSED | {name: factor(*KEYS[name][:count]) for name, count in levels.items()} | (extra or {})
    return Techniques(dataset="cifar10", network="resnet20", factors=factors, **settings)


def factor(off, on, *others, key=None):
    return {"off": off, "on": on, "levels": [off, on, *others], "key": key}


def text(level):
    return "none" if level is None else str(level)


def sweep(levels, draws, seed, weights=None):
    """Return the levels (numbers, 0: off) of the base cases and of drawn runs, runs x factors, each combination once.

    Levels are drawn unevenly, as `weights` of a Dirichlet distribution say.
    """
    chance = np.random.default_rng(seed)
    base = [np.zeros(len(levels), int), np.ones(len(levels), int), *np.eye(len(levels), dtype=int)]
    found = dict.fromkeys(map(tuple, base))
    shares = [chance.dirichlet(np.full(count, weights)) if weights else None for count in levels.values()]
    assert len(base) + draws < prod(levels.values())
    while len(found) < len(base) + draws:
        found[tuple(chance.choice(count, p=share) for count, share in zip(levels.values(), shares, strict=True))] = None
    return np.array(list(found))


def runs(levels, numbers, **columns):
    """Return rows of `all_runs` for levels of runs by number, with other columns."""
    names = ["all-off", "all-on", *(f"only-{name}" for name in levels)]
    names += [f"draw{number:04d}" for number in range(1, len(numbers) - len(names) + 1)]
    given = {
        f"factor.{name}": [text(KEYS[name][number]) for number in numbers[:, at]] for at, name in enumerate(levels)
    }
    table = pd.DataFrame(
        {"dataset": "cifar10", "network": "resnet20", "method": "baseline", "variant": names[: len(numbers)], "seed": 0}
        | {"metric": "accuracy", "status": "complete", "threads": 2, "data_level": "official"}
        | {"energy_source": "measured", "energy_scope": "gpu", "test_quality": 0.5, "train_energy_j": 100.0}
        | {
            "train_duration_s": 10.0,
            "train_cpu_s": 20.0,
            "latency_batch1_ms": 1.0,
            "train_flags": "",
            "inference_flags": "",
        }
        | given
        | columns
    )
    table["run"] = [f"cifar10/baseline/{name}/seed{seed}" for name, seed in zip(table.variant, table.seed, strict=True)]
    return table


def noisy(levels, numbers, effects, spread, seed):
    """Return a quantity of runs: sums of effects (`{"batch_size": [0, 0.1, 0.2]}`), and normal noise."""
    chance = np.random.default_rng(seed)
    total = sum(np.array(effects.get(name, np.zeros(9)))[numbers[:, at]] for at, name in enumerate(levels))
    return total + np.asarray(spread) * chance.normal(size=len(numbers))
