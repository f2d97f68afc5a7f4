"""Names and metadata of everything that a configuration can name: datasets, networks, methods, meters, studies.

Importing this package loads neither TensorFlow nor NumPy, so that the workflow is parsed fast. Code is named by a path
`module:attribute`, which `resolve` imports when it is needed. The parts of recipes are in `catalogue/recipes.py`.
"""

from importlib import import_module
from typing import Any

from frugalnet.catalogue.entries import (
    Dataset,
    Granularities,
    Keys,
    Meter,
    Method,
    Network,
    Pretrained,
    References,
    Space,
    Study,
)
from frugalnet.catalogue.entries import (
    sign as sign,
)
from frugalnet.catalogue.recipes import RECIPE_PARTS as RECIPE_PARTS
from frugalnet.catalogue.recipes import Setting


def _images(
    title: str,
    module: str,
    rank: int,
    pixels: int,
    network: str | None,
    samples: tuple[int, int],
    known_by_content: bool = False,
) -> Dataset:
    path = f"frugalnet.datasets.{module}"
    return Dataset(
        title, path, rank, "classification", "accuracy", "fraction", network, known_by_content, 2, samples, pixels
    )


DATASETS = {
    "mnist": _images("MNIST", "mnist", 2, 28, "softmax_big", (54_000, 70_000)),
    "cifar10": _images("CIFAR-10", "cifar10", 3, 32, "cifar_cnn", (45_000, 60_000)),
    "sat6": _images("SAT-6", "sat6", 3, 28, "sat6_convnet", (291_600, 405_000), known_by_content=True),
    "california_housing": Dataset(
        "California housing",
        "frugalnet.datasets.california_housing",
        1,
        "regression",
        "mae",
        "100 000 $",
        "housing_mlp",
        version=2,
        samples=(14_861, 20_640),
    ),
    "pneumoniamnist": _images("PneumoniaMNIST", "pneumoniamnist", 2, 28, None, (4_708, 5_856)),
    "cifar100": _images("CIFAR-100", "cifar100", 3, 32, "resnet20", (45_000, 60_000)),
}

WIDTH = {"width": Setting("factor of the number of filters of all layers", 1.0, 0.01, 16)}
STEM = {
    "stem": Setting(
        "first layers: `small`, a 3x3 convolution; `imagenet`, a 7x7 convolution and max-pooling that leave a sixteenth of the pixels",
        "small",
        choices=("small", "imagenet"),
    )
}
RESNET50_OF_KERAS = Pretrained(
    "keras.applications:ResNet50",
    "https://storage.googleapis.com/tensorflow/keras-applications/resnet/"
    "resnet50_weights_tf_dim_ordering_tf_kernels_notop.h5",
    "4d473c1dd8becc155b73f8504c6f6626",
    "frugalnet.recipes.imagenet:resnet50",
    {"stem": "imagenet"},
)


def _residual(
    name: str, parameters: int, settings: dict[str, Setting], pretrained: Pretrained | None = None, version: int = 1
) -> Network:
    builder = f"frugalnet.networks.residual:{name}"
    return Network(builder, parameters, 3, version, settings=settings, pretrained=pretrained)


NETWORKS = {
    "softmax_big": Network("frugalnet.networks.dense:softmax_big", 483_482),
    "housing_mlp": Network("frugalnet.networks.dense:housing_mlp", 11_739, rank=1),
    "cifar_cnn": Network("frugalnet.networks.convolutional:cifar_cnn", 122_570, rank=3, least_pixels=18),
    "sat6_convnet": Network("frugalnet.networks.convolutional:sat6_convnet", 184_454, rank=3, least_pixels=8),
    "resnet18": _residual("resnet18", 11_173_962, STEM | WIDTH, version=2),
    "resnet50": _residual("resnet50", 23_520_842, STEM | WIDTH, RESNET50_OF_KERAS),
    "resnet8": _residual("resnet8", 75_290, WIDTH),
    "resnet20": _residual("resnet20", 269_722, WIDTH),
}

SPACES = {
    "mnist_small": Space("frugalnet.search.spaces.dense:mnist_small", rank=2),
    "mnist_wide": Space("frugalnet.search.spaces.convolutional:mnist_wide", rank=2),
    "cifar10_small": Space("frugalnet.search.spaces.convolutional:cifar10_small", rank=3),
    "cifar10_wide": Space("frugalnet.search.spaces.convolutional:cifar10_wide", rank=3),
    "sat6_small": Space("frugalnet.search.spaces.convolutional:sat6_small", rank=3),
    "sat6_wide": Space("frugalnet.search.spaces.convolutional:sat6_wide", rank=3),
    "california_housing_small": Space("frugalnet.search.spaces.dense:california_housing_small", rank=1),
    "california_housing_wide": Space("frugalnet.search.spaces.dense:california_housing_wide", rank=1),
}

JOINT_READS = tuple(
    f"pruning.{key}"
    for key in ("allocation", "prune_output", "epochs", "ramp", "update_steps", "distillation", "temperature")
)
"""Keys of `pruning` that a search with pruning inside does not choose."""
PRUNING = ("pruning",)
JOINT = "NAS with pruning inside"
CONTINUED_READS = ("pruning.epochs", "pruning.distillation", "pruning.temperature")

BASELINE = "baseline"
"""The method whose compacted model is the reference when inference of the others is measured."""


def _method(name: str) -> str:
    return f"frugalnet.methods.{name}:{name}"


def _control(
    of: str, name: str, does: str, parent: str | None, reads: Keys = (), prunes: Granularities = (), **rest: Any
) -> Method:
    """Return a control of a method; the rest is as in `Method`."""
    return Method(f"{name} (control)", _method(does), parent, reads, prunes, control_of=of, **rest)


