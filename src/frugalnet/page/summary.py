"""The summary of a study's page: what was found, in sentences made from the tables, and what cannot be said."""

from collections.abc import Iterator, Mapping
from math import inf

import pandas as pd

from frugalnet import catalogue
from frugalnet.analysis.groups import COMPARABLE
from frugalnet.analysis.statistics.named import is_control
from frugalnet.analysis.statistics.wording import NO_WORSE, counted
from frugalnet.page import readable
from frugalnet.page.wording import joules
from frugalnet.record.record import COMPLETE, WITHOUT_MODEL

SAMPLE = "sample"


def made_data(runs: pd.DataFrame) -> str:
    """Return that made data give no result; empty where there are none."""
    made = runs[runs["data_level"] == SAMPLE]
    if made.empty:
        return ""
    return f"Made data: nothing here is a result. The data of {readable.titles(made)} are small stand-ins."


def without_model(runs: pd.DataFrame) -> str:
    """Return how many runs got no model, and what becomes of them; empty where all got one."""
    if "status" not in runs or (runs["status"] == COMPLETE).all():
        return ""
    lost = runs["status"].value_counts()
    told = [f"{lost[status]} {words}" for status, words in WITHOUT_MODEL.items() if status in lost]
    return (
        f"Of {counted(len(runs), 'run')}, {' and '.join(told)}, or needed a model of such a run. Their energy counts in what "
        "all runs took; comparisons are made without them"
    )


def line(runs: pd.DataFrame) -> str:
    """Return data, runs, machine and energy of a study in one line."""
    data = [f"{readable.titles(own)} ({level} data)" for level, own in runs.groupby("data_level", sort=False)]
    counts = f"{counted(len(runs), 'run')}, {counted(readable.seeds_of(runs), 'seed')}"
    found = dict.fromkeys(zip(runs["processor"].fillna("processor not known"), runs["gpu"].fillna(""), strict=True))
    machines = [", ".join(filter(None, each)) for each in found]
    machine = machines[0] if len(machines) == 1 else f"{len(machines)} machines"
    known = runs[["energy_source", "energy_scope"]].dropna().drop_duplicates()
    energy = [f"energy {source}, {readable.SCOPES[scope]}" for source, scope in known.itertuples(index=False)]
    return " · ".join([*data, counts, machine, *(energy or ["energy not known"])])


def alike(table: pd.DataFrame) -> Iterator[tuple[str, pd.DataFrame]]:
    """Yield the rows that may be compared, with a heading: the dataset, and what tells them from others on it."""
    several = table[COMPARABLE].drop_duplicates()["dataset"].duplicated().any()
    for (dataset, threads, level), rows in table.groupby(COMPARABLE, sort=False):
        about = f", {level} data, {threads} threads" if several else ""
        yield f"{catalogue.DATASETS[dataset].title}{about}", rows


def unknown(tables: Mapping[str, pd.DataFrame]) -> list[str]:
    """Return what cannot be said."""
    unpaid = _unpaid(tables["break_even"]) if "break_even" in tables else []
    return [*readable.limits(tables["runs"]), *_untested(tables["statistics"]), *unpaid]


def like(table: pd.DataFrame, row: pd.Series) -> pd.DataFrame:
    """Return the rows of a table that may be compared with a row of another one."""
    return table[(table[COMPARABLE] == row[COMPARABLE]).all(axis="columns")]


def own(claims: pd.DataFrame, row: pd.Series) -> pd.DataFrame:
    """Return the claims about the dataset of a row, of runs with data like its."""
    levels = claims["data_level"].isna() | (claims["data_level"] == row["data_level"])
    return claims[(claims["dataset"] == row["dataset"]) & levels]


def taken(runs: pd.DataFrame) -> str:
    """Return the energy of all runs; where sources differ, their number alone."""
    of, seeds = counted(runs["dataset"].nunique(), "dataset"), counted(readable.seeds_of(runs), "seed")
    count = f"{counted(len(runs), 'run')} on {of}, with {seeds}"
    runs = runs[runs["train_duration_s"].notna() | (runs["failed_tries"] > 0)]  # the others took nothing
    energy_j = (runs["train_energy_j"] + runs["failed_energy_j"]).sum(skipna=False)
    if pd.isna(energy_j) or len(runs[["energy_source", "energy_scope"]].drop_duplicates()) > 1:
        return f"{count}."
    source, scope = runs["energy_source"].iloc[0], runs["energy_scope"].iloc[0]
    took = f"{joules(energy_j)} ({source}, {readable.SCOPES[scope]}), failed tries included"
    return f"{count}: their training and search took {took}."


def ledger(runs: pd.DataFrame) -> str:
    """Return in how many records the ledger closes, and by how much it does not at most."""
    difference_uj = runs["ledger_difference_uj"].astype("Int64")
    known = difference_uj.notna() | runs["train_energy_j"].notna()
    if not known.any():
        return "Whether the ledger closes cannot be told: no energy is known."
    told = (
        f"The ledger closes in {(difference_uj == 0).sum()} of {counted(known.sum(), 'record')} whose energy is known"
    )
    if difference_uj.isna().all():
        return f"{told}."
    largest_uj = difference_uj.max()
    where = f" ({runs['run'][difference_uj.idxmax()]})" if largest_uj else ""
    return f"{told}: windows and the gaps between them add up; the largest difference is {largest_uj:,} µJ{where}."


def _untested(statistics: pd.DataFrame) -> list[str]:
    """Return of how many methods it is open whether they are no worse than the reference."""
    tested = statistics[(statistics["quantity"] == "test_quality") & statistics["is_reference"].astype(bool)]
    tested = tested[tested["data_level"] != SAMPLE]
    claimed = tested[~tested["method"].map(is_control).astype(bool)]
    known = claimed[claimed["equivalence"].notna()]
    told = []
    if len(known):
        open_ones = int((known["equivalence"] != NO_WORSE).sum())
        told.append(
            "One in 20 of the 95 % intervals may miss the true value by chance. Verdicts are corrected for their number."
        )
        told.append(
            f"{open_ones} of {len(known)} methods and variants are not shown to be no worse than their reference. That does not "
            "mean that they are worse."
        )
    if len(known) < len(claimed):
        untested = f"{len(claimed) - len(known)} of {len(claimed)} methods and variants"
        told.append(f"{untested} were not tested against their reference: the table `statistics` says why.")
    if (tested["outliers"].fillna("") != "").any():
        told.append("Seeds far from the others are kept, and listed beside the tests.")
    return told


def _unpaid(break_even: pd.DataFrame) -> list[str]:
    """Return for how many methods pay-back cannot be told, or may be never."""
    rows = break_even[break_even["data_level"] != SAMPLE]
    low, high = rows["break_even_low"].astype(float), rows["break_even_high"].astype(float)
    kinds = {
        "When a method pays back is not known": rows["break_even_inferences"].isna(),
        "The interval of pay-back reaches to never": (low < inf) & (high == inf),
    }
    return [
        f"{text} in {of.sum()} of {len(rows)} cases (a method and a batch size)."
        for text, of in kinds.items()
        if of.any()
    ]
