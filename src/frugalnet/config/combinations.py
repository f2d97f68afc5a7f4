"""Levels of recipe keys, datasets, methods and devices that cannot be used together: refused, or resolved by a stated rule."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, get_args

from frugalnet import catalogue
from frugalnet.catalogue.recipes import INT8
from frugalnet.config.levels import NAME, NONE, name_of, written
from frugalnet.config.recipe import Precision, Recipe
from frugalnet.config.section import WrongValueError

ANY = "*"
"""Stands for every level of a key that has an effect."""
NAMES = "names of layers"
"""Level of a value that has names of layers as keys."""
ROWS, IMAGES = "rows", "images"
"""Kinds of samples."""
PRUNES, SEARCHES, OTHER = (
    *("prunes, or is compared with what prunes", "trains what a search finds"),
    "trains another network from new weights",
)
"""Kinds of methods."""
METAL = "metal"
"""The kind of machine on which TensorFlow works by its plugin for Macs."""

Facts = Mapping[str, tuple[str, ...]]
"""Names of levels by key of a recipe, and by `task`, `samples`, `method` and `machine`; none where a key has no effect."""


@dataclass(frozen=True)
class Combination:
    """Levels by key that cannot be used together, and why.

    `instead`: the values of keys that a run then has, or settings of them that a recipe leaves at their defaults;
    without any the combination is refused.
    """

    levels: Mapping[str, tuple[str, ...]]
    because: str
    instead: Mapping[str, Any] = field(default_factory=dict)

    def is_in(self, facts: Facts) -> bool:
        """Tell whether all of the levels are among the facts; among facts, ANY stands for a level that is not known any more."""
        return all(
            key in facts and (ANY in (*names, *facts[key]) or set(names) & set(facts[key]))
            for key, names in self.levels.items()
        )


_PLANNED = "masks grow over planned steps, and what pruning is compared with is trained alike"
_OTHERS = tuple(name for name in get_args(Precision) if name != "float32")
_ADAM = ("adam", "adamw")
COMBINATIONS = (
    Combination({"batch_growth": (ANY,), "devices": (ANY,)}, "a batch that several devices share has one size"),
    Combination({"augmentation": (ANY,), "samples": (ROWS,)}, "samples of one dimension are no images"),
    Combination({"test_time": (ANY,), "samples": (ROWS,)}, "samples of one dimension are no images"),
    Combination({"resize": (ANY,), "samples": (ROWS,)}, "samples of one dimension are no images"),
    Combination(
        {"augmentation": ("mixup", "cutmix"), "task": ("regression",)}, "they mix classes; a regression has none"
    ),
    Combination({"label_smoothing": (ANY,), "task": ("regression",)}, "a regression has no classes"),
    Combination({"internal": ("jit",), "machine": (METAL,)}, "TensorFlow's plugin for Metal has no XLA"),
    Combination({"optimizer": ("adamw",), "machine": (METAL,)}, "AdamW fails with TensorFlow's plugin for Metal"),
    Combination({"early_stopping": (ANY,), "method": (PRUNES,)}, _PLANNED, {"early_stopping": None}),
    Combination({"batch_growth": (ANY,), "method": (PRUNES,)}, _PLANNED, {"batch_growth": None}),
    Combination({"devices": (ANY,), "method": (PRUNES,)}, _PLANNED, {"devices": 1}),
    Combination(
        {"weights": (ANY,), "method": (OTHER,)},
        "the weights are those of the dataset's network",
        {"weights": None},
    ),
    Combination(
        {"internal": INT8, "precision": _OTHERS},
        "an int8 file is made of a network that computes in float32",
        {"internal": NONE},
    ),
    Combination(
        {"internal": ("quantization_aware",), "devices": (ANY,)},
        "the ranges of activations are learned on one device",
        {"devices": 1},
    ),
    Combination(
        {"internal": ("jit",), "devices": (ANY,)}, "XLA does not reach variables on another device", {"internal": NONE}
    ),
    Combination({"internal": INT8, "test_time": (ANY,)}, "an int8 file predicts from single images", {"test_time": 0}),
    Combination(
        {"optimizer": _ADAM, "precision": ("bfloat16",)},
        "in bfloat16 a beta_2 of 0.999 is 1, and nothing is learned",
        {"optimizer": {"beta_2": 0.99}},
    ),
    Combination(
        {"optimizer": _ADAM, "precision": ("float16",)},
        "in float16 an epsilon of 1e-7 is almost 0, and the training diverges",
        {"optimizer": {"epsilon": 1e-4}},
    ),
    Combination(
        {"devices": (ANY,)}, "Keras' loop over several steps fails with several devices", {"steps_per_execution": 1}
    ),
    Combination(
        {"layer_groups": (NAMES,), "method": (SEARCHES,)},
        "a network that a search finds has layers of other names",
        {"layer_groups": None},
    ),
    Combination(
        {"resize": (ANY,), "method": (SEARCHES,)},
        "a network that a search finds takes images as they are",
        {"resize": None},
    ),
)
"""All combinations that cannot work. Those that no run can have come first, then those that a run resolves."""


def check(recipe: Recipe, dataset: str) -> None:
    """Raise WrongValueError, with the key of the recipe, for a recipe that cannot be used on a dataset."""
    if found := refused(facts_of(recipe, dataset)):
        key, because = found
        raise WrongValueError(key, getattr(recipe, key), because)


def refused(facts: Facts) -> tuple[str, str] | None:
    """Return the first key of a combination that is refused, and with what it cannot be used and why; None if all is well."""
    for each in COMBINATIONS:
        if not each.instead and each.is_in(facts):
            key, *others = each.levels
            beside = " and ".join(f"{other} {' and '.join(facts[other])}" for other in others)
            return key, f"cannot be used with {beside}: {each.because}"
    return None


def resolved(recipe: Recipe, dataset: str, method: str) -> tuple[Recipe, dict[str, Any]]:
    """Return the recipe that a run of a method has, and those of its values that are not as asked for."""
    instead: dict[str, Any] = {}
    facts = facts_of(recipe, dataset, method)
    for each in COMBINATIONS:
        if not (each.instead and each.is_in(facts)):
            continue
        wanted = {key: _instead(getattr(recipe, key), value) for key, value in each.instead.items()}
        if differing := {key: value for key, value in wanted.items() if getattr(recipe, key) != value}:
            recipe = recipe.model_copy(update=differing)
            instead |= differing
            facts = facts_of(recipe, dataset, method)
    return recipe, instead


def because(instead: Mapping[str, Any], recipe: Recipe, dataset: str, method: str) -> str | None:
    """Return why a run has other values than asked for; None for none.

    It is found anew from the resolved recipe, so that no row depends on how a reason is worded.
    """
    facts = {**facts_of(recipe, dataset, method), **dict.fromkeys(instead, (ANY,))}
    reasons = [each.because for each in COMBINATIONS if set(each.instead) & set(instead) and each.is_in(facts)]
    return "; ".join(dict.fromkeys(reasons)) or None


def _instead(value: Any, other: Any) -> Any:
    """Return what a key has instead of a value: another one, or the same level with more settings."""
    if not isinstance(other, Mapping):
        return other
    return {NAME: name_of(value), **other, **(value if isinstance(value, Mapping) else {})}


def told(instead: Mapping[str, Any], reason: str | None) -> str | None:
    """Return in words what a run has instead, and why: `early_stopping none, devices 1: ...`; None for nothing."""
    values = [f"{key} {NONE if value is None else written(value)}" for key, value in instead.items()]
    return f"{', '.join(values)}: {reason}" if values else None


def facts_of(recipe: Recipe, dataset: str, method: str | None = None) -> dict[str, tuple[str, ...]]:
    """Return the facts of a recipe that is used on a dataset, and by a method if one is named."""
    entry = catalogue.DATASETS[dataset]
    found: dict[str, tuple[str, ...]] = {"task": (entry.task,), "samples": (ROWS if entry.rank == 1 else IMAGES,)}
    found |= {"method": _kinds(method)} if method else {}
    for part in catalogue.RECIPE_PARTS.values():
        section, _, key = (part.key or "").partition(".")
        if section == "recipe" and (value := getattr(recipe, key)) != part.without:
            found[key] = tuple(_level(each) for each in (value if isinstance(value, tuple) else (value,)))
    return found


def _level(value: Any) -> str:
    return NAMES if isinstance(value, Mapping) and NAME not in value else name_of(value)


def _kinds(method: str) -> tuple[str, ...]:
    """Return the kinds of a method that not all parts of recipes fit."""
    entry, root = catalogue.METHODS[method], method
    while parent := catalogue.METHODS[root].parent:
        root = parent
    kinds = {
        PRUNES: any(key.partition(".")[0] == "pruning" for key in entry.reads),
        SEARCHES: "nas" in catalogue.METHODS[root].reads and method != "width_scaled",
        OTHER: not entry.builds_the_network and (entry.parent is None or entry.new_weights),
    }
    return tuple(kind for kind, is_one in kinds.items() if is_one)
