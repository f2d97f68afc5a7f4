"""Made tables of the study `sweep`, for tests of its figures and of its page."""

from itertools import product

import numpy as np
import pandas as pd

SEED = 21
AXES = {"network": ("resnet18", "resnet50"), "learning_rate": ("0.1", "0.05"), "schedule": ("step", "plateau")}
"""Axes of eight configurations."""
MANY = AXES | {"learning_rate": ("0.1", "0.05", "0.02", "0.01"), "schedule": ("step", "plateau", "cosine")}
"""Axes of 24 configurations."""
ROWS = ("strong", "pretrained")
GAINS = {"resnet50": 0.03, "0.05": 0.012, "0.02": 0.006, "0.01": -0.03, "plateau": 0.01, "cosine": 0.015}
GAINS |= {"strong": 0.07, "pretrained": 0.1}
EPOCH_S = {"resnet18": 21.0, "resnet50": 64.0}
RATES = {"step": lambda done: 0.1 ** int(4 * done), "plateau": lambda done: 0.2 ** int(2.5 * done + 0.3)}
RATES |= {"cosine": lambda done: 0.5 * (1 + np.cos(np.pi * done)) + 1e-4}
EFFICIENCY = {
    "precision": ("float32", "mixed_float16"),
    "batch_growth": ("none", "factor 2, every 2"),
    "input": ("unprepared", "cached"),
}
"""Factors of the design of efficiency, off and on."""
SAVED = {"train_host_peak_mib": (0, 0.01, 0.35), "train_device_peak_mib": (-0.42, 0.2, 0.0)}
SAVED |= {"train_duration_s": (-0.3, -0.12, -0.08), "epoch_s": (-0.33, -0.1, -0.1)}
SAVED |= {
    "train_cpu_s": (-0.05, -0.02, -0.3),
    "train_energy_j": (-0.28, -0.1, -0.06),
    "test_quality": (0.002, -0.006, 0),
}
USUAL = {"train_host_peak_mib": 2100.0, "train_device_peak_mib": 5200.0, "train_duration_s": 120.0, "epoch_s": 21.0}
USUAL |= {"train_cpu_s": 140.0, "train_energy_j": 30_000.0, "test_quality": 0.41}
"""Means without the techniques."""


def about(source: str | None = "estimated", scope: str | None = "cpu", **changed) -> dict:
    """Return the columns that say what rows are of, and how they are known."""
    known = {"dataset": "cifar100", "metric": "accuracy", "data_level": "subset", "threads": 2}
    return known | {"energy_source": source, "energy_scope": scope} | changed


def made_configurations(axes: dict = AXES, rows: tuple[str, ...] = ROWS, seeds: int = 3, **changed) -> pd.DataFrame:
    """Return the configurations of a grid and of further rows, the best first; those of one seed have no intervals."""
    chance, found = np.random.default_rng(SEED), []
    named = [("-".join(("lr" if name == "learning_rate" else "") + text for name, text in zip(axes, labels, strict=True)), labels) for labels in product(*axes.values())]  # fmt: skip
    for variant, labels in [*named, *((name, ("resnet50", "0.1", "step")) for name in rows)]:
        levels = dict(zip(axes, labels, strict=False))
        row = {"variant": variant, "part": "row" if variant in rows else "grid", "network": levels["network"]}
        row |= {f"factor.{name}": label for name, label in levels.items()}
        quality = 0.70 + sum(GAINS.get(name, 0) for name in (variant, *labels)) + chance.normal(0, 0.004)
        epochs = 100 if variant == "pretrained" else 200
        epoch_s = EPOCH_S[levels["network"]] * chance.uniform(0.97, 1.03)
        row |= {"parameters": 11_220_132 if levels["network"] == "resnet18" else 23_705_252, "seeds": seeds}
        row |= {"test_quality": quality, "validation_quality": quality + 0.006, "best_epoch": 0.9 * epochs}
        row |= {"epochs": epochs, "train_duration_s": epochs * epoch_s, "epoch_s": epoch_s}
        row |= {"train_cpu_s": 1.3 * epochs * epoch_s, "train_energy_j": 240 * epochs * epoch_s}
        found.append(row)
    frame = pd.DataFrame(found).assign(status="complete", above=0.5, target=0.7, note="")
    memory = {"train_host_peak_mib": 2400.0, "train_device_peak_mib": 5100.0}
    frame = frame.assign(**memory, energy_to_solution_j=frame["train_energy_j"] * 1.0)
    frame["energy_per_point_j"] = frame["train_energy_j"] / (100 * (frame["test_quality"] - 0.5)).clip(lower=0.01)
    frame["energy_to_solution_per_point_j"] = frame["energy_per_point_j"]
    frame["reached"] = np.where(frame["test_quality"] > 0.7, seeds, 0)
    never = frame["reached"] == 0
    share = {"epochs_to_target": 0.4 * frame["epochs"], "minutes_to_target": 0.4 * frame["train_duration_s"] / 60}
    share |= {"energy_to_target_j": 0.4 * frame["train_energy_j"]}
    frame = frame.assign(**{name: values.mask(never) for name, values in share.items()})
    for name, part in {"test_quality": 0.01, "train_duration_s": 0.03, "train_cpu_s": 0.02, "train_energy_j": 0.04, "energy_per_point_j": 0.08, "energy_to_solution_per_point_j": 0.08}.items():  # fmt: skip
        half = (part if name == "test_quality" else part * frame[name]) if seeds > 1 else np.nan
        frame = frame.assign(**{f"{name}_low": frame[name] - half, f"{name}_high": frame[name] + half})
    frame["rank"] = frame["validation_quality"].rank(ascending=False).astype("Int64")
    frame["is_best"] = frame["rank"] == 1
    return frame.sort_values("rank", ignore_index=True).assign(**about() | changed)


