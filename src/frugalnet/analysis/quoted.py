"""All processed tables: what a paper quotes."""

import pandas as pd

from frugalnet.analysis.break_even import break_even
from frugalnet.analysis.claims import claims
from frugalnet.analysis.pareto import pareto
from frugalnet.analysis.processed import comparison
from frugalnet.analysis.statistics import statistics
from frugalnet.sections import Carbon, Statistics


def processed_tables(interim: dict[str, pd.DataFrame], carbon: Carbon, settings: Statistics) -> dict[str, pd.DataFrame]:
    """Return the processed tables by their names, made of the interim ones."""
    runs = interim["runs"]
    compared = comparison(runs, carbon)
    return {
        "comparison": compared,
        "statistics": statistics(runs, settings),
        "pareto": pareto(interim["trials"], runs),
        "break_even": break_even(runs),
        "claims": claims(runs, compared, settings.margins),
    }
