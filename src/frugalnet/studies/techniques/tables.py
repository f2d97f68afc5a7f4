"""The tables of this study beside `comparison` and `statistics`; each argument of a function is another table, or `study`."""

import pandas as pd

from frugalnet.config.techniques import Techniques
from frugalnet.studies.techniques import effects as of_levels
from frugalnet.studies.techniques import fixed as at_fixed
from frugalnet.studies.techniques import importance as of_factors
from frugalnet.studies.techniques import ranking as in_order
from frugalnet.studies.techniques.effects import effects
from frugalnet.studies.techniques.fixed import fixed
from frugalnet.studies.techniques.importance import importance
from frugalnet.studies.techniques.ranking import ranking
from frugalnet.studies.techniques.score import ranks_by_weights

MEANINGS = {
    **of_levels.MEANINGS,
    **of_factors.MEANINGS,
    **in_order.MEANINGS,
    **at_fixed.MEANINGS,
    "ranks": {
        "weight_energy": (None, "Weight of the energy of training in the score."),
        "weight_inference": (None, "Weight of the time of an inference in the score."),
        "score": ("dB", "Score with these weights, and with the weight of quality in `techniques.score`."),
        "rank": (None, "Rank by this score; 1 is the best."),
    },
}
"""Unit and meaning of columns, by table."""

__all__ = ["MEANINGS", "effects", "fixed", "importance", "ranking", "ranks"]


def ranks(all_runs: pd.DataFrame, study: Techniques) -> pd.DataFrame:
    """Return the rank of each combination for many weights of energy and of inference."""
    return ranks_by_weights(all_runs, study.score)
