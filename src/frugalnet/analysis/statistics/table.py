"""Methods compared over seeds, with tests, intervals and effect sizes: `processed/statistics.csv`."""

from math import nan
from typing import Any

import numpy as np
import pandas as pd

from frugalnet.analysis.gains import replicates_of
from frugalnet.analysis.groups import COMPARABLE, ENERGY, energy_kind
from frugalnet.analysis.references import with_references
from frugalnet.analysis.solution import energy_to_solution
from frugalnet.analysis.statistics.claims import with_claims
from frugalnet.analysis.statistics.drawn import without_drawn
from frugalnet.analysis.statistics.draws import sample_variances
from frugalnet.analysis.statistics.holm import holm
from frugalnet.analysis.statistics.named import Pair, named_pairs
from frugalnet.analysis.statistics.omnibus import all_methods
from frugalnet.analysis.statistics.outliers import outliers
from frugalnet.analysis.statistics.pairs import NUMBERS, compare_pairs
from frugalnet.analysis.statistics.wording import Label, joined, name
from frugalnet.catalogue.entries import References
from frugalnet.config.statistics import Statistics

QUALITY = "test_quality"
SIZES = ("parameters_compacted", "macs_compacted", "gzip_bytes_compacted")
MEASURED = (
    *("train_energy_j", "energy_to_solution_j", "train_duration_s"),
    *("latency_ratio", "latency_large_ratio", "energy_per_inference_batch1_ratio", "energy_per_inference_ratio"),
)
"""Energies and times: compared only where energies are of the same source and of the same devices."""
TEXTS = (
    *("dataset", "quantity", "method", "variant", "against", "against_variant", "metric", "data_level", *ENERGY),
    *("omnibus_test", "paired_test", "assumptions", "equivalence", "outliers", "note"),
)
ABOUT = [*COMPARABLE, "metric", *ENERGY]
COLUMNS = [
    *("dataset", "quantity", "method", "variant", "against", "against_variant", "is_reference", "seeds"),
    *NUMBERS,
    *("omnibus_test", "omnibus_statistic", "omnibus_p"),
    *("paired_test", "paired_statistic", "paired_p", "paired_p_holm", "assumptions"),
    *("equivalence_margin", "equivalence_p", "equivalence_p_adjusted", "equivalence", "outliers", "note"),
    *("metric", "threads", "data_level", *ENERGY),
]


def statistics(
    runs: pd.DataFrame, settings: Statistics, references: References, resampled: pd.DataFrame | None = None
) -> pd.DataFrame:
    """Return one row per dataset, quantity and pair of methods that a study names, over the seeds that both have.

    `resampled` has the test quality of runs on draws of test samples, the same draws for all runs of a dataset: results
    for test quality then hold for other test samples too. The test of all methods includes all of them in every
    quantity, but runs that were drawn (`without_drawn`) in none. With fewer paired seeds than `min_seeds`, or where there is nothing to test, a note takes the place of
    p-values, effect sizes and bootstrap intervals. Holm's correction is applied in each quantity to the pairs with the
    reference, and separately to the other pairs; it counts tests that cannot get below alpha.
    """
    runs = with_references(runs.reset_index(drop=True), references)
    runs = runs.assign(energy_to_solution_j=energy_to_solution(runs))
    draws = None if resampled is None else replicates_of(resampled)
    tables = []
    for _, whole in runs.groupby(COMPARABLE, sort=False, dropna=False):
        block = without_drawn(whole)
        pairs = named_pairs(block, references)
        for quantity in (QUALITY, *SIZES, *MEASURED):
            kinds = block.groupby(ENERGY, sort=False, dropna=False) if quantity in MEASURED else [(None, block)]
            own = draws if quantity == QUALITY else None
            tables += [_table(quantity, family, block, pairs, settings, own) for _, family in kinds if len(family)]
    rows = pd.concat(tables, ignore_index=True) if tables else pd.DataFrame()
    rows = rows.reindex(columns=COLUMNS)
    texts = dict.fromkeys(TEXTS, "str")
    whole = {"seeds": "int64", "threads": "int64", "is_reference": "bool"}
    return rows.astype(dict.fromkeys(set(COLUMNS) - set(texts) - set(whole), "float64") | texts | whole)


