"""Int8: a network that is trained with rounding, and the int8 file of TensorFlow Lite that a trained network gives.

The file has int8 kernels and activations, and int32 biases; batch normalization behind a layer with a kernel is folded
into it, elsewhere it computes in floats, as a layer does that is not known (`rounding`). The file takes unscaled samples
as the network does, and scales them in floats; it gives floats, probabilities in steps of 1/256. Each activation has the
range that a training with rounding has learned; after a training without, the range that it has on training samples.
"""

import math
from collections.abc import Mapping
from typing import Any
from weakref import WeakKeyDictionary

import numpy as np

from frugalnet.backend import keras, tf
from frugalnet.datasets import Data
from frugalnet.errors import FrugalNetError
from frugalnet.recipes.rounding import TINY, Rounded, rounded, rounded_places

CALIBRATED_ON = 512
"""Most training samples on which ranges are found; they are taken at equal distances."""
AT_ONCE = 64
DECAY = 0.99
"""Decay of the moving ranges of a training."""
FLOATS = "float32"

Ranges = Mapping[str, tuple[float, float]]
"""Smallest and largest value at each place of rounding, by its name."""


class Twin(keras.Model):
    """A network that computes as its int8 file will, and shares all weights with it.

    In training, the range of an activation is a moving mean of the ranges of batches; gradients pass the rounding
    unchanged inside of the range, and are 0 outside (Jacob et al. 2018, doi:10.1109/CVPR.2018.00286).
    """

    def __init__(self, original: keras.Model, places: Rounded) -> None:
        super().__init__(name=original.name)
        self.original = original
        self._rounded = places
        self._number = {name: number for number, name in enumerate(places.places)}
        self.ranges = self.add_weight(
            (len(self._number), 2), "zeros", FLOATS, trainable=False, aggregation="mean", name="ranges"
        )
        self.batches = self.add_weight((), "zeros", FLOATS, trainable=False, aggregation="mean", name="batches")
        self.built = True

    def call(self, inputs: Any, training: bool = False) -> Any:
        rate = tf.maximum(1 - DECAY, 1 / (self.batches.value + 1))
        moved: dict[int, Any] = {}

        def rounding(name: str, x: Any) -> Any:
            number = self._number[name]
            found = self.ranges.value[number]
            if training:
                of_batch = tf.stop_gradient(tf.stack([tf.reduce_min(x), tf.reduce_max(x)]))
                moved[number] = found = found + rate * (of_batch - found)
            return rounded(x, found[0], found[1])

        outputs = self._rounded(keras.tree.flatten(inputs), rounding, training)
        if training and moved:
            self.ranges.assign(tf.stack([moved[number] for number in range(len(self._number))]))
            self.batches.assign_add(1.0)
        return outputs[0] if len(outputs) == 1 else outputs


_LEARNED: WeakKeyDictionary[keras.Model, tuple[list[str], keras.Variable]] = WeakKeyDictionary()
"""Names and ranges that models have learned with their twins."""


def twin_of(model: keras.Model) -> Twin:
    """Return the model that is trained in the place of a model, whose weights it shares; the ranges it learns are kept."""
    _check_types(model)
    places = rounded_places(model)
    made = Twin(model, places)
    _LEARNED[model] = places.places, made.ranges
    return made


def _check_types(model: keras.Model) -> None:
    """Raise FrugalNetError for a network that does not compute in float32 alone: rounding is only defined there."""
    if other := {layer.compute_dtype for layer in model._flatten_layers()} - {FLOATS}:
        raise FrugalNetError(
            f"recipe.internal: {model.name} computes in {', '.join(sorted(other))}, which is not rounded to int8; "
            f"expected recipe.precision = {FLOATS}"
        )


def learned_ranges(model: keras.Model) -> Ranges | None:
    """Return the ranges that a model has learned; None if it was not trained with rounding."""
    if model not in _LEARNED:
        return None
    names, ranges = _LEARNED[model]
    return {name: (low, high) for name, (low, high) in zip(names, np.asarray(ranges).tolist(), strict=True)}


def calibrated_ranges(model: keras.Model, x: np.ndarray) -> Ranges:
    """Return the smallest and largest values of activations on unscaled samples."""
    places = rounded_places(model)
    names = places.places

    def of_batch(batch: Any) -> Any:
        found: dict[str, Any] = {}

        def noting(name: str, value: Any) -> Any:
            found[name] = tf.stack([tf.reduce_min(value), tf.reduce_max(value)])
            return value

        places([batch], noting, training=False)
        return tf.stack([found[name] for name in names])

    compiled = tf.function(of_batch, input_signature=[tf.TensorSpec((None, *x.shape[1:]), x.dtype)])
    batches = [np.asarray(compiled(tf.constant(x[at : at + AT_ONCE]))) for at in range(0, len(x), AT_ONCE)]
    lows, highs = np.min(batches, axis=0)[:, 0], np.max(batches, axis=0)[:, 1]
    return {name: (float(low), float(high)) for name, low, high in zip(names, lows, highs, strict=True)}


def int8_file(model: keras.Model, data: Data, trained: keras.Model) -> bytes:
    """Return a network as an int8 file; `trained` is the network itself, or the one that it is a smaller form of.

    Raises FrugalNetError with the reason for a network that cannot be converted.
    """
    try:
        _check_types(model)
        places = rounded_places(model)
        ranges = learned_ranges(trained)
        if ranges is None or set(places.places) - ranges.keys():
            x = data.train.x
            ranges = calibrated_ranges(model, np.ascontiguousarray(x[:: math.ceil(len(x) / CALIBRATED_ON)]))
        return _converted(model, places, ranges)
    except Exception as error:  # the converter's errors have no common class
        raise FrugalNetError(f"{model.name} is not converted to int8: {_first_line(error)}") from error


def _converted(model: keras.Model, places: Rounded, ranges: Ranges) -> bytes:
    from keras.src.export.export_utils import get_input_signature, make_tf_tensor_spec
    from tensorflow.python.framework.convert_to_constants import convert_variables_to_constants_v2

    def rounding(name: str, x: Any) -> Any:
        low, high = min(ranges[name][0], 0.0), max(ranges[name][1], 0.0)
        return x if high - low <= TINY else tf.quantization.fake_quant_with_min_max_args(x, low, high)

    def network(*inputs: Any) -> Any:
        return places(inputs, rounding, training=False, kernels=False)  # the converter rounds them, as `rounding` does

    signature = keras.tree.flatten(keras.tree.map_structure(make_tf_tensor_spec, get_input_signature(model)))
    traced = tf.function(network).get_concrete_function(*signature)
    converter = tf.lite.TFLiteConverter.from_concrete_functions([convert_variables_to_constants_v2(traced)])
    converter.optimizations = [tf.lite.Optimize.DEFAULT]
    return bytes(converter.convert())


def _first_line(error: Exception) -> str:
    return str(error).partition("\n")[0] or type(error).__name__
