"""What others reported for these trainings: the values that the table `claims` compares with those of a study."""

from dataclasses import dataclass

from frugalnet.analysis.reported import Reported

BEFORE = "experiments that this package follows"
REPOSITORY = "weiaicunzai/pytorch-cifar100 on GitHub, table of results"
POINT = 0.01
"""Tolerance of accuracies, to either side: a percentage point."""
APPROXIMATE = "reported as about so much"
CARD = "the GPU was not reported, and times depend on it"
CLOSEST = (
    "assumed: of the grid, this configuration is the closest to its recipe, which differs in details "
    "(a warm-up epoch, the rate divided by 5 at epochs 60, 120 and 160, Nesterov momentum, batches of 128)"
)
LOWEST, HIGHEST = "lowest", "highest"


@dataclass(frozen=True)
class OfTraining(Reported):
    """A reported value of one `configuration` of the study as it is without changes, or an end of the range over its grid."""

    configuration: str | None = None
    """None: the whole grid."""
    end: str | None = None
    """End of the range over the grid: `lowest` or `highest`."""


def _accuracy(
    claim: str,
    statement: str,
    value: float,
    source: str = BEFORE,
    note: str | None = None,
    configuration: str | None = None,
    end: str | None = None,
) -> OfTraining:
    return OfTraining(
        claim,
        statement,
        source,
        dataset="cifar100",
        quantity="test_quality",
        unit="fraction",
        value=value,
        tolerance=POINT,
        note=note,
        configuration=configuration,
        end=end,
    )


def _minutes(claim: str, statement: str, value: float, end: str) -> OfTraining:
    return OfTraining(
        claim,
        statement,
        BEFORE,
        dataset="cifar100",
        quantity="train_duration_s / 60",
        unit="min",
        value=value,
        more_is_better=False,
        obstacle=CARD,
        end=end,
    )


RANGE = "8 configurations (ResNet-18 or ResNet-50, learning rate 0.1 or 0.05, step or plateau; 200 epochs)"
REPORTED = (
    _accuracy("grid_accuracy_lowest", f"{RANGE}: the lowest test accuracy is 74.53 %", 0.7453, end=LOWEST),
    _accuracy("grid_accuracy_highest", f"{RANGE}: the highest test accuracy is 77.05 %", 0.7705, end=HIGHEST),
    _minutes("grid_minutes_shortest", f"{RANGE}: the shortest training takes 13 minutes on a GPU", 13.0, LOWEST),
    _minutes("grid_minutes_longest", f"{RANGE}: the longest training takes 51 minutes on a GPU", 51.0, HIGHEST),
    _accuracy(
        "strong_accuracy",
        "A strong recipe (ResNet-50; heavy augmentation, label smoothing) reaches about 81 % test accuracy",
        0.81,
        note=APPROXIMATE,
        configuration="strong",
    ),
    _accuracy(
        "pretrained_accuracy",
        "A ResNet-50 that starts from ImageNet weights reaches about 85 % test accuracy",
        0.85,
        note=APPROXIMATE,
        configuration="pretrained",
    ),
    _accuracy(
        "repository_resnet18",
        "ResNet-18 reaches 75.61 % test accuracy in 200 epochs",
        0.7561,
        REPOSITORY,
        CLOSEST,
        configuration="resnet18-lr0.1-step",
    ),
    _accuracy(
        "repository_resnet50",
        "ResNet-50 reaches 77.39 % test accuracy in 200 epochs",
        0.7739,
        REPOSITORY,
        CLOSEST,
        configuration="resnet50-lr0.1-step",
    ),
)
