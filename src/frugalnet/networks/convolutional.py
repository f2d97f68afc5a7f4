"""Small convolutional networks."""

from typing import Any

from frugalnet.backend import keras

layers = keras.layers


def cifar_cnn(x: Any, output: keras.Layer) -> Any:
    """Return three 3x3 convolutions (32, 64, 64 filters), two poolings, and a dense layer of 64: the network for CIFAR-10."""
    x = layers.Conv2D(32, 3, activation="relu", name="conv1")(x)
    x = layers.MaxPooling2D(name="pool1")(x)
    x = layers.Conv2D(64, 3, activation="relu", name="conv2")(x)
    x = layers.MaxPooling2D(name="pool2")(x)
    x = layers.Conv2D(64, 3, activation="relu", name="conv3")(x)
    x = layers.Flatten(name="flatten")(x)
    return output(layers.Dense(64, activation="relu", name="dense1")(x))


def sat6_convnet(x: Any, output: keras.Layer) -> Any:
    """Return three blocks (32 filters 3x3, batch normalization, pooling) and dense layers of 512 and 32: the network for SAT-6."""
    for block in (1, 2, 3):
        x = layers.Conv2D(32, 3, padding="same", activation="relu", name=f"conv{block}")(x)
        x = layers.BatchNormalization(momentum=0.9, name=f"norm{block}")(x)  # 0.99 is too slow for short trainings
        x = layers.MaxPooling2D(name=f"pool{block}")(x)
    x = layers.Flatten(name="flatten")(x)
    x = layers.Dense(512, activation="relu", name="dense1")(x)
    return output(layers.Dense(32, activation="relu", name="dense2")(x))
