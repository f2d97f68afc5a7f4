"""What the method `best` trains to the end: the best run of the ranking, and the best level of each factor combined."""

from collections.abc import Mapping
from itertools import islice, product
from typing import Any

import pandas as pd

from frugalnet import catalogue
from frugalnet.analysis.factors import LEVEL
from frugalnet.analysis.groups import energy_kind
from frugalnet.analysis.statistics.holm import SHOWN_BELOW, holm
from frugalnet.analysis.statistics.wording import counted
from frugalnet.config.combinations import because, told
from frugalnet.config.levels import text
from frugalnet.config.run import versions_of
from frugalnet.config.techniques import Techniques
from frugalnet.errors import FrugalNetError, NothingToChooseError
from frugalnet.record.record import COMPLETE, Chosen
from frugalnet.studies.techniques.additive import Additive, additive
from frugalnet.studies.techniques.linear import REFUSED_BELOW
from frugalnet.studies.techniques.ranking import ranking
from frugalnet.studies.techniques.score import KIND
from frugalnet.studies.techniques.sheet import BEST_LEVELS, BEST_RUN, Combination, combination

TRIED = 10_000
"""Combinations that are tried for one that leads to the levels of a run."""
Levels = dict[str, Any]


def chosen(all_runs: pd.DataFrame, study: Techniques) -> dict[str, dict[str, Any]]:
    """Return the configurations `best-run` and `best-levels`, chosen among base cases and drawn runs on validation data.

    Each has `levels` (by factor, as `study.recipe_of` takes them), `from` (the variant that has them, or None) and
    `because` (why, with numbers). Where energies are of several kinds, those of which most combinations are count.
    Raises NothingToChooseError where no combination has a score.
    """
    table = ranking(all_runs, study)
    ranked = table[table["rank"].notna()]
    if ranked.empty:
        why = "; ".join(table["note"].dropna().unique()) or "no run of the study is complete"
        raise NothingToChooseError(
            f"no combination has a score, so that none is the best: {why}; expected a complete run with all "
            "that techniques.score has a weight for"
        )
    kinds = [rows for _, rows in ranked.groupby(KIND, sort=False, dropna=False)]
    rows = max(kinds, key=len)
    lost = table[table["status"] != COMPLETE]
    return {BEST_RUN: _best_run(rows, set(lost["variant"]), study), BEST_LEVELS: _best_levels(rows, lost, study)}


def recipes(all_runs: pd.DataFrame, study: Techniques) -> dict[str, Chosen]:
    """Return the recipes of the chosen configurations by variant; raises NothingToChooseError as `chosen` does."""
    made = {}
    for variant, each in chosen(all_runs, study).items():
        of = combination(study, variant, each["levels"])
        assert of.recipe is not None  # it was done, or tried
        epochs = study.epochs_of_best or of.recipe.epochs
        recipe = of.recipe.model_copy(update={"epochs": epochs})
        made[variant] = Chosen(
            recipe=recipe,
            resolved=of.instead or {},
            factors=dict(of.levels),
            part_versions=versions_of(recipe),
            of=each["from"],
            because=each["because"],
        )
    return made


def _best_run(rows: pd.DataFrame, lost: set[str], study: Techniques) -> dict[str, Any]:
    """Return the first of the ranking, without combinations of which a run was `lost`, unless that leaves none."""
    first = rows[~rows["variant"].isin(lost)] if set(rows["variant"]) - lost else rows
    row = first.iloc[0]
    also = [name for name in first["variant"][first["rank"] == row["rank"]] if name != row["variant"]]
    passed = list(rows["variant"][rows["score"] > row["score"]])
    sentence = (
        f"{row['variant']} has the best score of {counted(len(first), 'combination')}: {row['score']:.2f} dB"
        f"{_ranged(row['score_low'], row['score_high'])}{_ranks(row)}; validation {row['metric']} "
        f"{row['validation_quality']:.4g}, {_costs(row)}"
    )
    sentence += f"; the same score: {', '.join(also)}" if also else ""
    sentence += f"; passed over, as a seed has no model: {', '.join(passed)}" if passed else ""
    return {"levels": _levels_of(row, study), "from": row["variant"], "because": f"{sentence}."}


def _costs(row: Any) -> str:
    latency = "" if pd.isna(row["latency_batch1_ms"]) else f", {row['latency_batch1_ms']:.3g} ms an inference"
    energy = "" if pd.isna(row["train_energy_j"]) else f"{row['train_energy_j']:.4g} J of training, {energy_kind(row)}"
    return f"{energy or 'energy not known'}{latency}"


def _ranged(low: float, high: float) -> str:
    return "" if pd.isna(low) else f" (95 % interval {low:.2f} to {high:.2f})"


def _ranks(row: Any) -> str:
    return "" if pd.isna(row["rank_low"]) else f", rank {row['rank']} ({row['rank_low']} to {row['rank_high']})"


def _levels_of(row: Any, study: Techniques) -> Levels:
    """Return levels by factor that lead to the texts in a row; off levels where several do.

    Raises FrugalNetError where none do: the row is of a run with other factors.
    """
    texts = {name: row[f"{LEVEL}{name}"] for name in study.varied}
    known = {name: _known(study, name) for name in texts}
    # A text that is no level is of a factor without effect, or of a level that was resolved.
    choices = [
        [known[name][cell]] if cell in known[name] else list(known[name].values()) for name, cell in texts.items()
    ]
    for found in islice(product(*choices), TRIED):
        levels = dict(zip(texts, found, strict=True))
        made = combination(study, row["variant"], levels)
        if not made.refused and made.levels == texts:
            return levels
    listed = ", ".join(f"{name} {cell}" for name, cell in texts.items())
    raise FrugalNetError(
        f"techniques.factors: the run {row['variant']} has the levels {listed}, to which no levels of these factors lead; "
        "expected the factors that the runs were made with"
    )


