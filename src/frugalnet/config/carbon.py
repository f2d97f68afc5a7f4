"""What a kilowatt hour emits."""

from pydantic import Field, model_validator

from frugalnet.config.section import Section


class Carbon(Section):
    """Carbon intensity of the electricity, for CO2e; nothing is assumed where none is given."""

    intensity_g_per_kwh: float | None = Field(None, ge=0)
    """Grams of CO2 equivalent per kWh."""
    source: str | None = None
    """Where that number comes from."""
    year: int | None = None
    """Year that it is of."""

    @model_validator(mode="after")
    def _complete(self) -> "Carbon":
        if len({value is None for value in (self.intensity_g_per_kwh, self.source, self.year)}) > 1:
            raise ValueError("expected intensity_g_per_kwh with its source and its year, or none of them")
        return self
