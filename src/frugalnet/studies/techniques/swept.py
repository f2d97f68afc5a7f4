"""The runs that are compared, each as what would be deployed, and the levels that count in them."""

import pandas as pd

from frugalnet import catalogue
from frugalnet.config.levels import NONE, text
from frugalnet.config.techniques import Techniques

DEPLOYED = {
    "test_quality": "deployed_test_quality",
    "validation_quality": "deployed_validation_quality",
    "latency_batch1_ms": "latency_batch1_ms_deployed",
}
"""Columns of `runs` in whose place others stand where a run rounds to int8."""
ROUNDED = "deployed_bytes"
"""Column of `runs` that is known where a run left an int8 file; it is there only if any did."""


def swept_runs(all_runs: pd.DataFrame) -> pd.DataFrame:
    """Return the base cases and the drawn runs, not the best configurations.

    Quality and latency of a run that rounds to int8 are those of its file, in TensorFlow Lite: of the network in floating
    point, rounding after the training changes nothing.
    """
    runs = all_runs[all_runs["method"] == catalogue.BASELINE]
    rounded = is_rounded(runs)
    instead = {name: runs[name].mask(rounded, runs[other]) for name, other in DEPLOYED.items() if other in runs}
    return runs.assign(**instead)


def is_rounded(runs: pd.DataFrame) -> pd.Series:
    """Tell which runs left an int8 file."""
    return runs[ROUNDED].notna() if ROUNDED in runs else pd.Series(False, runs.index)


def idle_as_off(levels: pd.DataFrame, study: Techniques) -> pd.DataFrame:
    """Return levels in which a factor without effect is off, unless `none` is a level of it."""
    found = levels.copy()
    for name, factor in study.varied.items():
        if NONE not in {text(level) for level in (*factor.levels, factor.off, factor.on)}:
            found[name] = found[name].replace(NONE, text(factor.off))
    return found
