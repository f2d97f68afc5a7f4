"""Whether a schedule of the learning rate fits into a training."""

import math
from typing import Any

from frugalnet.catalogue.recipes import SCHEDULES
from frugalnet.config.levels import name_of, settings_of
from frugalnet.config.nas import Nas
from frugalnet.config.shown import some

HYPERBAND_FACTOR = 3
"""Hyperband's first trainings have so many times fewer epochs than the next (KerasTuner's default)."""


def too_long(schedule: Any, epochs: int) -> str | None:
    """Return why a schedule is longer than a training of some epochs, and what was expected; None if it is not."""
    name = name_of(schedule)
    if name not in SCHEDULES:
        return None
    settings = settings_of(schedule, SCHEDULES[name].settings)
    if (warmup := settings.get("warmup_epochs", 0)) >= epochs:
        return f"warmup_epochs {warmup:g} is not below the {epochs} epochs of the training; expected less"
    if late := [each for each in settings.get("epochs", ()) if each >= epochs]:
        told = some(f"{each:g}" for each in late)
        return f"steps after {told} epochs are not within a training of {epochs} epochs; expected fewer"
    return None


def shortest_trial(nas: Nas) -> int:
    """Return the smallest number of epochs that a search trains a network for, early ends aside."""
    if nas.tuner != "hyperband":
        return nas.epochs
    epochs = float(nas.epochs)
    while epochs >= HYPERBAND_FACTOR:
        epochs /= HYPERBAND_FACTOR
    return math.ceil(epochs)
