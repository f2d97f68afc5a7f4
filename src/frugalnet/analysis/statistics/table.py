"""Methods compared over seeds, with tests, intervals and effect sizes: `processed/statistics.csv`."""

from collections.abc import Iterator
from itertools import combinations

import numpy as np
import pandas as pd

from frugalnet.analysis.groups import COMPARABLE, ENERGY, GROUP, energy_kind, reference, sign
from frugalnet.analysis.solution import energy_to_solution
from frugalnet.analysis.statistics.holm import holm
from frugalnet.analysis.statistics.omnibus import all_methods
from frugalnet.analysis.statistics.outliers import outliers
from frugalnet.analysis.statistics.pairs import NUMBERS, compare_pairs
from frugalnet.analysis.statistics.wording import Label, joined, name
from frugalnet.catalogue import References
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
    *("omnibus_test", "posthoc_test", "paired_test", "assumptions", "equivalence", "outliers", "note"),
)
ABOUT = [*COMPARABLE, "metric", *ENERGY]
COLUMNS = [
    *("dataset", "quantity", "method", "variant", "against", "against_variant", "is_reference", "seeds"),
    *NUMBERS,
    *("omnibus_test", "omnibus_statistic", "omnibus_p", "posthoc_test", "posthoc_p"),
    *("paired_test", "paired_statistic", "paired_p", "paired_p_holm", "assumptions"),
    *("equivalence_margin", "equivalence_p", "equivalence", "outliers", "note"),
    *("metric", "threads", "data_level", *ENERGY),
]


def statistics(runs: pd.DataFrame, settings: Statistics, references: References) -> pd.DataFrame:
    """Return one row per dataset, quantity and pair of methods that a study names, of the seeds that both have.

    The reference of a dataset is that of `comparison`. Tests of all methods at once have all of them in every quantity. With fewer paired seeds than
    `min_seeds`, or where there is nothing to test, a note takes the place of p-values, effect sizes and bootstrap intervals.
    Holm's correction is over the methods that are compared with the reference in a quantity; tests that cannot get below alpha
    count in it. The claim `no worse` is at alpha for each pair on its own.
    """
    runs = runs.assign(energy_to_solution_j=energy_to_solution(runs))
    tables = []
    for _, block in runs.groupby(COMPARABLE, sort=False, dropna=False):
        best = reference((group for _, group in block.groupby(GROUP, sort=False, dropna=False)), references.of)
        for quantity in (QUALITY, *SIZES, *MEASURED):
            kinds = block.groupby(ENERGY, sort=False, dropna=False) if quantity in MEASURED else [(None, block)]
            tables += [_table(quantity, family, best, settings, references) for _, family in kinds]
    rows = pd.concat(tables, ignore_index=True) if tables else pd.DataFrame()
    rows = rows.reindex(columns=COLUMNS)
    texts = dict.fromkeys(TEXTS, "str")
    whole = {"seeds": "int64", "threads": "int64", "is_reference": "bool"}
    return rows.astype(dict.fromkeys(set(COLUMNS) - set(texts) - set(whole), "float64") | texts | whole)


def _table(
    quantity: str, family: pd.DataFrame, best: pd.DataFrame | None, settings: Statistics, references: References
) -> pd.DataFrame:
    """Return the rows of one quantity, of runs that may be compared in it, with the runs of the reference."""
    against = None if best is None else (best["method"].iloc[0], best["variant"].iloc[0])
    values = _values(family, quantity)
    if best is not None and against not in values:
        rows = _unlike(family, best)
    else:
        pairs = list(_pairs(list(values), against, references, references.every_pair and quantity == QUALITY))
        margin = getattr(settings.margins, family["metric"].iloc[0]) if quantity == QUALITY else None
        rows = compare_pairs(values, pairs, sign(family), margin, settings)
        rows["is_reference"] = [other == against for _, other in pairs]
        rows = _with_all_methods(rows, pairs, values, settings)
        rows = _with_remarks(rows, pairs, values, _unknown(family, quantity), settings)
    about = {key: family[key].iloc[0] if family[key].nunique(dropna=False) == 1 else None for key in ABOUT}
    return rows.assign(quantity=quantity, **about)


