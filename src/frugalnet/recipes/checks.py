"""What a run needs of its data and of the machine that only they tell: checked before anything is measured, without TensorFlow."""

import platform
from importlib.metadata import PackageNotFoundError, distribution
from typing import Any

from frugalnet.config.combinations import METAL, facts_of, refused, told
from frugalnet.config.levels import name_of
from frugalnet.config.run import Run
from frugalnet.config.shown import shown
from frugalnet.config.weights import IMAGENET
from frugalnet.datasets import Data
from frugalnet.errors import RefusedError
from frugalnet.recipes.input import with_input
from frugalnet.recipes.split import split


def data_for(run: Run, data: Data) -> Data:
    """Return the data of a run, in the parts that its recipe names, of which the training part is in memory or on disk.

    Raises RefusedError for a recipe that cannot be used on these data or on this machine.
    """
    data = with_input(split(data, run.recipe.split), run.recipe.input)
    _check_device(run)
    _check_batch(run, data)
    _check_scaling(run, data)
    _check_channels(run, data)
    return data


def as_told(run: Run) -> str | None:
    """Return a line that says what of a run's recipe is not as asked for; None if all is."""
    said = told(run.resolved, run.because)
    return f"not as asked for: {said}" if said else None


def error_of(run: Run, key: str, expected: str) -> RefusedError:
    """Return the error of a key of a run's recipe."""
    value: Any = getattr(run.recipe, key)
    return RefusedError(f"recipe.{key} = {shown(value)} (of {run.dataset}, for {run.id}): {expected}")


def kinds_of_machine() -> tuple[str, ...]:
    """Return what kind of machine this is, of those on which not all recipes work."""
    if platform.system() != "Darwin":
        return ()
    try:
        distribution("tensorflow-metal")
    except PackageNotFoundError:
        return ()
    return (METAL,)


def _check_device(run: Run) -> None:
    if found := refused(facts_of(run.recipe, run.dataset, run.method) | {"machine": kinds_of_machine()}):
        raise error_of(run, *found)


def _check_batch(run: Run, data: Data) -> None:
    samples = data.card["samples"]["train"]
    if run.recipe.batch_size > samples:
        raise error_of(
            run, "batch_size", f"larger than the training part of {samples} samples; expected at most as many"
        )
    if 0 < (last := samples % run.recipe.batch_size) < run.recipe.devices:
        told = f"the last batch of an epoch has {last} of {samples} samples; expected no fewer than devices"
        raise error_of(run, "devices", told)


def _check_channels(run: Run, data: Data) -> None:
    if run.recipe.weights != IMAGENET:
        return
    shape = data.card["shape"]
    if len(shape) != 3 or shape[-1] != 3:
        raise error_of(run, "weights", f"for images of three channels; the samples have the shape {tuple(shape)}")


def _check_scaling(run: Run, data: Data) -> None:
    """Raise RefusedError for a mean or deviation that is neither one number nor one for each feature."""
    scaling = run.recipe.scaling
    if name_of(scaling) != "fixed":
        return
    features = data.card["shape"][-1]
    for name in ("mean", "deviation"):
        if (number := len(scaling[name])) not in (1, features):
            told = f"{name} has {number} numbers; expected 1, or one for each of the {features} features"
            raise error_of(run, "scaling", told)
