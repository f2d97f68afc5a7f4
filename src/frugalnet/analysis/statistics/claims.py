"""The claim that a method is no worse than its reference by more than a margin that was fixed before."""

from math import nan
from typing import Any

import numpy as np
import pandas as pd

from frugalnet.analysis.groups import sign
from frugalnet.analysis.statistics.named import is_control
from frugalnet.analysis.statistics.paired import no_worse
from frugalnet.analysis.statistics.sequences import adjusted, in_sequence
from frugalnet.analysis.statistics.wording import NO_WORSE, NOT_SHOWN, joined
from frugalnet.config.statistics import Statistics

CONTROL = "a control: no claim that it is no worse"


def with_claims(rows: pd.DataFrame, runs: pd.DataFrame, values: pd.DataFrame, settings: Statistics) -> pd.DataFrame:
    """Return compared pairs with the columns of equivalence, which are empty where nothing is claimed or tested.

    Each method that is not a control is claimed to be no worse than its reference, and all claims of a dataset are
    tested together: see `sequences`. `values` are qualities of the runs, seeds x methods.
    """
    claimed = rows["is_reference"] & ~rows["method"].map(is_control).astype(bool)
    about = runs.assign(size=runs["parameters_nonzero"].astype(float)).groupby(["method", "variant"], sort=False)
    claims = rows[claimed].join(about.agg({"family": "first", "size": "mean"}), on=["method", "variant"])
    margin = getattr(settings.margins, runs["metric"].iloc[0])
    tests = [_test(row, values, sign(runs), margin, settings.alpha) for row in claims.itertuples()]
    claims = claims.join(pd.DataFrame(tests, claims.index, ["equivalence_margin", "equivalence_p", "claim_note"]))
    p = adjusted(claims["equivalence_p"].astype(float).tolist(), in_sequence(claims))
    claims["equivalence_p_adjusted"] = p
    claims["equivalence"] = [
        None if np.isnan(each) else NO_WORSE if each <= settings.alpha else NOT_SHOWN for each in p
    ]
    found = ["equivalence_margin", "equivalence_p", "equivalence_p_adjusted", "equivalence", "claim_note"]
    rows = rows.join(claims[found])
    rows["claim_note"] = rows["claim_note"].where(claimed | ~rows["is_reference"], CONTROL)
    notes = [joined(both) for both in rows[["note", "claim_note"]].itertuples(index=False)]
    return rows.drop(columns="claim_note").assign(note=notes)


def _test(row: Any, values: pd.DataFrame, better: int, margin: float, alpha: float) -> tuple[float, float, str | None]:
    """Return margin, p-value and note of a claim; no margin and p-value where its pair was not tested."""
    if not isinstance(row.paired_test, str):
        return nan, nan, None
    own, other = values[(row.method, row.variant)], values[(row.against, row.against_variant)]
    differences = (own - other).dropna().to_numpy()
    variance = np.array([row.sample_error], dtype=float) ** 2
    found = no_worse(better * differences[None], margin, variance, [row.paired_test], alpha).iloc[0]
    return margin, found["equivalence_p"], found["note"]
