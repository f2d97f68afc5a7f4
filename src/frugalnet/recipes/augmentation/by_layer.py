"""Changes of batches by Keras' layers, with seeds of their own for each batch."""

from typing import Any

from frugalnet.backend import keras, tf
from frugalnet.errors import FrugalNetError
from frugalnet.recipes.fit import ChangeBatch, Changed, Fit


def by_layer(layer: keras.Layer) -> ChangeBatch:
    """Return the change of images by a preprocessing layer.

    The layer's own generator is left out: its state is a variable, which parallel calls read and write in any order.
    """

    def change(x: Any, y: Any, seeds: Any) -> Changed:
        return layer.transform_images(x, layer.get_random_transformation(x, seed=seeds)), y

    return change


def mixing(fit: Fit, layer: keras.Layer) -> ChangeBatch:
    """Return the change of images and probabilities by a layer that mixes pairs of samples.

    Raises FrugalNetError where there are no classes.
    """
    if not fit.data.n_classes:
        raise FrugalNetError(
            f"recipe.augmentation: {layer.name} mixes the classes of two samples; {fit.data.name} has none. Leave it out"
        )
    fit.use_probabilities()

    def change(x: Any, y: Any, seeds: Any) -> Changed:
        how = layer.get_random_transformation(x, seed=seeds)
        share = how["mix_weight"]  # 0 / 0 where both gamma variates are below the smallest float32: a share of 0 or 1
        how["mix_weight"] = tf.where(tf.math.is_nan(share), 1.0, share)
        return layer.transform_images(x, how), layer.transform_labels(y, how)

    return change
