"""What a made graph is made of, in words that a list of all that has to be covered can name."""

from frugalnet.backend import keras
from tests.model.made_deaths import layers_of

layers = keras.layers
RANKS = {2: "features", 3: "sequence", 4: "image"}


def kinds_of(model):
    """Return the layer kinds of a model, those of nested models too, with the options that matter."""
    kinds = set(_of_model(model))
    for operation in {*layers_of(model), *model.operations}:
        name = type(operation).__name__
        kinds |= {name, *(f"{name} {option}" for option in _options(operation))}
        if not isinstance(operation, layers.Layer):
            kinds.add("operator")
        if len(operation._inbound_nodes) > 1:
            kinds.add("model called twice" if isinstance(operation, keras.Model) else "layer called twice")
        kinds |= _activation(operation)
    return kinds


def _of_model(model):
    if len(model.inputs) > 1:
        yield "several inputs"
    if len(model.outputs) > 1:
        yield "several outputs"
    if any(None in tensor.shape[1:] for tensor in model.inputs):
        yield "free size"
    if any(tensor.ndim == 4 for tensor in model.outputs):
        yield "image output"
    for inner in model.layers:
        if isinstance(inner, keras.Sequential) or hasattr(inner, "operations"):  # a model with a graph
            yield "nested Sequential" if isinstance(inner, keras.Sequential) else "nested functional"
            if len(inner.outputs) > 1:
                yield "nested with two outputs"


def _activation(operation):
    if isinstance(operation, layers.Activation):
        return {f"Activation {operation.activation.__name__}"}
    if hasattr(operation, "activation") and hasattr(operation, "kernel"):
        return {f"inside {operation.activation.__name__}"}
    return set()


def _options(layer):
    if getattr(layer, "use_bias", True) is False:
        yield "without bias"
    if hasattr(layer, "padding") and isinstance(layer.padding, str):
        yield layer.padding
    if max(_numbers(getattr(layer, "strides", 1))) > 1:
        yield "strides"
    if max(_numbers(getattr(layer, "dilation_rate", 1))) > 1:
        yield "dilation"
    if getattr(layer, "groups", 1) > 1:
        yield "groups"
    if hasattr(layer, "depth_multiplier"):
        yield f"multiplier {layer.depth_multiplier}"
    if getattr(layer, "keepdims", False):
        yield "keepdims"
    yield from _options_by_type(layer)


def _options_by_type(layer):
    if isinstance(layer, layers.BatchNormalization):
        yield from (f"without {part}" for part in ("center", "scale") if not getattr(layer, part))
        if layer.axis == 1:
            yield "other axis"
    elif isinstance(layer, layers.Concatenate):
        yield "channels" if layer.axis in (-1, len(layer.output.shape) - 1) else "other axis"
    elif isinstance(layer, layers.Rescaling):
        yield "per channel" if _is_many(layer.scale) else "scalar"
    elif isinstance(layer, layers.Normalization):
        yield "scalar" if layer.axis == () else "per channel"
    elif isinstance(layer, layers.UpSampling2D):
        yield layer.interpolation
    elif isinstance(layer, layers.PReLU):
        yield "shared over positions" if layer.shared_axes else "per position"
    elif isinstance(layer, layers.Multiply) and len(layer._inbound_nodes) == 1:
        yield from _gate(*(tensor.shape for tensor in layer._inbound_nodes[0].input_tensors))
    elif isinstance(layer, layers.Reshape) and len(layer._inbound_nodes) == 1:
        yield _reshaped(layer.input.shape[1:], layer.output.shape[1:])
    elif isinstance(layer, layers.Dense) and layer._inbound_nodes:
        yield RANKS.get(len(layer._inbound_nodes[0].input_tensors[0].shape), "other")


def _gate(first, second):
    if len(first) == 4 and len(second) == 4 and (1, 1) in (first[1:3], second[1:3]) and first != second:
        yield "gate of each channel"
    if len(first) != len(second):
        yield "gate of smaller rank"
    if first[-1] != second[-1]:
        yield "gate of all channels"


def _reshaped(taken, given):
    if given[:-1] == (1, 1) and taken == given[-1:]:
        return "features to a pixel"
    if len(taken) == 1 and len(given) == 3:
        return "features to an image"
    if len(taken) == 3 and len(given) == 1:
        return "image to features"
    if len(taken) == 3 and taken[-1] == given[-1]:
        return "image to pixels"
    if len(taken) == 3 and len(given) == 2:
        return "rows with merged channels" if given[-1] > taken[-1] else "split channels"
    return "other"


def _numbers(value):
    return value if isinstance(value, (tuple, list)) else [value]


def _is_many(value):
    return isinstance(value, (list, tuple)) or getattr(value, "ndim", 0) > 0
