"""Random functional graphs with random dead units, of every layer kind that compaction knows and of some that it cannot."""

from typing import NamedTuple

import autokeras.keras_layers as ak_layers
import numpy as np

from frugalnet.backend import keras
from tests.model import made_layers as made
from tests.model.made_deaths import kill_units, randomise
from tests.model.made_layers import chance, pick, width

layers = keras.layers

ANY = [
    *[made.weighted, made.batch_norm, made.weighted_norm, made.weighted_norm, made.activation, made.dropout],
    *[made.rescaled, made.residual, made.residual, made.squeeze_excite, made.concatenated, made.shared],
    *[made.operated, made.unknown, made.unknown, made.cast],
]
STEPS = {
    2: [*ANY, made.dense, made.dense],
    3: [*ANY, made.conv, made.conv, made.pool, made.pool],
    4: [
        *[*ANY, made.conv, made.conv, made.conv_oblong, made.depthwise, made.depthwise, made.separable, made.pool],
        *[made.pool, made.resized, made.resized, made.resized, made.squeeze_excite, made.spatial_gate],
    ],
}


class MadeGraph(NamedTuple):
    """A built model, the samples it takes, and the kinds of death among its units."""

    model: keras.Model
    samples: list[np.ndarray]
    deaths: set[str]


def made_graph(seed):
    """Return a built model and samples for it; the same for the same seed."""
    made_model = made_graph_with_deaths(seed)
    return made_model.model, made_model.samples


def made_graph_with_deaths(seed):
    keras.utils.set_random_seed(seed)
    for attempt in range(20):
        rng = np.random.default_rng([seed, attempt])
        model = _grown(rng)
        randomise(rng, model)
        deaths = kill_units(rng, model)
        samples = [_samples(rng, tensor) for tensor in model.inputs]
        if min(np.abs(output).max() for output in outputs_of(model, samples)) > 0.05:
            return MadeGraph(model, samples, deaths)
    raise AssertionError(f"seed {seed} makes no graph with outputs of moderate size")


def outputs_of(model, samples):
    """Return the outputs for some samples in one list."""
    outputs = model(samples if len(samples) > 1 else samples[0])
    return [np.asarray(output, "float32") for output in keras.tree.flatten(outputs)]


def _samples(rng, tensor):
    shape = (3, *(side or 11 for side in tensor.shape[1:]))
    if tensor.dtype == "uint8":
        return rng.integers(0, 256, shape).astype("uint8")
    return rng.normal(size=shape).astype("float32")


def _grown(rng):
    """Return a model of one or two inputs and one to three outputs."""
    inputs, x = _start(rng)
    heads = []
    for stage in range(pick(rng, 1, 2, 2)):
        x = _steps(rng, x, pick(rng, 1, 2, 3, 3))
        if stage == 0 and chance(rng, 0.35):
            x = _nested(rng, x)
        if chance(rng, 0.2):
            heads.append(_head(rng, x))
        if x.ndim == 4 and chance(rng, 0.25):
            x = _sequence(rng, x)
    if chance(rng, 0.15):
        heads.append(x)  # a hidden layer that is also an output
    if chance(rng, 0.9):
        x = _features(rng, x)
        if x.shape[-1] > 40:
            x = made.dense(rng, x)
        if chance(rng, 0.25):
            other = keras.Input((5,), name="other")
            inputs.append(other)
            x = _joined(rng, x, made.dense(rng, other))
        x = _steps(rng, x, pick(rng, 0, 1, 2))
        if chance(rng, 0.15):
            x = _image(rng, x)
    heads.append(_head(rng, x))
    if len(heads) == 1 and chance(rng, 0.05):
        heads *= 2
    return keras.Model(inputs[0] if len(inputs) == 1 else inputs, heads[0] if len(heads) == 1 else heads)


def _steps(rng, x, number):
    for _ in range(number):
        x = pick(rng, *STEPS[x.ndim])(rng, x)
    return x


