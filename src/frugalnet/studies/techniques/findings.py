"""What the tables say of the techniques, in sentences that can be quoted: every number with its interval, where it has one."""

from collections.abc import Iterator, Mapping
from math import log, nan
from typing import Any

import pandas as pd

from frugalnet import catalogue
from frugalnet.analysis.factors import LEVEL
from frugalnet.analysis.groups import ENERGY, alike, energy_kind
from frugalnet.analysis.means import CONFIDENCE
from frugalnet.analysis.statistics.fieller import ratio_interval
from frugalnet.analysis.statistics.holm import SHOWN_BELOW
from frugalnet.analysis.statistics.wording import counted
from frugalnet.page import summary
from frugalnet.page.cells import number
from frugalnet.page.wording import SPACE, Scale, joules, listed, ranged, times
from frugalnet.studies.techniques.score import KIND

LISTED = 5
"""Most effects that a sentence lists."""
NEEDED = 3
"""Most factors that a forest is said to need."""
COSTS = {"train_energy_j": "energy of training", "train_cpu_s": "CPU time of training"}
PERCENT, TIMES = f"95{SPACE}%", "\N{MULTIPLICATION SIGN}"
FEW = "few runs: "
"""How the notes of a model begin that has few runs for its parameters."""
ROUGH = "too narrow"
"""What notes say of intervals that hold less often than they say."""


def findings(tables: Mapping[str, pd.DataFrame]) -> dict[str, list[str]]:
    """Return the sentences of each heading, what matters most in the first five.

    Where energies are of several kinds, they are those of the kind with the most ranked combinations.
    """
    told = {}
    for heading, rows in summary.alike(tables["ranking"]):
        made = rows["data_level"].iloc[0] == summary.SAMPLE
        ranked, others = _of_one_kind(rows)
        if ranked.empty:
            told[heading] = [_scored(rows, ranked)]
            continue
        own = {
            name: summary.like(tables[name], rows.iloc[0]) for name in ("effects", "importance", "comparison", "runs")
        }
        sentences = [_range(rows, ranked)] if made else [*filter(None, _sentences(rows, ranked, own))]
        told[heading] = [*sentences, *_left_out(others, ranked)]
    return told


def _of_one_kind(rows: pd.DataFrame) -> tuple[pd.DataFrame, int]:
    """Return the ranked combinations that may be compared, of the kind with the most, and how many others are ranked."""
    kinds = [own for _, own in rows[rows["rank"].notna()].groupby(KIND, sort=False, dropna=False)]
    ranked = max(kinds, key=len, default=rows[:0])
    return ranked, sum(map(len, kinds)) - len(ranked)


def _left_out(others: int, ranked: pd.DataFrame) -> Iterator[str]:
    if others:
        yield (
            f"{counted(others, 'combination')} with other energies than {energy_kind(ranked.iloc[0])} "
            f"{'is' if others == 1 else 'are'} not compared with these: the table `ranking` has {'it' if others == 1 else 'them'}."
        )


def _scored(rows: pd.DataFrame, ranked: pd.DataFrame) -> str:
    return f"Of {counted(rows['variant'].nunique(), 'combination')}, {len(ranked) or 'none'} {'has' if len(ranked) < 2 else 'have'} a score."


def _range(rows: pd.DataFrame, ranked: pd.DataFrame) -> str:
    """Return the range of what was measured, with no word on which technique does better."""
    first, energy = ranked.iloc[0], ranked["train_energy_j"]
    scale = Scale(first["metric"])
    quality = dict.fromkeys(
        scale.level(value) for value in (ranked["test_quality"].min(), ranked["test_quality"].max())
    )
    their = "its" if len(ranked) == 1 else "their"
    text = f"{_scored(rows, ranked)[:-1]}: {their} {scale.name} is {' to '.join(quality)}"
    known = "" if energy.isna().any() else f", {their} energy of training {ranged(energy)} J, {energy_kind(first)}"
    return f"{text}{known}."


