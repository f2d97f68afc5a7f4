"""Tests and claims as tables for readers: quality against the reference, costs against the baseline, what others reported."""

from collections.abc import Iterable
from typing import Any

import pandas as pd

from frugalnet import catalogue
from frugalnet.analysis.statistics.claims import CONTROL
from frugalnet.analysis.statistics.named import is_chosen
from frugalnet.config.run import DEFAULT
from frugalnet.drawing.style import title
from frugalnet.page.cells import DASH, Cell, interval, number, table

COSTS = {
    "energy_to_solution_j": "energy to solution",
    "train_energy_j": "own energy",
    "energy_per_inference_batch1_ratio": "energy per inference",
    "latency_ratio": "latency",
    "macs_compacted": "operations",
    "parameters_compacted": "parameters",
}
QUALITY = "test_quality"
PAIR = ["method", "variant", "against", "against_variant"]
INTERVAL = "Intervals tell where the mean would lie with other seeds"
SEEDS = ", on these test samples. Other test samples, or another split of the data, may move it further."
SAMPLES = " and with other test samples. Another split of the data may move it further."
SOME = " and, where predictions were kept, with other test samples. Another split of the data may move it further."


def quality(rows: pd.DataFrame) -> pd.DataFrame:
    """Return the tests of quality against the reference: the rows of `statistics` of one dataset."""
    entry = catalogue.DATASETS[rows["dataset"].iloc[0]]
    metric = "accuracy" if entry.metric == "accuracy" else f"{entry.metric.upper()} (lower is better)"
    return table(
        {
            "method": [title(row.method, row.variant) for row in rows.itertuples()],
            "against": [title(row.against, row.against_variant) for row in rows.itertuples()],
            "seeds": rows["seeds"].tolist(),
            f"difference in {metric}": _intervals(rows, "difference", "+.4f"),
            "Cliff's delta": _intervals(rows, "cliffs_delta", "+.2f"),
            "Hedges' g": _intervals(rows, "hedges_g", "+.2f"),
            "test": rows["paired_test"].fillna(DASH).tolist(),
            "p": [p_value(value) for value in rows["paired_p"]],
            "p (Holm)": [p_value(value) for value in rows["paired_p_holm"]],
            "no worse (p)": [_equivalence(row) for row in rows.itertuples()],
        }
    )


def quality_note(rows: pd.DataFrame) -> str:
    """Return what the numbers are, the margin, and the test of all methods at once."""
    first = rows.iloc[0]
    parts = ["difference to what each is compared with, 95 % intervals in brackets"]
    if rows["equivalence_margin"].notna().any():
        parts.append(f"no worse: by no more than {rows['equivalence_margin'].dropna().iloc[0]:g}")
    if pd.notna(first["omnibus_p"]):
        test = f"{first['omnibus_test']}, {number(first['omnibus_statistic'])}, p {_stated(first['omnibus_p'])}"
        parts.append(f"all methods: {test}")
    return " · ".join(parts)


def explained(rows: pd.DataFrame) -> str:
    """Return what the intervals of quality against the reference contain."""
    sampled = rows.loc[rows["difference_low"].notna(), "sample_error"].notna()
    return f"{INTERVAL}{SEEDS if not sampled.any() else SAMPLES if sampled.all() else SOME}"


def remarks(rows: pd.DataFrame) -> list[str]:
    """Return which checks of all methods chose which test, which seeds lie far from the others, and what was not tested."""
    checks = [set(_clauses([text])) for text in rows["assumptions"].dropna()]
    common = [clause for clause in _clauses(rows["assumptions"]) if all(clause in each for each in checks)]
    told = {"Checks": common, "Outliers (kept)": _clauses(rows["outliers"]), "Notes": _clauses(rows["note"])}
    told["Notes"] = [clause for clause in told["Notes"] if clause != CONTROL]
    return [f"{kind}: {'; '.join(clauses)}." for kind, clauses in told.items() if clauses]


def _clauses(texts: Iterable[Any]) -> list[str]:
    """Return the parts of texts that semicolons are between, each once."""
    return list(dict.fromkeys(part for text in texts if isinstance(text, str) for part in text.split("; ") if part))


