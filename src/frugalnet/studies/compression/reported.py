"""What others reported for these networks: the values that the table `claims` compares with those of a study."""

from frugalnet.analysis.reported import Reported

BEFORE = "experiments that this package follows"
HAN = "Han et al. 2015, Learning both Weights and Connections for Efficient Neural Networks, arXiv:1506.02626, Table 1"
HOUSING_RANGE = "4.85002"
"""Range of the official housing targets, 0.14999 to 5.00001, in 100 000 $."""
SCALED = (
    "assumed: 'scaled' means min-max, so that errors of 100 000 $ are divided by the range of the targets, "
    f"{HOUSING_RANGE}; a division by their standard deviation would give about four times as much"
)
MACHINE = "neither machine and meter nor batch size were reported, and both numbers depend on them"
LENET = (
    "another network: LeNet-300-100 has 267,000 parameters and kept 22,000; "
    "from a larger one the same factor leaves more"
)


REPORTED = (
    Reported("mnist_accuracy", "MNIST: accuracy about 97 %", BEFORE, "mnist", "test_quality", "fraction", 0.97, 0.01),
    Reported(
        "cifar10_accuracy",
        "CIFAR-10: accuracy over 90 %",
        BEFORE,
        dataset="cifar10",
        quantity="test_quality",
        unit="fraction",
        value=0.90,
        bound=True,
        reading="on test data",
    ),
    Reported(
        "cifar10_accuracy",
        "CIFAR-10: accuracy over 90 %",
        BEFORE,
        dataset="cifar10",
        quantity="train_quality",
        unit="fraction",
        value=0.90,
        bound=True,
        reading="on training data",
        note="for a network of this kind it looks like an accuracy on training data",
    ),
    Reported(
        "sat6_accuracy", "SAT-6: accuracy over 97 %", BEFORE, "sat6", "test_quality", "fraction", 0.97, bound=True
    ),
    Reported(
        "sat6_loss",
        "SAT-6: loss under 7 %",
        BEFORE,
        dataset="sat6",
        quantity="test_loss",
        unit="cross-entropy",
        value=0.07,
        bound=True,
        more_is_better=False,
        note="read as a cross-entropy of 0.07 on test data",
    ),
    Reported(
        "housing_error_training",
        "Housing: mean absolute error 6 % on training data, scaled",
        BEFORE,
        dataset="california_housing",
        quantity=f"train_quality / {HOUSING_RANGE}",
        unit="fraction of the range of the targets",
        value=0.06,
        tolerance=0.01,
        more_is_better=False,
        note=SCALED,
    ),
    Reported(
        "housing_error_unseen",
        "Housing: mean absolute error 10 % on unseen data, scaled",
        BEFORE,
        dataset="california_housing",
        quantity=f"test_quality / {HOUSING_RANGE}",
        unit="fraction of the range of the targets",
        value=0.10,
        tolerance=0.01,
        more_is_better=False,
        note=SCALED,
    ),
    Reported(
        "prediction_power",
        "Prediction: power 129 W",
        BEFORE,
        dataset=None,
        quantity="energy_per_inference_j * throughput_per_s",
        unit="W",
        value=129.0,
        obstacle=MACHINE,
        note="measured over large batches, the idle power of the devices included",
    ),
    Reported(
        "prediction_time",
        "Prediction: time 0.015 s",
        BEFORE,
        dataset=None,
        quantity="latency_batch1_ms / 1000",
        unit="s",
        value=0.015,
        obstacle=MACHINE,
        note="measured for a single sample, in a compiled call",
    ),
    Reported(
        "han2015_compression",
        "Pruned weights make LeNet-300-100 12 times smaller at no loss on MNIST",
        HAN,
        dataset="mnist",
        quantity="parameters / parameters_nonzero",
        unit="factor",
        value=12.0,
        bound=True,
        method="pruning",
        obstacle=LENET,
        note="read as: at least so many times smaller",
    ),
    Reported(
        "han2015_gain",
        "LeNet-300-100 pruned so errs in 1.59 % instead of 1.64 % of the test samples",
        HAN,
        dataset="mnist",
        quantity="test_quality - baseline_quality",
        unit="fraction",
        value=0.0005,
        tolerance=0.005,
        method="pruning",
        obstacle=LENET,
    ),
)
