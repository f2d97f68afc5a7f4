"""What a recipe can have that no plain script is written for."""

from typing import Any

from frugalnet import catalogue
from frugalnet.commands.script.found import Found
from frugalnet.config.levels import NONE, name_of, written
from frugalnet.config.run import Run
from frugalnet.errors import FrugalNetError

ALL = None
LEVELS: dict[str, tuple[str, ...] | None] = {
    **dict.fromkeys(("split", "input", "precision", "optimizer", "label_smoothing", "early_stopping"), ALL),
    "scaling": (NONE, "unit", "standard", "robust", "min_max", "fixed"),
    "schedule": ("constant", "exponential", "polynomial", "cosine", "step", "plateau"),
    "augmentation": ("random", "mixup", "cutmix"),
    "internal": (NONE, "jit", "post_training_quantization"),
}
"""Keys of a recipe that a script can have, and their levels that it can."""
WHY = {"quantization_aware": " (no layer of Keras rounds while it is trained)"}


def check(found: Found) -> None:
    """Raise FrugalNetError for a run with a part of a recipe that a script cannot have, or a parent that was trained otherwise."""
    if parts := list(dict.fromkeys(part for run in found.chain for part in unwritten(run))):
        raise FrugalNetError(
            f"{found.folder}: a plain script cannot do what the run had: {', '.join(parts)}; expected a recipe in which "
            f"only {', '.join(LEVELS)} are not as by default"
        )


def unwritten(run: Run) -> list[str]:
    """Return the keys of a run's recipe, with their values, whose effect a script cannot have."""
    found = []
    for part in catalogue.RECIPE_PARTS.values():
        section, _, key = (part.key or "").partition(".")
        if section != "recipe":
            continue
        value = getattr(run.recipe, key)
        if run.parent and key in run.resolved:  # that one may have been trained as this one was asked to be
            found.append(f"recipe.{key} of the run that it starts from")
        elif value != part.without and not _is_written(key, value):
            found.append(f"recipe.{key} {written(value)}{WHY.get(str(value), '')}")
    return found


def _is_written(key: str, value: Any) -> bool:
    if key not in LEVELS:
        return False
    levels = LEVELS[key]
    return levels is ALL or all(name_of(each) in levels for each in (value if isinstance(value, tuple) else (value,)))
