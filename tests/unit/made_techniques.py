"""Tables of a techniques study that was never run, for tests: runs with true scores that are known, and noise of seeds."""

import pandas as pd

from frugalnet.config.techniques import FACTORS, Techniques
from frugalnet.studies.techniques.sheet import base_cases, combinations

KEPT = ("batch_size", "learning_rate", "schedule", "momentum", "optimizer")
ABOUT = {
    "dataset": "cifar10", "network": "resnet8", "method": "baseline", "metric": "accuracy", "status": "complete",
    "energy_source": "measured", "energy_scope": "gpu", "data_level": "official", "threads": 2,
    "test_quality": 0.7, "validation_quality": 0.5, "train_energy_j": 1000.0, "train_cpu_s": 50.0, "train_duration_s": 40.0, "train_flags": "", "inference_flags": "",
    "latency_batch1_ms": 1.0, "epochs": 3,
}  # fmt: skip
"""With the weights 2, 0.5 and 0.5 its score is -42.04 dB."""
WITHOUT_MODEL = ("test_quality", "validation_quality", "latency_batch1_ms")


def made_study(kept=KEPT, **settings):
    """Return a study of some of the usual factors."""
    settings = {
        "network": "resnet8",
        "n": 24,
        "factors": {name: None for name in FACTORS if name not in kept},
    } | settings
    return Techniques(**settings)


def made_combinations(study):
    """Return the combinations that can be run, base cases first."""
    return [*base_cases(study), *(each for each in combinations(study) if not each.refused)]


def made_run(variant="all-off", seed=0, levels=None, **changes):
    """Return a row of `runs`; `levels` are texts by factor."""
    row = ABOUT | {"variant": variant, "seed": seed} | changes
    row |= dict.fromkeys(WITHOUT_MODEL) if row["status"] != "complete" else {}
    run = f"{row['dataset']}/{row['method']}/{variant}/seed{seed}"
    return {"run": run} | row | {f"factor.{name}": level for name, level in (levels or {}).items()}


def made_runs(study, *changes):
    """Return a run for each mapping of changes, with the levels of its variant."""
    levels = {each.name: each.levels for each in made_combinations(study)}
    rows = [
        made_run(**{"levels": levels.get(each.get("variant", "all-off"), levels["all-off"])} | each) for each in changes
    ]
    columns = dict.fromkeys([*made_run(levels=levels["all-off"]), *(name for row in rows for name in row)])
    return pd.DataFrame(rows, columns=list(columns))


def energy_j(score):
    """Return the energy with which a run of ABOUT has that many decibels more."""
    return ABOUT["train_energy_j"] * 10 ** (-score / 10)
