"""Names and metadata of everything that a configuration can name: datasets, networks, methods, meters, studies.

Importing this module loads neither TensorFlow nor NumPy, so that the workflow is parsed fast. Code is named by a path
`module:attribute`, which `resolve` imports when it is needed.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from importlib import import_module
from typing import Any, Literal

Keys = tuple[str, ...]
Granularities = tuple[Literal["weight", "unit", "2:4"], ...]


@dataclass(frozen=True)
class Dataset:
    """A dataset; `rank` is the number of dimensions of a sample.

    `known_by_content`: its files have no published checksum, and may be a subset. Raise `version` when `prepare` makes other arrays
    from the same files.
    """

    title: str
    module: str
    rank: int
    task: Literal["classification", "regression"]
    metric: Literal["accuracy", "mae"]
    unit: str
    network: str | None
    known_by_content: bool = False
    version: int = 1

    @property
    def sign(self) -> int:
        """Return 1 if a higher metric is better, -1 if a lower one is."""
        return sign(self.metric)


def sign(metric: str) -> int:
    """Return 1 if a higher value of a metric is better, -1 if a lower one is."""
    return 1 if metric == "accuracy" else -1


@dataclass(frozen=True)
class Network:
    """A named architecture: its builder and its number of trainable parameters on its own dataset.

    `rank` is the number of dimensions that a sample must have; None: any. Raise `version` when the layers change.
    """

    builder: str
    parameters: int
    rank: int | None = None
    version: int = 1


@dataclass(frozen=True)
class Space:
    """A search space: a function from the tuner's hyperparameters and the scaled input to features.

    `rank` is the number of dimensions that a sample must have; None: any. Raise `version` when the space changes.
    """

    builder: str
    rank: int | None = None
    version: int = 1


@dataclass(frozen=True)
class Method:
    """A way to get a model.

    `parent`: the method whose model it starts from. `reads`: the sections of the configuration, or keys of them, that decide what
    it does. `granularities`: the kinds of pruning of the variants that it is done for; without any it has the variant `default`.
    `new_weights`: it takes only the shape of its parent's model. `taught_by`: the method whose model is the teacher of a distilled
    pruning; None: the model itself before retraining. `control_of`: the method that it is a control of, and from which it differs
    in one thing. `fixed`: keys, such as `nas.tuner`, that it sets itself. Raise `version` when the code changes what the method
    does: its runs, and those that start from them, are then done again.
    """

    title: str
    function: str
    parent: str | None = None
    reads: Keys = ()
    granularities: Granularities = ()
    new_weights: bool = False
    taught_by: str | None = None
    control_of: str | None = None
    fixed: Mapping[str, str] = field(default_factory=dict)
    version: int = 1

    def keys(self, section: str) -> set[str] | None:
        """Return the keys of a section that decide what the method does; None: all of them."""
        named = [key.partition(".") for key in self.reads]
        return None if section in self.reads else {key for name, _, key in named if name == section}


@dataclass(frozen=True)
class RecipePart:
    """A part of how networks are trained, and the modules that implement it.

    A run uses it if the `key` of its row has an effect (is neither null nor 0); every run uses a part without a `key`. Raise
    `version` when the code changes what the part does: the runs that use it are then done again.
    """

    modules: tuple[str, ...]
    key: str | None = None
    version: int = 1


@dataclass(frozen=True)
class Meter:
    """A source of energy readings: the function that opens it, and the keys of `measure` that are its arguments.

    `measures`: `auto` uses it if it is available and none of its keys is null.
    """

    opener: str
    keys: tuple[str, ...] = ()
    measures: bool = False


@dataclass(frozen=True)
class References:
    """The methods that the others of a study are compared with.

    The reference of a method is the best on validation data among the methods in `of` that train for no more epochs in total.
    Every method is compared with its reference, with each method in `also`, and with its controls.
    """

    of: tuple[str, ...]
    also: tuple[str, ...] = ()


@dataclass(frozen=True)
class Study:
    """A question and what answers it; the workflow has a target with the study's name.

    `sheet` makes the runs from the configuration. `tables` are the tables besides `comparison` and `statistics`, which every study
    has: by name, a function whose arguments are other tables (or `settings`, the section `statistics`). `findings` is a function
    from all tables to sentences below headings. `figures` are in the order of the notebook.
    """

    title: str
    sheet: str
    tables: dict[str, str]
    findings: str
    figures: tuple[str, ...]
    references: References


def _images(title: str, module: str, rank: int, network: str | None, known_by_content: bool = False) -> Dataset:
    return Dataset(title, module, rank, "classification", "accuracy", "fraction", network, known_by_content, version=2)


DATASETS = {
    "mnist": _images("MNIST", "frugalnet.datasets.mnist", 2, "softmax_big"),
    "cifar10": _images("CIFAR-10", "frugalnet.datasets.cifar10", 3, "cifar_cnn"),
    "sat6": _images("SAT-6", "frugalnet.datasets.sat6", 3, "sat6_convnet", known_by_content=True),
    "california_housing": Dataset(
        "California housing",
        "frugalnet.datasets.california_housing",
        1,
        "regression",
        "mae",
        "100 000 $",
        "housing_mlp",
        version=2,
    ),
    "pneumoniamnist": _images("PneumoniaMNIST", "frugalnet.datasets.pneumoniamnist", 2, None),
}

NETWORKS = {
    "softmax_big": Network("frugalnet.networks.dense:softmax_big", 483_482),
    "housing_mlp": Network("frugalnet.networks.dense:housing_mlp", 11_739, rank=1),
    "cifar_cnn": Network("frugalnet.networks.convolutional:cifar_cnn", 122_570, rank=3),
    "sat6_convnet": Network("frugalnet.networks.convolutional:sat6_convnet", 184_454, rank=3),
    "resnet18": Network("frugalnet.networks.residual:resnet18", 11_173_962, rank=3),
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

RECIPE_PARTS = {
    "training": RecipePart(
        ("frugalnet.recipes.training", "frugalnet.recipes.callbacks", "frugalnet.networks.__init__"), version=5
    ),
    "scaling": RecipePart(("frugalnet.recipes.scaling",), "recipe.scaling"),
    "distillation": RecipePart(("frugalnet.recipes.distillation",), "pruning.distillation", version=2),
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
