"""What is dropped while a network is trained on, and how."""

from typing import Annotated, Literal

from pydantic import Field, Strict, model_validator

from frugalnet.config.section import ONCE, Section, WrongValueError


class Pruning(Section):
    """Pruning while retraining; the controls `continued` and `nas_continued` train for the same epochs without it."""

    granularity: Literal["weight", "unit", "2:4"] = "weight"
    """What is dropped: single weights, by magnitude; units (neurons, filters), by the norm of all that depends on them; or two of each four consecutive weights."""
    sparsity: float = Field(0.9, ge=0, lt=1)
    """Fraction of the weights or units that is gone at the end; 0.5 for 2:4."""
    allocation: Literal["layer", "global", "spread"] = "layer"
    """Where they go: the same fraction of each layer, the smallest of all layers together, or more of large layers (Erdos-Renyi)."""
    exclude: Annotated[tuple[str, ...], Strict(False), ONCE] = ()
    """Layers whose weights, or units, all stay; best in a variant of one dataset, whose network has them."""
    prune_output: bool = False
    """Drop weights of the output layer too; its units always stay."""
    schedule: Literal["polynomial", "constant"] = "polynomial"
    """How the sparsity rises: as a polynomial of degree 3 (Zhu and Gupta 2017), or all at once before the first step."""
    initial_sparsity: float = Field(0.0, ge=0, lt=1)
    """Fraction that is gone before the first step of the polynomial."""
    epochs: int = Field(5, ge=1, le=100_000)
    """Epochs of retraining."""
    ramp: float = Field(0.5, ge=0.001, le=1)
    """Fraction of the retraining in which the masks are renewed; the polynomial ends with it."""
    update_steps: int = Field(20, ge=1, le=10**9)
    """Optimizer steps between two updates of the masks."""
    distillation: float = Field(0.0, ge=0, le=1)
    """Share of the parent's own predictions in the targets of the retraining (Hinton et al. 2015); 0: the labels alone."""
    temperature: float = Field(1.0, ge=0.01, le=1000)
    """Softens those predictions: probabilities to the power of its inverse, made to sum to 1."""

    @model_validator(mode="after")
    def _fits(self) -> "Pruning":
        if self.initial_sparsity > self.sparsity:
            key = self.written("initial_sparsity", "sparsity")
            raise WrongValueError(
                key,
                getattr(self, key),
                f"initial_sparsity {self.initial_sparsity} is above sparsity {self.sparsity}; it can only rise",
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
        """Return granularity and sparsity as variants are named by them: `unit-s0.75`."""
        return f"{self.granularity.replace(':', 'of')}-s{digits(self.sparsity)}"


def digits(sparsity: float) -> str:
    """Return a sparsity as it is written: with two digits, or as many as it has."""
    return f"{sparsity:.2f}" if round(sparsity, 2) == sparsity else f"{sparsity:g}"
