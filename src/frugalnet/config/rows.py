"""Single configurations of the sweep, beside its grid."""

import re
from collections.abc import Mapping

from pydantic import Field

from frugalnet.config.axes import Choice
from frugalnet.config.efficiency import DESIGN
from frugalnet.config.section import MOST_SEEDS, NAME, PATTERNS, DatasetName, WrongValueError, unknown


class Row(Choice):
    """A configuration beside the grid."""

    dataset: DatasetName | None = None
    """The dataset; null: that of the study."""
    start: str | None = None
    """The row whose model it starts from: its weights but for the output layer; null: new weights, or those of `recipe.weights`."""
    seeds: int | None = Field(None, ge=1, le=MOST_SEEDS)
    """Repetitions; null: those of the study."""


STRONG = Row(
    network="resnet50",
    recipe={
        "batch_size": 64,
        "schedule": {"name": "step", "epochs": [50, 100, 150]},
        "augmentation": [
            {"name": "random", "colour": 0.2},
            {"name": "mixup", "alpha": 0.2},
            {"name": "cutmix", "alpha": 0.2},
        ],
        "label_smoothing": 0.1,
        "early_stopping": 20,
    },
)
PRETRAINED = Row(
    network={"name": "resnet50", "stem": "imagenet"},
    recipe={
        "epochs": 100,
        "batch_size": 64,
        "learning_rate": 0.01,
        "schedule": "plateau",
        "resize": {"to": 256, "crop": 224},
        "augmentation": [{"name": "random", "crop": 2, "colour": 0.2}],
        "weights": "imagenet",
        "layer_groups": {"*": 0.25, "stage3*": 0.5, "stage4*": 0.5, "output": 1},
    },
)
ROWS: dict[str, Row | None] = {"strong": STRONG, "pretrained": PRETRAINED}
"""The configurations beside the grid."""


def check_rows(rows: Mapping[str, Row], seeds: int) -> None:
    """Raise WrongValueError for a row with a name that no run can have, or that cannot start from the row that it names.

    `seeds` are the repetitions of rows that set none.
    """
    for name, row in rows.items():
        place = f"rows.{name}"
        if not re.fullmatch(NAME, name) or name.startswith(f"{DESIGN}-"):
            told = (
                f"expected a name of {PATTERNS[NAME]} (names of the grid have dots), that does not begin with {DESIGN}-"
            )
            raise WrongValueError(place, name, told)
        if row.start is None:
            continue
        if row.start not in rows:
            raise WrongValueError(f"{place}.start", row.start, unknown("row", row.start, rows))
        if _leads_back(name, rows):
            told = "leads back to this row; expected one with a start of its own"
            raise WrongValueError(f"{place}.start", row.start, told)
        if row.recipe.get("weights") is not None:
            told = "recipe.weights names weights too; expected one of both"
            raise WrongValueError(f"{place}.start", row.start, told)
        if (own := row.seeds or seeds) > (there := rows[row.start].seeds or seeds):
            told = f"this row has {own} seeds, and {row.start}, from which each starts, has {there}; expected as many there"
            raise WrongValueError(f"{place}.start", row.start, told)


def _leads_back(name: str, rows: Mapping[str, Row]) -> bool:
    """Tell whether a row starts from itself, or from rows that do."""
    seen = [name]
    while (start := rows[seen[-1]].start if seen[-1] in rows else None) is not None:
        if start in seen:
            return True
        seen.append(start)
    return False
