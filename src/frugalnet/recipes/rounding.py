"""Where an int8 network rounds: the calls of a network, computed with kernels and activations rounded to 8 bits.

Kernels have a scale per channel and no offset, activations one scale and offset per tensor, as TensorFlow Lite has them
(Jacob et al. 2018, doi:10.1109/CVPR.2018.00286). What is computed in one step in an int8 file is not rounded inside: a
layer, the batch normalization behind it and its rectification. Batch normalization multiplies channels, so that rounding
a kernel before that gives the same as rounding it after.
"""

from collections import Counter, defaultdict
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager, nullcontext
from dataclasses import dataclass, field
from typing import Any

from frugalnet.backend import keras, tf
from frugalnet.networks.graph import Call, Graph, trace

layers = keras.layers
Rounding = Callable[[str, Any], Any]
"""Returns a tensor rounded as at the place with this name."""

KERNELS = (layers.Dense, layers.Conv1D, layers.Conv2D, layers.DepthwiseConv2D)
"""Layers whose kernel is rounded."""
PREPARING = (layers.Rescaling, layers.Normalization)
"""Layers that scale samples before they are rounded for the first time: they compute in floats."""
PREPARING_OF_AUTOKERAS = ("CastToFloat32", "ExpandLastDim")
KEEPING = (
    *(layers.MaxPooling1D, layers.MaxPooling2D, layers.AveragePooling1D, layers.AveragePooling2D),
    *(layers.Flatten, layers.Reshape, layers.Permute, layers.RepeatVector, layers.Identity),
    *(layers.ZeroPadding1D, layers.ZeroPadding2D, layers.Cropping1D, layers.Cropping2D),
    *(layers.Resizing, layers.CenterCrop),
    *(layers.UpSampling1D, layers.Dropout, layers.SpatialDropout1D, layers.SpatialDropout2D),
    *(layers.GaussianDropout, layers.GaussianNoise, layers.ActivityRegularization),
)
"""Layers whose output has the scale of their input."""
FUSING = (*KERNELS, layers.SeparableConv2D, layers.BatchNormalization, layers.Add, layers.Subtract, layers.Multiply)
"""Layers that are computed in one step with the rectification behind them."""
FUSED = (keras.activations.relu, keras.activations.relu6)
LINEAR = (None, keras.activations.linear)
TINY = 1e-8
"""Least width of a range: a kernel of zeros stays zero."""


def rounded(x: Any, low: Any, high: Any) -> Any:
    """Return a tensor rounded to 256 steps from `low` to `high`, of which one is 0; gradients pass inside of the range."""
    return tf.quantization.fake_quant_with_min_max_vars(x, tf.minimum(low, 0.0), tf.maximum(high, TINY))


def rounded_kernel(kernel: Any, depthwise: bool = False) -> Any:
    """Return a kernel rounded to 255 steps around 0, whose size is that of its channel; gradients pass unchanged.

    A channel is an entry of the last axis, or of the last two of a depthwise kernel.
    """
    shape = tf.shape(kernel)
    flat = tf.reshape(kernel, [-1, shape[-2] * shape[-1] if depthwise else shape[-1]])
    top = tf.stop_gradient(tf.maximum(tf.reduce_max(tf.abs(flat), axis=0), TINY))
    found = tf.quantization.fake_quant_with_min_max_vars_per_channel(flat, -top, top, narrow_range=True)
    return tf.reshape(found, shape)


@dataclass
class Rounded:
    """The calls of a network, and the names of the places where activations are rounded, in the order of computing.

    `after` are the places of tensors by number; `before` those before the activation of a layer, by place of the call in
    the graph. `within` are those between the two steps of a separable convolution.
    """

    graph: Graph
    after: dict[int, str] = field(default_factory=dict)
    before: dict[int, str] = field(default_factory=dict)
    within: dict[int, str] = field(default_factory=dict)

    @property
    def places(self) -> list[str]:
        """Return the names of all places."""
        return [*self.after.values(), *self.before.values(), *self.within.values()]

    def __call__(self, inputs: Sequence[Any], rounding: Rounding, training: bool, kernels: bool = True) -> list[Any]:
        """Compute the outputs with activations rounded by `rounding`; without `kernels`, the kernels are as they are."""
        tensors: dict[int, Any] = dict(zip(self.graph.inputs, inputs, strict=True))
        for number, call in enumerate(self.graph.calls):
            made = self._called(number, call, tensors, rounding, training, kernels)
            for tensor, value in zip(call.outputs, keras.tree.flatten(made), strict=True):
                tensors[tensor] = rounding(self.after[tensor], value) if tensor in self.after else value
        return [tensors[number] for number in self.graph.outputs]

    def _called(
        self, number: int, call: Call, tensors: dict[int, Any], rounding: Rounding, training: bool, kernels: bool
    ) -> Any:
        args, kwargs = call.fill_in(tensors)
        layer = call.layer
        if getattr(layer, "_call_has_training_arg", False) and kwargs.get("training") is None:
            kwargs |= {"training": training}
        rounds_kernel = kernels and type(layer) in KERNELS
        with (
            _with_rounded_kernel(layer) if rounds_kernel else nullcontext(),
            _linear(layer) if number in self.before else nullcontext() as activation,
        ):
            if type(layer) is layers.SeparableConv2D:
                made = _separable(layer, args[0], lambda x: rounding(self.within[number], x), kernels)
            else:
                made = layer(*args, **kwargs)
        return activation(rounding(self.before[number], made)) if activation else made


