"""Base cases with no, all or single techniques, runs whose levels are drawn at random, and the best configurations."""

import csv
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from io import StringIO
from math import prod
from pathlib import Path
from random import Random
from typing import Any

from frugalnet import catalogue
from frugalnet.config.combinations import resolved
from frugalnet.config.levels import NONE, text
from frugalnet.config.recipe import Recipe
from frugalnet.config.run import Run, row
from frugalnet.config.section import MOST_SEEDS, NAME, WrongValueError, unknown
from frugalnet.config.shown import bare, shown, some
from frugalnet.config.techniques import Techniques
from frugalnet.config.varied import GROUPS, OFF, ON, ONLY
from frugalnet.config.whole import Config
from frugalnet.errors import FrugalNetError
from frugalnet.files import reading

STUDY = "techniques"
DRAWN = "draw{:04d}"
"""Names of drawn runs; more runs rename none."""


REFUSED = "refused"
"""Column of the run sheet with the reason why a combination is not run."""


@dataclass(frozen=True)
class Combination:
    """Levels of all factors under a name: the recipe that comes of them, and the levels that count after it was resolved.

    `refused`: why no run can have them; there is no recipe then, and the levels are those asked for.
    """

    name: str
    levels: Mapping[str, str]
    recipe: Recipe | None = None
    instead: Mapping[str, Any] | None = None
    refused: str | None = None


BEST_RUN, BEST_LEVELS = "best-run", "best-levels"
"""Variants of the method `best`: the first of the ranking, and the best level of each factor."""


def run_sheet(config: Config) -> list[Run]:
    """Return the base cases, seed by seed, the drawn runs, each with a seed of its own, and the best configurations."""
    study = config.techniques
    shared = {"study": STUDY, "dataset": study.dataset, "network": study.network, "recipe": study.recipe}
    # All runs train one network by itself: there is no baseline among them whose memory alone would count.
    measure = config.measure.model_copy(update={"memory": "none"} if config.measure.memory == "baseline" else {})
    first = row(measure, method=catalogue.BASELINE, **shared)
    best = row(measure, method="best", **shared)

    def run(of: Combination, seed: int) -> Run:
        assert of.recipe is not None
        return first.with_recipe(of.recipe, variant=of.name, seed=seed, resolved=of.instead, factors=of.levels)

    cases = list(base_cases(study))
    drawn = [of for of in combinations(study) if not of.refused]
    seeds = range(study.seeds)
    return [
        *(run(of, seed) for seed in seeds for of in cases),
        *(run(of, seed) for seed, of in enumerate(drawn, start=MOST_SEEDS)),
        *(
            best.model_copy(update={"variant": variant, "seed": seed})
            for seed in seeds
            for variant in (BEST_RUN, BEST_LEVELS)
        ),
    ]


def as_table(study: Techniques) -> str:
    """Return the base cases and the drawn runs as tab-separated values, those that are refused with the reason."""
    text = StringIO()
    table = csv.writer(text, delimiter="\t", lineterminator="\n")
    table.writerow(["run", *study.varied, REFUSED])
    for each in (*base_cases(study), *combinations(study)):
        table.writerow([each.name, *each.levels.values(), each.refused or ""])
    return text.getvalue()


def base_cases(study: Techniques) -> Iterator[Combination]:
    """Yield `all-off`, `all-on`, one case for each group of factors, and one for each factor."""
    off = {name: factor.off for name, factor in study.varied.items()}
    on = {name: factor.on for name, factor in study.varied.items()}
    groups = {
        f"{ONLY}{group}": [name for name, factor in study.varied.items() if factor.group == group] for group in GROUPS
    }
    single = {f"{ONLY}{name}": [name] for name in study.varied}
    cases = {OFF: [], ON: list(on)} | {name: those for name, those in groups.items() if those} | single
    for name, those in cases.items():
        found = combination(study, name, off | {factor: on[factor] for factor in those})
        if found.refused:
            raise FrugalNetError(
                f"techniques.factors: the base case {name} {found.refused}; expected levels that go together"
            )
        yield found


def combinations(study: Techniques) -> Iterator[Combination]:
    """Yield the drawn combinations, and between them those that are refused, until `n` can be run; each is there once.

    All combinations are drawn in an order of chance, which a larger `n` only follows further. Raises FrugalNetError where
    they are fewer than `n`.
    """
    if study.sheet:
        yield from own_sheet(study)
        return
    seen: set[tuple[str, ...]] = set()
    number = kept = 0
    for levels in _in_chance_order({name: factor.levels for name, factor in study.varied.items()}, study.draw):
        if kept == study.n:
            return
        found = combination(study, DRAWN.format(number + 1), levels)
        if (key := tuple(found.levels.values())) in seen:
            continue
        seen.add(key)
        number, kept = number + 1, kept + (not found.refused)
        yield found
    if kept < study.n:
        raise FrugalNetError(
            f"techniques.n = {study.n}: the levels have {kept} different combinations; expected at most as many"
        )


