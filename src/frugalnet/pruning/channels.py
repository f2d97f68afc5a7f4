"""Which channels of a model belong together: a unit (neuron, filter) and all that depends on it are one group."""

import logging
from dataclasses import dataclass

import numpy as np
from keras.src.ops import nn
from keras.src.ops import numpy as operations
from scipy.sparse import coo_matrix
from scipy.sparse.csgraph import connected_components

from frugalnet.backend import keras
from frugalnet.networks.graph import Call, Graph, trace
from frugalnet.pruning import mixing, rules
from frugalnet.pruning.rules import Joints, Rule, Slot

log = logging.getLogger(__name__)
layers = keras.layers

ACTIVATION_OPERATIONS = (
    *("Celu", "Elu", "Gelu", "HardSigmoid", "HardSilu", "HardTanh", "LeakyRelu", "LogSigmoid", "Relu", "Relu6", "Selu"),
    *("Sigmoid", "Silu", "Softplus", "Softsign"),
)
STAYS = Rule()
MERGE, PRODUCT, ELEMENTWISE = rules.Merge(), rules.Product(), rules.Elementwise()
RULES: dict[type, Rule] = {
    layers.Dense: mixing.Dense(),
    **dict.fromkeys((layers.Conv1D, layers.Conv2D), mixing.Mixing()),
    **dict.fromkeys((layers.SeparableConv1D, layers.SeparableConv2D), mixing.Separable()),
    **dict.fromkeys((layers.DepthwiseConv1D, layers.DepthwiseConv2D), mixing.Depthwise()),
    layers.BatchNormalization: rules.BatchNormalization(),
    layers.Normalization: rules.Normalization(),
    layers.Rescaling: rules.Rescaling(),
    layers.PReLU: rules.PReLU(),
    **dict.fromkeys((layers.Resizing, layers.CenterCrop), rules.Resizing()),
    **dict.fromkeys((layers.ZeroPadding1D, layers.ZeroPadding2D), rules.ZeroPadding()),
    **dict.fromkeys(mixing.ACTIVATION_LAYERS, ELEMENTWISE),
    **dict.fromkeys((layers.Add, layers.Subtract, layers.Average, layers.Maximum, layers.Minimum), MERGE),
    **dict.fromkeys((operations.Add, operations.Subtract), MERGE),
    **dict.fromkeys((operations.TrueDivide, operations.Divide), MERGE),
    **dict.fromkeys((layers.Multiply, operations.Multiply), PRODUCT),
    layers.Concatenate: rules.Concatenate(),
    **dict.fromkeys((layers.Reshape, layers.Flatten), rules.Reshape()),
    **dict.fromkeys(
        (
            *(layers.Dropout, layers.SpatialDropout1D, layers.SpatialDropout2D, layers.GaussianDropout),
            *(layers.GaussianNoise, layers.Identity, layers.ActivityRegularization, layers.RepeatVector),
            *(layers.MaxPooling1D, layers.MaxPooling2D, layers.AveragePooling1D, layers.AveragePooling2D),
            *(layers.GlobalMaxPooling1D, layers.GlobalMaxPooling2D),
            *(layers.GlobalAveragePooling1D, layers.GlobalAveragePooling2D),
            *(layers.UpSampling1D, layers.UpSampling2D, layers.Cropping1D, layers.Cropping2D),
        ),
        rules.PassThrough(),
    ),
    **{getattr(nn, name): ELEMENTWISE for name in ACTIVATION_OPERATIONS},
    operations.Tanh: ELEMENTWISE,
    **dict.fromkeys((layers.Softmax, nn.Softmax, nn.LogSoftmax), STAYS),
}
AUTOKERAS: dict[str, Rule] = {"CastToFloat32": ELEMENTWISE, "ExpandLastDim": rules.Reshape()}
"""Layers of AutoKeras by name, so that AutoKeras need not be loaded for them."""


@dataclass(frozen=True)
class Channels:
    """The graph of a model, the rule of each call, and for each tensor the group of each of its channels.

    `pinned` tells for each group whether it must stay; `slots` has the axes of a layer's variables that hold channels,
    by the layer's `id`. `shared` has the ids of layers that are called here and also inside an unknown layer, and of
    those unknown layers.
    """

    graph: Graph
    rules: list[Rule]
    groups: list[np.ndarray]
    pinned: np.ndarray
    slots: dict[int, list[Slot]]
    shared: set[int]


