"""What an entry of the catalogue says: the kinds of things that a configuration can name."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Literal

from frugalnet.catalogue.recipes import Setting

Keys = tuple[str, ...]
Granularities = tuple[Literal["weight", "unit", "2:4"], ...]


@dataclass(frozen=True)
class Dataset:
    """A dataset; `rank` is the number of dimensions of a sample, `pixels` each side of its images (None: not known, or no images).

    `known_by_content`: its files have no published checksum, and may be a subset. Raise `version` when `prepare` makes other arrays
    from the same files. `samples` are those of the training part of the official data, and all of them;
    None: not known before they are fetched.
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
    samples: tuple[int, int] | None = None
    pixels: int | None = None

    @property
    def sign(self) -> int:
        """Return 1 if a higher metric is better, -1 if a lower one is."""
        return sign(self.metric)


def sign(metric: str) -> int:
    """Return 1 if a higher value of a metric is better, -1 if a lower one is."""
    return 1 if metric == "accuracy" else -1


@dataclass(frozen=True)
class Pretrained:
    """Weights that Keras downloads for one of its applications, `module:attribute`, and that fit a network with certain `settings`.

    `url` and `md5` are Keras' own, of the file without the output layer. `layers` names a function from the application's
    model, with these weights, and a new model of the network to the weights of the network's layers.
    """

    application: str
    url: str
    md5: str
    layers: str
    settings: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True)
class Network:
    """A named architecture: its builder and its number of trainable parameters on its own dataset.

    `rank` is the number of dimensions that a sample must have; None: any. `least_pixels`: the smallest side of its images.
    `settings` are arguments of the builder that a configuration may set; `parameters` holds for their defaults. Raise
    `version` when the layers change.
    """

    builder: str
    parameters: int
    rank: int | None = None
    version: int = 1
    settings: Mapping[str, Setting] = field(default_factory=dict)
    pretrained: Pretrained | None = None
    least_pixels: int = 1


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
    in one thing. `fixed`: keys, such as `nas.tuner`, that it sets itself. `chosen`: its recipe is chosen from the results of the
    other runs of the study (`Study.chosen`). Raise `version` when the code changes what the method
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
    chosen: bool = False
    version: int = 1

    @property
    def builds_the_network(self) -> bool:
        """Tell whether the method trains the named network from its beginning: it has no parent, and searches for none."""
        return self.parent is None and self.keys("nas") == set()

    def keys(self, section: str) -> set[str] | None:
        """Return the keys of a section that decide what the method does; None: all of them."""
        named = [key.partition(".") for key in self.reads]
        return None if section in self.reads else {key for name, _, key in named if name == section}


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
    Every method is compared with its reference, with each method in `also`, and with its controls. With a `variant`, that
    variant of these methods alone is a reference.
    """

    of: tuple[str, ...]
    also: tuple[str, ...] = ()
    variant: str | None = None


@dataclass(frozen=True)
class Study:
    """A question and what answers it; the workflow has a target with the study's name.

    `sheet` makes the runs from the configuration. `tables` are the tables besides `comparison` and `statistics`, which every study
    has: by name, a function whose arguments are other tables, `all_runs` (with those that got no model), `settings` (the section
    `statistics`) or `study` (the study's own section of the configuration). `findings` is a function
    from all tables to sentences below headings. `figures` are in the order of the notebook. In a study with factors, `listed`
    is a function from its section to its run sheet as text, and `chosen` one from `all_runs` and `study` to the recipes of the
    methods whose recipe is chosen, by their variants.
    """

    title: str
    sheet: str
    tables: dict[str, str]
    findings: str
    figures: tuple[str, ...]
    references: References
    listed: str | None = None
    chosen: str | None = None
