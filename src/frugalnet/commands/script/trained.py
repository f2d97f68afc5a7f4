"""The functions of a script that a recipe decides: how the network is trained, and how its images are changed."""

from typing import Any

from frugalnet.catalogue.recipes import AUGMENTATIONS
from frugalnet.config.levels import name_of, settings_of
from frugalnet.config.recipe import Recipe

MIXING = ("mixup", "cutmix")


def of_probabilities(recipe: Recipe) -> bool:
    """Tell whether the targets of a training are probabilities of classes, whatever they are before."""
    return recipe.label_smoothing > 0 or any(name_of(each) in MIXING for each in recipe.augmentation)


def train(recipe: Recipe) -> str:
    """Return the function `train`."""
    rated = recipe.schedule not in ("constant", "plateau") and name_of(recipe.schedule) != "plateau"
    rate = f"{name_of(recipe.schedule)}_rate(steps, epochs, **SCHEDULE)" if rated else "LEARNING_RATE"
    callbacks = [
        "*callbacks",
        *(["plateau(**SCHEDULE)"] if name_of(recipe.schedule) == "plateau" else []),
        *(["keras.callbacks.EarlyStopping(**EARLY_STOPPING)"] if recipe.early_stopping else []),
    ]
    lines = [
        "x, y = training",
        *(["y, validation = one_hot(y), (validation[0], one_hot(validation[1]))"] if of_probabilities(recipe) else []),
        *(["y = smoothed(y)"] if recipe.label_smoothing else []),
        *(["steps = math.ceil(len(x) / BATCH_SIZE)  # of an epoch"] if rated else []),
        "network.compile(",
        f"    OPTIMIZER(learning_rate={rate}, **OPTIMIZER_SETTINGS),",
        "    loss=loss,",
        "    metrics=[METRIC],",
        "    steps_per_execution=STEPS_PER_EXECUTION,",
        "    jit_compile=JIT,",
        ")",
        "network.fit(",
        "    batches(x, y, changes())," if recipe.augmentation else "    x,\n        y,",
        "    batch_size=BATCH_SIZE,",
        "    epochs=epochs,",
        "    verbose=2,",
        f"    callbacks=[{', '.join(callbacks)}],",
        "    validation_data=validation,",
        ")",
    ]
    signature = (
        "def train(network: keras.Model, training: Part, validation: Part, epochs: int, loss: str, "
        "callbacks: Any = ()) -> None:"
    )
    return "\n".join([signature, '    """Train with a new optimizer."""', *(f"    {line}" for line in lines)])


def changes(recipe: Recipe, channels: int) -> str:
    """Return the function `changes`, for images with some channels."""
    made = [line for value in recipe.augmentation for line in _changes(value, channels)]
    return "\n".join(
        [
            "def changes() -> list[Any]:",
            '    """Return the changes of the training images, in their order."""',
            "    return [",
            *(f"        {line}," for line in made),
            "    ]",
        ]
    )


def _changes(value: Any, channels: int) -> list[str]:
    name = name_of(value)
    settings = settings_of(value, AUGMENTATIONS[name].settings)
    if name == "random":
        return list(_random(**settings, channels=channels))
    alpha = settings["alpha"]
    return [f'mixing(layers.{f"MixUp({alpha}" if name == "mixup" else f"CutMix(({alpha}, {alpha})"}, dtype="float32"))']


def _random(crop: int, flip: bool, colour: float, erasing: float, channels: int) -> list[str]:
    """Return the changes of the augmentation `random`; Keras multiplies the saturation by f / (1 - f)."""
    low, high = (share / (1 + share) for share in (1 - colour, 1 + colour))
    made = {
        f"RandomBrightness({colour}": colour,
        f"RandomContrast({colour}": colour,
        f"RandomSaturation(({low}, {high}), value_range=(0, 1)": colour and channels == 3,
        f"RandomErasing(({erasing}, {erasing}), fill_value=0": erasing,
    }
    layers = [f'by_layer(layers.{each}, dtype="float32"))' for each, used in made.items() if used]
    return [*([f"cropping({crop}, flip={flip})"] if crop or flip else []), *layers]
