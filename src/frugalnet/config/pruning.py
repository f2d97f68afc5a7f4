"""Pruning while a network is retrained: what is dropped, and when."""

from typing import Annotated, Literal

from pydantic import Field, Strict, model_validator

from frugalnet.config.section import ONCE, Section, WrongValueError


class Pruning(Section):
    """Pruning while retraining; the controls `continued` and `nas_continued` train for the same epochs without it."""

    granularity: Literal["weight", "unit", "2:4"] = "weight"
    """What is dropped. `weight` drops single weights by magnitude, `unit` drops neurons or filters by the norm of everything that depends on them, and `2:4` drops two of every four consecutive weights."""
    sparsity: float = Field(0.9, ge=0, lt=1)
    """Fraction of the weights or units that is dropped at the end; 0.5 for 2:4."""
    allocation: Literal["layer", "global", "spread"] = "layer"
    """How the sparsity is distributed. `layer` drops the same fraction of each layer, `global` drops the smallest of all layers together, and `spread` drops a larger fraction of larger layers (Erdos-Renyi)."""
    exclude: Annotated[tuple[str, ...], Strict(False), ONCE] = ()
    """Layers that keep all weights and units; best set in the variants of one dataset, because names of layers belong to a network."""
    prune_output: bool = False
    """Drop weights of the output layer too; its units always stay."""
    schedule: Literal["polynomial", "constant"] = "polynomial"
    """How the sparsity rises: as a `polynomial` of degree 3 (Zhu and Gupta 2017), or all at once before the first step (`constant`)."""
    initial_sparsity: float = Field(0.0, ge=0, lt=1)
    """Fraction that is dropped before the first step of the polynomial."""
    epochs: int = Field(5, ge=1, le=100_000)
    """Epochs of retraining."""
    ramp: float = Field(0.5, ge=0.001, le=1)
    """Fraction of the retraining in which the masks are updated; the polynomial ends there."""
    update_steps: int = Field(20, ge=1, le=10**9)
    """Optimizer steps between two updates of the masks."""
    distillation: float = Field(0.0, ge=0, le=1)
    """Share of the teacher's predictions in the targets of the retraining (Hinton et al. 2015); 0: the labels alone. The teacher is the model before it is pruned."""
    temperature: float = Field(1.0, ge=0.01, le=1000)
    """Softens the teacher's predictions: probabilities are raised to the power 1/temperature and normalized to sum 1."""

    @model_validator(mode="after")
    def _fits(self) -> "Pruning":
        if self.initial_sparsity > self.sparsity:
            key = self.written("initial_sparsity", "sparsity")
            raise WrongValueError(
                key,
                getattr(self, key),
                f"initial_sparsity {self.initial_sparsity} is above sparsity {self.sparsity}; sparsity can only rise",
            )
        if self.granularity == "2:4" and (self.sparsity, self.allocation) != (0.5, "layer"):
            key = self.written("sparsity" if self.sparsity != 0.5 else "allocation", "granularity")
            raise WrongValueError(
                key,
                getattr(self, key),
                "granularity 2:4 drops half of each layer: expected sparsity 0.5 and allocation layer",
            )
        return self

    @property
    def name(self) -> str:
        """Return the name that granularity and sparsity give to a variant: `unit-s0.75`."""
        return f"{self.granularity.replace(':', 'of')}-s{digits(self.sparsity)}"


def digits(sparsity: float) -> str:
    """Return a sparsity as text, with two decimals or as many as it has."""
    return f"{sparsity:.2f}" if round(sparsity, 2) == sparsity else f"{sparsity:g}"
