"""What the tables say of the techniques, in sentences that can be quoted: every number with its interval, where it has one."""

from collections.abc import Iterator, Mapping
from math import log

import pandas as pd

from frugalnet.analysis.statistics.wording import counted
from frugalnet.page import summary
from frugalnet.page.cells import number

ALPHA = 0.05
LISTED = 5
"""Most effects that a sentence lists."""
COSTS = {"train_energy_j": "energy of training", "train_cpu_s": "CPU time of training"}
INTERVAL = "95\N{NO-BREAK SPACE}% intervals"


def findings(tables: Mapping[str, pd.DataFrame]) -> dict[str, list[str]]:
    """Return the sentences of each heading, what matters most in the first five."""
    told = {}
    for heading, rows in summary.alike(tables["ranking"]):
        own = {name: summary.like(tables[name], rows.iloc[0]) for name in ("effects", "importance", "comparison")}
        made = rows["data_level"].iloc[0] == summary.SAMPLE
        told[heading] = [_range(rows)] if made else [*filter(None, _sentences(rows, own))]
    return told


def _range(rows: pd.DataFrame) -> str:
    """Return the range of what was measured, with no word on which technique does better."""
    done = rows[rows["rank"].notna()]
    text = f"Of {counted(len(rows), 'combination')}, {len(done)} have a score"
    if done.empty:
        return f"{text}."
    quality, energy = done["test_quality"], done["train_energy_j"]
    text += f"; {done['metric'].iloc[0]} is {number(quality.min())} to {number(quality.max())}"
    if energy.isna().any():
        return f"{text}."
    return f"{text}, and the energy of training {number(energy.min())} to {number(energy.max())} J ({done['energy_source'].iloc[0]})."


def _sentences(rows: pd.DataFrame, own: Mapping[str, pd.DataFrame]) -> Iterator[str]:
    effects = own["effects"][own["effects"]["kind"] == "main"]
    for quantity, words in COSTS.items():
        yield _changed(effects[effects["quantity"] == quantity], words)
    yield _changed(effects[effects["quantity"] == "test_quality"], f"test {rows['metric'].iloc[0]}")
    yield from _best(rows, own["comparison"])
    yield _unknown(effects)
    yield from _important(own["importance"])


def _changed(effects: pd.DataFrame, words: str) -> str:
    """Return the levels that are shown to change a quantity, the largest changes first."""
    known = effects[effects["estimate"].notna()]
    if known.empty:
        why = next(iter(effects["note"].dropna()), "no runs to compare")
        return f"What changes the {words} is not known: {why}."
    shown = known[known["p_holm"] < ALPHA]
    if shown.empty:
        return f"No level is shown to change the {words} (Holm, 5\N{NO-BREAK SPACE}%; {_size(known)})."
    ratio = shown["scale"].iloc[0] == "ratio"
    size = shown["estimate"].map(log).abs() if ratio else shown["estimate"].abs()
    largest = shown.loc[size.sort_values(ascending=False).index[:LISTED]]
    listed = "; ".join(_effect(row, ratio) for row in largest.to_dict("records"))
    more = f"; and {len(shown) - len(largest)} more" if len(shown) > len(largest) else ""
    what = "multiplies" if ratio else "changes"
    return f"What {what} the {words} most, with all else equal ({INTERVAL}; {_size(known)}): {listed}{more}."


def _size(effects: pd.DataFrame) -> str:
    return f"{counted(int(effects['runs_in_all'].iloc[0]), 'run')}, {int(effects['parameters'].iloc[0])} parameters"


def _effect(row: Mapping[str, object], ratio: bool) -> str:
    low, high, estimate = (float(str(row[name])) for name in ("low", "high", "estimate"))
    value = (
        f"\N{MULTIPLICATION SIGN}{estimate:.2f} ({low:.2f} to {high:.2f})"
        if ratio
        else f"{estimate:+.3f} ({low:+.3f} to {high:+.3f})"
    )
    return f"{row['factor']} *{row['level']}* against *{row['against']}* {value}"


def _best(rows: pd.DataFrame, comparison: pd.DataFrame) -> Iterator[str]:
    """Yield the first of the ranking, and what the best configurations came to."""
    ranked = rows[rows["rank"].notna()]
    if ranked.empty:
        yield "No combination has a score."
        return
    first = ranked.loc[ranked["rank"].astype(int).idxmin()]
    low, high = first["rank_low"], first["rank_high"]
    spread = "" if pd.isna(low) else f"; its true rank may be {int(low)} to {int(high)}"
    yield (
        f"**{first['variant']}** has the best score of {counted(len(ranked), 'combination')}: {first['score']:.1f} dB{spread}; "
        f"test {first['metric']} {number(first['test_quality'])}."
    )
    for row in comparison[comparison["method"] == "best"].to_dict("records"):
        gain = row["quality_gain"]
        against = "" if pd.isna(gain) else f", {gain:+.3f} against *{row['reference_variant']}*"
        known = (
            ""
            if pd.isna(row["quality_gain_low"])
            else f" ({row['quality_gain_low']:+.3f} to {row['quality_gain_high']:+.3f})"
        )
        energy = (
            ""
            if pd.isna(row["train_energy_j"])
            else f"; {number(row['train_energy_j'])} J of training ({row['energy_source']})"
        )
        yield f"**{row['variant']}**, trained once more: test {row['metric']} {number(row['quality_mean'])}{against}{known}{energy}."


def _unknown(effects: pd.DataFrame) -> str:
    missing = effects[effects["estimate"].isna() & (effects["quantity"] == "test_quality")]
    if missing.empty:
        return ""
    named = [f"{factor} {level}" for factor, level in zip(missing["factor"], missing["level"], strict=True)]
    return f"The effect of {', '.join(named)} on quality is not known: the table `effects` says why."


def _important(importance: pd.DataFrame) -> Iterator[str]:
    """Yield which factors a forest needs most to tell the energy of a run."""
    energy = importance[(importance["quantity"] == "train_energy_j") & importance["importance"].notna()]
    if len(energy):
        first = energy.sort_values("importance", ascending=False).head(3)
        named = ", ".join(f"{row.factor} ({row.importance:.2f})" for row in first.itertuples())
        yield f"A forest tells the energy of runs that it has not seen with R² {energy['r2_forest'].iloc[0]:.2f}; it needs most: {named}."
