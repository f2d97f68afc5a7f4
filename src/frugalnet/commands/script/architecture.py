"""The architecture of a saved Keras model, read without Keras: as a graph of layers, and as Python that builds it."""

import json
import re
import zipfile
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from frugalnet.config.levels import name_of
from frugalnet.errors import FrugalNetError
from frugalnet.files import reading

FITS = {
    **{name: f"{name}_scaling(x_train)" for name in ("standard", "robust", "min_max")},
    "fixed": "affine(np.array(MEAN), np.array(DEVIATION))",
}
"""What gives the factor and the offset of scalings that are not the same for all data."""
NAME = re.compile(r"[\w./-]+")
"""Allowed names of layers: the file may come from anybody, and the script is run."""
LARGEST = 64 * 2**20
"""Most bytes of an architecture."""
DEFAULTS: dict[str, Any] = {
    **dict.fromkeys(("trainable", "use_bias", "center", "scale"), True),
    **dict.fromkeys(("synchronized", "keepdims", "renorm", "ragged", "sparse"), False),
    **dict.fromkeys(("groups", "depth_multiplier"), 1),
    **dict.fromkeys(("negative_slope", "threshold"), 0.0),
    **{"activation": "linear", "padding": "valid", "data_format": "channels_last", "axis": -1},
    **{"momentum": 0.99, "epsilon": 0.001},
}
"""Default values of layer arguments, which are not written out; neither are arguments that are None."""
STANDARD = {
    **dict.fromkeys(("kernel", "depthwise", "pointwise"), "GlorotUniform"),
    **dict.fromkeys(("bias", "beta", "moving_mean"), "Zeros"),
    **dict.fromkeys(("gamma", "moving_variance"), "Ones"),
}
"""Default initializers, by the weight that they are for."""


@dataclass(frozen=True)
class Layer:
    """A layer of a model, and the layers whose outputs are its inputs."""

    name: str
    kind: str
    config: dict[str, Any]
    inputs: tuple[str, ...]


@dataclass(frozen=True)
class Architecture:
    """Layers of a functional model in the order of its file, in which they can be called; the input comes first."""

    name: str
    layers: list[Layer]
    output: str

    def __getitem__(self, name: str) -> Layer:
        return next(layer for layer in self.layers if layer.name == name)

    @property
    def channels(self) -> int:
        """Return the number of channels of images, 1 where they have no axis for them."""
        shape = self.layers[0].config["batch_shape"]
        return int(shape[3]) if len(shape) == 4 else 1


def read_architecture(path: Path) -> Architecture:
    """Return the architecture in a file `model.keras`; raises FrugalNetError if plain Keras cannot build it layer by layer."""
    if not path.is_file():
        raise FrugalNetError(f"{path}: no such file; expected the model of the run, which a light package leaves out")
    expected = "a model of Keras; delete its folder to make the run anew"
    with reading(path, expected), zipfile.ZipFile(path) as archive:
        if archive.getinfo("config.json").file_size > LARGEST:
            raise FrugalNetError(f"{path}: an architecture of more than {LARGEST} bytes; expected {expected}")
        return _read(json.loads(archive.read("config.json")), path)


def _read(model: dict[str, Any], path: Path) -> Architecture:
    config = model["config"]
    if model["class_name"] != "Functional":
        raise _refusal(path, f"a model of class {model['class_name']}")
    layers = [_layer(entry, path) for entry in config["layers"]]
    ends = [_ends(config[side]) for side in ("input_layers", "output_layers")]
    if any(len(names) != 1 for names in ends):
        raise _refusal(path, f"{len(ends[0])} inputs and {len(ends[1])} outputs")
    return Architecture(config["name"], layers, ends[1][0])


def _ends(named: list[Any]) -> list[str]:
    """Return the names of the input or output layers: one is stored as `[name, 0, 0]`, several as a list of those."""
    return [named[0]] if isinstance(named[0], str) else [each[0] for each in named]


def _layer(entry: dict[str, Any], path: Path) -> Layer:
    if not NAME.fullmatch(entry["name"]):
        raise _refusal(path, f"a layer of the name {entry['name']!r}")
    if entry["module"] != "keras.layers" or entry.get("registered_name") or not entry["class_name"].isidentifier():
        raise _refusal(path, f"the layer {entry['name']}, whose class {entry['class_name']} is not one of Keras")
    nodes = entry["inbound_nodes"]
    if len(nodes) > 1:
        raise _refusal(path, f"the layer {entry['name']}, which is called {len(nodes)} times")
    inputs: tuple[str, ...] = ()
    if nodes:
        (arguments,) = nodes[0]["args"]
        tensors = arguments if isinstance(arguments, list) else [arguments]
        inputs = tuple(tensor["config"]["keras_history"][0] for tensor in tensors)
    return Layer(entry["name"], entry["class_name"], entry["config"], inputs)


def _refusal(path: Path, got: str) -> FrugalNetError:
    return FrugalNetError(
        f"{path}: cannot be written as plain Keras; got {got}. Expected a functional model of Keras' own layers, each called once, "
        "with one input and one output"
    )