def _values(family: pd.DataFrame, quantity: str) -> pd.DataFrame:
    """Return seeds x methods (with their variants), in the order in which they were run; empty where not known."""
    numbers = family.assign(value=family[quantity].astype("float64").where(lambda x: np.isfinite(x)))
    order = list(dict.fromkeys(zip(family["method"], family["variant"], strict=True)))
    return numbers.pivot(index="seed", columns=["method", "variant"], values="value")[order]


def _pairs(
    labels: list[Label], against: Label | None, references: References, every: bool
) -> Iterator[tuple[Label, Label]]:
    """Yield the pairs that are compared, each once: with the reference, with further ones, and if wanted all others."""
    further = (next((label for label in labels if label[0] == method), None) for method in references.also)
    common = list(dict.fromkeys(label for label in (against, *further) if label is not None))
    for place, other in enumerate(common):
        yield from ((label, other) for label in labels if label not in common[: place + 1])
    if every:
        rest = [label for label in labels if label not in common]
        yield from ((later, earlier) for earlier, later in combinations(rest, 2))


def _unlike(family: pd.DataFrame, best: pd.DataFrame) -> pd.DataFrame:
    """Return a row for each method whose energies are not like those of the reference: nothing but the reason."""
    other = best.iloc[0]
    kinds = energy_kind(other), energy_kind(family.iloc[0])
    note = f"not compared: energies of {other['method']} are {kinds[0]}, here {kinds[1]}"
    rows = family[["method", "variant"]].drop_duplicates()
    return rows.assign(against=other["method"], against_variant=other["variant"], is_reference=True, seeds=0, note=note)


def _with_all_methods(
    rows: pd.DataFrame, pairs: list[tuple[Label, Label]], values: pd.DataFrame, settings: Statistics
) -> pd.DataFrame:
    """Add the test of all methods, the p-value of each pair in it, and Holm's correction of the paired tests."""
    samples = {label: values[label].dropna().to_numpy() for label in values}
    found = all_methods(samples, settings.alpha, settings.min_seeds)
    tested = rows.loc[rows["is_reference"] & rows["paired_test"].notna(), "paired_p"]
    return rows.assign(
        paired_p_holm=holm(tested.astype("float64")),
        omnibus_test=found.test,
        omnibus_statistic=found.statistic,
        omnibus_p=found.p,
        posthoc_test=found.posthoc_test,
        posthoc_p=[found.posthoc_p.get(pair, np.nan) for pair in pairs],
        assumptions=[joined([found.assumptions, said]) for said in rows["assumptions"]],
    )


def _with_remarks(
    rows: pd.DataFrame,
    pairs: list[tuple[Label, Label]],
    values: pd.DataFrame,
    unknown: dict[Label, str],
    settings: Statistics,
) -> pd.DataFrame:
    """Add what is to be known of the runs of both methods: outliers, and why values are missing."""
    far = outliers(values, settings.outlier_z)
    listed = [joined(f"{name(label)}: {far[label]}" for label in pair if label in far) for pair in pairs]
    notes = [
        joined([*(unknown.get(label) for label in pair), note]) for pair, note in zip(pairs, rows["note"], strict=True)
    ]
    return rows.assign(outliers=listed, note=notes)


def _unknown(family: pd.DataFrame, quantity: str) -> dict[Label, str]:
    """Return for each method of which a value is not known, which and why."""
    missing = family[~np.isfinite(family[quantity].astype("float64"))]
    return {
        label: f"{name(label)}: not known for seed {', '.join(map(str, sorted(group['seed'])))}" + _why(group, quantity)
        for label, group in missing.groupby(["method", "variant"], sort=False)
    }


def _why(group: pd.DataFrame, quantity: str) -> str:
    reasons = group["energy_reason"].dropna().unique() if "energy" in quantity else []
    return f" ({'; '.join(reasons)})" if len(reasons) else ""
