"""Pairs of methods in the table `statistics`, which has each pair once, read from either side."""

import pandas as pd

DIFFERENCES = ("difference", "median_difference", "cliffs_delta", "hedges_g")


def against(statistics: pd.DataFrame, method: str, variant: str) -> pd.DataFrame:
    """Return the rows that compare with a method; where it is the one that was compared, the row is turned round.

    P-values are the same from both sides, but for that of equivalence, which a turned row does not have; nor has it statistics.
    """
    theirs = statistics[(statistics["against"] == method) & (statistics["against_variant"] == variant)]
    own = statistics[(statistics["method"] == method) & (statistics["variant"] == variant)]
    turned = own.rename(columns={"method": "against", "against": "method"})
    turned = turned.rename(columns={"variant": "against_variant", "against_variant": "variant"})
    turned = turned.assign(mean=own["mean_against"], mean_against=own["mean"], is_reference=False, equivalence=None)
    turned = turned.assign(equivalence_p=float("nan"), paired_statistic=float("nan"), ratio=1 / own["ratio"])
    for ratio in ("ratio", "ratio_bootstrap"):
        turned = turned.assign(**{f"{ratio}_low": 1 / own[f"{ratio}_high"], f"{ratio}_high": 1 / own[f"{ratio}_low"]})
    for name in DIFFERENCES:
        ends = {f"{name}_low": -own[f"{name}_high"], f"{name}_high": -own[f"{name}_low"]}
        turned = turned.assign(**{name: -own[name]}, **ends)
    return (
        theirs if own.empty else turned if theirs.empty else pd.concat([theirs, turned])[list(statistics)].sort_index()
    )