def rounded_places(model: keras.Model) -> Rounded:
    """Return where a network is rounded; raises FrugalNetError for one without a graph of layers."""
    found = Rounded(graph := trace(model))
    names = _names(graph)
    users: dict[int, list[Call]] = defaultdict(list)
    for call in graph.calls:
        for number in call.inputs:
            users[number].append(call)
    prepared = set(graph.inputs)
    for number, call in enumerate(graph.calls):
        if _prepares(call) and prepared.issuperset(call.inputs):
            prepared.update(call.outputs)
        if not _is_fused(call):
            found.before[number] = f"{names[number]}/linear"
        if type(call.layer) is layers.SeparableConv2D:
            found.within[number] = f"{names[number]}/depthwise"
        for place, tensor in enumerate(call.outputs):
            if _is_rounded(call, tensor, users[tensor], graph, prepared):
                found.after[tensor] = f"{names[number]}/{place}" if place else names[number]
    return found


def _names(graph: Graph) -> list[str]:
    """Return a name for each call: that of its layer, with a number if the layer was called before."""
    seen: Counter[str] = Counter()
    found = []
    for call in graph.calls:
        seen[call.layer.name] += 1
        count = seen[call.layer.name]
        found.append(call.layer.name if count == 1 else f"{call.layer.name}#{count}")
    return found


def _prepares(call: Call) -> bool:
    return type(call.layer) in PREPARING or type(call.layer).__name__ in PREPARING_OF_AUTOKERAS


def _is_fused(call: Call) -> bool:
    """Tell whether a layer with weights has no activation, or one that is computed in the same step."""
    kinds = (*KERNELS, layers.SeparableConv2D)
    return type(call.layer) not in kinds or getattr(call.layer, "activation", None) in (*LINEAR, *FUSED)


def _is_rounded(call: Call, tensor: int, users: list[Call], graph: Graph, prepared: set[int]) -> bool:
    """Tell whether an output of a call is rounded: not if that is done in a later step, was done, or is not needed."""
    layer, last = call.layer, tensor in graph.outputs
    if not graph.dtypes[tensor].startswith("float") or type(layer) in KEEPING:
        return False
    if tensor in prepared and all(_prepares(user) for user in users) and not last:
        return False
    if last and (_is_softmax(layer) or not _is_fused(call)):
        return False
    if last or len(users) != 1:
        return True
    (user,) = users
    if type(user.layer) is layers.BatchNormalization:
        kinds = (*KERNELS, layers.SeparableConv2D)
        return not (type(layer) in kinds and getattr(layer, "activation", None) in LINEAR)
    return not (_is_rectification(user.layer) and type(layer) in FUSING and _is_linear(layer))


def _is_softmax(layer: Any) -> bool:
    return type(layer) is layers.Softmax or getattr(layer, "activation", None) is keras.activations.softmax


def _is_linear(layer: Any) -> bool:
    return getattr(layer, "activation", None) in LINEAR


def _is_rectification(layer: Any) -> bool:
    if type(layer) is layers.ReLU:
        return layer.max_value in (None, 6) and not layer.negative_slope and not layer.threshold
    return type(layer) is layers.Activation and layer.activation in FUSED


@contextmanager
def _with_rounded_kernel(layer: keras.Layer) -> Iterator[None]:
    """Have a layer compute with its kernel rounded; the variable stays as it is."""
    kernel = layer.kernel
    with keras.StatelessScope([(kernel, rounded_kernel(kernel.value, type(layer) is layers.DepthwiseConv2D))]):
        yield


@contextmanager
def _linear(layer: Any) -> Iterator[Callable[[Any], Any]]:
    """Leave the activation out of a layer, and give it."""
    own, layer.activation = layer.activation, None
    try:
        yield own
    finally:
        layer.activation = own


def _separable(layer: Any, x: Any, within: Callable[[Any], Any], kernels: bool) -> Any:
    """Compute a separable convolution in its two steps."""
    depthwise, pointwise = layer.depthwise_kernel.value, layer.pointwise_kernel.value
    if kernels:
        depthwise, pointwise = rounded_kernel(depthwise, depthwise=True), rounded_kernel(pointwise)
    kept = {"padding": layer.padding, "dilation_rate": layer.dilation_rate, "data_format": layer.data_format}
    x = within(keras.ops.depthwise_conv(x, depthwise, layer.strides, **kept))
    x = keras.ops.conv(x, pointwise, data_format=layer.data_format)
    if layer.use_bias:
        x = keras.ops.add(x, keras.ops.reshape(layer.bias, (1, 1, 1, -1)))
    return x if layer.activation is None else layer.activation(x)
