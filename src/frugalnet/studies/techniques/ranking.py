"""Combinations by their efficiency score: the table `processed/ranking.csv`."""

from collections.abc import Iterable
from typing import Any

import moocore
import numpy as np
import pandas as pd

from frugalnet import catalogue
from frugalnet.analysis.factors import LEVEL
from frugalnet.analysis.places import Cells, places_of
from frugalnet.analysis.statistics.wording import counted, joined
from frugalnet.config.techniques import Techniques
from frugalnet.record.record import COMPLETE
from frugalnet.studies.techniques.additive import additive
from frugalnet.studies.techniques.score import KIND, parts, score, why_missing
from frugalnet.studies.techniques.spread import intervals, spread
from frugalnet.studies.techniques.swept import swept_runs

MEANS = (
    *("test_quality", "validation_quality", "train_energy_j", "train_cpu_s", "train_duration_s"),
    "latency_batch1_ms",
)
INTERVALS = ("score_low", "score_high", "rank_low", "rank_high")
TYPES = {
    **dict.fromkeys(("dataset", "network", "variant", "metric", "status"), "str"),
    "runs": "int64",
    **dict.fromkeys(("score", "score_low", "score_high"), "float64"),
    **dict.fromkeys(("rank", "rank_low", "rank_high"), "Int64"),
    **dict.fromkeys(MEANS, "float64"),
    "on_front": "boolean",
    **dict.fromkeys(("energy_source", "energy_scope", "data_level"), "str"),
    "threads": "Int64",
}
"""Columns and their types; between them and `note` stands a column of text per factor."""
MEANINGS: dict[str, dict[str, tuple[str | None, str]]] = {
    "ranking": {
        "variant": (None, "Combination of levels: a base case or a drawn run."),
        "status": (
            None,
            "complete; or why these runs of the combination have no model: diverged, out_of_memory, refused. Those have no rank and stand last.",
        ),
        "runs": ("runs", "Number of runs of the combination with that status: its seeds."),
        "score": (
            "dB",
            "Efficiency score 20 log10(quality^q / (energy^e inference^i)), as in NetScore (Wong 2018, arXiv 1806.05512), of validation quality (of an error: 1 / error), energy of the training in J and `latency_batch1_ms`, with the weights in `techniques.score`; mean over seeds.",
        ),
        "score_low": (
            "dB",
            "Lower end of its 95 % interval (Student's t), of this combination by itself; `note` says where its spread is from. The best of many scores is likely too high by chance.",
        ),
        "score_high": ("dB", "Upper end of the same interval."),
        "rank": (
            None,
            "Rank by the score among combinations with comparable energies, from 1, the best; equal scores have the same rank. Chosen on validation data: test quality has no part in it.",
        ),
        "rank_low": (
            None,
            "Best rank that the spread of the scores allows: the intervals of all combinations hold their true ranks together in 95 % of studies (Tukey and Kramer's test of all pairs).",
        ),
        "rank_high": (None, "Worst rank that it allows."),
        "test_quality": ("metric", "Quality on the test part; mean over seeds. Nothing is chosen by it."),
        "validation_quality": ("metric", "Quality on the validation part; mean over seeds."),
        "train_energy_j": ("J", "Energy of the training, validation included; mean over seeds."),
        "train_cpu_s": ("s", "CPU seconds of the training; mean over seeds; empty: not noted for all of them."),
        "train_duration_s": ("s", "Duration of the training; mean over seeds."),
        "latency_batch1_ms": ("ms", "Median time of an inference of a single sample; mean over seeds."),
        "on_front": (
            None,
            "Whether no other combination with comparable energies is at least as good in both validation quality and energy of the training, and better in one; empty: one of the two is not known.",
        ),
        "note": (None, "Where the intervals are from, why there is no score, and which further runs have no model."),
    }
}
"""Unit and meaning of columns, by table; `factor.<name>` is the level that the run ended up with."""


