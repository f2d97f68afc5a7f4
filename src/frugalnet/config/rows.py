"""Single configurations of the sweep, beside its grid."""

from pydantic import Field

from frugalnet.config.axes import Choice
from frugalnet.config.section import MOST_SEEDS, DatasetName


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
