"""Made runs of a sweep: base cases, runs whose levels are drawn, the best configurations, and runs that got no model."""

import numpy as np
import pandas as pd

LEVELS = {
    "scaling": ("unit", "none", "standard", "robust", "min_max"),
    "augmentation": ("none", "random", "mixup", "cutmix"),
    "split": ("80-10-10", "60-20-20", "70-15-15", "90-5-5"),
    "precision": ("float32", "mixed_float16", "float16", "float64"),
    "batch_size": ("32", "128", "4", "64"),
    "learning_rate": ("0.0008", "0.01", "0.00015", "0.00625"),
    "schedule": ("constant", "cosine", "exponential", "polynomial"),
    "momentum": ("0", "0.9", "0.5", "0.99", "none"),
    "optimizer": ("sgd", "adamw", "rmsprop", "adam"),
    "internal": ("none", "jit", "quantization_aware", "post_training_quantization"),
}
"""Levels of the factors: off, on, and others."""
CASES = ("all-off", "all-on", "only-preprocessing", "only-model", *(f"only-{name}" for name in LEVELS))
STATUSES = ("diverged", "out_of_memory")


def made_sweep(drawn: int = 100) -> pd.DataFrame:
    """Return the table `all_runs` of a study with so many drawn runs, of which every twelfth got no model."""
    random = np.random.default_rng(0)
    levels = {name: random.choice(known[: 4 if name == "momentum" else None], drawn) for name, known in LEVELS.items()}
    rows = [_row("baseline", case, 0, _base(case)) for case in CASES]
    rows += [
        _row("baseline", f"draw{number + 1:04}", number, {name: str(of[number]) for name, of in levels.items()})
        for number in range(drawn)
    ]
    rows += [_row("best", variant, 0, _base("all-on")) for variant in ("best-run", "best-levels")]
    for number, row in enumerate(rows):
        if number % 12 == 11:
            row |= {"status": STATUSES[number % 24 // 12], "test_quality": np.nan, "latency_batch1_ms": np.nan}
    return pd.DataFrame(rows)


def _base(case: str) -> dict[str, str]:
    on = case.removeprefix("only-")
    return {name: known[case == "all-on" or name == on] for name, known in LEVELS.items()}


def _row(method: str, variant: str, seed: int, levels: dict[str, str]) -> dict:
    """Return a run as it could have been: more batches take longer, and some levels learn more."""
    random = np.random.default_rng([seed, *variant.encode()])
    seconds = (
        900 / float(levels["batch_size"]) ** 0.5 * (1 + (levels["precision"] == "float64")) * random.uniform(0.9, 1.1)
    )
    better = sum(LEVELS[name].index(level) == 1 for name, level in levels.items())
    return {
        "run": f"cifar10/{method}/{variant}/seed{seed}", "dataset": "cifar10", "network": "resnet20", "method": method,
        "variant": variant, "seed": seed, "metric": "accuracy", "status": "complete", "data_level": "official", "threads": 2,
        "energy_source": "estimated", "energy_scope": "cpu", "test_quality": 0.45 + 0.04 * better + random.normal(0, 0.02),
        "train_energy_j": 31 * seconds, "train_duration_s": seconds, "train_cpu_s": 1.8 * seconds, "train_flags": "", "inference_flags": "",
        "latency_batch1_ms": random.uniform(2, 3) * (0.5 if levels["internal"] == "jit" else 1),
    } | {f"factor.{name}": level for name, level in levels.items()}  # fmt: skip
