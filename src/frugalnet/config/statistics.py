"""How methods are compared over seeds."""

from pydantic import Field

from frugalnet.config.section import TINY, Section


class Margins(Section):
    """How much worse than the reference a method may be and still count as no worse, in units of the metric."""

    accuracy: float = Field(0.005, ge=TINY, le=1)
    """For accuracies, as a fraction."""
    mae: float = Field(0.01, ge=TINY, le=10**6)
    """For mean absolute errors, in the unit of the dataset."""


class Statistics(Section):
    """How methods are compared over seeds; fixed before any run is seen."""

    alpha: float = Field(0.05, ge=TINY, lt=0.5)
    """Level of significance of tests and assumption checks."""
    min_seeds: int = Field(3, ge=3, le=1000)
    """Number of paired seeds below which there is no p-value."""
    margins: Margins = Margins()
    resamples: int = Field(9_999, ge=99, le=10**6)
    """Bootstrap samples behind an interval."""
    resampling_seed: int = Field(0, ge=0, lt=2**32)
    """Seed of the bootstrap."""
    outlier_z: float | None = Field(3.5, ge=0.01, le=1000)
    """Modified z-score (Iglewicz and Hoaglin 1993) above which a run is listed as an outlier; it is kept. Null: do not look for outliers."""
