"""Made tables of a study whose methods have variants, as the quick and the real study leave them."""

import numpy as np
import pandas as pd

from frugalnet import catalogue
from frugalnet.analysis import any_watts
from frugalnet.analysis.gains import SEEDS_AND_SAMPLES
from tests.unit.made_ledger import DATASETS, keys, ledger, plan

VARIANTS = {"quick": ("weight-s0.90", "unit-s0.50"), "paper": (
    "weight-s0.80", "weight-s0.90", "weight-s0.95", "weight-s0.98",
    "unit-s0.50", "unit-s0.75", "unit-s0.85", "unit-s0.85-distilled",
)}  # fmt: skip
VARIANTS |= {f"{kind}, searched": names for kind, names in VARIANTS.items()}
"""A study that is `searched` has all methods of architecture search with their controls, pruned as weights and as units."""
TAUGHT = "distilled"
"""The variant of `continued` that is taught as pruned ones of this name are."""
FEW_EPOCHS = ("baseline", "nas", "random_search", "width_scaled")
"""Methods that are trained for no more epochs than the baseline, which is their reference."""
PARAMETERS = dict(zip(DATASETS, (483_482, 11_739, 122_570, 184_454), strict=True))
REFERENCES = {("baseline", "default"), ("continued", "default"), ("continued", TAUGHT)}
MACS = dict(zip(DATASETS, (482_816, 11_500, 9_700_000, 4_200_000), strict=True))
QUALITY = dict(zip(DATASETS, (0.978, 0.34, 0.67, 0.965), strict=True))


def methods_and_variants(kind: str) -> list[tuple[str, str]]:
    """Return the rows of a dataset, in the order in which they are run."""
    pruned = VARIANTS[kind]
    searched = [("nas", "default"), ("nas_continued", "default"), ("nas_pruning", "default")]
    if "searched" in kind:
        after = ("weight-s0.90", "unit-s0.75")
        searched = [
            *(
                ("nas", "default"),
                ("random_search", "default"),
                ("nas_continued", "default"),
                ("width_scaled", "default"),
            ),
            *((method, variant) for method in ("nas_pruning", "nas_random") for variant in after),
            *(("nas_scratch", after[1]), *((name, "default") for name in ("joint", "joint_random", "joint_scratch"))),
        ]
    return [
        ("baseline", "default"),
        ("continued", "default"),
        *(("continued", TAUGHT) for variant in pruned if TAUGHT in variant),
        *(("pruning", variant) for variant in pruned),
        *(("random", variant) for variant in pruned),
        *(("scratch", variant) for variant in pruned if "unit" in variant),
        *searched,
    ]


def reference_of(method: str, variant: str) -> tuple[str, str]:
    """Return the method and variant that a row is compared with."""
    if method in FEW_EPOCHS:
        return "baseline", "default"
    return "continued", TAUGHT if TAUGHT in variant else "default"


def settings(variant: str) -> tuple[str, float]:
    """Return granularity and sparsity of a variant."""
    granularity, *rest = variant.split("-")
    return granularity, float(rest[0][1:]) if rest else 0.0


def looks(variant: str) -> dict:
    """Return the factors that the look of a variant follows; of one without a sparsity, its name."""
    granularity, sparsity = settings(variant)
    label = "-".join(variant.split("-")[2:])
    if not sparsity:
        return {
            "family": "" if variant == "default" else variant,
            "pruning.granularity": None,
            "pruning.sparsity": None,
        }
    family = f"{granularity}, {label}" if label else granularity
    return {"family": family, "pruning.granularity": granularity, "pruning.sparsity": sparsity}


def made_model(dataset: str, method: str, variant: str) -> dict:
    """Return the sizes, operations and times of a model, masked and compacted."""
    granularity, sparsity = settings(variant)
    sparsity = sparsity or (0.9 if method == "nas_pruning" else 0.0)
    units = sparsity if granularity == "unit" else 0.0
    total = PARAMETERS[dataset] // (8 if "nas" in method else 1)
    nonzero, kept = round(total * (1 - sparsity)), round(total * (1 - units) * (1 - 0.1 * sparsity))
    dense = kept if method.endswith("scratch") else total
    macs = MACS[dataset] // (8 if "nas" in method else 1)
    small = {"parameters": kept, "macs": round(macs * (1 - 0.9 * units)), "work": 1 - 0.7 * units}
    big = {"parameters": dense, "macs": small["macs"] if method.endswith("scratch") else macs, "work": 1.0}
    if method.endswith("scratch"):
        big, nonzero = small, kept
    return _ratios(small["work"]) | {
        "parameters": dense, "parameters_nonzero": nonzero, "macs_nonzero": round(macs * (1 - sparsity)),
        "compaction_error": 3e-7 if method != "baseline" else 0.0,
        **_costs("", big, nonzero, dense), **_costs("_compacted", small, nonzero, kept),
        "host_runtime_mib": 190.0,
    }  # fmt: skip