def made_epochs(configurations: pd.DataFrame, epochs: int | None = None, seeds: int = 3, **changed) -> pd.DataFrame:
    """Return the epochs of configurations, the first with the compilation; `epochs` None: as many as they trained."""
    chance, rows = np.random.default_rng(SEED + 1), []
    for of in configurations.itertuples():
        for seed in range(seeds):
            last = epochs or of.epochs
            name = {"run": f"cifar100/baseline/{of.variant}/seed{seed}", "method": "baseline", "variant": of.variant}
            for epoch in range(1, last + 1):
                done = epoch / max(last, 2)
                quality = (of.validation_quality + 0.004 * (seed - 1)) * (1 - np.exp(-6 * done)) + chance.normal(
                    0, 0.004
                )
                rate = RATES[getattr(of, "schedule", None) or _schedule(of.variant)]((epoch - 1) / last)
                seconds = of.epoch_s * chance.uniform(0.98, 1.02) + (25 if epoch == 1 else 0)
                rows.append(
                    name | {"seed": seed, "window": f"run/train/epoch{epoch}", "epoch": epoch, "quality": quality * 1.1}
                    | {"validation_quality": quality, "loss": 3 * (1 - quality) - 0.3, "validation_loss": 3 * (1 - quality)}
                    | {"learning_rate": 0.1 * rate, "batch_size": 128, "whole_s": seconds, "duration_s": 0.9 * seconds}
                    | {"cpu_s": 1.3 * seconds, "energy_j": 240 * seconds, "power_w": 240 + chance.normal(0, 3)}
                )  # fmt: skip
    return pd.DataFrame(rows).assign(**about() | changed)


def _schedule(variant: str) -> str:
    return next((name for name in RATES if variant.endswith(name)), "step")


def made_sensitivity(axes: dict = AXES, **changed) -> pd.DataFrame:
    """Return what each level of each axis changes: of each network, and of the axis `network` of all."""
    chance, rows = np.random.default_rng(SEED + 2), []
    for network in (*axes["network"], "all"):
        own = (
            {"network": axes["network"]}
            if network == "all"
            else {name: of for name, of in axes.items() if name != "network"}
        )
        for axis, (first, *others) in own.items():
            for level, quantity in product(
                others, ("test_quality", "train_energy_j", "train_duration_s", "train_cpu_s", "best_epoch")
            ):
                ratio = quantity != "test_quality" and quantity != "best_epoch"
                size = {"test_quality": GAINS.get(level, 0.0), "best_epoch": 4.0}.get(
                    quantity, np.log(3.0 if axis == "network" else 1.02)
                )
                half = {"test_quality": 0.008, "best_epoch": 6.0}.get(quantity, 0.05)
                ends = np.array([size, size - half, size + half]) + chance.normal(0, half / 3)
                estimate, low, high = np.exp(ends) if ratio else ends
                p = min(1.0, 0.05 * (half / max(abs(ends[0]), 1e-6)) ** 2)
                rows.append({"network": network, "axis": axis, "level": level, "against": first, "quantity": quantity}
                            | {"scale": "ratio" if ratio else "difference", "pairs": 6, "estimate": estimate, "low": low}
                            | {"high": high, "p": p, "p_holm": min(1.0, 3 * p), "note": ""})  # fmt: skip
    return pd.DataFrame(rows).assign(**about() | changed)


def made_efficiency(factors: dict = EFFICIENCY, device: bool = True, **changed) -> pd.DataFrame:
    """Return what each factor of the design changes; without a `device`, its memory is not known."""
    rows = []
    for place, (factor, (off, on)) in enumerate(factors.items()):
        for quantity, changes in SAVED.items():
            difference, size = quantity == "test_quality", changes[place]
            known = device or quantity != "train_device_peak_mib"
            ends = (
                np.array([size, size - 0.01, size + 0.01])
                if difference
                else np.exp(np.log1p(size) + np.array([0, -0.06, 0.06]))
            )
            estimate, low, high = ends if known else [np.nan] * 3
            usual = USUAL[quantity] if known else np.nan
            changed_mean = usual + size if difference else usual * (1 + size)
            p = 0.001 if abs(size) > (0.01 if difference else 0.06) else 0.6
            rows.append({"factor": factor, "off": off, "on": on, "quantity": quantity, "pairs": 4, "off_mean": usual}
                        | {"scale": "difference" if difference else "ratio", "on_mean": changed_mean, "estimate": estimate}
                        | {"low": low, "high": high, "p": p if known else np.nan, "p_holm": p if known else np.nan}
                        | {"note": "" if known else "not known: no device"})  # fmt: skip
    return pd.DataFrame(rows).assign(**about() | changed)


def made_runs(configurations: pd.DataFrame, seeds: int = 3) -> pd.DataFrame:
    """Return a run per configuration and seed."""
    columns = ["variant", "dataset", "metric", "data_level", "threads", "energy_source", "energy_scope", "network"]
    columns += ["test_quality", "validation_quality", "train_energy_j", "train_duration_s", "train_cpu_s"]
    columns += [name for name in configurations if name.startswith("factor.")]
    rows = [row | {"seed": seed} for row in configurations[columns].to_dict("records") for seed in range(seeds)]
    frame = pd.DataFrame(rows).assign(method="baseline", status="complete", latency_batch1_ms=2.0)
    frame["run"] = [f"cifar100/baseline/{row.variant}/seed{row.seed}" for row in frame.itertuples()]
    return frame.assign(
        **{"recipe.epochs": 200, "recipe.batch_size": 128, "recipe.learning_rate": 0.1, "recipe.weights": None}
    )
