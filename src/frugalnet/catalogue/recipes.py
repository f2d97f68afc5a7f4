"""The parts of recipes: the keys of `recipe` that have code, the names that they take, and the settings of these names."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any


@dataclass(frozen=True)
class Setting:
    """A setting of a level: what it is, its default, and which values it takes.

    `low` and `high` bound a number, which is `whole` or not; `choices` are texts; without any of them the setting is
    true or false. `many`: a list of such numbers. A default of None leaves the value to the code behind the level.
    """

    meaning: str
    default: Any = None
    low: float | None = None
    high: float | None = None
    whole: bool = False
    many: bool = False
    needed: bool = False
    choices: tuple[str, ...] = ()


@dataclass(frozen=True)
class Level:
    """A name that a key of a recipe takes: its code, `module:attribute`, and the settings of its mapping form.

    Raise `version` when the code behind `path` changes what it does: the runs that use it are then done again.
    """

    path: str
    settings: Mapping[str, Setting] = field(default_factory=dict)
    version: int = 1


@dataclass(frozen=True)
class RecipePart:
    """A part of how networks are trained, and the modules that implement it.

    A run uses it if the `key` of its row has an effect: if its value is not `without`. Every run uses a part without a
    `key`. `changes` names a function from a `Fit` and the value of the key; parts change a training in the order of
    RECIPE_PARTS. `levels` are the names that the key takes; a key without names may have `settings`. Raise `version`
    when the code changes what the part does: the runs that use it are then done again.
    """

    modules: tuple[str, ...]
    key: str | None = None
    without: Any = None
    changes: str | None = None
    levels: Mapping[str, Level] = field(default_factory=dict)
    settings: Mapping[str, Setting] = field(default_factory=dict)
    version: int = 1


CLIPPING = {
    "clipnorm": Setting("largest norm of the gradient of each variable", None, 1e-6, 1e6),
    "global_clipnorm": Setting("largest norm of the gradient of all variables together", None, 1e-6, 1e6),
    "clipvalue": Setting("largest absolute value in a gradient", None, 1e-6, 1e6),
}
MOMENTUM = {"momentum": Setting("momentum", 0.0, 0, 0.9999)}
DECAY = Setting("decoupled weight decay per step, times the learning rate", None, 0, 10)
MOMENTS = {
    "beta_1": Setting("decay of the mean of gradients", 0.9, 0, 0.999999),
    "beta_2": Setting("decay of the mean of squared gradients", 0.999, 0, 0.999999),
    "epsilon": Setting("added to the denominator", 1e-7, 1e-9, 1),
    "amsgrad": Setting("use the largest mean of squared gradients so far", False),
}
OPTIMIZERS = {
    "adam": Level("keras.optimizers:Adam", MOMENTS | CLIPPING),
    "adamw": Level(
        "keras.optimizers:AdamW", MOMENTS | {"weight_decay": Setting(DECAY.meaning, 0.004, 0, 10)} | CLIPPING
    ),
    "sgd": Level(
        "keras.optimizers:SGD",
        MOMENTUM | {"nesterov": Setting("Nesterov's momentum", False), "weight_decay": DECAY} | CLIPPING,
    ),
    "rmsprop": Level(
        "keras.optimizers:RMSprop",
        {
            "rho": Setting("decay of the mean of squared gradients", 0.9, 0, 0.999999),
            **MOMENTUM,
            "epsilon": MOMENTS["epsilon"],
            "centered": Setting("normalize by the variance of the gradient", False),
            **CLIPPING,
        },
    ),
}
"""Optimizers: Keras classes, with the arguments that a recipe may set, and their defaults in Keras."""


def _schedule(name: str, **settings: Setting) -> Level:
    return Level(f"frugalnet.recipes.schedules:{name}", settings)


FLOOR = Setting("learning rate at the end, as a fraction of the first", 0.0, 0, 1)
SCHEDULES = {
    "exponential": _schedule(
        "exponential", rate=Setting("factor per epoch, applied a little at each step", 0.9, 0.0001, 1)
    ),
    "polynomial": _schedule("polynomial", power=Setting("power; 1 is a straight line", 1.0, 0.01, 10), floor=FLOOR),
    "cosine": _schedule(
        "cosine", warmup_epochs=Setting("epochs in which the rate rises from 0", 0.0, 0, 100_000), floor=FLOOR
    ),
    "step": _schedule(
        "step",
        factor=Setting("factor at each step", 0.1, 0.0001, 1),
        epochs=Setting(
            "epochs after which the rate falls; half and three quarters of the training if not set (He et al. 2016)",
            None,
            0.01,
            100_000,
            many=True,
        ),
    ),
    "plateau": _schedule(
        "plateau",
        factor=Setting("factor when the validation loss falls no further", 0.1, 0.0001, 0.9999),
        patience=Setting("epochs without a lower validation loss before that", 10, 1, 100_000, whole=True),
        floor=FLOOR,
    ),
}
SCALINGS = {
    "unit": Level("frugalnet.recipes.scaling:unit"),
    "standard": Level("frugalnet.recipes.scaling:standard"),
    "robust": Level("frugalnet.recipes.scaling:robust"),
    "min_max": Level("frugalnet.recipes.scaling:min_max"),
    "fixed": Level(
        "frugalnet.recipes.scaling:fixed",
        {
            "mean": Setting("mean of each feature, or one for all", None, -1e9, 1e9, many=True, needed=True),
            "deviation": Setting("deviation of each feature, or one for all", None, 1e-9, 1e9, many=True, needed=True),
        },
    ),
}
ALPHA = Setting("both parameters of the beta distribution from which shares are drawn", 0.2, 0.001, 100)
AUGMENTATIONS = {
    "random": Level(
        "frugalnet.recipes.augmentation.random:random",
        {
            "crop": Setting("pixels of zeros around an image, out of which it is cropped", 4, 0, 1000, whole=True),
            "flip": Setting("mirror half of the images left to right", True),
            "colour": Setting("strength of the jitter of brightness, contrast and saturation", 0.1, 0, 1),
            "erasing": Setting("share of the images in which a rectangle is erased", 0.25, 0, 1),
        },
    ),
    "mixup": Level("frugalnet.recipes.augmentation.mixup:mixup", {"alpha": ALPHA}),
    "cutmix": Level(
        "frugalnet.recipes.augmentation.cutmix:cutmix",
        {"alpha": Setting(ALPHA.meaning, 1.0, 0.001, 1)},
    ),
}
INTERNALS = {
    "jit": Level("frugalnet.recipes.internal:jit"),
    "quantization_aware": Level("frugalnet.recipes.internal:quantization_aware"),
    "post_training_quantization": Level("frugalnet.recipes.internal:post_training_quantization"),
}
INT8 = ("quantization_aware", "post_training_quantization")
"""The levels among them whose network is deployed as an int8 file."""
EARLY_STOPPING = {
    "patience": Setting("epochs without a lower validation loss", None, 1, 100_000, whole=True, needed=True),
    "min_delta": Setting("smallest fall of the loss that counts", 0.0, 0, 1e6),
    "restore_best": Setting("keep the weights of the best epoch", True),
}
RESIZE = {
    "to": Setting("pixels of each side of the resized images", None, 1, 4096, whole=True, needed=True),
    "crop": Setting(
        "pixels of each side of the centre that the network gets; null: all of them", None, 1, 4096, whole=True
    ),
}
BATCH_GROWTH = {
    "factor": Setting("factor of the batch size", None, 1.01, 1000, needed=True),
    "every": Setting("epochs between two growths", 1, 1, 100_000, whole=True),
    "most": Setting("largest batch size", None, 2, 10**7, whole=True),
}


def _part(key: str, *others: str, **rest: Any) -> RecipePart:
    """Return a part with the module of its key; `others` are further modules of the room, or of the package `networks.graph`."""
    modules = tuple(f"frugalnet.{name}" if "." in name else f"frugalnet.recipes.{name}" for name in (key, *others))
    return RecipePart(modules, f"recipe.{key}", **rest)


def _change(name: str) -> str:
    return f"frugalnet.recipes.{name}:{name}"


RECIPE_PARTS = {
    "training": RecipePart(
        (
            *(f"frugalnet.recipes.{name}" for name in ("training", "fit", "batches", "callbacks")),
            "frugalnet.networks.__init__",
        ),
        version=5,
    ),
    "split": _part("split", without="official"),
    "input": _part("input", without="memory"),
    "scaling": _part("scaling", without="none", levels=SCALINGS),
    "resize": _part("resize", settings=RESIZE),
    "precision": _part("precision", without="float32"),
    "weights": _part("weights", "imagenet"),
    "devices": _part("devices", without=1),
    "optimizer": _part("optimizer", levels=OPTIMIZERS),
    "layer_groups": _part("layer_groups", "networks.graph", changes=_change("layer_groups")),
    "batch_growth": _part("batch_growth", changes=_change("batch_growth"), settings=BATCH_GROWTH),
    "schedule": RecipePart(
        ("frugalnet.recipes.schedules",),
        "recipe.schedule",
        "constant",
        "frugalnet.recipes.schedules:schedule",
        SCHEDULES,
    ),
    "label_smoothing": _part("label_smoothing", without=0, changes=_change("label_smoothing")),
    "augmentation": RecipePart(
        tuple(f"frugalnet.recipes.augmentation.{name}" for name in ("__init__", "several", "by_layer")),
        "recipe.augmentation",
        (),
        "frugalnet.recipes.augmentation.several:augmentation",
        AUGMENTATIONS,
    ),
    "early_stopping": _part("early_stopping", changes=_change("early_stopping"), settings=EARLY_STOPPING),
    "internal": _part(
        "internal",
        "quantization",
        "rounding",
        "networks.graph",
        without="none",
        changes=_change("internal"),
        levels=INTERNALS,
    ),
    "test_time": _part("test_time", without=0),
    "distillation": RecipePart(("frugalnet.recipes.distillation",), "pruning.distillation", 0, version=2),
}
