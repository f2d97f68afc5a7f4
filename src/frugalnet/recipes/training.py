"""Train a model as a recipe says, in the ledger's window `train`."""

from collections.abc import Sequence

import numpy as np

from frugalnet import catalogue
from frugalnet.backend import keras, tf
from frugalnet.config.recipe import Recipe
from frugalnet.datasets import Data
from frugalnet.energy import Ledger
from frugalnet.recipes.callbacks import EpochWindows, Progress
from frugalnet.recipes.distillation import one_hot
from frugalnet.record.rows import Epoch

LOSS = {"classification": "sparse_categorical_crossentropy", "regression": "mean_absolute_error"}
LOSS_OF_PROBABILITIES = "categorical_crossentropy"
TESTED_AT_ONCE = 1024
"""Test samples per batch."""


def compile_model(model: keras.Model, data: Data, recipe: Recipe, loss: str | None = None) -> None:
    """Compile a model with a fresh optimizer, a loss (by default that of the task), and the metric of the dataset."""
    model.compile(
        fresh_optimizer(recipe),
        loss=loss or LOSS[data.task],
        metrics=[metric(data)],
        jit_compile=recipe.jit,
        steps_per_execution=recipe.steps_per_execution,
    )


def fresh_optimizer(recipe: Recipe) -> keras.Optimizer:
    """Return a new optimizer of the recipe, without state."""
    return keras.optimizers.get({"class_name": recipe.optimizer, "config": {"learning_rate": recipe.learning_rate}})


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

    `targets` replace the labels; for classes they are probabilities. `what` names the training in the log.
    """
    name = metric(data)
    windows = EpochWindows(ledger, name)
    classes = data.n_classes if targets is not None else None
    with ledger.window("train"):
        compile_model(model, data, recipe, LOSS_OF_PROBABILITIES if classes else None)
        validation_y = one_hot(data.validation.y, classes) if classes else data.validation.y
        model.fit(
            data.train.x,
            data.train.y if targets is None else targets,
            validation_data=(data.validation.x, validation_y),
            batch_size=recipe.batch_size,
            epochs=epochs,
            verbose=0,
            callbacks=[*callbacks, windows, Progress(what, name)],
        )
    if classes:
        compile_model(model, data, recipe)
    return windows.rows


def scores_of(model: keras.Model, data: Data) -> np.ndarray:
    """Return the score of a trained model on each test sample, in order; the mean is its quality.

    A score is whether the most probable class is right (bool), or the absolute error of a regression (float32).
    """
    part = data.test
    batches = [part.x[at : at + TESTED_AT_ONCE] for at in range(0, len(part.x), TESTED_AT_ONCE)]
    outputs = np.concatenate([np.asarray(model(tf.constant(batch), training=False)) for batch in batches])
    return outputs.argmax(axis=-1) == part.y if data.n_classes else np.abs(outputs[:, 0] - part.y)


def evaluate(model: keras.Model, data: Data, recipe: Recipe) -> dict[str, float]:
    """Return loss and quality of a trained model on each part of the data: `train_loss`, `test_accuracy`, ...

    Batches of all parts have an undefined size, so that the model is traced only once.
    """
    parts = {"train": data.train, "validation": data.validation, "test": data.test}
    results: dict[str, float] = {}
    for name, part in parts.items():
        batches = tf.data.Dataset.from_tensor_slices((part.x, part.y)).batch(recipe.batch_size)
        values = model.evaluate(batches, verbose=0, return_dict=True)
        results |= {f"{name}_{key}": float(value) for key, value in values.items()}
    return results
