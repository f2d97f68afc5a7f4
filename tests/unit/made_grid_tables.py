"""All tables of a sweep that was never run, as its sentences and figures read them."""

import pandas as pd

from frugalnet import catalogue
from frugalnet.analysis.statistics.table import statistics
from frugalnet.config.statistics import Statistics
from frugalnet.studies.sweep.tables import claims, configurations, efficiency, sensitivity
from tests.unit.made_grid import made_epochs, made_runs, made_study

OF_INFERENCE = (
    *("parameters_compacted", "parameters_nonzero", "macs_compacted", "gzip_bytes_compacted"),
    *("latency_ratio", "latency_large_ratio", "energy_per_inference_batch1_ratio", "energy_per_inference_ratio"),
)
NO_TEACHER = {"family": None, "energy_reason": None, "pruning.distillation": 0.0, "pruning.temperature": 1.0}


def made_tables(study=None, changed=None, **columns):
    """Return the tables by name; `changed` changes runs by `variant` or `variant/seed0`, `columns` change all of them."""
    study = study or made_study()
    runs = made_runs(study, changed).assign(**columns)
    epochs = made_epochs(runs)
    done = runs[runs["status"] == "complete"].reset_index(drop=True)
    resampled = pd.DataFrame({"run": pd.Series(dtype="str"), "draw": pd.Series(dtype="int64"), "test_quality": []})
    with_inference = done.assign(**dict.fromkeys(OF_INFERENCE, 1.0), **NO_TEACHER)
    references = catalogue.STUDIES["sweep"].references
    return {
        "runs": done,
        "epochs": epochs[epochs["run"].isin(done["run"])],
        "resampled": resampled,
        "statistics": statistics(with_inference, Statistics(resamples=99), references, resampled=resampled),
        "configurations": configurations(runs, epochs, study),
        "sensitivity": sensitivity(runs, epochs, study),
        "efficiency": efficiency(runs, epochs, study),
        "claims": claims(done, study),
    }
