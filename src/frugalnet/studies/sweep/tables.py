"""The tables of this study beside `comparison` and `statistics`; each argument of a function is another table, or `study`."""

from frugalnet.studies.sweep import claims as beside_reported
from frugalnet.studies.sweep import configurations as of_configurations
from frugalnet.studies.sweep import efficiency as of_techniques
from frugalnet.studies.sweep import sensitivity as of_levels
from frugalnet.studies.sweep.claims import claims
from frugalnet.studies.sweep.configurations import configurations
from frugalnet.studies.sweep.efficiency import efficiency
from frugalnet.studies.sweep.sensitivity import sensitivity

MEANINGS = {
    **of_configurations.MEANINGS,
    **of_levels.MEANINGS,
    **of_techniques.MEANINGS,
    **beside_reported.MEANINGS,
}
"""Unit and meaning of columns, by table."""

__all__ = ["MEANINGS", "claims", "configurations", "efficiency", "sensitivity"]
