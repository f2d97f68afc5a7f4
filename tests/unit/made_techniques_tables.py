"""Made tables of a sweep over choices of a training, for tests of its figures."""

import numpy as np
import pandas as pd

from frugalnet.config.techniques import FACTORS

SEED = 20
FEW = ("augmentation", "precision", "batch_size", "learning_rate", "schedule", "optimizer")
"""Factors of a small sweep."""
QUANTITIES = ("test_quality", "train_energy_j", "train_duration_s", "train_cpu_s", "latency_batch1_ms")
GAINS = {"mixup": 0.02, "random": 0.05, "cosine": 0.02, "adamw": 0.06, "adam": 0.05, "0.00015": -0.12, "float16": -0.15}
COSTS = {"4": 3.1, "64": 0.8, "128": 0.7, "float64": 2.4, "mixed_float16": 1.3, "mixup": 1.1, "cutmix": 1.1, "jit": 0.6}
LATENCIES = {"float64": 1.9, "jit": 0.5, "post_training_quantization": 0.7}
ALIASED = ("momentum", "none")


def about(dataset: str = "cifar10", source: str | None = "estimated", scope: str | None = "cpu", **changed) -> dict:
    """Return the columns that say what rows are of, and how they are known."""
    known = {"dataset": dataset, "network": "resnet20", "metric": "accuracy", "data_level": "subset", "threads": 2}
    return known | {"energy_source": source, "energy_scope": scope} | changed


def levels_of(names: tuple[str, ...]) -> dict[str, tuple[str, str, list[str]]]:
    """Return for each factor its level without the technique, that with it, and those that are drawn, as text."""
    return {
        name: (str(FACTORS[name].off), str(FACTORS[name].on), [str(level) for level in FACTORS[name].levels])
        for name in names
    }


def sheet(runs: int, names: tuple[str, ...]) -> pd.DataFrame:
    """Return the levels of so many runs: base cases, and then drawn ones."""
    levels = levels_of(names)
    off, on = ({name: found[place] for name, found in levels.items()} for place in (0, 1))
    of_group = {name: FACTORS[name].group for name in names}
    rows = [{"variant": "all-off"} | off, {"variant": "all-on"} | on]
    for group in ("preprocessing", "model"):
        if group in of_group.values():
            own = {name: (on if of_group[name] == group else off)[name] for name in names}
            rows.append({"variant": f"only-{group}"} | own)
    rows += [{"variant": f"only-{name}"} | off | {name: on[name]} for name in names]
    chance = np.random.default_rng(SEED)
    for number in range(1, runs - len(rows) + 1):
        drawn = {name: str(chance.choice(found[2])) for name, found in levels.items()}
        rows.append({"variant": f"draw{number:04d}"} | drawn)
    found = pd.DataFrame(rows[:runs])
    if {"momentum", "optimizer"} <= set(found):
        found["momentum"] = found["momentum"].where(found["optimizer"].isin(["sgd", "rmsprop"]), "none")
    return found


def made_ranking(runs: int = 114, names: tuple[str, ...] = tuple(FACTORS), failed: int = 0, **changed) -> pd.DataFrame:
    """Return the ranking of so many combinations, of which `failed` diverged, every other of them without an energy."""
    levels = sheet(runs, names)
    chance = np.random.default_rng(SEED + 1)
    text = levels.to_numpy()
    quality = np.array([0.62 + sum(GAINS.get(level, 0) for level in row) for row in text])
    noise = chance.normal(0, 0.005, runs)
    quality = np.clip(quality + chance.normal(0, 0.02, runs), 0.1, 0.95)
    cost = np.array([np.prod([COSTS.get(level, 1.0) for level in row]) for row in text]) * chance.lognormal(
        0, 0.04, runs
    )
    latency = 9.0 * np.array([np.prod([LATENCIES.get(level, 1.0) for level in row]) for row in text])
    found = pd.DataFrame(about() | {"variant": levels["variant"], "runs": 1, "status": "complete"} | changed)
    numbers = {"test_quality": quality, "validation_quality": quality + 0.01 + noise, "train_energy_j": 4100 * cost}
    numbers |= {"train_cpu_s": 210 * cost, "train_duration_s": 120 * cost, "latency_batch1_ms": latency}
    found = found.assign(**{name: values for name, values in numbers.items() if name not in changed})
    lost = list(range(runs - 1, runs - 1 - 2 * failed, -2))
    found.loc[lost, "status"] = "diverged"
    found.loc[lost, ["test_quality", "validation_quality", "latency_batch1_ms"]] = np.nan
    found.loc[lost[1::2], ["train_energy_j", "train_cpu_s"]] = np.nan
    found.loc[lost[1::2], ["energy_source", "energy_scope"]] = None
    score = 20 * np.log10(100**2 * found["test_quality"] ** 2 / np.sqrt(cost * latency))
    found = found.assign(score=score, score_low=score - 0.9, score_high=score + 0.9)
    rank = found["score"].rank(ascending=False).astype("Int64")
    found = found.assign(rank=rank, rank_low=(rank - 3).clip(lower=1), rank_high=rank + 3, note="")
    better = [
        bool(
            (
                (found["validation_quality"] > row.validation_quality) & (found["train_energy_j"] < row.train_energy_j)
            ).any()
        )
        for row in found.itertuples()
    ]
    front = pd.array(~np.array(better), dtype="boolean")
    found["on_front"] = pd.Series(front, found.index).where(found["validation_quality"].notna())
    of_factors = levels[list(names)].add_prefix("factor.")
    return pd.concat([found, of_factors], axis=1).sort_values("rank", ignore_index=True)


