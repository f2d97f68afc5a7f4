"""Made files `model.keras`, as far as they are read without Keras: the architecture."""

import json
import zipfile

DENSE = {
    **{"trainable": True, "activation": "relu", "use_bias": True, "kernel_regularizer": None},
    "dtype": {"module": "keras", "class_name": "DTypePolicy", "config": {"name": "float32"}},
    "kernel_initializer": {"module": "keras.initializers", "class_name": "GlorotUniform", "config": {"seed": None}},
    "bias_initializer": {"module": "keras.initializers", "class_name": "Zeros", "config": {}},
}
CONV = {
    **{"filters": 8, "kernel_size": [3, 3], "strides": [1, 1], "padding": "valid", "data_format": "channels_last"},
    **{"dilation_rate": [1, 1], "groups": 1},
} | DENSE
SEPARABLE = CONV | {"depth_multiplier": 1}
NORM = {"axis": -1, "momentum": 0.9, "epsilon": 0.001, "center": True, "scale": True}


def samples(*shape, dtype="uint8"):
    return ("InputLayer", "samples", {"batch_shape": [None, *shape], "dtype": dtype}, [])


def scaling(before="samples", factor=1 / 255):
    return ("Rescaling", "scaling", {"scale": factor, "offset": 0.0}, [before])


def dense(name, units, before, **changes):
    return ("Dense", name, {"units": units} | DENSE | changes, [before])


PERCEPTRON = [
    samples(28, 28),
    scaling(),
    ("Flatten", "flatten", {"data_format": "channels_last"}, ["scaling"]),
    dense("dense1", 16, "flatten"),
    dense("output", 10, "dense1", activation="softmax"),
]
RESIDUAL = [
    samples(32, 32, 3),
    scaling(),
    ("Conv2D", "shortcut1", CONV | {"kernel_size": [1, 1], "activation": "linear"}, ["scaling"]),
    ("SeparableConv2D", "conv1", SEPARABLE | {"padding": "same"}, ["scaling"]),
    ("BatchNormalization", "norm1", NORM, ["conv1"]),
    ("Add", "add1", {}, ["norm1", "shortcut1"]),
    ("MaxPooling2D", "pool1", {"pool_size": [2, 2], "strides": [2, 2], "padding": "valid"}, ["add1"]),
    ("Flatten", "flatten", {}, ["pool1"]),
    dense("dense1", 4, "flatten"),
    dense("output", 10, "dense1", activation="softmax"),
]


def write_network(path, layers, **changes):
    """Write the architecture of a functional model: kind, name, configuration and inputs of each layer."""
    entries = [
        {"module": "keras.layers", "class_name": kind, "name": name, "registered_name": None}
        | {"config": config | {"name": name}, "inbound_nodes": [_call(before)] if before else []}
        | changes
        for kind, name, config, before in layers
    ]
    ends = {"input_layers": [layers[0][1], 0, 0], "output_layers": [layers[-1][1], 0, 0]}
    model = {"class_name": "Functional", "config": {"name": "made", "layers": entries} | ends}
    with zipfile.ZipFile(path, "w") as archive:
        archive.writestr("config.json", json.dumps(model))
    return path


def _call(before):
    tensors = [{"class_name": "__keras_tensor__", "config": {"keras_history": [name, 0, 0]}} for name in before]
    return {"args": [tensors if len(tensors) > 1 else tensors[0]], "kwargs": {}}
