"""How methods are compared over seeds."""

from pydantic import Field

from frugalnet.config.section import Section


class Margins(Section):
    """How much worse still counts as no worse, in units of the metric."""

    accuracy: float = Field(0.005, gt=0)
    """For accuracies, as a fraction."""
    mae: float = Field(0.01, gt=0)
    """For mean absolute errors, in the unit of the dataset."""


class Statistics(Section):
    """How methods are compared over seeds; decided before the runs are seen."""

    alpha: float = Field(0.05, gt=0, lt=0.5)
    """Level of significance of tests and assumption checks."""
    min_seeds: int = Field(3, ge=3)
    """Number of paired seeds below which there is no p-value."""
    margins: Margins = Margins()
    resamples: int = Field(9_999, ge=99)
    """Bootstrap samples behind an interval."""
    resampling_seed: int = 0
    """Seed of the bootstrap."""
    outlier_z: float | None = Field(3.5, gt=0)
    """Modified z-score (Iglewicz and Hoaglin 1993) from which on a run is listed as an outlier, and kept; null: none is looked for."""
