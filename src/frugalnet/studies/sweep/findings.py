"""What the tables say of the sweep, in sentences that can be quoted: every number with its interval, where it has one."""

from collections.abc import Iterator, Mapping
from math import inf, nan

import pandas as pd

from frugalnet.analysis.groups import energy_kind
from frugalnet.analysis.reported import counts
from frugalnet.analysis.statistics.wording import counted
from frugalnet.page import summary
from frugalnet.page.cells import number
from frugalnet.page.wording import joules, listed, ranged
from frugalnet.studies.sweep.changes import of_factors, of_networks
from frugalnet.studies.sweep.configurations import ROW
from frugalnet.studies.sweep.of_dataset import PERCENT, OfDataset, Row, given, minutes
from frugalnet.studies.sweep.weights import NOT_IN_IT, whole_energy_j

PRICE = "energy_to_solution_per_point_j"
MOST_ROWS = 3
"""Most rows beside the grid that have a sentence of their own."""


def findings(tables: Mapping[str, pd.DataFrame]) -> dict[str, list[str]]:
    """Return the sentences of each heading, what matters most in the first five; of made data, the range of the numbers."""
    told = {}
    runs = tables["runs"].assign(energy_to_solution_j=whole_energy_j(tables["runs"]))
    for heading, rows in summary.alike(tables["configurations"]):
        first = rows.iloc[0]
        of = OfDataset(rows, summary.like(tables["statistics"], first), summary.like(runs, first), tables["resampled"])
        own = {name: summary.like(tables[name], first) for name in ("sensitivity", "efficiency")}
        claims = summary.own(tables["claims"], first)
        if of.ranked.empty:
            told[heading] = [f"None of {counted(len(rows), 'configuration')} got a model."]
        elif first["data_level"] == summary.SAMPLE:
            told[heading] = [_range(of)]
        else:
            told[heading] = [*filter(None, _sentences(of, own, claims, tables["epochs"]))]
    return told


def _range(of: OfDataset) -> str:
    """Return the range of what was measured, with no word on which configuration does better."""
    own, energy = of.ranked, of.of_one_kind()["train_energy_j"]
    quality = dict.fromkeys(of.scale.level(value) for value in (own["test_quality"].min(), own["test_quality"].max()))
    text = f"Of {counted(len(own), 'configuration')}, {of.scale.name} is {' to '.join(quality)}"
    if energy.isna().any() or len(energy) < len(own):
        return f"{text}."
    return f"{text}, and energy of training {ranged(energy)} J, {energy_kind(own.iloc[0])}."


def _sentences(
    of: OfDataset, own: Mapping[str, pd.DataFrame], claims: pd.DataFrame, epochs: pd.DataFrame
) -> Iterator[str]:
    """Yield the best, the way to the target, the price of a point, what matters, rows beside the grid, techniques, claims."""
    best, grid = of.ranked.iloc[0], of.of_grid()
    yield _best(of, of.ranked, "")
    if best["part"] == ROW and len(grid):
        yield _best(of, grid, "of the grid ")
    yield _target(of, epochs)
    yield _price(of)
    yield of_networks(own["sensitivity"], of.scale)
    if len(grid):
        for row in of.ranked[of.ranked["part"] == ROW].head(MOST_ROWS).to_dict("records"):
            yield _beside(of, row, grid.iloc[0])
    yield from of_factors(own["efficiency"], of.scale)
    yield _claims(claims)


def _best(of: OfDataset, ranked: pd.DataFrame, where: str) -> str:
    """Return the best of some configurations, how much more it has than the next, and what it took."""
    best = ranked.iloc[0]
    lost = 0 if where else len(of.rows) - len(ranked)
    count = counted(len(ranked), "configuration") + (f" ({lost} more without a model)" if lost else "")
    text = f"**{best['variant']}** is the best {where}on validation data, among {count}: {of.quality(best)}"
    if len(ranked) > 1:
        second = ranked.iloc[1]["variant"]
        text += f"; against the next, *{second}*, {of.change(of.pair(best['variant'], second))}"
    return f"{text}{of.cost(best)}."


def _target(of: OfDataset, epochs: pd.DataFrame) -> str:
    """Return which configuration reached the target at the least cost, or how near the best came."""
    ranked = of.ranked
    target = ranked["target"].iloc[0]
    if pd.isna(target):
        return ""
    told = f"{given(of.scale, target)} on validation data"
    reached = ranked[ranked["reached"] > 0]
    if reached.empty:
        return f"None of {counted(len(ranked), 'configuration')} reached {told}{_nearest(of, epochs)}."
    always = reached[reached["reached"] == reached["seeds"]]
    text = f"{len(reached)} of {counted(len(ranked), 'configuration')} reached {told}"
    text += "" if len(always) == len(reached) else f" ({len(always)} with every seed)"
    tried = always if len(always) else reached
    own = tried.merge(of.of_one_kind()[["variant"]], on="variant")
    own = own.assign(whole_j=[_to_target_j(of, row) for row in own.to_dict("records")])
    known = own[own["whole_j"].notna()]
    if len(known):
        row = known.loc[known["whole_j"].idxmin()]
        with_parents = " (the model that it started from included)" if of.has_parent(row) else ""
        some = "" if len(known) == len(tried) else f" of {len(known)} whose energy can be compared"
        return f"{text}; the least energy{some}: *{row['variant']}*, {joules(row['whole_j'])}{with_parents}, {energy_kind(row)}, {_way(row)}."
    timed = own[own["minutes_to_target"].notna()]
    if timed.empty:
        return f"{text}; what that took is not known."
    row = timed.loc[timed["minutes_to_target"].idxmin()]
    return f"{text}; the least time: *{row['variant']}*, {_way(row)}; energies are not known."


