"""How a network is trained."""

from typing import Literal

from pydantic import Field

from frugalnet.config.section import TINY, Section


class Recipe(Section):
    """How a network is trained."""

    epochs: int = Field(5, ge=1, le=100_000)
    """Passes over the training part."""
    batch_size: int = Field(128, ge=1, le=10**7)
    """Samples per optimizer step."""
    optimizer: Literal["adam", "sgd", "rmsprop"] = "adam"
    """Keras optimizer, with its defaults except for the learning rate."""
    learning_rate: float = Field(0.001, ge=TINY, le=1000)
    """Step size of the optimizer, constant over the training."""
    scaling: Literal["unit", "standard"] = "unit"
    """First layer of the network: `unit` divides bytes by 255; `standard` gives each feature mean 0 and standard deviation 1, fitted on the training part."""
    steps_per_execution: int = Field(8, ge=1, le=10**6)
    """Optimizer steps per call of the compiled training function; changes the speed, not the result."""
    jit: bool = False
    """Compile the training step with XLA."""
