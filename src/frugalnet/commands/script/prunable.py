"""What can be pruned in an architecture, as in `frugalnet.pruning`: kernels, and units with all that belongs to them."""

from collections.abc import Iterator, Sequence

from frugalnet.commands.script.architecture import Architecture, Layer
from frugalnet.errors import FrugalNetError

Member = tuple[str, str, int]
"""Layer, weight, and the axis along which the units lie."""

RANKS = {"Dense": 2, "Conv1D": 3, "Conv2D": 4, "SeparableConv1D": 3, "SeparableConv2D": 4}
"""Dimensions of the kernels of layers that mix channels."""
KERNELS = {name: "pointwise_kernel" if name.startswith("Separable") else "kernel" for name in RANKS}
THROUGH = (
    *(
        "Dropout",
        "SpatialDropout1D",
        "SpatialDropout2D",
        "GaussianNoise",
        "Identity",
        "Activation",
        "ReLU",
        "Rescaling",
    ),
    *("MaxPooling1D", "MaxPooling2D", "AveragePooling1D", "AveragePooling2D", "Flatten", "BatchNormalization"),
    *("GlobalMaxPooling1D", "GlobalMaxPooling2D", "GlobalAveragePooling1D", "GlobalAveragePooling2D"),
)
"""Layers that pass each channel on separately."""
MIXED = ("softmax", "log_softmax", "sparsemax", "glu")
"""Activations that make each channel depend on all."""


def kernels(architecture: Architecture, exclude: Sequence[str], prune_output: bool) -> list[tuple[str, str]]:
    """Return layer and name of each kernel whose weights can be pruned."""
    spared = {*exclude} if prune_output else {*exclude, *_last(architecture, architecture.output)}
    return [
        (layer.name, KERNELS[layer.kind])
        for layer in architecture.layers
        if layer.kind in KERNELS and layer.name not in spared
    ]


def _last(architecture: Architecture, name: str) -> Iterator[str]:
    """Yield the layers whose kernel is the last on the way to the output."""
    layer = architecture[name]
    if layer.kind in KERNELS:
        yield name
        return
    for before in layer.inputs:
        yield from _last(architecture, before)


def units(architecture: Architecture, exclude: Sequence[str]) -> dict[str, list[Member]]:
    """Return what belongs to the units of each layer that can be pruned, with the kernel that makes them first.

    Layers whose outputs are added share their units. Units of the input and of the output stay. Raises FrugalNetError
    for an unknown layer.
    """
    walk = _Walk(architecture)
    for layer in architecture.layers:
        walk.visit(layer)
    walk.pinned.add(walk.root(architecture.output))
    stay = {walk.root(name) for name in walk.pinned}
    found: dict[str, list[Member]] = {}
    for name, members in walk.members:
        found.setdefault(walk.root(name), []).extend(members)
    makers = {root: [layer for layer in walk.makers if walk.root(layer) == root] for root in found}
    return {
        " + ".join(makers[root]): members
        for root, members in found.items()
        if root not in stay and not set(makers[root]) & set(exclude)
    }


class _Walk:
    """Which layers share their output channels; `root` names one layer of each set that does."""

    def __init__(self, architecture: Architecture) -> None:
        self._same = {layer.name: layer.name for layer in architecture.layers}
        self.pinned: set[str] = set()
        self.makers: list[str] = []
        self.members: list[tuple[str, list[Member]]] = []

    def root(self, name: str) -> str:
        while self._same[name] != name:
            name = self._same[name]
        return name

    def visit(self, layer: Layer) -> None:
        """Note what a layer does to the channels of its inputs."""
        if layer.config.get("activation") in MIXED:
            self.pinned.add(layer.name)
        if layer.kind == "InputLayer":
            self.pinned.add(layer.name)
        elif layer.kind in RANKS:
            self._mix(layer)
        elif layer.kind in (*THROUGH, "Add") or self._of_input(layer):
            for name in layer.inputs:
                self._same[self.root(layer.name)] = self.root(name)
            if layer.kind == "BatchNormalization":
                weights = [name for name, key in (("gamma", "scale"), ("beta", "center")) if layer.config[key]]
                self.members.append((layer.name, [(layer.name, weight, 0) for weight in weights]))
        else:
            raise FrugalNetError(
                f"{layer.name} ({layer.kind}): not known what belongs to the units in front of it; expected one of "
                f"{', '.join((*RANKS, *THROUGH, 'Add'))} in a network whose units are pruned"
            )

    def _of_input(self, layer: Layer) -> bool:
        """Tell whether a layer reshapes the samples themselves, whose channels stay anyway."""
        return layer.kind == "Reshape" and self.root(layer.inputs[0]) in self.pinned

    def _mix(self, layer: Layer) -> None:
        rank = RANKS[layer.kind]
        taken: list[Member] = [(layer.name, KERNELS[layer.kind], rank - 2)]
        if layer.kind.startswith("Separable"):
            taken.insert(0, (layer.name, "depthwise_kernel", rank - 2))
        self.members.append((layer.inputs[0], taken))
        self.makers.append(layer.name)
        made: list[Member] = [(layer.name, KERNELS[layer.kind], rank - 1)]
        if layer.config["use_bias"]:
            made.append((layer.name, "bias", 0))
        self.members.append((layer.name, made))