def _sentences(rows: pd.DataFrame, ranked: pd.DataFrame, own: Mapping[str, pd.DataFrame]) -> Iterator[str]:
    """Yield what changes costs and quality, the best combination and configurations, and what is not known."""
    first = ranked.iloc[0]
    scale = Scale(first["metric"])
    kind = energy_kind(first)
    main = own["effects"][own["effects"]["kind"] == "main"]
    of_kind = alike(main, first, ENERGY)
    for quantity, words in COSTS.items():
        named = f"{words}, {kind}" if quantity == "train_energy_j" else words
        yield _changed(of_kind[of_kind["quantity"] == quantity], named, None)
    quality = main[main["quantity"] == "test_quality"]
    yield _changed(quality, scale.name, scale)
    yield _best(rows, ranked, scale)
    for row in own["comparison"][own["comparison"]["method"] == "best"].to_dict("records"):
        yield _trained(row, own["runs"], scale)
    yield _unknown(quality, scale)
    importance = alike(own["importance"], first, ENERGY)
    yield _important(importance[importance["quantity"] == "train_energy_j"])


def _changed(effects: pd.DataFrame, words: str, scale: Scale | None) -> str:
    """Return the levels that are shown to change a quantity, the largest changes first; a cost has no `scale`."""
    known = effects[effects["estimate"].notna()]
    if known.empty:
        return f"It is not known what changes the {words}: {_why(effects['note'])}."
    shown = known[known["p_holm"] < SHOWN_BELOW]
    if shown.empty:
        return f"No level is shown to change the {words} (5{SPACE}%, Holm; {_size(known)})."
    size = shown["estimate"].abs() if scale else shown["estimate"].map(log).abs()
    largest = shown.loc[size.sort_values(ascending=False).index[:LISTED]]
    told = "; ".join(_effect(row, scale) for row in largest.to_dict("records"))
    more = f"; and {len(shown) - len(largest)} more" if len(shown) > len(largest) else ""
    less = ", of which less is better" if scale and scale.sign < 0 else ""
    what = f"{'differences' if scale else 'factors'} with {PERCENT} intervals, all else equal; {_size(known)}"
    return f"Shown to change the {words}{less} ({what}): {told}{more}."


def _why(notes: pd.Series) -> str:
    """Return why numbers are missing: the first of some notes."""
    return next(filter(None, notes.dropna()), "there are no runs to compare")


def _size(effects: pd.DataFrame) -> str:
    """Return how many runs and parameters are behind effects, and whether these are few."""
    runs = f"{counted(int(effects['runs_in_all'].iloc[0]), 'run')} for {int(effects['parameters'].iloc[0])} parameters"
    return f"{runs}, which are few" if effects["note"].fillna("").str.contains(FEW).any() else runs


def _effect(row: Mapping[str, Any], scale: Scale | None) -> str:
    value, low, high = row["estimate"], row["low"], row["high"]
    told = f"{TIMES}{SPACE}{times(value, low, high)}"
    if scale:
        told = f"{scale.change(value)} ({scale.between(low, high)})"
    return f"{row['factor']} *{row['level']}* instead of *{row['against']}* {told}"


def _best(rows: pd.DataFrame, ranked: pd.DataFrame, scale: Scale) -> str:
    """Return the first of the ranking, with what it cost."""
    first = ranked.loc[ranked["rank"].astype(int).idxmin()]
    equal = [name for name in ranked["variant"][ranked["rank"] == first["rank"]] if name != first["variant"]]
    also = f", the same as {listed([f'*{name}*' for name in equal])}" if equal else ""
    score, ranks = f"{first['score']:.1f} dB", ""
    if pd.notna(first["score_low"]):
        score += f" ({PERCENT} interval {first['score_low']:.1f} to {first['score_high']:.1f})"
    if pd.notna(first["rank_low"]):
        low, high = int(first["rank_low"]), int(first["rank_high"])
        ranks = f", its true rank may be {low}" + (f" to {high}" if low < high else "")
    lost = rows["variant"].nunique() - len(ranked)
    without = f" ({lost} without a score among these energies)" if lost else ""
    return (
        f"**{first['variant']}** has the best efficiency score of {counted(len(ranked), 'combination')}{without}{also}: {score}"
        f"{ranks}; {scale.name} {scale.level(first['test_quality'])}{_costs(first)}."
    )


def _costs(row: Mapping[str, Any]) -> str:
    """Return the cost of training, as far as it is known."""
    energy, cpu_s = row["train_energy_j"], row.get("train_cpu_s")
    told = "" if pd.isna(energy) else f"; training took {joules(energy)}, {energy_kind(row)}"
    if cpu_s is None or pd.isna(cpu_s):
        return told
    return f"{told}, {number(cpu_s)} CPU seconds" if told else f"; training took {number(cpu_s)} CPU seconds"