def channels_of(model: keras.Model) -> Channels:
    """Return which channels of a Sequential or functional model belong together; raises FrugalNetError for another model."""
    graph, joints = trace(model), Joints()
    chosen, shared = _rules(graph)
    numbers: dict[int, np.ndarray] = {tensor: joints.new(graph.shapes[tensor][-1], True) for tensor in graph.inputs}
    first: dict[int, Call] = {}
    for call, rule in zip(graph.calls, chosen, strict=True):
        taken = [numbers[tensor] for tensor in call.inputs]
        for tensor in call.outputs:
            made = graph.shapes[tensor]
            numbers[tensor] = rule.connect(call, taken, [graph.shapes[number] for number in call.inputs], made, joints)
        before = first.setdefault(id(call.layer), call)
        if before is not call and getattr(call.layer, "weights", []) and rule is not STAYS:
            for one, other in zip(before.inputs + before.outputs, call.inputs + call.outputs, strict=True):
                joints.join(numbers[one], numbers[other])
    for tensor in graph.outputs:
        joints.pin(numbers[tensor])
    labels, pinned = _labels(joints)
    groups = [labels[numbers[tensor]] for tensor in range(len(graph.shapes))]
    slots = {
        id(call.layer): rule.slots(call.layer, groups[call.inputs[0]], groups[call.outputs[0]])
        for call, rule in zip(graph.calls, chosen, strict=True)
        if rule is not STAYS
    }
    return Channels(graph, chosen, groups, pinned, slots, shared)


def _labels(joints: Joints) -> tuple[np.ndarray, np.ndarray]:
    """Return the group of each number, and for each group whether it is pinned."""
    pairs = np.concatenate([np.empty((2, 0), int), *(pair.reshape(2, -1) for pair in joints.pairs)], axis=1)
    links = coo_matrix((np.ones(pairs.shape[1]), pairs), shape=(joints.count, joints.count))
    count, labels = connected_components(links, directed=False)
    pinned = np.zeros(count, bool)
    pinned[labels[np.concatenate(joints.pinned)]] = True
    return labels, pinned


def _rules(graph: Graph) -> tuple[list[Rule], set[int]]:
    """Return the rule of each call, and the layers that are shared with the inside of another.

    A layer with weights that stays as it is in one of its calls does so in all of them.
    """
    found = [_rule(call, graph) for call in graph.calls]
    called = {id(layer) for layer in graph.layers}
    shared: set[int] = set()
    for call, rule in zip(graph.calls, found, strict=True):
        if rule is STAYS and isinstance(call.layer, keras.Layer):
            inside = {id(layer) for layer in call.layer._flatten_layers(include_self=False)} & called
            shared |= inside | {id(call.layer)} if inside else set()
    stay = shared | {id(call.layer) for call, rule in zip(graph.calls, found, strict=True) if rule is STAYS}
    weighty = {id(layer) for layer in graph.layers if getattr(layer, "weights", [])}
    return [
        STAYS if id(c.layer) in stay & weighty else rule for c, rule in zip(graph.calls, found, strict=True)
    ], shared


def _rule(call: Call, graph: Graph) -> Rule:
    """Return the rule of a call; an unknown layer stays as it is, and the log says so."""
    kind = type(call.layer)
    rule = RULES.get(kind)
    if kind.__module__.startswith("autokeras."):
        rule = AUTOKERAS.get(kind.__name__)
    if kind is layers.Activation:
        rule = ELEMENTWISE if mixing.is_elementwise(call.layer.activation) else STAYS
    if rule in (MERGE, PRODUCT) and len(call.inputs) == 1:
        rule = ELEMENTWISE if _with_a_number(call) else None
    if rule is None or (rule is not STAYS and not _can_follow(call, rule, graph)):
        log.warning("%s (%s) is not known well enough: it stays as it is", call.layer.name, kind.__name__)
        return STAYS
    activation = getattr(call.layer, "activation", None)
    if (
        rule is not STAYS
        and callable(activation)
        and not mixing.is_elementwise(activation) | (activation in mixing.MIXED)
    ):
        log.warning("%s: its activation is not known, its units stay", call.layer.name)
    return rule


def _with_a_number(call: Call) -> bool:
    """Tell whether the other operand is a single number, the same for all channels."""
    others = [value for value in call.arguments._flat_arguments if not isinstance(value, keras.KerasTensor)]
    return all(isinstance(value, int | float) for value in others)


def _can_follow(call: Call, rule: Rule, graph: Graph) -> bool:
    """Tell whether the rule covers this call."""
    taken, made = ([graph.shapes[number] for number in numbers] for numbers in (call.inputs, call.outputs))
    return (
        len(made) == 1
        and all(len(shape) > 1 and shape[-1] is not None for shape in taken + made)
        and (rule.same_in_training or not call.arguments.kwargs.get("training"))
        and getattr(call.layer, "data_format", None) in ("channels_last", None)
        and rule.follows(call.layer, taken)
    )