def _table(
    quantity: str,
    family: pd.DataFrame,
    block: pd.DataFrame,
    named: list[Pair],
    settings: Statistics,
    draws: pd.DataFrame | None,
) -> pd.DataFrame:
    """Return the rows of one quantity, for the runs of a block that may be compared in it."""
    values = _values(family, quantity)
    own = [pair for pair in named if pair.method in values]
    like = [pair for pair in own if pair.against in values]
    pairs = [(pair.method, pair.against) for pair in like]
    variances = [nan] * len(pairs) if draws is None else sample_variances(family, values, pairs, draws)
    rows = compare_pairs(values, pairs, variances, settings)
    rows["is_reference"] = [pair.is_reference for pair in like]
    rows = _with_families(rows, values, settings)
    if quantity == QUALITY:
        rows = with_claims(rows, family, values, settings)
    rows = _with_remarks(rows, pairs, values, _unknown(family, quantity), settings)
    unlike = [_unlike(pair, family, block) for pair in own if pair not in like]
    rows = pd.concat([rows, pd.DataFrame(unlike)], ignore_index=True) if unlike else rows
    about = {key: family[key].iloc[0] if family[key].nunique(dropna=False) == 1 else None for key in ABOUT}
    return rows.assign(quantity=quantity, **about)


def _values(family: pd.DataFrame, quantity: str) -> pd.DataFrame:
    """Return seeds x methods (with their variants), in the order in which they were run; NaN where not known."""
    numbers = family.assign(value=family[quantity].astype("float64").where(lambda x: np.isfinite(x)))
    order = list(dict.fromkeys(zip(family["method"], family["variant"], strict=True)))
    return numbers.pivot(index="seed", columns=["method", "variant"], values="value")[order]


def _unlike(pair: Pair, family: pd.DataFrame, block: pd.DataFrame) -> dict[str, Any]:
    """Return the row of a pair whose energies are not alike: nothing but the reason."""
    (method, variant), (against, against_variant) = pair.method, pair.against
    other = block[(block["method"] == against) & (block["variant"] == against_variant)].iloc[0]
    note = (
        f"not compared: energies of {name(pair.against)} are {energy_kind(other)}, here {energy_kind(family.iloc[0])}"
    )
    found = {"method": method, "variant": variant, "against": against, "against_variant": against_variant}
    return found | {"is_reference": pair.is_reference, "seeds": 0, "note": note}


def _with_families(rows: pd.DataFrame, values: pd.DataFrame, settings: Statistics) -> pd.DataFrame:
    """Add the test of all methods, and Holm's correction of the paired tests in each of their two families."""
    found = all_methods(values, settings.min_seeds)
    tested = rows[rows["paired_test"].notna()]
    corrected = [holm(own["paired_p"].astype("float64")) for _, own in tested.groupby("is_reference")]
    return rows.assign(
        paired_p_holm=pd.concat(corrected) if corrected else nan,
        omnibus_test=found.test,
        omnibus_statistic=found.statistic,
        omnibus_p=found.p,
        assumptions=[joined([found.assumptions, said]) for said in rows["assumptions"]],
    )


def _with_remarks(
    rows: pd.DataFrame,
    pairs: list[tuple[Label, Label]],
    values: pd.DataFrame,
    unknown: dict[Label, str],
    settings: Statistics,
) -> pd.DataFrame:
    """Add remarks on the runs of both methods: outliers, and why values are missing."""
    far = outliers(values, settings.outlier_z)
    listed = [joined(f"{name(label)}: {far[label]}" for label in pair if label in far) for pair in pairs]
    notes = [
        joined([*(unknown.get(label) for label in pair), note]) for pair, note in zip(pairs, rows["note"], strict=True)
    ]
    return rows.assign(outliers=listed, note=notes)


def _unknown(family: pd.DataFrame, quantity: str) -> dict[Label, str]:
    """Return for each method with unknown values their seeds, and the reason."""
    missing = family[~np.isfinite(family[quantity].astype("float64"))]
    return {
        label: f"{name(label)}: not known for seed {', '.join(map(str, sorted(group['seed'])))}" + _why(group, quantity)
        for label, group in missing.groupby(["method", "variant"], sort=False)
    }


def _why(group: pd.DataFrame, quantity: str) -> str:
    reasons = group["energy_reason"].dropna().unique() if "energy" in quantity else []
    return f" ({'; '.join(reasons)})" if len(reasons) else ""
