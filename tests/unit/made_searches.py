"""Made tables of architecture searches: their trials, the front, what pays back, and windows with trials of other processes."""

import numpy as np
import pandas as pd

from tests.unit.made_ledger import DATASETS, keys, ledger, made_timelines, plan, training
from tests.unit.made_study import (
    MACS,
    PARAMETERS,
    QUALITY,
    made_comparison,
    made_epochs,
    made_probe,
    made_runs,
    made_statistics,
    methods_and_variants,
)

SEARCHES = ("nas", "random_search", "joint")


def made_searches(datasets: int = 1, seeds: int = 1, trials: int = 3, methods=SEARCHES) -> pd.DataFrame:
    """Return the trials of a study's searches: the second of each fails, the fifth learns nothing, energies are estimates."""
    rows = []
    for size, dataset in enumerate(DATASETS[:datasets], 1):
        for method in methods:
            for seed in range(seeds):
                random = np.random.default_rng([size, len(method), seed])
                found = [_trial(dataset, method, trial, random) for trial in range(trials)]
                best = max(
                    found, key=lambda row: -np.inf if np.isnan(row["objective"]) else _sign(dataset) * row["objective"]
                )
                rows += [keys(dataset, method, seed) | row | {"winner": row is best} for row in found]
    counts = ("trial", "parameters", "parameters_compacted", "macs", "macs_compacted", "epochs", "batch_size")
    return pd.DataFrame(rows).astype(dict.fromkeys(counts, "Int64"))


def _sign(dataset: str) -> int:
    return -1 if dataset == "california_housing" else 1


def _trial(dataset: str, method: str, trial: int, random: np.random.Generator) -> dict:
    """Return a trial as `rows.Trial` has it."""
    scale = np.exp(random.uniform(-4, 0.7))
    left = random.uniform(0.1, 0.6) if method == "joint" else 1.0
    parameters, failed = round(PARAMETERS[dataset] * scale), trial == 1
    behind = 0.02 + 0.01 * random.random() - 0.004 * np.log(scale * left) + (0.3 if trial == 4 else 0)
    quality = QUALITY[dataset] - _sign(dataset) * behind * QUALITY[dataset]
    size = 0.002 * np.log2(scale * left)
    train_j = (40 + 60 * scale**0.5) * (1.3 if method == "joint" else 1) * PARAMETERS[dataset] ** 0.2
    costs = {
        "objective": quality - _sign(dataset) * size, "quality": quality, "parameters": parameters,
        "parameters_compacted": round(parameters * left), "macs": round(MACS[dataset] * scale),
        "macs_compacted": round(MACS[dataset] * scale * left), "latency_ms": 0.2 + 0.05 * scale * left,
        "latency_ratio": 0.8 + 0.2 * scale * left,
        "train_energy_j": train_j,
    }  # fmt: skip
    unknown = dict.fromkeys(costs, np.nan)
    return (
        {"trial": trial, "status": "failed" if failed else "complete"}
        | ((unknown | {"parameters": parameters} if method == "joint" else unknown) if failed else costs)
        | {"energy_j": 30.0 if failed else 1.2 * train_j, "duration_s": 3.0 if failed else train_j / 20}
        | {"epochs": 0 if failed else 3, "batch_size": 32, "window": f"run/search/trial{trial}"}
        | {"hyperparameters": "{}", "parts": "{}", "reason": "out of memory" if failed else None}
    )


def made_pareto(searches: pd.DataFrame) -> pd.DataFrame:
    """Return the complete trials, with those on the front over all costs of their search."""
    kept = ["trial", "winner", "quality", "parameters_compacted", "macs_compacted", "train_energy_j", "latency_ratio"]
    rows = searches.loc[searches["status"] == "complete", [*keys("mnist", "nas"), *kept]]
    costs = rows[kept[2:]].to_numpy(float) * [[-_sign(name), 1, 1, 1, 1] for name in rows["dataset"]]
    beaten = (costs[:, None] >= costs).all(axis=2) & (costs[:, None] > costs).any(axis=2)
    same = rows["run"].to_numpy()[:, None] == rows["run"].to_numpy()
    return rows.assign(front=~(beaten & same).any(axis=1), hypervolume=0.4, hypervolume_parameters=0.5, reason=None)


