"""Spaces of fully connected networks, and the dense layers of the others."""

from collections.abc import Sequence
from typing import Any

from frugalnet.backend import keras

layers = keras.layers

MNIST = (528, 128)
CALIFORNIA_HOUSING = (80, 80, 48, 13)
"""Widths of the baseline's layers."""


def mnist_small(hp: Any, x: Any) -> Any:
    """Return one to three layers, none wider than the baseline's at its place."""
    return dense_layers(hp, layers.Flatten(name="flatten")(x), MNIST, narrower(MNIST))


def california_housing_small(hp: Any, x: Any) -> Any:
    """Return one to five layers, none wider than the baseline's at its place."""
    return dense_layers(hp, x, CALIFORNIA_HOUSING, narrower(CALIFORNIA_HOUSING))


def california_housing_wide(hp: Any, x: Any) -> Any:
    """Return one to six layers of up to 256 units, with or without dropout and batch normalization."""
    widths = [(8, 13, 24, 48, 80, 128, 256)] * 6
    return dense_layers(hp, x, CALIFORNIA_HOUSING, widths, regularized=True)


def dense_layers(
    hp: Any,
    x: Any,
    baseline: Sequence[int],
    widths: Sequence[Sequence[int]],
    fewest: int = 1,
    regularized: bool = False,
) -> Any:
    """Return up to `len(widths)` dense layers, with a choice of widths for each; `baseline` has the defaults.

    `regularized`: also choose whether batch normalization follows each layer, and the rate of dropout behind it.
    """
    counts = list(range(fewest, len(widths) + 1))
    count = hp.Choice("dense_layers", counts, default=len(baseline))
    norm, dropout = False, 0.0
    if regularized:
        with hp.conditional_scope("dense_layers", at_least(1, counts)):
            norm = hp.Boolean("dense_norm", default=False)
            dropout = hp.Choice("dense_dropout", [0.0, 0.1, 0.25, 0.5], default=0.0)
    for place, choice in enumerate(widths, start=1):
        with hp.conditional_scope("dense_layers", at_least(place, counts)):
            units = hp.Choice(f"dense{place}/units", list(choice), default=at_place(place, baseline))
        if place <= count:
            x = layers.Dense(units, activation="relu", name=f"dense{place}")(x)
            if norm:
                x = normalized(x, f"dense{place}_norm")
            if dropout:
                x = layers.Dropout(dropout, name=f"dense{place}_dropout")(x)
    return x


def normalized(x: Any, name: str) -> Any:
    """Return batch normalization with the same momentum as in the named networks."""
    return layers.BatchNormalization(momentum=0.9, name=name)(x)  # 0.99 lags behind short trainings


def narrower(baseline: Sequence[int]) -> list[list[int]]:
    """Return the widths of a small space: for each layer of the baseline and one more, powers of two up to its width."""
    widths = [*baseline, baseline[-1]]
    return [[power for power in (8, 16, 32, 64, 128, 256) if power < width] + [width] for width in widths]


def at_place(place: int, baseline: Sequence[int]) -> int:
    """Return the baseline's width at a place counted from 1; beyond its end, the width of its last layer."""
    return baseline[min(place, len(baseline)) - 1]


def at_least(place: int, counts: Sequence[int]) -> list[int]:
    """Return the numbers of layers with which there is a layer at this place."""
    return [count for count in counts if count >= place]
