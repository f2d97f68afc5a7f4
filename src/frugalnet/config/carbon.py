"""Carbon intensity of the electricity, and the overhead of the place in which it is used."""

from pathlib import Path

from pydantic import Field, model_validator

from frugalnet.config.section import Section, WrongValueError, anything

MOST_G_PER_KWH = 10_000
"""More than any electricity emits."""


class Carbon(Section):
    """Carbon intensity of the electricity, for CO2e; without an intensity there is no CO2e."""

    intensity_g_per_kwh: float | None = Field(None, ge=0, le=MOST_G_PER_KWH)
    """Grams of CO2 equivalent per kWh."""
    hourly: str | None = anything("path")
    """File with the intensity of every hour, instead of `intensity_g_per_kwh`: CSV with the columns `hour_utc` (ISO 8601) and `g_per_kwh`."""
    source: str | None = anything("text")
    """Where the intensity, or the file, comes from."""
    year: int | None = Field(None, ge=1900, le=2200)
    """Year that the intensity describes."""
    pue: float = Field(1.0, ge=1, le=100)
    """Power usage effectiveness (PUE) of the place: its total energy divided by that of its computers. It multiplies CO2e, never joules."""
    _copy: str | None = None

    @model_validator(mode="after")
    def _complete(self) -> "Carbon":
        if self.intensity_g_per_kwh is not None and self.hourly is not None:
            raise WrongValueError("hourly", self.hourly, "expected intensity_g_per_kwh or hourly, not both")
        intensity = self.intensity_g_per_kwh if self.hourly is None else self.hourly
        if len({value is None for value in (intensity, self.source, self.year)}) > 1:
            raise WrongValueError(
                "source" if self.source is None else "year" if self.year is None else "intensity_g_per_kwh",
                None,
                "expected intensity_g_per_kwh with its source and its year, or hourly with them, or none of them",
            )
        return self

    @property
    def hours(self) -> str | None:
        """Return the file that the hourly intensities are read from: `hourly`, or a copy of it."""
        return self._copy or self.hourly

    def with_copy(self, path: Path) -> "Carbon":
        """Return this section reading from a copy of the file `hourly`; the key keeps its value."""
        found = self.model_copy()
        found._copy = str(path) if self.hourly else None
        return found