def _ratios(work: float) -> dict:
    """Return times and energies of the compacted model over those of the baseline's, a twentieth around as intervals."""
    ratios = {
        "latency_ratio": (0.28 + 0.05 * work) / 0.33,
        "latency_large_ratio": work,
        "energy_per_inference_batch1_ratio": (0.28 + 0.05 * work) / 0.33,
        "energy_per_inference_ratio": work,
    }
    ends = {"": 1.0, "_low": 0.95, "_high": 1.05}
    around = {f"{name}{end}": value * factor for name, value in ratios.items() for end, factor in ends.items()}
    return around | {"same_operations": work == 1}


def _costs(twin: str, model: dict, nonzero: int, stored: int) -> dict:
    """Return the costs of the masked (`twin` empty) or the compacted model."""
    file = 22_000 + 4 * model["parameters"]
    filled = min(1.0, nonzero / max(1, stored))
    values = {
        "gzip_bytes": 9_000 + round(3.7 * model["parameters"] * (0.08 + 0.92 * filled)),
        "tflite_bytes": 4 * model["parameters"] + 3_000,
        "tflite_int8_bytes": model["parameters"] + 5_000,
        "macs": model["macs"],
        "weight_bytes": 4 * model["parameters"],
        "activation_bytes": round(800_000 * model["work"]),
        "host_peak_training_mib": 412.0 + 200 * model["work"],
        "host_peak_inference_mib": 200.0 + 40 * model["work"],
        "device_peak_training_mib": np.nan,
        "device_peak_inference_mib": np.nan,
        "latency_batch1_ms": 0.28 + 0.05 * model["work"],
        "latency_batch1_iqr_ms": 0.02,
        "latency_large_ms": 2.8 * model["work"],
        "latency_large_iqr_ms": 0.1,
        "throughput_per_s": 90_000 / model["work"],
        "energy_per_inference_j": 3e-4 * model["work"],
    }
    return (
        {"model_bytes" if not twin else "compacted_bytes": file}
        | ({"parameters_compacted": model["parameters"]} if twin else {})
        | {name + twin: value for name, value in values.items()}
    )


def made_quality(dataset: str, method: str, variant: str) -> float:
    """Return a quality that falls with the sparsity: by chance and from new weights more than by magnitude."""
    granularity, sparsity = settings(variant)
    fall = (
        {"random": 0.09, "scratch": 0.016}.get(method.rpartition("_")[2], 0.002)
        * (3 if granularity == "unit" else 1)
        * sparsity**4
    )
    gain = {"baseline": 0.0, "continued": 0.003, "nas": -0.004, "random_search": -0.006}.get(method, 0.004) + 0.002 * (
        "distilled" in variant
    )
    sign = -1 if dataset == "california_housing" else 1
    return QUALITY[dataset] + sign * (gain - fall)


def made_comparison(kind: str = "quick", datasets: int = 1, seeds: int = 1) -> pd.DataFrame:
    """Return the comparison of a study."""
    rows = []
    for dataset in DATASETS[:datasets]:
        for place, (method, variant) in enumerate(methods_and_variants(kind)):
            own, of = 100.0 + 7 * place, reference_of(method, variant)
            shape = catalogue.METHODS[method].new_weights
            rows.append(
                keys(dataset, method)
                | {"variant": variant, "seeds": seeds, "quality_mean": made_quality(dataset, method, variant)}
                | looks(variant)
                | {"validation_quality_mean": made_quality(dataset, method, variant) + 0.001}
                | {"quality_std": np.nan if seeds == 1 else 0.0015, "reference": of[0], "reference_variant": of[1]}
                | {"is_reference": (method, variant) in REFERENCES}
                | dict.fromkeys(("quality_gain_low", "quality_gain_high", "quality_gain_contains"), np.nan)
                | made_model(dataset, method, variant)
                | {
                    "train_energy_j": own,
                    "energy_to_solution_j": own + (90.0 if method != "baseline" and not shape else 0.0),
                }
                | {"energy_to_shape_j": 190.0 if shape else np.nan}
                | {"train_energy_net_j": 0.6 * own, "train_u_stat_j": np.nan, "train_u_sys_j": np.nan}
                | {"energy_to_solution_u_j": np.nan}
                | {"train_duration_s": own / 20, "inference_flagged": 0, "carbon_source": None}
                | dict.fromkeys(("host_energy_estimate_j", *any_watts.COLUMNS), np.nan)
            )
    table = pd.DataFrame(rows)
    gain = _sign(table) * (table["quality_mean"] - _of_reference(table))
    table["quality_gain"] = gain
    if seeds > 1:
        own = (table["method"] == table["reference"]) & (table["variant"] == table["reference_variant"])
        table["quality_gain_low"], table["quality_gain_high"] = (gain - 0.004).mask(own), (gain + 0.004).mask(own)
        table["quality_gain_contains"] = pd.Series(SEEDS_AND_SAMPLES, table.index).mask(own)
    counts = [name for name in table if name.startswith(("parameters", "macs", "tflite")) or "_bytes" in name]
    return table.astype(dict.fromkeys(counts, "Int64"))