METHODS = {
    "baseline": Method("baseline", _method("baseline"), version=4),
    "continued": _control("pruning", "continued", "continued", "baseline", CONTINUED_READS, version=3),
    "pruning": Method("pruning", _method("pruning"), "baseline", PRUNING, ("weight", "unit", "2:4"), version=5),
    "random": _control("pruning", "random", "random_masks", "baseline", PRUNING, ("weight", "unit", "2:4"), version=4),
    "scratch": _control(
        "pruning", "scratch", "scratch", "pruning", PRUNING, ("unit",), new_weights=True, taught_by=BASELINE, version=4
    ),
    "nas": Method("NAS", _method("nas"), None, ("nas",), version=6),
    "random_search": _control("nas", "random search", "nas", None, ("nas",), fixed={"nas.tuner": "random"}),
    "nas_continued": _control("nas_pruning", "NAS, continued", "continued", "nas", CONTINUED_READS, version=3),
    "width_scaled": _control("nas", "width-scaled", "width_scaled", "nas", new_weights=True, version=3),
    "nas_pruning": Method("NAS + pruning", _method("pruning"), "nas", PRUNING, ("weight", "unit"), version=5),
    "nas_random": _control("nas_pruning", "NAS + random", "random_masks", "nas", PRUNING, ("weight", "unit")),
    "nas_scratch": _control(
        "nas_pruning", "NAS + scratch", "scratch", "nas_pruning", PRUNING, ("unit",), new_weights=True, taught_by="nas"
    ),
    "joint": Method(JOINT, _method("joint"), None, ("nas", *JOINT_READS), version=3),
    "joint_random": _control("joint", f"{JOINT}, random", "joint_random", "joint", JOINT_READS, new_weights=True),
    "joint_scratch": _control(
        "joint", f"{JOINT}, scratch", "scratch", "joint", CONTINUED_READS, new_weights=True, taught_by="joint"
    ),
    "best": Method("best configuration", _method("baseline"), chosen=True),
}

METERS = {
    "nvml": Meter("frugalnet.energy.meters.nvml:open_nvml", measures=True),
    "rapl": Meter("frugalnet.energy.meters.rapl:open_rapl", measures=True),
    "plug": Meter("frugalnet.energy.meters.plug:open_plug", ("plug",), measures=True),
    "estimate": Meter("frugalnet.energy.meters.estimate:open_estimate", ("cpu_idle_w", "cpu_tdp_w")),
    "replay": Meter("frugalnet.energy.meters.replay:open_replay", ("replay",)),
}

STUDIES = {
    "compression": Study(
        title="What pruning and architecture search save, and what finding out costs",
        sheet="frugalnet.studies.compression.sheet:run_sheet",
        tables={name: f"frugalnet.studies.compression.tables:{name}" for name in ("pareto", "break_even", "claims")},
        findings="frugalnet.studies.compression.findings:findings",
        references=References(of=("baseline", "continued"), also=("baseline",)),
        figures=(
            "gain_for_energy",
            "gain_over_reference",
            "three_sizes",
            "memory",
            "quality_against_cost",
            "quality_against_parameters",
            "quality_against_energy",
            "where_energy_went",
            "run_timeline",
            "meter_probe",
            "learning_curves",
            "sparsity_over_training",
            "search_trials",
            "search_path",
            "pay_back",
        ),
    ),
    "techniques": Study(
        title="Which training choices save energy",
        sheet="frugalnet.studies.techniques.sheet:run_sheet",
        tables={
            name: f"frugalnet.studies.techniques.tables:{name}"
            for name in ("effects", "importance", "ranking", "ranks", "fixed")
        },
        findings="frugalnet.studies.techniques.findings:findings",
        references=References(of=("baseline",), variant="all-off"),
        figures=(
            "quality_against_energy_of_runs",
            "effects_of_levels",
            "importance_of_factors",
            "what_had_what",
            "ranking_by_weights",
            "power_by_epoch",
            "run_timeline",
            "meter_probe",
        ),
        listed="frugalnet.studies.techniques.sheet:as_table",
        chosen="frugalnet.studies.techniques.chosen:recipes",
    ),
    "sweep": Study(
        title="Which configuration reaches an accuracy, and what each point of it costs",
        sheet="frugalnet.studies.sweep.sheet:run_sheet",
        tables={
            name: f"frugalnet.studies.sweep.tables:{name}"
            for name in ("configurations", "sensitivity", "efficiency", "claims")
        },
        findings="frugalnet.studies.sweep.findings:findings",
        references=References(of=("baseline",)),
        figures=(
            "cost_of_accuracy",
            "quality_over_epochs",
            "loss_over_epochs",
            "learning_rate_over_epochs",
            "time_over_epochs",
            "power_over_epochs",
            "sensitivity_to_axes",
            "gains_of_techniques",
            "run_timeline",
            "meter_probe",
        ),
        listed="frugalnet.studies.sweep.sheet:as_table",
    ),
}


def resolve(path: str) -> Any:
    """Import and return the object that `module:attribute` names."""
    module, _, attribute = path.partition(":")
    return getattr(import_module(module), attribute)


def first_study() -> str:
    """Return the study that is done by default, and whose datasets are targets of the workflow."""
    return next(iter(STUDIES))


def space_name(dataset: str, space: str) -> str:
    """Return the name in the catalogue of the space that `nas.space` names for a dataset."""
    return f"{dataset}_{space}" if space in ("small", "wide") else space