def _trained(row: Mapping[str, Any], runs: pd.DataFrame, scale: Scale) -> str:
    """Return what one of the best configurations came to."""
    gain, low, high = row["quality_gain"], row["quality_gain_low"], row["quality_gain_high"]
    against = "" if pd.isna(gain) else f", gain over *{row['reference_variant']}* {scale.change(gain)}"
    known = "" if pd.isna(low) else f" ({PERCENT} interval {scale.between(low, high)})"
    return (
        f"**{row['variant']}**, trained again ({counted(row['seeds'], 'seed')}{_repeated(row, runs)}): {scale.name} "
        f"{scale.level(row['quality_mean'])}{against}{known}{_spent(row, runs)}."
    )


def _repeated(row: Mapping[str, Any], runs: pd.DataFrame) -> str:
    """Return which base case has the same levels and seeds as one of the best configurations, if there is one."""
    levels = [name for name in runs if name.startswith(LEVEL)]
    own = runs[(runs["method"] == row["method"]) & (runs["variant"] == row["variant"])]
    others = runs[(runs["method"] == catalogue.BASELINE) & runs["seed"].isin(own["seed"])]
    same = others["variant"][(others[levels] == own[levels].iloc[0]).all(axis="columns")].unique()
    return f"; levels and seeds are those of *{same[0]}*, so that it is no independent check" if len(same) else ""


def _spent(row: Mapping[str, Any], runs: pd.DataFrame) -> str:
    """Return what a training took, in all and as multiples of its reference's, as far as it is known."""
    own = runs[(runs["method"] == row["method"]) & (runs["variant"] == row["variant"])]
    other = runs[(runs["method"] == row["reference"]) & (runs["variant"] == row["reference_variant"])]
    energy = "" if pd.isna(row["train_energy_j"]) else f"{joules(row['train_energy_j'])}, {energy_kind(row)}"
    cpu_s = own["train_cpu_s"].astype(float).mean(skipna=False)
    told = {"train_energy_j": energy, "train_cpu_s": "" if pd.isna(cpu_s) else f"{number(cpu_s)} CPU seconds"}
    parts = [text + _multiple(own, other, name, row) for name, text in told.items() if text]
    return f"; training took {' and '.join(parts)}" if parts else ""


def _multiple(own: pd.DataFrame, other: pd.DataFrame, name: str, row: Mapping[str, Any]) -> str:
    """Return a cost as a multiple of that of other runs of the same seeds, as in `statistics`."""
    pairs = (
        pd.DataFrame({"own": own.set_index("seed")[name], "other": other.set_index("seed")[name]})
        .astype(float)
        .dropna()
    )
    if pairs.empty:
        return ""
    ends = ratio_interval(pairs["own"], pairs["other"], CONFIDENCE) if len(pairs) > 1 else (nan, nan)
    ratio = times(pairs["own"].mean() / pairs["other"].mean(), *ends)
    return f" ({TIMES}{SPACE}{ratio} that of *{row['reference_variant']}*)"


def _unknown(effects: pd.DataFrame, scale: Scale) -> str:
    """Return the levels whose effect on quality is not known where that of others is."""
    missing = effects[effects["estimate"].isna()]
    if missing.empty or len(missing) == len(effects):
        return ""
    named = [f"{factor} *{level}*" for factor, level in zip(missing["factor"], missing["level"], strict=True)]
    return f"The effect of {listed(named)} on the {scale.name} is not known: the table `effects` says why."


def _important(energy: pd.DataFrame) -> str:
    """Return which factors a forest needs most to tell the energy of a run, of those that it is shown to need."""
    known = energy[energy["importance"].notna()]
    if known.empty:
        return f"Which factors tell the energy of a run is not known: {_why(energy['note'])}." if len(energy) else ""
    r2 = f"A forest tells the energy of training of runs that it has not seen with R² {known['r2_forest'].iloc[0]:.2f}"
    needed = known[known["low"] > 0].sort_values("importance", ascending=False).head(NEEDED)
    if needed.empty:
        return f"{r2}; it is not shown to need any factor."
    told = [f"{row.factor} ({row.importance:.2f}, {row.low:.2f} to {row.high:.2f})" for row in needed.itertuples()]
    rough = f"; {_why(known['note'])}" if known["note"].fillna("").str.contains(ROUGH).any() else ""
    return f"{r2}; it needs most: {', '.join(told)} (share of the variance lost without it, {PERCENT} interval{rough})."
