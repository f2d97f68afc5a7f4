"""Made tables of a dataset whose findings are known."""

import numpy as np
import pandas as pd

from frugalnet.analysis.statistics.pairs import ESTIMATES
from frugalnet.studies.compression.findings import sentences
from frugalnet.studies.compression.of_dataset import OfDataset

SMALL = ("pruning", "unit-s0.84")
METHODS = {
    ("baseline", "default"): (0.9784, 100_000),
    ("continued", "default"): (0.9816, 100_000),
    ("pruning", "weight-s0.95"): (0.9837, 100_000),
    SMALL: (0.9812, 10_000),
    ("scratch", "unit-s0.84"): (0.9722, 10_000),
    ("nas", "default"): (0.9700, 50_000),
}
DIFFERENCES = {
    ("pruning", "weight-s0.95"): (0.0021, 0.0010, 0.0032, "no worse", 0.0004),
    SMALL: (-0.0004, -0.0020, 0.0012, "no worse", 0.012),
    ("scratch", "unit-s0.84"): (-0.0094, -0.0120, -0.0068, None, np.nan),
    ("nas", "default"): (-0.0116, -0.0150, -0.0082, "not shown", 0.95),
}
ABOUT = {"dataset": "mnist", "threads": 2, "data_level": "official", "metric": "accuracy", "energy_source": "estimated"}


SHORT = ("baseline", "nas")


def reference_of(method: str) -> tuple[str, str]:
    """Return what a method is compared with: the baseline where it is trained for no longer."""
    return ("baseline" if method in SHORT else "continued"), "default"


def made_comparison(seeds: int = 3, **changed) -> pd.DataFrame:
    """Return six methods on one dataset; the reference is `continued`, of what is trained for 5 epochs `baseline`."""
    rows = [
        {
            "method": method, "variant": variant, "seeds": seeds, "quality_mean": quality,
            "reference": reference_of(method)[0], "reference_variant": "default", "pruning.distillation": np.nan, "pruning.temperature": np.nan,
            "epochs_in_all": 5 if method in SHORT else 15,
            "quality_std": 0.0005 if seeds > 1 else np.nan, "validation_quality_mean": quality, "parameters": 100_000,
            "parameters_nonzero": 5_200 if variant == "weight-s0.95" else kept, "parameters_compacted": kept,
            "quality_gain": quality - 0.9816, "energy_to_solution_j": 100.0,
            "quality_gain_low": DIFFERENCES.get((method, variant), [np.nan] * 3)[1] if seeds > 1 else np.nan,
            "quality_gain_high": DIFFERENCES.get((method, variant), [np.nan] * 3)[2] if seeds > 1 else np.nan,
        }
        | {"latency_ratio": 0.3, "energy_per_inference_batch1_ratio": 0.35, "energy_per_inference_ratio": kept / 1e5}
        | dict.fromkeys(("latency_ratio_low", "energy_per_inference_batch1_ratio_low", "energy_per_inference_ratio_low"), 0.25)
        | dict.fromkeys(("latency_ratio_high", "energy_per_inference_batch1_ratio_high", "energy_per_inference_ratio_high"), 0.4)
        for (method, variant), (quality, kept) in METHODS.items()
    ]  # fmt: skip
    return pd.DataFrame(rows).assign(**ABOUT | changed)


def made_row(quantity: str, method: tuple, against: tuple, seeds: int = 3, **numbers) -> dict:
    """Return a row of `statistics`."""
    ends = [f"{name}{end}" for name in (*ESTIMATES, "ratio_bootstrap") for end in ("", "_low", "_high")]
    numbers_of = [
        "equivalence_p_adjusted",
        "equivalence_margin",
        "sample_error",
        "paired_p",
        "paired_p_holm",
        "omnibus_p",
    ]
    return (
        dict.fromkeys([*numbers_of, *ends], np.nan)
        | {"quantity": quantity, "method": method[0], "variant": method[1], "against": against[0]}
        | {"against_variant": against[1], "is_reference": against == reference_of(method[0]), "seeds": seeds}
        | {"paired_test": "paired t", "equivalence": None, "outliers": None, "note": None}
        | numbers
    )


