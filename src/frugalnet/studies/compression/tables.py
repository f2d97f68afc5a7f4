"""The tables of this study beside `comparison` and `statistics`; each argument of a function is another table."""

from frugalnet.analysis.break_even import break_even
from frugalnet.analysis.pareto import pareto
from frugalnet.studies.compression.claims import claims

__all__ = ["break_even", "claims", "pareto"]