def _start(rng):
    """Return the first input in a list, and it as numbers: images (of a free size now and then), sequences or features."""
    kind = pick(rng, "image", "image", "image", "sequence", "sequence", "features", "bytes", "free", "digits")
    side, channels = int(rng.integers(7, 11)), int(rng.integers(1, 5))
    shape = {"sequence": (side, channels), "features": (side,), "free": (None, None, channels), "digits": (side, side)}
    inputs = keras.Input(shape.get(kind, (side, side, channels)), dtype="uint8" if kind == "bytes" else "float32")
    x = inputs
    if kind == "bytes":
        x = layers.Rescaling(1 / 255)(ak_layers.CastToFloat32()(x) if chance(rng, 0.5) else x)
    if kind == "digits":
        x = ak_layers.ExpandLastDim()(x)
    return [inputs], made.weighted(rng, x)


def _features(rng, x):
    """Return a tensor of rank 2."""
    if x.ndim == 2:
        return x
    rank = x.ndim - 2
    pooling = getattr(layers, f"{pick(rng, 'GlobalAveragePooling', 'GlobalMaxPooling')}{rank}D")
    if None in x.shape[1:]:
        return pooling()(x)
    if x.ndim == 3 and chance(rng, 0.15):
        return layers.GlobalAveragePooling1D(data_format="channels_first")(x)
    if x.ndim == 3 and chance(rng, 0.15):
        x = made.expanded(rng, x)
        return layers.Flatten()(x)
    return pick(
        rng,
        lambda: layers.Flatten()(x),
        lambda: layers.Flatten()(x),
        lambda: pooling()(x),
        lambda: layers.Flatten()(made.weighted(rng, pooling(keepdims=True)(x))),
        lambda: layers.Reshape((-1,))(x),
    )()


def _sequence(rng, x):
    """Return an image as a sequence: of its pixels, of its rows, or with its channels cut in two."""
    if None in x.shape[1:]:
        return x
    height, breadth, channels = x.shape[1:]
    shapes = [(height * breadth, channels), (-1, channels)]
    if breadth * channels <= 40:
        shapes += [(height, breadth * channels)] * 2
    if channels % 2 == 0:
        shapes.append((height * breadth * 2, channels // 2))
    return layers.Reshape(pick(rng, *shapes))(x)


def _image(rng, x):
    """Return features as an image: of one pixel, or of several."""
    if chance(rng, 0.5):
        return made.conv(rng, layers.Reshape((1, 1, x.shape[-1]))(x))
    channels = width(rng)
    x = layers.Reshape((2, 3, channels))(layers.Dense(6 * channels, activation="relu")(x))
    return made.conv(rng, x)


def _joined(rng, x, y):
    """Return features of two sources in one tensor."""
    kind = made.merge_layer(rng, "Concatenate", "Add", "Multiply", "Maximum")
    return made.merged(kind, [x, y if kind == "Concatenate" else made.dense(rng, y, x.shape[-1])])


def _nested(rng, x):
    """Return what a model inside the model gives: functional or Sequential, called once or twice, one or two outputs."""
    shape, channels = x.shape[1:], x.shape[-1]
    if chance(rng, 0.4):
        inner = keras.Sequential([keras.Input(shape)] if chance(rng, 0.6) else [])
        inner.add(layers.Dense(width(rng), activation="relu"))
        inner.add(layers.BatchNormalization())
        inner.add(layers.Dense(channels, activation="tanh"))
    else:
        inside = keras.Input(shape)
        y = made.weighted(rng, _steps(rng, inside, 1) if chance(rng, 0.4) else made.weighted(rng, inside))
        two = chance(rng, 0.3)
        inner = keras.Model(inside, [y, layers.Dense(3, activation="relu")(y)] if two else y)
        if two:
            return layers.Concatenate()(inner(x))
    if chance(rng, 0.4):
        other = made.weighted(rng, x, channels)
        return made.merged(made.merge_layer(rng, "Add", "Concatenate"), [inner(x), inner(other)])
    return inner(x)


def _head(rng, x):
    """Return an output with a bias, so that it is not all zero: of features, or of every position."""
    if x.ndim > 2 and chance(rng, 0.6):
        x = _features(rng, x)
    return layers.Dense(int(rng.integers(2, 5)), activation=pick(rng, None, None, "softmax", "sigmoid"))(x)
