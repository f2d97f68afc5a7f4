"""Search spaces: each is a function from KerasTuner's hyperparameters and the scaled input to the input of the output layer.

There are two per dataset. In `small`, no layer is wider than the baseline's at its place, so that a trial takes seconds
on two cores; `wide` is what a study chooses from. The defaults of all hyperparameters give the dataset's own network,
which is in both of its spaces. A space declares all of its hyperparameters in every build, those of absent layers in a
conditional scope. So a tuner knows them all after one build, and never takes two names of one network for two networks.
Each is named after its layer.
"""

from typing import Any

from frugalnet import catalogue
from frugalnet.backend import keras
from frugalnet.networks import assemble


def build(
    space: str, hp: Any, scaling: keras.Layer, shape: tuple[int, ...], dtype: str, n_classes: int | None
) -> keras.Model:
    """Return the network of a space that the hyperparameters (keras_tuner.HyperParameters) name, for unscaled samples."""
    features = catalogue.resolve(catalogue.SPACES[space].builder)
    # A layer keeps references to all graphs that it is in, and so to the weights of every trial.
    own_scaling = scaling.__class__.from_config(scaling.get_config())
    return assemble(lambda x, output: output(features(hp, x)), own_scaling, shape, dtype, n_classes, space)