def combination(study: Techniques, name: str, levels: Mapping[str, Any]) -> Combination:
    """Return a combination of levels as a run has it."""
    try:
        asked, idle = study.recipe_of(levels)
    except WrongValueError as wrong:
        return Combination(
            name, {factor: text(level) for factor, level in levels.items()}, refused=f"{wrong.key} {wrong.expected}"
        )
    recipe, instead = resolved(asked, study.dataset, catalogue.BASELINE)
    keys = {factor: entry.key or factor for factor, entry in study.varied.items()}
    # A mapping is the level that was asked for, with another setting.
    changed = {factor: instead[key] for factor, key in keys.items() if not isinstance(instead.get(key, {}), Mapping)}
    found = {factor: text(level) for factor, level in {**levels, **changed}.items()} | dict.fromkeys(idle, NONE)
    return Combination(name, found, recipe, instead)


def _in_chance_order(levels: Mapping[str, Sequence[Any]], seed: int) -> Iterator[dict[str, Any]]:
    """Yield all combinations of levels in an order of chance (Fisher and Yates), without making them all."""
    chance, swapped = Random(seed), dict[int, int]()
    total = prod(map(len, levels.values()))
    for place in range(total):
        other = chance.randrange(place, total)
        rest = swapped.pop(other, other)
        if other != place:
            swapped[other] = swapped.pop(place, place)
        found = {}
        for name, known in levels.items():
            rest, at = divmod(rest, len(known))
            found[name] = known[at]
        yield found


def own_sheet(study: Techniques) -> Iterator[Combination]:
    """Yield the combinations in the file `techniques.sheet`; raises FrugalNetError for a line that no run can have.

    The file may be a run sheet that a study wrote: its base cases, and what it refused, are passed over.
    """
    path = Path(str(study.sheet_file))
    with reading(path, "a table of tab-separated values"), path.open(newline="", encoding="utf-8") as file:
        head, *lines = list(csv.reader(file, delimiter="\t")) or [[]]
    wanted = ["run", *study.varied]
    if sorted({*head, REFUSED}) != sorted([*wanted, REFUSED]) or len(set(head)) < len(head):
        told = "; ".join(_wrong_columns(head, wanted))
        raise FrugalNetError(f"{path}, line 1: columns: {told}; expected {', '.join(wanted)}, each once")
    cases = {case.name: case.levels for case in base_cases(study)}
    taken = set(cases)
    for number, line in enumerate(lines, start=2):
        place = f"{path}, line {number}"
        if len(line) != len(head):
            raise FrugalNetError(f"{place}: {len(line)} cells; expected {len(head)}")
        cells = dict(zip(head, line, strict=True))
        if cells.pop(REFUSED, "") or cells == {"run": cells["run"], **cases.get(cells["run"], {})}:
            continue
        name = cells.pop("run")
        if not re.fullmatch(NAME, name) or name in taken or name.startswith(ONLY):
            told = "lower-case letters, digits, - and _"
            if name in taken or name.startswith(ONLY):
                told = "another name: it is taken" + ("" if name in taken else f", as all with {ONLY}, by base cases")
            raise FrugalNetError(f"{place}: run = {shown(name)}; expected {told}")
        taken.add(name)
        found = combination(study, name, {factor: _level(study, factor, cell, place) for factor, cell in cells.items()})
        if found.refused:
            raise FrugalNetError(f"{place}: run {name} cannot be: {found.refused}")
        for factor, cell in cells.items():
            if cell == NONE != found.levels[factor] and cell not in _known(study, factor):
                raise FrugalNetError(f"{place}: {factor} = none: it has an effect there; expected one of its levels")
        yield found


def _wrong_columns(head: Sequence[str], wanted: Sequence[str]) -> Iterator[str]:
    found = {
        "missing": [name for name in wanted if name not in head],
        "twice": [name for name in dict.fromkeys(head) if head.count(name) > 1],
        "unknown": [name for name in dict.fromkeys(head) if name not in wanted],
    }
    for what, names in found.items():
        if names:
            yield f"{some(map(bare, names))} {'is' if len(names) == 1 else 'are'} {what if what != 'twice' else 'there twice'}"


def _level(study: Techniques, factor: str, cell: str, place: str) -> Any:
    known = _known(study, factor)
    if cell == NONE not in known:
        return study.varied[factor].off  # as a run sheet has it where the factor has no effect
    if cell not in known:
        raise FrugalNetError(f"{place}: {factor} = {shown(cell)}: {unknown('level', cell, known)}")
    return known[cell]


def _known(study: Techniques, factor: str) -> dict[str, Any]:
    """Return the levels of a factor by their texts."""
    entry = study.varied[factor]
    return {text(level): level for level in (*entry.levels, entry.off, entry.on)}