def made_effects(runs: int = 114, names: tuple[str, ...] = tuple(FACTORS), **changed) -> pd.DataFrame:
    """Return the effects of a fit; with all factors, momentum without effect is aliased with an optimizer."""
    chance = np.random.default_rng(SEED + 2)
    width = 0.06 * np.sqrt(114 / runs)
    rows = []
    for quantity in QUANTITIES:
        sizes = {"test_quality": GAINS, "latency_batch1_ms": LATENCIES}.get(quantity, COSTS)
        for name, (off, _, levels) in levels_of(names).items():
            for level in [each for each in (*levels, *(["none"] if name == "momentum" else [])) if each != off]:
                difference = quantity == "test_quality"
                size = sizes.get(level, 0.0) if difference else np.log(sizes.get(level, 1.0))
                size += chance.normal(0, 0.4 * width)
                half = width * chance.uniform(0.7, 1.6)
                ends = np.array([size, size - half, size + half])
                estimate, low, high = ends if difference else np.exp(ends)
                row = {"quantity": quantity, "kind": "main", "factor": name, "level": level, "against": off}
                row |= {"factor2": None, "level2": None, "against2": None, "runs": runs // len(levels)}
                row |= {"scale": "difference" if difference else "ratio", "estimate": estimate, "low": low}
                p = float(np.exp(-2 * (size / half) ** 2))
                row |= {"high": high, "p": p, "p_holm": min(1.0, 5 * p), "aliased_with": "", "note": ""}
                if (name, level) == ALIASED:
                    row |= dict.fromkeys(("estimate", "low", "high", "p", "p_holm"), np.nan)
                    row |= {"aliased_with": "optimizer adam, optimizer adamw"}
                rows.append(row)
    frame = pd.DataFrame(rows).astype(dict.fromkeys(("factor2", "level2", "against2"), "str"))
    return frame.assign(**about() | {"runs_in_all": runs, "parameters": 34} | changed)


def refused(effects: pd.DataFrame, quantity: str, told: str) -> pd.DataFrame:
    """Return effects of which those on a quantity are refused."""
    own = effects["quantity"] == quantity
    effects.loc[own, ["estimate", "low", "high", "p", "p_holm"]] = np.nan
    effects.loc[own, "note"] = told
    return effects


def made_importance(runs: int = 114, names: tuple[str, ...] = tuple(FACTORS), **changed) -> pd.DataFrame:
    """Return the importance of factors in a forest and in a linear model."""
    chance = np.random.default_rng(SEED + 3)
    half = 0.05 * np.sqrt(114 / runs)
    rows = []
    for quantity in QUANTITIES:
        for place, name in enumerate(names):
            size = 0.5 * 0.6 ** ((3 * place + len(quantity)) % len(names)) + chance.normal(0, 0.01)
            row = {"quantity": quantity, "factor": name, "importance": size, "low": size - half, "high": size + half}
            rows.append(row | {"linear": 0.9 * size + 0.01, "r2_forest": 0.71, "r2_linear": 0.78})
    return pd.DataFrame(rows).assign(**about() | {"runs": runs, "note": ""} | changed)


def made_epochs(ranking: pd.DataFrame, epochs: int = 20, seeds: int = 1, **changed) -> pd.DataFrame:
    """Return the epochs of all complete runs of a ranking, and of the two best configurations."""
    chance = np.random.default_rng(SEED + 4)
    names = [("baseline", name, watts) for name, watts in zip(ranking["variant"], _watts(len(ranking)), strict=True)]
    rows = []
    for method, variant, watts in [*names, ("best", "best-run", 30.0), ("best", "best-levels", 27.0)]:
        several = seeds if not variant.startswith("draw") else 1
        for seed in range(several):
            run = {"run": f"cifar10/{method}/{variant}/seed{seed}", "method": method, "variant": variant, "seed": seed}
            for epoch in range(1, epochs + 1):
                power = watts * (0.93 if epoch == 1 else 1.0) + chance.normal(0, 0.5)
                rows.append(run | {"window": f"run/train/epoch{epoch}", "epoch": epoch, "power_w": power})
    return pd.DataFrame(rows).assign(**about() | changed)


def _watts(runs: int) -> np.ndarray:
    return np.linspace(34.0, 22.0, runs)


def made_ranks(ranking: pd.DataFrame, weights: tuple[float, ...] = (0.0, 0.25, 0.5, 1.0, 2.0)) -> pd.DataFrame:
    """Return the ranks of all complete combinations at all pairs of weights."""
    known = ranking[ranking["test_quality"].notna()]
    rows = []
    for energy in weights:
        for inference in weights:
            costs = energy * np.log(known["train_energy_j"]) + inference * np.log(known["latency_batch1_ms"])
            score = 2 * np.log(known["test_quality"]) - costs
            ranked = known[[*about(), "variant"]].assign(rank=score.rank(method="min", ascending=False).astype("Int64"))
            rows.append(ranked.assign(weight_energy=energy, weight_inference=inference))
    return pd.concat(rows, ignore_index=True)