def _way(row: Row) -> str:
    of = "" if row["reached"] == row["seeds"] else f" ({row['reached']} of {counted(row['seeds'], 'seed')})"
    return f"{number(row['epochs_to_target'])} epochs and {minutes(row['minutes_to_target'])}{of}"


def _to_target_j(of: OfDataset, row: Row) -> float:
    """Return the energy to the target, with that of the model that it started from and without its own failed tries; NaN where it is not known."""
    if of.from_elsewhere(row):
        return nan
    return float(row["energy_to_target_j"] + of.parents_j(row))


def _nearest(of: OfDataset, epochs: pd.DataFrame) -> str:
    """Return the best validation quality of any run and epoch, and whose it was."""
    own = epochs[epochs["run"].isin(of.runs["run"]) & epochs["variant"].isin(of.ranked["variant"])]
    quality = of.scale.sign * own["validation_quality"].astype(float)
    if quality.isna().all():
        return ""
    row = own.loc[quality.idxmax()]
    return f"; *{row['variant']}* came nearest, {of.scale.level(row['validation_quality'])} in epoch {row['epoch']}"


def _price(of: OfDataset) -> str:
    """Return what a point of test quality costs where it costs least, and with the best configuration."""
    above, own = of.ranked["above"].iloc[0], of.of_one_kind()
    better = "above" if of.scale.sign > 0 else "below"
    level = f"{better} {given(of.scale, above)}"
    if not (of.scale.sign * (of.ranked["test_quality"] - above) > 0).any():
        best = of.scale.sign * (of.scale.sign * of.ranked["test_quality"]).max()
        return (
            f"No {of.scale.name} is {level}, so that no point has a price; the best of all is {of.scale.level(best)}."
        )
    priced = own[own[PRICE].notna()]
    if priced.empty:
        why = "as no energy is" if own["train_energy_j"].isna().all() else "with all that the models started from"
        return f"What a point of {of.scale.name} {level} costs is not known, {why}."
    row, best = priced.loc[priced[PRICE].idxmin()], of.ranked.iloc[0]
    better_than = of.ranked[of.scale.sign * (of.ranked["test_quality"] - above) > 0]
    some = len(priced) < len(better_than)
    among = f", among {len(priced)} of {len(better_than)} whose energy can be compared," if some else ""
    point = "A percentage point" if of.scale.metric == "accuracy" else "A unit"
    text = f"{point} of {of.scale.name} {level} costs least{among} with *{row['variant']}*: {_per_point(of, row)}, {energy_kind(row)}"
    if row["variant"] == best["variant"]:
        return f"{text}."
    of_best = priced[priced["variant"] == best["variant"]]
    told = _per_point(of, of_best.iloc[0]) if len(of_best) else _no_price(of, best)
    return f"{text}; with the best, *{best['variant']}*: {told}."


def _per_point(of: OfDataset, row: Row) -> str:
    low, high = row[f"{PRICE}_low"], row[f"{PRICE}_high"]
    around = f"no interval, {counted(row['seeds'], 'seed')}"
    if pd.notna(low):
        ends = f"{joules(low)} to {joules(high)}" if high < inf else f"{joules(low)} or more, without an upper end"
        around = f"{PERCENT} interval {ends}"
    more = f"; {told} included" if (told := of.more(row)) else ""
    return f"{joules(row[PRICE])} ({around}{more})"


def _no_price(of: OfDataset, row: Row) -> str:
    """Return why a configuration has no price that can be compared."""
    if not of.scale.sign * (row["test_quality"] - row["above"]) > 0:
        return "it is not better than that"
    if pd.notna(row[PRICE]):
        return f"its energy is of another kind, {energy_kind(row)}"
    return NOT_IN_IT if of.from_elsewhere(row) else "not known"


def _beside(of: OfDataset, row: Row, grid: Row) -> str:
    """Return what a row beside the grid adds to the best of the grid, and what it takes in all."""
    name, best = row["variant"], grid["variant"]
    change = of.change(of.pair(name, best))
    whole = row["energy_to_solution_j"]
    more = f" ({told} included)" if (told := of.more(row)) else ""
    if pd.isna(whole) and pd.notna(row["train_energy_j"]):
        own = f"{joules(row['train_energy_j'])}, {energy_kind(row)}, for its own training"
        why = NOT_IN_IT if of.from_elsewhere(row) else "the energy of all that led to it is not known"
        return f"**{name}** against the best of the grid, *{best}*: {change}; {own}; {why}."
    if pd.isna(whole):
        return f"**{name}** against the best of the grid, *{best}*: {change}; its energy is not known."
    ratio = of.ratio(name, best, "energy_to_solution_j")
    multiple = f", {ratio} that of *{best}*" if ratio else ""
    return f"**{name}** against the best of the grid, *{best}*: {change}, for {joules(whole)}{more}, {energy_kind(row)}{multiple}."


def _claims(claims: pd.DataFrame) -> str:
    """Return how many values that others reported are reproduced."""
    if claims.empty:
        return ""
    found = counts(claims)
    told = listed([f"{count} {verdict}" for verdict, count in found.items()])
    return f"Of {counted(sum(found.values()), 'value')} that others reported: {told} (the table `claims` says which, and why)."
