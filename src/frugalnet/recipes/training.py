"""Train a model as a recipe says, in the ledger's window `train`."""

from collections.abc import Sequence

from frugalnet import catalogue
from frugalnet.backend import keras
from frugalnet.config import Recipe
from frugalnet.datasets import Data
from frugalnet.energy import Ledger
from frugalnet.recipes.callbacks import EpochWindows, Progress
from frugalnet.record import Epoch

LOSS = {"classification": "sparse_categorical_crossentropy", "regression": "mean_absolute_error"}


def compile_model(model: keras.Model, data: Data, recipe: Recipe) -> None:
    """Compile with a fresh optimizer, the loss of the task and the metric of the dataset."""
    model.compile(
        fresh_optimizer(recipe),
        loss=LOSS[data.task],
        metrics=[metric(data)],
        jit_compile=recipe.jit,
        steps_per_execution=recipe.steps_per_execution,
    )


def fresh_optimizer(recipe: Recipe) -> keras.Optimizer:
    """Return the recipe's optimizer, without a past."""
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
) -> list[Epoch]:
    """Train on the training part, with validation after each epoch, and return a row per epoch."""
    name = metric(data)
    windows = EpochWindows(ledger, name)
    with ledger.window("train"):
        compile_model(model, data, recipe)
        model.fit(
            data.train.x,
            data.train.y,
            validation_data=(data.validation.x, data.validation.y),
            batch_size=recipe.batch_size,
            epochs=epochs,
            verbose=0,
            callbacks=[*callbacks, windows, Progress("train", name)],
        )
    return windows.rows


def evaluate(model: keras.Model, data: Data, recipe: Recipe) -> dict[str, float]:
    """Return loss and quality of a trained model on each part of the data: `train_loss`, `test_accuracy`, ..."""
    parts = {"train": data.train, "validation": data.validation, "test": data.test}
    results: dict[str, float] = {}
    for name, part in parts.items():
        values = model.evaluate(part.x, part.y, batch_size=recipe.batch_size, verbose=0, return_dict=True)
        results |= {f"{name}_{key}": float(value) for key, value in values.items()}
    return results