def made_statistics(seeds: int = 3, **changed) -> pd.DataFrame:
    """Return quality against the reference, scratch against what it is the control of, and energies as multiples of the baseline's."""
    rows = []
    for key, (difference, low, high, verdict, p) in DIFFERENCES.items():
        told = {"equivalence": verdict, "equivalence_p_adjusted": p, "difference_low": low, "difference_high": high}
        known = told if seeds > 2 else {"note": "1 seed: fewer than 3, no p-value"}
        rows.append(
            made_row(
                "test_quality",
                key,
                reference_of(key[0]),
                seeds,
                difference=difference,
                equivalence_margin=0.005,
                **known,
            )
        )
        ends = {"ratio_low": 1.9, "ratio_high": 2.3} if seeds > 1 else {}
        rows.append(made_row("energy_to_solution_j", key, ("baseline", "default"), seeds, ratio=2.1, **ends))
        rows.append(made_row("latency_ratio", key, ("baseline", "default"), seeds, ratio=0.3, **ends))
    if seeds > 2:
        interval = {"difference_low": 0.0060, "difference_high": 0.0120, "paired_p_holm": 0.01}
        rows.append(made_row("test_quality", SMALL, ("scratch", "unit-s0.84"), difference=0.0090, **interval))
    return pd.DataFrame(rows).assign(**ABOUT | changed)


def made_break_even(count: float = 2.96e6, **changed) -> pd.DataFrame:
    numbers = {"break_even_inferences": count, "break_even_low": 2.8e6, "break_even_high": 3.14e6, "reason": None}
    increment = {f"increment_{name}": value for name, value in numbers.items()}
    about = {"method": SMALL[0], "variant": SMALL[1], "batch": 1, "seeds": 3}
    return pd.DataFrame([about | numbers | increment | ABOUT | changed])


def made_study_runs(sizes: tuple[int, ...] = (50_000,), **changed) -> pd.DataFrame:
    """Return a run of each method, and those of the search: one for each size that it found."""
    keys = [(*key, kept) for key, (_, kept) in METHODS.items() if key[0] != "nas"]
    keys += [("nas", "default", size) for size in sizes]
    runs = pd.DataFrame(keys, columns=["method", "variant", "parameters_compacted"])
    energy = {"train_energy_j": 300.0, "failed_energy_j": 0.0, "energy_scope": "cpu"}
    nonzero = runs["parameters_compacted"].mask(runs["variant"] == "weight-s0.95", 5_200)
    return runs.assign(parameters=runs["parameters_compacted"], parameters_nonzero=nonzero, **energy | ABOUT | changed)


def told(seeds: int = 3, **tables: pd.DataFrame) -> str:
    """Return all sentences on a dataset, some of its tables others, as text with ordinary spaces."""
    made = {
        "rows": tables.pop("comparison", made_comparison(seeds)),
        "statistics": made_statistics(seeds),
        "break_even": made_break_even(),
        "runs": made_study_runs(),
    }
    return "\n".join(sentences(OfDataset(**made | tables), pd.DataFrame())).replace("\N{NO-BREAK SPACE}", " ")


def made_tables(seeds: int = 3, **changed) -> dict[str, pd.DataFrame]:
    """Return the tables that the summary is made from."""
    runs = made_study_runs(**changed)
    rest = {name: value for name, value in made_runs(**changed).iloc[0].items() if name not in runs}
    return {
        "comparison": made_comparison(seeds, **changed),
        "statistics": made_statistics(seeds, **changed),
        "break_even": made_break_even(**changed),
        "runs": runs.assign(**rest),
        "claims": pd.DataFrame(
            {
                "claim": ["a", "a", "b", "b", "c"],
                "dataset": ["mnist", "mnist", "mnist", "sat6", "mnist"],
                "data_level": [*["official"] * 4, None],
                "reading": ["on test data", "on training data", None, None, None],
                "verdict": ["not reproduced", "reproduced", *["not comparable"] * 3],
            }
        ),
    }


def made_runs(**changed) -> pd.DataFrame:
    columns = {
        "run": ["first", "second"], "ledger_difference_uj": 0, "seed": [0, 1], "method": "baseline", "variant": "default",
        "train_energy_j": [600.0, 500.0], "train_duration_s": 60.0, "energy_scope": "cpu", "energy_assumptions": None,
        "failed_energy_j": [0.0, 100.0], "train_flags": "", "inference_flags": "", "parameters_compacted": 900, "git_commit": "a",
        "git_dirty": False, "energy_reason": None, "compaction_error": 0.0, "failed_tries": 0, "host_assumptions": None,
    }  # fmt: skip
    return pd.DataFrame(columns).assign(**ABOUT | changed)
