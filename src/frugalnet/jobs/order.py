"""The order in which the runs of a sheet are measured."""

from collections.abc import Iterable
from random import Random

from frugalnet.config.run import Run


def measured_order(sheet: Iterable[Run], seed: int | None) -> list[str]:
    """Return the ids of a sheet's runs, shuffled within each seed so that methods interleave.

    A slow drift of the machine then affects all methods alike. Runs that stand for levels of factors are shuffled all
    together, because each that was drawn has a seed of its own. A run comes after the runs that it starts from or
    compares with, and runs that are added to a sheet leave the others in their order. Without a seed the order is that
    of the sheet.
    """
    runs = list(sheet)
    if seed is None:
        return [run.id for run in runs]
    rows = {run.id: run for run in runs}

    def place(run: Run) -> float:
        after = max([0.0, *(place(rows[before]) for before in (run.parent, run.teacher, run.reference) if before)])
        return after + (1 - after) * Random(f"{seed} {run.id}").random()

    return [run.id for run in sorted(runs, key=lambda run: (0 if run.factors else run.seed, place(run)))]