def _sign(table: pd.DataFrame) -> pd.Series:
    """Return 1 where more is better, -1 where less is."""
    return table["metric"].map({"accuracy": 1, "mae": -1})


def _of_reference(table: pd.DataFrame) -> pd.Series:
    """Return the quality of the reference of each row."""
    quality = table.set_index(["dataset", "method", "variant"])["quality_mean"]
    places = zip(table["dataset"], table["reference"], table["reference_variant"], strict=True)
    return pd.Series([quality[place] for place in places], table.index)


def made_runs(comparison: pd.DataFrame) -> pd.DataFrame:
    """Return runs whose qualities lie one after another, with the mean of the comparison."""
    rows = []
    for row in comparison.itertuples():
        for seed in range(row.seeds):
            run = keys(row.dataset, row.method, seed) | {"variant": row.variant} | looks(row.variant)
            run |= {"run": f"{row.dataset}/{row.method}/{row.variant}/seed{seed}"}
            rows.append(run | {"test_quality": row.quality_mean + 0.0015 * (seed - (row.seeds - 1) / 2)})
    return pd.DataFrame(rows)


def made_statistics(datasets: int = 1) -> pd.DataFrame:
    """Return the rows of `statistics` that figures draw of: the margin of each dataset."""
    margins = {"accuracy": 0.005, "mae": 0.01}
    return pd.DataFrame(
        [
            {
                "dataset": dataset,
                "quantity": "test_quality",
                "is_reference": True,
                "metric": keys(dataset, "nas")["metric"],
            }
            | {"equivalence_margin": margins[keys(dataset, "nas")["metric"]]}
            for dataset in DATASETS[:datasets]
        ]
    )


def made_probe() -> pd.DataFrame:
    """Return what a probe found on a measured GPU, on an estimated processor, and on one that it could not read."""
    devices = [
        {"device": "GPU-1", "meter": "nvml", "model": "A100", "scope": "gpu", "source": "measured", "idle_w": 52.0}
        | {"idle_noise_w": 0.4, "load_w": 240.0, "load_noise_w": 6.0, "at_1_s": 0.03},
        {"device": "cpu", "meter": "estimate", "model": None, "scope": "cpu", "source": "estimated", "idle_w": 10.0}
        | {"idle_noise_w": 0.1, "load_w": 62.0, "load_noise_w": 1.4, "at_1_s": 0.02},
        {"device": "package-0", "meter": "rapl", "model": None, "scope": "cpu", "source": "measured", "idle_w": np.nan}
        | {"idle_noise_w": np.nan, "load_w": np.nan, "load_noise_w": np.nan, "at_1_s": np.nan},
    ]
    return pd.DataFrame(
        [
            device | {"run_s": run_s, "fraction": device["at_1_s"] / run_s**0.5}
            for device in devices
            for run_s in (1.0, 10.0, 60.0, 600.0, 3600.0)
        ]
    ).drop(columns="at_1_s")


def made_epochs(kind: str = "quick", datasets: int = 1, seeds: int = 1, epochs: int = 8) -> pd.DataFrame:
    """Return the epochs of a study: pruning reaches its sparsity at three quarters."""
    rows = []
    for dataset in DATASETS[:datasets]:
        for method, variant in methods_and_variants(kind):
            _, sparsity = settings(variant)
            sparsity = sparsity or (0.9 if method == "nas_pruning" else 0.0)
            target = made_quality(dataset, method, variant)
            new = method in ("baseline", "nas", "scratch")
            for seed in range(seeds):
                for epoch in range(1, epochs * (2 if method == "scratch" else 1) + 1):
                    behind = (0.3 if new else 0.03) * QUALITY[dataset] * 0.6**epoch
                    behind = -behind if dataset == "california_housing" else behind
                    ramp = 1 - (1 - min(1, epoch / (0.75 * epochs))) ** 3
                    rows.append(
                        keys(dataset, method, seed)
                        | {"run": f"{dataset}/{method}/{variant}/seed{seed}", "variant": variant, "epoch": epoch}
                        | {"quality": target - 1.4 * behind, "validation_quality": target - behind + 0.001 * seed}
                        | {"sparsity": sparsity * ramp if sparsity and method != "scratch" else np.nan}
                    )
    return pd.DataFrame(rows)


def made_study_windows(kind: str = "quick", datasets: int = 1, seeds: int = 1) -> pd.DataFrame:
    """Return the windows of a study, on an estimated processor."""
    about = {"device": "cpu", "scope": "cpu", "source": "estimated"}
    return pd.DataFrame(
        [
            keys(dataset, method, seed)
            | {"run": f"{dataset}/{method}/{variant}/seed{seed}", "variant": variant}
            | row
            | about
            for size, dataset in enumerate(DATASETS[:datasets], 1)
            for method, variant in methods_and_variants(kind)
            for seed in range(seeds)
            for row in ledger(1.2, plan(method, size * (1 + 0.1 * seed)), idle_w=10.0)
        ]
    )