def _known(study: Techniques, name: str) -> Levels:
    """Return the levels of a factor by their texts, the off level first."""
    factor = study.varied[name]
    return {text(level): level for level in (factor.off, factor.on, *factor.levels)}


def _best_levels(rows: pd.DataFrame, lost: pd.DataFrame, study: Techniques) -> dict[str, Any]:
    """Return for each factor the level with the largest fitted effect among those that are shown to be better than off.

    Shown: its effect in an additive linear model is above zero, with p < 0.05 after Holm's correction over the levels of
    the factor. Otherwise, or with less than two combinations per parameter of the model, it is the off level. Levels are
    combined by their effects, the largest first; one with which the combination would be refused, or would lose a level
    that it has, is left out. The model knows complete runs alone: how many runs were `lost` at a level is told beside it.
    """
    texts = rows[[f"{LEVEL}{name}" for name in study.varied]].set_axis(list(study.varied), axis="columns")
    model = additive(rows["score"], texts, study)
    better = _shown(model, study) if model.is_enough else {}
    kept: dict[str, str] = {}
    left_out: list[str] = []
    made = _combined(kept, study)
    for name, level in better.items():
        wanted = kept | {name: level["level"]}
        tried = _combined(wanted, study)
        if why := _lost(tried, wanted, study):
            left_out.append(f"{name} {level['level']} ({why})")
        else:
            kept, made = wanted, tried
    same = rows["variant"][(texts == pd.Series(made.levels)).all(axis="columns")]
    said = [_why(model, better, study)]
    said += [f"Left out, as it does not go with the others: {'; '.join(left_out)}."] if left_out else []
    said += _without_model(kept, rows, lost)
    said += [f"Combined, it has {instead}."] if (instead := _instead(made, study)) else []
    return {
        "levels": _asked(kept, study),
        "from": same.iloc[0] if len(same) else None,
        "because": " ".join(said),
    }


def _without_model(kept: Mapping[str, str], rows: pd.DataFrame, lost: pd.DataFrame) -> list[str]:
    """Return a sentence on the runs at the kept levels that have no model, if there are any."""
    told = []
    for name, level in kept.items():
        complete, without = (int(each["runs"][each[f"{LEVEL}{name}"] == level].sum()) for each in (rows, lost))
        told += [f"{name} {level}, {without} of {without + complete}"] if without else []
    return [f"Runs at these levels that have no model: {'; '.join(told)}."] if told else []


def _lost(made: Combination, wanted: Mapping[str, str], study: Techniques) -> str | None:
    """Return why a combination cannot be, or which of the wanted levels it does not have; None if all is well."""
    if made.refused:
        return made.refused
    lost = [name for name, level in wanted.items() if made.levels[name] != level]
    if any((study.varied[name].key or name) in (made.instead or {}) for name in lost):
        return _instead(made, study)
    return f"{', '.join(lost)} would have no effect" if lost else None


def _instead(made: Combination, study: Techniques) -> str | None:
    """Return what a combination has instead of what was asked for, and why; None for nothing."""
    if made.recipe is None or not made.instead:
        return None
    return told(made.instead, because(made.instead, made.recipe, study.dataset, catalogue.BASELINE))


def _shown(model: Additive, study: Techniques) -> dict[str, dict[str, Any]]:
    """Return the row in `effects` of the best level of each factor that has one shown to be better than off, best first."""
    found = {}
    for name, effects in model.effects.groupby("factor"):
        effects = effects[effects["level"].isin(list(_known(study, name)))]
        better = effects[(effects["effect"] > 0) & (holm(effects["p"]) < SHOWN_BELOW)]
        if len(better):
            found[name] = better.loc[better["effect"].idxmax()].to_dict()
    return dict(sorted(found.items(), key=lambda each: -each[1]["effect"]))


def _asked(wanted: Mapping[str, str], study: Techniques) -> Levels:
    off = {name: factor.off for name, factor in study.varied.items()}
    return off | {name: _known(study, name)[level] for name, level in wanted.items()}


def _combined(wanted: Mapping[str, str], study: Techniques) -> Combination:
    return combination(study, BEST_LEVELS, _asked(wanted, study))


def _why(model: Additive, better: Mapping[str, Mapping[str, Any]], study: Techniques) -> str:
    size = f"{counted(model.combinations, 'combination')}, {model.parameters} parameters"
    if not model.is_enough:
        return (
            f"All factors are at their off level: there are too few combinations for a linear model of the score ({size}; "
            f"expected {REFUSED_BELOW} per parameter)."
        )
    said = [
        f"{name} {level['level']} {level['effect']:+.2f} dB{_ranged(level['low'], level['high'])}"
        for name, level in better.items()
    ]
    rest = [name for name in study.varied if name not in better]
    sentences = [f"Mean effect on the score against the off level: {', '.join(said)}." if said else ""]
    if rest:
        sentences.append(f"No level of {', '.join(rest)} is shown to be better than off.")
    return " ".join([*filter(None, sentences), f"(Additive linear model, HC3 errors, Holm; {size}.)"])
