"""Interim tables of a sweep that was never run: a grid of 8 configurations, two rows beside it, and a design of efficiency."""

import numpy as np
import pandas as pd

from frugalnet.config.sweep import Sweep

EPOCHS = 20
AXES = ("network", "learning_rate", "schedule")
FACTORS = ("precision", "batch_growth", "jit")
"""Factors of the design of efficiency."""
ROWS = {
    "pretrained": None,
    "pretraining": {"dataset": "cifar10", "network": "resnet50", "recipe": {"epochs": 10}},
    "tuned": {"network": "resnet50", "start": "pretraining", "recipe": {"learning_rate": 0.01}},
}
"""`strong`, and `tuned`, which starts from a model that was trained on CIFAR-10."""
QUALITY = {
    "resnet50": 0.03, "0.05": -0.012, "plateau": 0.008, "strong": 0.05, "tuned": 0.08, "jit": 0.0,
    "mixed_float16": -0.003, "factor 2, every 2": -0.01,
}  # fmt: skip
"""What levels and rows add to a test accuracy of 0.72."""
COST = {
    "resnet50": 2.4,
    "plateau": 1.02,
    "strong": 1.3,
    "tuned": 0.5,
    "mixed_float16": 0.7,
    "factor 2, every 2": 0.8,
    "jit": 0.9,
}
"""Factors of time and energy."""
MEMORY = {"resnet50": 1.8, "mixed_float16": 0.65, "factor 2, every 2": 1.5}
"""Factors of memory."""
KEYS = ("run", "dataset", "method", "variant", "seed", "metric", "data_level", "energy_source", "energy_scope")


def made_study(**settings):
    """Return a study with the usual grid, `strong`, a row that starts from another one, and three factors of efficiency."""
    factors = {"input": None, "jit": {"key": "internal", "off": "none", "on": "jit"}}
    return Sweep(**{"seeds": 2, "rows": ROWS, "efficiency": {"recipe": {"epochs": 5}, "factors": factors}} | settings)


def made_run(of, seed=0, **changes):
    """Return a row of `runs` of a configuration."""
    random = np.random.default_rng([seed, *of.name.encode()])
    marks = [*of.levels.values(), of.name]
    in_design = of.name.startswith("efficiency-")
    quality = 0.72 + sum(QUALITY.get(mark, 0) for mark in marks) - 0.3 * in_design
    cost = np.prod([COST.get(mark, 1.0) for mark in marks]) * (0.1 if in_design else 1) * random.lognormal(0, 0.02)
    memory = np.prod([MEMORY.get(mark, 1.0) for mark in marks])
    test = quality + random.normal(0, 0.003)
    network = of.network if isinstance(of.network, str) else of.network["name"]
    start = f"cifar10/baseline/{of.start}/seed{seed}" if of.start else None
    return {
        "run": f"{of.dataset}/baseline/{of.name}/seed{seed}", "dataset": of.dataset, "method": "baseline",
        "variant": of.name, "seed": seed, "metric": "accuracy", "data_level": "official",
        "energy_source": "measured", "energy_scope": "gpu", "status": "complete", "network": network,
        "parent": start, "teacher": None, "threads": 2, "processor": "a processor", "gpu": "a card",
        "test_quality": test, "validation_quality": test + random.normal(0.002, 0.003), "train_quality": 0.95,
        "parameters": {"resnet50": 23_705_252}.get(network, 11_220_132), "train_energy_j": 180_000.0 * cost,
        "train_duration_s": 900.0 * cost, "train_cpu_s": 1400.0 * cost, "train_host_peak_mib": 2600.0 * memory**0.2,
        "train_device_peak_mib": 3000.0 * memory, "failed_tries": 0, "failed_energy_j": 0.0,
        "epochs": 5 if in_design else EPOCHS, "recipe.epochs": 5 if in_design else EPOCHS,
        "recipe.learning_rate": of.recipe.learning_rate, "recipe.schedule": of.levels.get("schedule", "step"),
        "recipe.precision": of.recipe.precision, "recipe.weights": of.recipe.weights,
    } | {f"factor.{name}": level for name, level in of.levels.items()} | changes  # fmt: skip


def made_runs(study=None, changed=None):
    """Return the table `all_runs`, seed by seed as the sheet has it; `changed` has changes by `variant` or `variant/seed0`."""
    study, changed = study or made_study(), changed or {}
    rows = []
    for part in (study.grid(), study.further(), study.design()):
        found = list(part)
        for seed in range(max((each.seeds for each in found), default=0)):
            for each in found:
                own = changed.get(each.name, {}) | changed.get(f"{each.name}/seed{seed}", {})
                rows += [made_run(each, seed, **own)] if seed < each.seeds else []
    runs = pd.DataFrame(rows)
    lost = runs["status"] != "complete"
    runs.loc[lost, ["test_quality", "validation_quality", "train_quality"]] = np.nan
    return runs


def made_epochs(runs):
    """Return the epochs of runs, which reach their validation quality in the last third of the training and then stay below it."""
    rows = []
    for run in runs.to_dict("records"):
        random = np.random.default_rng([run["seed"], 1, *run["variant"].encode()])
        count = int(run["epochs"])
        best = max(1, count - int(random.integers(0, max(1, count // 3))))
        share = 1.15 if count > 1 else 1.0  # the first epoch holds the compilation
        parts = np.array([share, *[(count - share) / max(1, count - 1)] * (count - 1)]) / count
        final = run["validation_quality"]
        for epoch in range(1, count + 1):
            at = 1 if epoch == best else (1 - 0.75 * np.exp(-5 * epoch / count)) * 0.985
            row = {name: run[name] for name in KEYS} | {"window": f"run/train/epoch{epoch}", "epoch": epoch}
            row |= {"loss": 4.0 * np.exp(-3 * epoch / count) + 0.1, "quality": 0.99 * (1 - np.exp(-4 * epoch / count))}
            row |= {"validation_loss": 3.5 * np.exp(-2 * epoch / count) + 0.9, "validation_quality": final * at}
            row |= {"learning_rate": _rate(run, epoch / count), "batch_size": 128 if "50" not in run["network"] else 64}
            whole = run["train_duration_s"] * parts[epoch - 1]
            energy = run["train_energy_j"] * parts[epoch - 1]
            row |= {"duration_s": 0.9 * whole, "whole_s": whole, "cpu_s": run["train_cpu_s"] * parts[epoch - 1]}
            row |= {"energy_j": energy, "energy_uj": 0.9e6 * energy, "power_w": energy / whole}
            rows.append(row | {"temperature_c": 60.0, "utilization": 0.9})
    return pd.DataFrame(rows).astype({"epoch": "Int64"})


def _rate(run, done):
    """Return the learning rate after a share of the epochs: divided by ten at a third and two thirds, or once at three fifths."""
    if "plateau" in run["recipe.schedule"]:
        return run["recipe.learning_rate"] * (0.1 if done > 0.6 else 1)
    return run["recipe.learning_rate"] * 0.1 ** int(3 * done - 1e-9)
