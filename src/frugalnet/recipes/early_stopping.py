"""The end of a training that no longer improves."""

from typing import Any

from frugalnet.backend import keras
from frugalnet.catalogue.recipes import EARLY_STOPPING
from frugalnet.config.levels import settings_of
from frugalnet.recipes.fit import Fit


def early_stopping(fit: Fit, value: Any) -> None:
    """End a training whose validation loss has not fallen for some epochs, with the weights of its best epoch.

    Those weights come back after a training that does all its epochs, too.
    """
    settings = settings_of(value, EARLY_STOPPING)
    fit.callbacks.append(
        keras.callbacks.EarlyStopping(
            monitor="val_loss",
            patience=settings["patience"],
            min_delta=settings["min_delta"],
            restore_best_weights=settings["restore_best"],
        )
    )
