"""Recipes in which every pair of levels of two keys occurs, chosen so that few are enough."""

from collections.abc import Callable, Mapping, Sequence
from itertools import combinations, product
from typing import Any

Chosen = dict[str, str]
"""The name of a level by key."""


def pairs_of(levels: Mapping[str, Sequence[str]]) -> list[Chosen]:
    """Return all pairs of levels of two different keys."""
    return [
        {first: one, second: two}
        for first, second in combinations(levels, 2)
        for one, two in product(levels[first], levels[second])
    ]


def covering(levels: Mapping[str, Sequence[str]], works: Callable[[Chosen], bool]) -> list[Chosen]:
    """Return choices of a level for each key in which each pair of levels that works occurs.

    Each choice begins with a pair that is left, and takes for each further key the level with most pairs that are left;
    of equal ones the first. No random number is drawn, so the choices are the same each time.
    """
    left = {_key(pair): pair for pair in pairs_of(levels) if works(pair)}
    found: list[Chosen] = []
    while left:
        chosen = dict(next(iter(left.values())))
        for key in levels:
            if key not in chosen:
                fitting = [level for level in levels[key] if works(chosen | {key: level})]
                chosen[key] = max(fitting, key=lambda level: _new(chosen, key, level, left))
        found.append({key: chosen[key] for key in levels})
        for pair in combinations(chosen.items(), 2):
            left.pop(frozenset(pair), None)
    return found


def _new(chosen: Chosen, key: str, level: str, left: Mapping[Any, Chosen]) -> int:
    return sum(frozenset({(key, level), other}) in left for other in chosen.items())


def _key(pair: Chosen) -> frozenset[tuple[str, str]]:
    return frozenset(pair.items())
