"""What the tests of pruning share: a network, its training while masks grow, and the masks of one moment."""

import numpy as np

from frugalnet import networks
from frugalnet.backend import keras
from frugalnet.config.pruning import Pruning
from frugalnet.config.recipe import Recipe
from frugalnet.energy import Ledger
from frugalnet.methods.pruning import candidates
from frugalnet.pruning.masks import Masking
from frugalnet.recipes.training import train


def dense_network():
    keras.utils.set_random_seed(1)
    return networks.build("softmax_big", keras.layers.Rescaling(1 / 255), (28, 28), "uint8", 10)


def pruned(data, settings, steps_per_execution=1, epochs=4, jit=False, model=None):
    """Return a trained, pruned model and the sparsity after each epoch; 10 steps an epoch."""
    model = model or dense_network()
    masking = Masking(candidates(model, settings), settings, steps=10 * epochs)
    recipe = Recipe(batch_size=16, steps_per_execution=steps_per_execution, internal="jit" if jit else "none")
    with Ledger([]) as ledger:
        rows = train(model, data, recipe, epochs, ledger, [masking])
    return model, [row.sparsity for row in rows]


def masked(model, settings, step=0, choose=candidates):
    """Return the model with the masks of one step applied, without any training."""
    model.compile("adam", "mse")
    masking = Masking(choose(model, settings), settings, steps=100)
    masking.set_model(model)
    model.optimizer.iterations.assign(step)
    masking.on_train_begin()
    return model


def kernel(model, name):
    return np.asarray(model.get_layer(name).kernel)


def zeros(values):
    return float((values == 0).mean())


def at_once(**settings):
    return Pruning(schedule="constant", **settings)
