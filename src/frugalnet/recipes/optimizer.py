"""The optimizer of a training: a class of Keras, with what the recipe sets."""

from frugalnet import catalogue
from frugalnet.backend import keras
from frugalnet.catalogue.recipes import OPTIMIZERS
from frugalnet.config.levels import name_of, settings_of
from frugalnet.config.recipe import Recipe


def fresh_optimizer(recipe: Recipe) -> keras.Optimizer:
    """Return a new optimizer of the recipe, without state."""
    level = OPTIMIZERS[name_of(recipe.optimizer)]
    made = catalogue.resolve(level.path)
    return made(learning_rate=recipe.learning_rate, **settings_of(recipe.optimizer, level.settings))