def costs(rows: pd.DataFrame) -> pd.DataFrame:
    """Return costs as multiples of another method's: the rows of `statistics` of one dataset, a row for each pair."""
    pairs = list(dict.fromkeys(rows[PAIR].itertuples(index=False, name=None)))
    keyed = rows.drop_duplicates([*PAIR, "quantity"]).set_index([*PAIR, "quantity"])
    known = [name for name in COSTS if rows.loc[rows["quantity"] == name, "ratio"].notna().any()]
    columns: dict[str, list[Any]] = {"method": [title(*pair[:2]) for pair in pairs]}
    if len({pair[2:] for pair in pairs}) > 1:
        columns["against"] = [title(*pair[2:]) for pair in pairs]
    columns |= {COSTS[name]: [_ratio(keyed, (*pair, name)) for pair in pairs] for name in known}
    return table(columns)


def qualities(rows: pd.DataFrame) -> pd.DataFrame:
    """Return the rows of `statistics` on quality: against the reference, and all of methods with a chosen recipe."""
    return rows[(rows["quantity"] == QUALITY) & (rows["is_reference"].astype(bool) | rows["method"].map(is_chosen))]


def against_baseline(rows: pd.DataFrame) -> pd.DataFrame:
    """Return the rows of `statistics` on costs: against the baseline, and all of methods with a chosen recipe."""
    of_baseline = (rows["against"] == catalogue.BASELINE) & (rows["against_variant"] == DEFAULT)
    return rows[rows["quantity"].isin(COSTS) & (of_baseline | rows["method"].map(is_chosen))]


def claims(rows: pd.DataFrame) -> pd.DataFrame:
    """Return what others reported beside what was measured, with the verdict."""
    return table(
        {
            "claim": [_claim(row) for row in rows.itertuples()],
            "dataset": [
                catalogue.DATASETS[name].title if name in catalogue.DATASETS else DASH for name in rows["dataset"]
            ],
            "reported": [number(value) for value in rows["reported"]],
            "measured": [_measured(row) for row in rows.itertuples()],
            "verdict": rows["verdict"].tolist(),
            "why": rows["reason"].fillna("").tolist(),
        }
    )


def sources(rows: pd.DataFrame) -> list[str]:
    """Return where the claims come from, each source once."""
    by_source = rows.drop_duplicates(["source", "statement"]).groupby("source", sort=False)["statement"]
    return [f"{source}: {'; '.join(statements)}." for source, statements in by_source]


def p_value(value: float) -> Cell:
    """Return a p-value to three places."""
    return Cell(DASH if pd.isna(value) else "< 0.001" if value < 0.001 else f"{value:.3f}", value)


def _stated(value: float) -> str:
    text = p_value(value)
    return text if text.startswith("<") else f"= {text}"


def _equivalence(row: Any) -> str:
    return f"{row.equivalence} ({p_value(row.equivalence_p_adjusted)})" if isinstance(row.equivalence, str) else DASH


def _intervals(rows: pd.DataFrame, name: str, form: str) -> list[Cell]:
    ends = zip(rows[name], rows[f"{name}_low"], rows[f"{name}_high"], strict=True)
    return [interval(*each, form) for each in ends]


def _ratio(keyed: pd.DataFrame, key: tuple[str, ...]) -> Cell:
    if key not in keyed.index:
        return Cell(DASH, None)
    row = keyed.loc[key]
    alike = pd.isna(row["ratio_low"]) or row["ratio_low"] == row["ratio_high"]
    around = "" if alike else f" [{number(row['ratio_low'])}, {number(row['ratio_high'])}]"
    return Cell(number(row["ratio"]) + around, row["ratio"])


def _claim(row: Any) -> str:
    return f"{row.statement} ({row.reading})" if isinstance(row.reading, str) else str(row.statement)


def _measured(row: Any) -> Cell:
    around = "" if pd.isna(row.measured_low) else f" [{number(row.measured_low)}, {number(row.measured_high)}]"
    unit = "" if pd.isna(row.measured) or row.unit.startswith("fraction") else f" {row.unit}"
    return Cell(number(row.measured) + around + unit, row.measured)
