"""What the tests of compaction share: random weights, units to kill, and the check that the function is the same."""

import numpy as np

from frugalnet.backend import keras
from frugalnet.pruning import compact
from tests.model.made_deaths import layers_of, randomise
from tests.model.made_graphs import outputs_of


def made(inputs, outputs, seed=1):
    """Return a model with random weights, none of them zero."""
    model = keras.Model(inputs, outputs)
    randomise(np.random.default_rng(seed), model)
    return model


def kill(layer, *units, bias=0.0):
    """Zero the columns of some units, and give them a bias."""
    kernel = layer.kernel.numpy()
    kernel[..., units] = 0
    layer.kernel.assign(kernel)
    if layer.bias is not None:
        values = layer.bias.numpy()
        values[list(units)] = bias
        layer.bias.assign(values)


def ignore(layer, *channels):
    """Zero all that a layer makes of some input channels."""
    kernel = layer.kernel.numpy()
    kernel[..., channels, :] = 0
    layer.kernel.assign(kernel)


def samples_for(model, seed=0, number=3):
    """Return random samples for every input of a model, in a list; a free size is 9."""
    rng = np.random.default_rng(seed)
    shapes = [(tensor.shape[0] or number, *(side or 9 for side in tensor.shape[1:])) for tensor in model.inputs]
    return [
        rng.integers(0, 256, shape).astype("uint8")
        if tensor.dtype == "uint8"
        else rng.normal(size=shape).astype("float32")
        for tensor, shape in zip(model.inputs, shapes, strict=True)
    ]


def compacted(model, samples=None, tolerance=1e-5):
    """Return the compacted model, after a look at its outputs: those of the model that it was made of."""
    samples = samples or samples_for(model)
    expected, weights = outputs_of(model, samples), model.get_weights()
    smaller = compact(model)
    for given, wanted in zip(outputs_of(smaller, samples), expected, strict=True):
        assert given.shape == wanted.shape
        assert np.isfinite(wanted).all() and np.abs(wanted).max() > 1e-3
        assert np.abs(given - wanted).max() <= tolerance * np.abs(wanted).max()
    assert all(np.array_equal(now, then) for now, then in zip(model.get_weights(), weights, strict=True))
    return smaller


def kernels(model):
    """Return the shapes of the kernels of Dense and convolutions in the order of the graph, those of nested models too."""
    return [tuple(layer.kernel.shape) for layer in layers_of(model) if getattr(layer, "kernel", None) is not None]


def only(model, kind):
    """Return the one layer of a kind."""
    (layer,) = (layer for layer in layers_of(model) if type(layer) is kind)
    return layer
