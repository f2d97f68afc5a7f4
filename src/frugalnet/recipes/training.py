"""Train a model as a recipe says, in the ledger's window `train`."""

from collections.abc import Sequence
from math import isfinite

import numpy as np

from frugalnet import catalogue
from frugalnet.backend import keeping_epochs, keras, tf
from frugalnet.config.recipe import Recipe
from frugalnet.datasets import Data
from frugalnet.energy import Ledger
from frugalnet.errors import DivergedError
from frugalnet.recipes.batches import in_order, input_of
from frugalnet.recipes.callbacks import EpochWindows, Progress
from frugalnet.recipes.devices import shared
from frugalnet.recipes.fit import Fit, one_hot
from frugalnet.recipes.optimizer import fresh_optimizer
from frugalnet.recipes.precision import with_scaled_loss
from frugalnet.record.rows import Epoch

LOSS = {"classification": "sparse_categorical_crossentropy", "regression": "mean_absolute_error"}
LOSS_OF_PROBABILITIES = "categorical_crossentropy"
TESTED_AT_ONCE = 1024
"""Test samples per batch, with the copies of each."""


def compile_model(model: keras.Model, data: Data, recipe: Recipe) -> None:
    """Compile a model with a fresh optimizer, the loss of the task, and the metric of the dataset."""
    _compile(model, data, recipe, fresh_optimizer(recipe), LOSS[data.task], False, recipe.steps_per_execution)


def _compile(
    model: keras.Model, data: Data, recipe: Recipe, optimizer: keras.Optimizer, loss: str, jit: bool, steps: int
) -> None:
    model.compile(
        with_scaled_loss(optimizer, recipe.precision),
        loss,
        metrics=[metric(data)],
        jit_compile=jit,
        steps_per_execution=steps,
    )


def metric(data: Data) -> str:
    """Return the name of the metric that measures quality on the dataset."""
    return catalogue.DATASETS[data.name].metric


def train(
    model: keras.Model,
    data: Data,
    recipe: Recipe,
    epochs: int,
    ledger: Ledger,
    callbacks: Sequence[keras.callbacks.Callback] = (),
    targets: np.ndarray | None = None,
    what: str = "train",
) -> list[Epoch]:
    """Train on the training part, with validation after each epoch, and return a row per epoch.

    `targets` replace the labels; for classes they are probabilities. `what` names the training in the log. Raises
    DivergedError, with the rows, if a loss is not finite (the training ends with that epoch), and OutOfMemoryError, with
    the rows of the epochs that ended, if memory is too small.
    """
    name = metric(data)
    windows = EpochWindows(ledger, name)
    with ledger.window("train"), shared(model, recipe.devices) as trained:
        soft = bool(data.n_classes) and targets is not None
        fit = Fit(trained, data, recipe, epochs, data.train.y if targets is None else targets, soft)
        loss = LOSS_OF_PROBABILITIES if fit.of_probabilities else LOSS[data.task]
        _compile(fit.model, data, recipe, fit.optimizer, loss, fit.jit, fit.steps_per_execution)
        validation_y = data.validation.y
        if fit.of_probabilities:
            assert data.n_classes
            validation_y = one_hot(validation_y, data.n_classes)
        if recipe.devices == 1:  # with several, Keras does the same
            _make_variables(fit.model, data.validation.x[:1], validation_y[:1], data.n_classes or 1)
        try:
            with keeping_epochs(windows.rows):
                fit.model.fit(
                    input_of(fit),
                    validation_data=(data.validation.x, validation_y),
                    batch_size=recipe.batch_size,
                    epochs=epochs,
                    verbose=0,
                    callbacks=[*callbacks, *fit.callbacks, windows, Progress(what, name)],
                )
        finally:
            for restore in fit.afterwards:
                restore()
    if not isfinite(windows.rows[-1].loss):
        raise DivergedError(windows.rows)
    if fit.of_probabilities or fit.model is not model:
        compile_model(model, data, recipe)
    return windows.rows


def _make_variables(model: keras.Model, x: np.ndarray, y: np.ndarray, outputs: int) -> None:
    """Make the variables of optimizer and metrics, from a sample: TensorFlow traces a step twice if its first call makes some."""
    model.optimizer.build(model.trainable_variables)
    model.compute_metrics(x, y, np.zeros((1, outputs), "float32"))
    model.reset_metrics()


def scores_of(model: keras.Model, data: Data, copies: int = 0) -> np.ndarray:
    """Return the score of a trained model on each test sample, in order; the mean is its quality.

    A score is whether the most probable class is right (bool), or the absolute error of a regression (float32).
    `copies`: how many of each sample the model makes, which then count as samples of a batch.
    """
    part, size = data.test, TESTED_AT_ONCE // (1 + copies)
    batches = [part.x[at : at + size] for at in range(0, len(part.x), size)]
    outputs = np.concatenate([np.asarray(model(tf.constant(batch), training=False)) for batch in batches])
    return outputs.argmax(axis=-1) == part.y if data.n_classes else np.abs(outputs[:, 0] - part.y)


def evaluate(model: keras.Model, data: Data, recipe: Recipe) -> dict[str, float]:
    """Return loss and quality of a trained model on each part of the data: `train_loss`, `test_accuracy`, ...

    Batches of all parts have an undefined size, so that the model is traced only once.
    """
    parts = {"train": data.train, "validation": data.validation, "test": data.test}
    results: dict[str, float] = {}
    for name, part in parts.items():
        size = max(1, recipe.batch_size // (1 + recipe.test_time))
        values = model.evaluate(in_order(part.x, part.y, size), verbose=0, return_dict=True)
        results |= {f"{name}_{key}": float(value) for key, value in values.items()}
    return results
