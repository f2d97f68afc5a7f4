"""Search for an architecture, in the ledger's window `search`."""

import shutil
from pathlib import Path

import autokeras as ak
import keras_tuner
from autokeras.auto_model import get_tuner_class
from autokeras.keras_layers import CastToFloat32

from frugalnet.backend import keras
from frugalnet.datasets import Data
from frugalnet.energy import Ledger
from frugalnet.errors import FrugalNetError
from frugalnet.recipes.scaling import scaling_layer
from frugalnet.recipes.training import metric
from frugalnet.record import Trial
from frugalnet.search.spaces import search_space
from frugalnet.search.trials import booked
from frugalnet.sections import Nas, Recipe


def search(
    data: Data, nas: Nas, recipe: Recipe, seed: int, ledger: Ledger, work: Path
) -> tuple[keras.Model, list[Trial]]:
    """Return the best network that was tried, as trained in its trial, and a row per trial.

    Best is the best quality on validation data. Raises FrugalNetError when every trial failed.
    """
    name = metric(data)
    tuner = booked(get_tuner_class(nas.tuner), ledger, name, nas, recipe)
    inputs, outputs = search_space(data, scaling_layer(recipe.scaling, data.train.x))
    shutil.rmtree(work, ignore_errors=True)
    auto_model = ak.AutoModel(
        inputs,
        outputs,
        project_name="search",
        directory=work,
        max_trials=nas.trials,
        tuner=tuner,
        objective=keras_tuner.Objective(f"val_{name}", "min" if data.n_classes is None else "max"),
        seed=seed + 1,  # AutoKeras takes 0 for "no seed"
        max_model_size=nas.max_parameters,
        overwrite=True,
        hyperparameters=_fixed_training(),
        **(_hyperband_budget(nas) if nas.tuner == "hyperband" else {}),
    )
    failure: Exception | None = None
    with ledger.window("search"):
        try:
            auto_model.fit(
                data.train.x,
                data.train.y,
                validation_data=(data.validation.x, data.validation.y),
                batch_size=recipe.batch_size,
                epochs=nas.epochs,
                # An EarlyStopping of one's own keeps AutoKeras from a final fit, which would also repeat the callbacks.
                callbacks=[keras.callbacks.EarlyStopping(patience=nas.patience)],
                verbose=0,
            )
        except Exception as error:
            failure = error
    if not any(trial.status == "complete" for trial in tuner.rows):
        raise FrugalNetError(_all_failed(tuner.rows, nas, failure)) from failure
    if failure:
        raise failure
    return auto_model.export_model(), tuner.rows


def new_weights(winner: keras.Model) -> keras.Model:
    """Return the winner's architecture with new weights, as an ordinary Keras model: nobody needs AutoKeras to load it."""

    def replace(layer: keras.Layer) -> keras.Layer:
        if isinstance(layer, CastToFloat32):  # the scaling layer behind it casts anyway
            return keras.layers.Identity(name=layer.name)
        return layer.__class__.from_config(layer.get_config())

    return keras.models.clone_model(winner, clone_function=replace)


def _fixed_training() -> keras_tuner.HyperParameters:
    """Return the hyperparameters of training as AutoKeras names them, fixed: the search is for architectures only.

    Their values do not count, the tuner trains as the recipe says.
    """
    fixed = keras_tuner.HyperParameters()
    fixed.Fixed("optimizer", "adam")
    fixed.Fixed("learning_rate", 0.001)
    return fixed


def _hyperband_budget(nas: Nas) -> dict[str, int]:
    """Return the epochs that successive halving goes up to (AutoKeras: 100), and rounds enough for all trials."""
    return {"max_epochs": nas.epochs, "hyperband_iterations": nas.trials}


def _all_failed(trials: list[Trial], nas: Nas, failure: Exception | None) -> str:
    reasons = (
        "; ".join(f"trial {trial.trial}: {trial.reason}" for trial in trials) or f"before the first one: {failure}"
    )
    return (
        f"all trials of the search failed ({reasons}); expected at least one trained network. "
        f"Is nas.max_parameters = {nas.max_parameters} too small for the search space? The log has the tracebacks."
    )
