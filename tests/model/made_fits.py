"""Tiny networks, and trainings of them."""

from frugalnet import networks
from frugalnet.backend import keras
from frugalnet.energy import Ledger
from frugalnet.recipes.fit import Fit
from frugalnet.recipes.precision import precision
from frugalnet.recipes.scaling import scaling_layer
from frugalnet.recipes.training import train


def layers_of(x, output):
    """Return a dense layer of 8, batch normalization, and another dense layer of 4."""
    x = keras.layers.Dense(8, activation="relu", name="dense1")(keras.layers.Flatten(name="flatten")(x))
    x = keras.layers.BatchNormalization(momentum=0.5, name="norm1")(x)
    return output(keras.layers.Dense(4, activation="relu", name="dense2")(x))


def tiny_network(data, kind="float32", scaling="unit", seed=1):
    """Return the network with new weights."""
    keras.utils.set_random_seed(seed)
    x = data.train.x
    with precision(kind):
        return networks.assemble(
            layers_of, scaling_layer(scaling, x), x.shape[1:], x.dtype.name, data.n_classes, "tiny"
        )


def fit_of(data, recipe, epochs):
    """Return a training before it begins."""
    return Fit(tiny_network(data), data, recipe, epochs, data.train.y, False)


def trained(data, recipe, epochs=2, callbacks=(), scaling="unit"):
    """Return a trained network and the rows of its epochs."""
    model = tiny_network(data, recipe.precision, scaling)
    with Ledger([]) as ledger:
        return model, train(model, data, recipe, epochs, ledger, callbacks)
