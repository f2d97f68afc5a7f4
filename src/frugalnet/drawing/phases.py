"""What stretches of a run its energy goes to, by the names of its windows."""

from functools import cache

import pandas as pd

from frugalnet.record.windows import TRIAL, steps

TRIALS, FAILED, TUNER = "search: trials", "search: failed trials", "search: rest"
START, EPOCHS, VALIDATION = "training: first step, rest", "training: epochs", "training: validation"
INFERENCE, REST = "inference", "load, build, rest"
PHASES = {
    TRIALS: "#2f6be0",
    FAILED: "#d72b00",
    TUNER: "#0a1a66",
    START: "#00441b",
    EPOCHS: "#1aa050",
    VALIDATION: "#b9ebb0",
    INFERENCE: "#ffd640",
    REST: "#a8a8a8",
}
"""Phases of a run in the order of their bar, with colours that readers with any colour vision can tell apart."""


def failed_trials(trials: pd.DataFrame) -> set[tuple[str, str]]:
    """Return run and window of the trials that failed."""
    if trials.empty:
        return set()
    failed = trials[trials["status"] == "failed"]
    return set(zip(failed["run"], failed["window"], strict=True))


def phase(run: str, name: str, failed: set[tuple[str, str]]) -> str:
    """Return the phase of what a window has of its own, beside the windows inside it; `failed` are run and window."""
    of_name, trial = _of_name(name)
    return FAILED if (run, trial) in failed else of_name


@cache
def _of_name(name: str) -> tuple[str, str | None]:
    """Return the phase that a window's name says, and the window of the trial that it is in."""
    trial = TRIAL.match(name)
    if trial:
        return TRIALS, trial[0]
    return _of_steps(steps(name)), None


def _of_steps(parts: list[str]) -> str:
    if parts[:1] == ["search"]:
        return TUNER
    if parts[:1] == ["train"]:
        if "validation" in parts:
            return VALIDATION
        return EPOCHS if parts[-1].startswith("epoch") else START
    if parts[:1] in (["masks"], ["teacher"]):
        return START
    return INFERENCE if parts[:1] == ["inference"] else REST
