"""`frugalnet show`: read the records, choose and sort the runs, print them as a table, and write them as CSV if asked to."""

from collections.abc import Sequence
from pathlib import Path

import pandas as pd

from frugalnet.commands import lookup
from frugalnet.commands.show.choice import key_in, ordered, where
from frugalnet.commands.show.keys import MEASURES, NAMES, OTHERS, parameters
from frugalnet.commands.show.printed import console, print_shown
from frugalnet.commands.show.shown import shown
from frugalnet.errors import FrugalNetError


def print_runs(
    results: Path,
    study: str | None,
    conditions: Sequence[str],
    sort: str | None,
    reverse: bool,
    limit: int | None,
    write: Path | None,
) -> None:
    """Print the finished runs in a folder of results, or in a package, as a table.

    `conditions` choose runs, as in `network=resnet18`; `sort` is the key that they are sorted by; at most `limit` of them are
    printed; `write` is a CSV file for them. Raises FrugalNetError for unknown keys and values, and where there is no run.
    """
    if reverse and sort is None:
        raise FrugalNetError("--reverse: expected --sort KEY beside it")
    if limit is not None and limit < 1:
        raise FrugalNetError(f"--limit {limit}: expected at least 1")
    with lookup.opened(results, study) as files:
        runs, problems = lookup.table_of(files)
    runs = where(runs, conditions)
    if sort is not None:
        runs = ordered(runs, sort, reverse)
    some = runs.iloc[:limit]
    more = [*([sort] if sort else []), *map(key_in, conditions)]
    print_shown(shown(some, more, problems), len(runs) - len(some))
    if write:
        as_rows(some).to_csv(write, index=False)
        console().print(f"\nThese runs, with all their parameters: {write}")


def as_rows(runs: pd.DataFrame) -> pd.DataFrame:
    """Return what a program needs of runs: names, parameters and what came out, in columns named as in the table `runs`."""
    measured = dict.fromkeys(name for each in MEASURES.values() for name in (each.column, each.compacted) if name)
    columns = ["run", *NAMES, "metric", *OTHERS, *parameters(runs).values(), *measured]
    return runs[columns]
