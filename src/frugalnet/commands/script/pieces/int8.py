"""A trained network as an int8 file of TensorFlow Lite."""

import math

import keras
import numpy as np
import tensorflow as tf

CLASSES, BATCH_SIZE = 10, 128


def int8_file(network: keras.Model, x: np.ndarray) -> bytes:
    """Return the network with int8 kernels and activations, whose ranges are those on 512 training samples at most."""
    some = x[:: math.ceil(len(x) / 512)]
    converter = tf.lite.TFLiteConverter.from_keras_model(network)
    converter.optimizations = [tf.lite.Optimize.DEFAULT]
    converter.representative_dataset = lambda: ([sample[None]] for sample in some)
    return bytes(converter.convert())


def int8_quality(content: bytes, x: np.ndarray, y: np.ndarray) -> float:
    """Return the share of right classes of an int8 file, or its mean absolute error where there are no classes."""
    interpreter = tf.lite.Interpreter(model_content=content)
    first, last = (end()[0]["index"] for end in (interpreter.get_input_details, interpreter.get_output_details))
    outputs = []
    for at in range(0, len(x), BATCH_SIZE):
        batch = x[at : at + BATCH_SIZE]
        interpreter.resize_tensor_input(first, batch.shape)
        interpreter.allocate_tensors()
        interpreter.set_tensor(first, batch)
        interpreter.invoke()
        outputs.append(interpreter.get_tensor(last))
    found = np.concatenate(outputs)
    return float((found.argmax(axis=1) == y).mean() if CLASSES else np.abs(found[:, 0] - y).mean(dtype=float))
