"""A small design of the sweep: what the techniques change that save time or memory."""

from typing import Any

from pydantic import Field, field_validator, model_validator

from frugalnet.config.axes import KNOWN, LONG, NAME, RECIPE, SAID, Choice, Sets
from frugalnet.config.networks import OPTIONAL
from frugalnet.config.section import MOST_SEEDS, Section, WrongValueError, beside, unknown
from frugalnet.config.varied import TAKEN

DESIGN = "efficiency"
"""What the names of the runs of this design begin with."""


class Switch(Section):
    """A choice of a training that is off or on."""

    key: str | None = None
    """Key of the recipe that it sets; null: its name."""
    off: Any = Field(...)
    """Level without the technique."""
    on: Any = Field(...)
    """Level with the technique."""


FACTORS: dict[str, Switch | None] = {
    "precision": Switch(off="float32", on="mixed_float16"),
    "batch_growth": Switch(off=None, on={"factor": 2, "every": 2}),
    "input": Switch(off="memory", on="disk"),
}


class Efficiency(Section):
    """What the techniques change that save time or memory: all combinations of them, off and on, of one training."""

    network: OPTIONAL = None
    """The network; null: that of the study."""
    recipe: RECIPE = Field({"epochs": 5})
    """Keys of the recipe that differ from those of the study."""
    factors: dict[str, Switch | None] = Field(FACTORS)
    """What is off and on: a name adds one or changes keys of one of these; null leaves it out."""
    seeds: int = Field(1, ge=1, le=MOST_SEEDS)
    """Repetitions of all combinations."""

    @field_validator("factors", mode="before")
    @classmethod
    def _beside_the_usual_ones(cls, factors: Any) -> Any:
        return beside(FACTORS, factors)

    @model_validator(mode="after")
    def _has_factors_of_its_own(self) -> "Efficiency":
        setting: dict[str, str] = {}
        for name, factor in self.varied.items():
            place = f"factors.{name}"
            if name in (*TAKEN, *SAID) or not NAME.fullmatch(name):
                told = "expected another name: lower-case letters, digits, _ and ., and no column of the list of runs"
                raise WrongValueError(place, name, told)
            key = factor.key or name
            if key not in KNOWN:
                raise WrongValueError(f"{place}.key" if factor.key else place, key, unknown("key", key, KNOWN))
            if (other := setting.setdefault(LONG.get(key, key), name)) != name:
                raise WrongValueError(place, name, f"the factor {other} sets {key} too; expected one factor")
        return self

    @property
    def sets(self) -> Sets:
        """Return what all its runs have in place of what the study has."""
        return Choice(network=self.network, recipe=self.recipe).sets

    @property
    def varied(self) -> dict[str, Switch]:
        """Return the factors by name, without those that are left out."""
        return {name: factor for name, factor in self.factors.items() if factor is not None}
