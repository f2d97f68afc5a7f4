"""Parts of the data as percentages of all samples, in place of the official ones."""

from dataclasses import dataclass
from typing import Any

import numpy as np

from frugalnet.datasets import Data
from frugalnet.datasets.prepared import PARTS, draw
from frugalnet.errors import FrugalNetError

OFFICIAL = "official"
OF_A_SPLIT = ("split", "samples", "class_counts")
"""Keys of a card that a split changes."""


@dataclass(frozen=True)
class Parted(Data):
    """A prepared dataset whose parts are at other positions (int64, sorted)."""

    of_parts: dict[str, np.ndarray]

    def positions(self, part: str) -> np.ndarray:
        return self.of_parts[part]


def split(data: Data, name: str) -> Data:
    """Return the data with the parts of a split, the same for every run and seed; its card says what is in them.

    Each part has the same fraction of every class. Raises FrugalNetError for a part that would lack a class.
    """
    if name == OFFICIAL:
        return data
    y = np.load(data.folder / "y.npy")
    found = positions(y, name, stratified=data.n_classes is not None)
    card: dict[str, Any] = data.card | {
        "split": name,
        "samples": {part: len(found[part]) for part in PARTS},
        "class_counts": data.n_classes
        and {part: np.bincount(y[found[part]], minlength=data.n_classes).tolist() for part in PARTS},
    }
    _check(card)
    return Parted(data.folder, card, found)


def positions(y: np.ndarray, name: str, stratified: bool) -> dict[str, np.ndarray]:
    """Return the sorted positions (int64) of the samples of each part; `name` has percentages, as in `60-20-20`."""
    _, validation_share, test_share = (int(percent) / 100 for percent in name.split("-"))
    strata, everything = y if stratified else np.zeros(len(y)), np.arange(len(y))
    test = draw(everything, strata, test_share)
    rest = np.setdiff1d(everything, test)
    validation = draw(rest, strata, validation_share / (1 - test_share))
    return {"train": np.setdiff1d(rest, validation), "validation": np.sort(validation), "test": np.sort(test)}


def as_prepared(card: dict[str, Any], prepared: dict[str, Any]) -> bool:
    """Tell whether the card of a run's data, whatever their split, is of the data that a card of prepared data describes."""
    of_split = OF_A_SPLIT if "split" in card else ()
    kept, wanted = ({key: each for key, each in one.items() if key not in of_split} for one in (card, prepared))
    return kept == wanted


def _check(card: dict[str, Any]) -> None:
    """Raise FrugalNetError for a part without samples, or without one of a class."""
    for part, counts in (card["class_counts"] or {part: [number] for part, number in card["samples"].items()}).items():
        if 0 in counts:
            lacking = [str(name) for name, count in enumerate(counts) if not count]
            what = f"none of class {lacking[0]}" if card["n_classes"] else "no samples"
            raise FrugalNetError(
                f"recipe.split = {card['split']}: its {part} part has {what}: {sum(card['samples'].values())} samples of "
                f"{card['name']} are too few for it; expected official, or a split with larger parts"
            )