def ranking(all_runs: pd.DataFrame, study: Techniques) -> pd.DataFrame:
    """Return one row per combination and status, ranked by the score of complete runs; runs without a model come last.

    Combinations are ranked among those with comparable energies (`KIND`); where there are several kinds, they follow each
    other. The score has the quality of validation data: the best of many on test data would be reported with the test
    quality that it was chosen for.
    """
    types = _types(study)
    runs = swept_runs(all_runs)
    complete = runs["status"] == COMPLETE
    tables = [_of_kind(rows, study) for _, rows in runs[complete].groupby(KIND, sort=False, dropna=False)]
    without = pd.DataFrame(list(_rows(runs[~complete], study)), columns=list(types))
    made = pd.concat([table.astype(types) for table in (*tables, without)], ignore_index=True)
    return _with_notes(made.sort_values("rank", key=lambda rank: rank.isna(), kind="stable", ignore_index=True))


def _types(study: Techniques) -> dict[str, str]:
    return TYPES | {f"{LEVEL}{name}": "str" for name in study.varied} | {"note": "object"}


def _rows(runs: pd.DataFrame, study: Techniques) -> Iterable[dict[str, Any]]:
    """Yield a row for the runs of each combination and status."""
    cells, numbers = Cells(runs), Cells(runs).matrix(MEANS)
    same = [*KIND, "variant", "status", *(f"{LEVEL}{name}" for name in study.varied)]
    for places in places_of(runs.groupby([*KIND, "variant", "status"], sort=False, dropna=False)):
        means = np.ascontiguousarray(numbers[:, places]).mean(axis=1)
        yield {
            **{name: cells.values(name)[places[0]] for name in same},
            **dict(zip(MEANS, means, strict=True)),
            "runs": len(places),
        }


def _of_kind(runs: pd.DataFrame, study: Techniques) -> pd.DataFrame:
    """Return the rows of complete runs with comparable energies, best first, those without a score last."""
    rows = pd.DataFrame(list(_rows(runs, study)), columns=list(_types(study))).set_index("variant", drop=False)
    logs = parts(runs)
    means = logs.groupby(runs["variant"], sort=False).mean(skipna=False).reindex(rows.index)
    scores = score(means, study.score)
    known = scores[scores.notna()].index
    levels = rows.loc[known, [f"{LEVEL}{name}" for name in study.varied]].set_axis(list(study.varied), axis=1)
    of = spread(score(logs, study.score), runs["variant"], additive(scores[known], levels, study))
    rows["score"], rows["rank"] = scores, scores.rank(method="min", ascending=False)
    rows["on_front"], rows["note"] = _on_front(rows), why_missing(means, study.score)
    if isinstance(of, str):
        rows.loc[known, "note"] = of
    elif len(known):
        rows.loc[known, list(INTERVALS)] = intervals(scores[known], rows.loc[known, "runs"], of)
        rows.loc[known, "note"] = of.told
    return rows.sort_values("rank", kind="stable")


def _on_front(rows: pd.DataFrame) -> pd.Series:
    """Tell which rows no other row dominates; missing where that is not known. Equal rows are both on the front."""
    better = catalogue.sign(rows["metric"].iloc[0])
    costs = pd.DataFrame({"worse": -better * rows["validation_quality"], "energy": rows["train_energy_j"]}).dropna()
    found = pd.Series(pd.NA, rows.index, dtype="boolean")
    if len(costs):
        found[costs.index] = moocore.is_nondominated(costs.to_numpy(float), keep_weakly=True)
    return found


def _with_notes(table: pd.DataFrame) -> pd.DataFrame:
    """Add to the rows of complete runs how many runs of the same combination have no model."""
    without = table[table["status"] != COMPLETE]
    lost = {
        variant: ", ".join(f"{counted(row.runs, 'further run')}: {row.status}" for row in rows.itertuples())
        for variant, rows in without.groupby("variant", sort=False)
    }
    further = table["variant"].map(lost).where(table["status"] == COMPLETE)
    notes = [joined(told) for told in zip(table["note"], further, strict=True)]
    return table.assign(note=pd.array(notes, dtype="str"))
