"""Search spaces: dense networks for tables and digits, convolutional ones for colour images."""

from typing import Any

import autokeras as ak
from keras_tuner.engine.hyperparameters import Choice

from frugalnet.backend import keras
from frugalnet.datasets import Data


@keras.saving.register_keras_serializable(package="frugalnet")
class ScalingBlock(ak.Block):
    """Put the recipe's scaling layer into the graph, so that searched networks take unscaled samples too."""

    def __init__(self, scaling: dict[str, Any], **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.scaling = scaling

    def get_config(self) -> dict[str, Any]:
        return super().get_config() | {"scaling": self.scaling}

    def build(self, hp: Any, inputs: Any = None) -> Any:
        return keras.layers.Rescaling.from_config(self.scaling)(keras.tree.flatten(inputs)[0])


def search_space(data: Data, scaling: keras.layers.Rescaling) -> tuple[ak.Input, Any]:
    """Return input and output nodes of the dataset's space: convolutional where samples have channels, else dense."""
    convolutional = data.train.x.ndim == 4
    inputs = ak.ImageInput() if convolutional else ak.Input()
    x = ScalingBlock(scaling.get_config())(inputs)
    if convolutional:
        x = ak.ConvBlock(
            kernel_size=Choice("kernel_size", [3, 5], default=3),
            num_blocks=Choice("num_blocks", [1, 2, 3], default=2),
            num_layers=Choice("num_layers", [1, 2], default=1),
            filters=Choice("filters", [16, 32, 64], default=32),
            max_pooling=True,
            separable=False,
            dropout=Choice("dropout", [0.0, 0.25], default=0.0),
        )(x)
        x = ak.Flatten()(x)
    x = ak.DenseBlock(
        num_layers=Choice("num_layers", [1, 2, 3], default=2),
        num_units=Choice("num_units", [16, 32, 64, 128, 256], default=64),
        use_batchnorm=False,
        dropout=Choice("dropout", [0.0, 0.25], default=0.0),
    )(x)
    return inputs, _head(data)(x)


def _head(data: Data) -> ak.Block:
    if data.n_classes is None:
        return ak.RegressionHead(loss="mean_absolute_error", metrics=["mae"], dropout=0.0)
    return ak.ClassificationHead(num_classes=data.n_classes, metrics=["accuracy"], dropout=0.0)
