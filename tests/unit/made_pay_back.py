"""Made runs whose pay-back is known."""

import pandas as pd

from frugalnet.analysis.break_even import break_even

FIRST = [
    "dataset", "method", "variant", "batch", "energy_to_solution_j", "energy_per_inference_j", "baseline_energy_per_inference_j",
    "break_even_inferences", "break_even_low", "break_even_high", "reason", "energy_per_inference_ratio",
]  # fmt: skip
NUMBER = ["break_even_inferences", "break_even_low", "break_even_high"]
INCREMENT = [f"increment_{name}" for name in NUMBER]
ABOUT = {
    "dataset": "mnist", "network": "softmax_big", "variant": "default", "metric": "accuracy", "threads": 2,
    "energy_source": "estimated", "energy_scope": "cpu", "data_level": "sample", "failed_energy_j": 0.0,
    "energy_reason": None, "throughput_batch": 256, "same_operations": False, "parent": None, "teacher": None, "parameters_compacted": 100,
    "compaction_energy_j": 0.0,
}  # fmt: skip
UNKNOWN = (None, None, None)


def made_run(method="nas", seed=0, energy_j=300.0, ratio=(0.25, 0.2, 0.3), reference_j=2.0, **changes):
    """Return a run with a ratio and its interval; of a batch of one, the reference takes twice as much."""
    columns = {}
    for size, factor in (("", 1), ("_batch1", 2)):
        columns[f"reference_energy_per_inference{size}_j"] = None if reference_j is None else reference_j * factor
        for end, value in zip(("", "_low", "_high"), ratio, strict=True):
            columns[f"energy_per_inference{size}_ratio{end}"] = value
    own = {"run": f"mnist/{method}/default/seed{seed}", "method": method, "seed": seed, "train_energy_j": energy_j}
    return ABOUT | columns | own | changes


def table_of(*runs):
    return break_even(pd.DataFrame(runs)).set_index(["method", "batch"])


def large(*runs):
    """Return the row of the search at the large batch."""
    return table_of(*runs).loc[("nas", 256)]


def seeds(*ratios, **changes):
    """Return a run for each ratio, whose own interval is a tenth to either side."""
    return [
        made_run(seed=seed, ratio=(ratio, ratio - 0.1, ratio + 0.1), **changes) for seed, ratio in enumerate(ratios)
    ]