def code_of(architecture: Architecture, scaling: Any = "unit", precision: str = "float32") -> str:
    """Return the function `build_network`; a recipe's `scaling` is fitted on the training part that the function is given."""
    fit = FITS.get(name_of(scaling))
    chain = all(
        layer.inputs == (before.name,)
        for before, layer in zip(architecture.layers, architecture.layers[1:], strict=False)
    )
    made = {
        layer.name: _scaling(layer, name_of(scaling), precision) if layer.name == "scaling" else _made(layer, precision)
        for layer in architecture.layers
    }
    return "\n".join(
        [
            "def build_network(x_train: np.ndarray) -> keras.Model:",
            '    """Return the network with new weights; its first layer scales the samples."""',
            *([] if precision == "float32" else ["    keras.config.set_dtype_policy(PRECISION)"]),
            *([f"    scale, offset = {fit}"] if fit else []),
            *(_sequential if chain else _functional)(architecture, made),
        ]
    )


def _sequential(architecture: Architecture, made: dict[str, str]) -> list[str]:
    return [
        "    return keras.Sequential(",
        "        [",
        *(f"            {made[layer.name]}," for layer in architecture.layers),
        "        ],",
        f"        name={_value(architecture.name)},",
        "    )",
    ]


def _functional(architecture: Architecture, made: dict[str, str]) -> list[str]:
    """Return a line per layer; a tensor is named after the layer that made it, with `_` where Python needs one."""
    tensors = {layer.name: re.sub(r"\W", "_", f"x_{layer.name}") for layer in architecture.layers}
    lines = []
    for layer in architecture.layers:
        taken = ", ".join(tensors[name] for name in layer.inputs)
        taken = f"[{taken}]" if len(layer.inputs) > 1 else taken
        lines.append(f"    {tensors[layer.name]} = {made[layer.name]}{f'({taken})' if taken else ''}")
    ends = f"{tensors[architecture.layers[0].name]}, {tensors[architecture.output]}"
    return [*lines, f"    return keras.Model({ends}, name={_value(architecture.name)})"]


def _scaling(layer: Layer, scaling: str, precision: str) -> str:
    """Return the expression that makes the first layer, whose factor and offset are those that the function finds."""
    if layer.kind != "Rescaling":
        raise ValueError(f"the layer scaling is a {layer.kind}")
    affine = "scale, offset" if scaling in FITS else {"unit": "1 / 255", "none": "1.0"}[scaling]
    dtype = layer.config.get("dtype")
    own = "" if _is_default("dtype", dtype, precision) else f", dtype={_value(dtype)}"
    return f'layers.Rescaling({affine}, name="scaling"{own})'


def _made(layer: Layer, precision: str) -> str:
    """Return the expression that makes a layer."""
    config = layer.config
    if layer.kind == "InputLayer":
        shape = tuple(config["batch_shape"][1:])
        return f"keras.Input({shape}, dtype={_value(config['dtype'])}, name={_value(layer.name)})"
    pool = config.get("pool_size")
    named = {k: v for k, v in config.items() if k != "name" and not _is_default(k, v, precision, pool)}
    if not all(key.isidentifier() for key in named):
        raise ValueError(f"the layer {layer.name}")
    arguments = [f"{key}={_value(value)}" for key, value in named.items()]
    return f"layers.{layer.kind}({', '.join([*arguments, f'name={_value(layer.name)}'])})"


def _is_default(key: str, value: Any, precision: str, pool: Any = None) -> bool:
    """Tell whether an argument of a layer need not be written; `pool`: the size of what it pools."""
    if key == "dtype" and value is not None:
        return bool((value["config"]["name"] if isinstance(value, dict) else value) == precision)
    if key.endswith("_initializer"):
        standard = STANDARD.get(key.removesuffix("_initializer"))
        return bool(value["class_name"] == standard and value["config"] in ({}, {"seed": None}))
    if key == "strides" and pool is not None:
        return bool(value == pool)
    if key in ("strides", "dilation_rate"):
        return bool(set(value) == {1})
    return value is None or (key in DEFAULTS and value == DEFAULTS[key] and type(value) is type(DEFAULTS[key]))


def _value(value: Any) -> str:
    """Return an argument as Python: objects of Keras by their class."""
    if isinstance(value, dict) and value.get("class_name") == "DTypePolicy":
        return _value(value["config"]["name"])
    if isinstance(value, dict) and "class_name" in value:
        given = {key: each for key, each in value["config"].items() if each is not None}
        named = [*value["module"].split("."), value["class_name"], *given]
        if named[0] != "keras" or not all(name.isidentifier() for name in named):
            raise ValueError(f"an object of {value['module']}.{value['class_name']}")
        inside = ", ".join(f"{key}={_value(each)}" for key, each in given.items())
        return f"{value['module']}.{value['class_name']}({inside})"
    if isinstance(value, list):
        return f"({', '.join(map(_value, value))}{',' if len(value) == 1 else ''})"
    return json.dumps(value) if isinstance(value, str) else repr(value)