def made_break_even(kind: str = "quick, searched", datasets: int = 1, seeds: int = 1) -> pd.DataFrame:
    """Return what pays back: in turn with an interval, with one that is open, never, not known, and one without a mean."""
    ends = [(1, 0.4, 3), (1, 0.5, np.inf), (np.inf, np.inf, np.inf), (np.nan, np.nan, np.nan), (np.inf, 0.8, np.inf)]
    rows = []
    for dataset in DATASETS[:datasets]:
        for place, (method, variant) in enumerate(methods_and_variants(kind)[1:]):
            for turn, batch in enumerate((1, 256)):
                value, low, high = (
                    np.array(ends[(place + turn * (place % 2)) % len(ends)]) * 3e5 * 4**turn * (1 + place)
                )
                rows.append(
                    keys(dataset, method)
                    | {
                        "variant": variant,
                        "batch": batch,
                        "energy_to_solution_j": 400.0,
                        "baseline_energy_per_inference_j": 3e-4,
                    }
                    | {"energy_per_inference_ratio": 2 / 3, "energy_per_inference_j": 2e-4}
                    | {"break_even_inferences": value, "break_even_low": low}
                    | {"break_even_high": high, "seeds": seeds, "threads": 2}
                    | {"reason": "the energy of compaction not known" if np.isnan(value) else None}
                )
    return pd.DataFrame(rows).drop(columns=["run", "seed", "metric"])


def searched_plan(method: str, size: float = 1.0, inside: int = 3) -> dict:
    """Return the windows of a run with a search: so many trials in it; `joint` then trains twice, with masks between."""
    found = plan("baseline", size)
    if method not in SEARCHES:
        return plan(method, size)
    train = {"train": found.pop("train")}
    if method == "joint":
        train |= {"masks": (0.1, {}), "train~2": (0.4, training(4, 0.7 * size))}
    return {"search": (3.5, {f"trial{number}": trial_plan(size) for number in range(inside)})} | found | train


def trial_plan(size: float = 1.0) -> tuple[float, dict]:
    """Return the windows of a trial."""
    return 0.3, {"build": (0.2, {}), "train": (0.2, training(3, 0.9 * size)), "weigh": (0.6, {})}


def searched_windows(kind: str = "quick, searched", datasets: int = 1, inside: int = 2) -> pd.DataFrame:
    """Return the windows of a study on an estimated processor; of three trials, those beyond `inside` were jobs of their own."""
    about = {"device": "cpu", "scope": "cpu", "source": "estimated"}
    rows = []
    for size, dataset in enumerate(DATASETS[:datasets], 1):
        for method, variant in methods_and_variants(kind):
            own = ledger(1.2, searched_plan(method, size, inside), idle_w=10.0)
            for number in range(inside, 3) if method in SEARCHES else ():
                own_s, deeper = trial_plan(size)
                root, *deeper_rows = ledger(own_s, deeper, f"trials/trial{number}", idle_w=10.0)
                own += [root | {"parent": None}, *deeper_rows]
            run = {"run": f"{dataset}/{method}/{variant}/seed0", "variant": variant}
            rows += [keys(dataset, method) | run | row | about for row in own]
    return pd.DataFrame(rows)


def searched_study(
    kind: str = "quick, searched", datasets: int = 1, seeds: int = 1, trials: int = 3
) -> dict[str, pd.DataFrame]:
    """Return the tables of a study with searches; the windows are of one seed."""
    searches, comparison = made_searches(datasets, seeds, trials), made_comparison(kind, datasets, seeds)
    return {
        "trials": searches,
        "pareto": made_pareto(searches),
        "comparison": comparison,
        "runs": made_runs(comparison),
        "statistics": made_statistics(datasets),
        "probe": made_probe(),
        "timelines": made_timelines(datasets),
        "epochs": made_epochs(kind, datasets, seeds, 4),
        "break_even": made_break_even(kind, datasets, seeds),
        "windows": searched_windows(kind, datasets),
    }
