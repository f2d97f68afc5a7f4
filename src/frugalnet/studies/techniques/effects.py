"""What each level of each factor does to quality, energy and time, with intervals: `processed/effects.csv`."""

from collections.abc import Iterator
from math import nan

import numpy as np
import pandas as pd

from frugalnet.analysis.statistics.holm import holm
from frugalnet.analysis.statistics.wording import counted, joined
from frugalnet.config.techniques import Techniques
from frugalnet.record.record import WITHOUT_MODEL
from frugalnet.studies.techniques.linear import INTERCEPT, Term, design, terms
from frugalnet.studies.techniques.model import ESTIMATES, Model, modelled
from frugalnet.studies.techniques.samples import ABOUT, COSTS, Sample, samples

TERM = ["factor", "level", "against", "factor2", "level2", "against2"]
COLUMNS = [
    *("dataset", "quantity", "kind", *TERM, "runs", "scale", *ESTIMATES, "p_holm"),
    *("runs_in_all", "parameters", "aliased_with", "note"),
    *("network", "metric", "threads", "data_level", "energy_source", "energy_scope"),
]
WHOLE = ["runs", "runs_in_all", "parameters", "threads"]


def effects(all_runs: pd.DataFrame, study: Techniques) -> pd.DataFrame:
    """Return one row per quantity and term of a linear model of all factors, fitted to the runs of the method `baseline`.

    Each level is compared with the off level of its factor; energies and times are fitted as logarithms, so that their
    effects are ratios. Runs that cannot be compared are in models of their own. A combination of levels that was run
    several times counts once. Rows without an estimate say why: a level that cannot be told from others, or that rests
    on one combination, a constant quantity, or fewer than 2 combinations per parameter; below 3, a note says so. Holm's
    correction is applied within each model.
    """
    tables = [_table(sample, study) for sample in samples(all_runs, study)]
    rows = pd.concat(tables, ignore_index=True) if tables else pd.DataFrame(columns=COLUMNS)
    numbers = dict.fromkeys([*ESTIMATES, "p_holm"], "float64") | dict.fromkeys(WHOLE, "int64")
    return rows[COLUMNS].astype(dict.fromkeys(set(COLUMNS) - set(numbers), "str") | numbers)


def _table(sample: Sample, study: Techniques) -> pd.DataFrame:
    """Return the rows of one quantity."""
    model = modelled(sample, terms(study, pd.concat([sample.present, sample.lost])))
    ratio = sample.quantity in COSTS
    rows = []
    for number, term in enumerate(model.terms, start=1):
        found = model.found.loc[number] if number in model.found.index else dict.fromkeys(ESTIMATES, nan)
        numbers = {name: np.exp(found[name]) if ratio and name != "p" else found[name] for name in ESTIMATES}
        about = {
            "kind": "interaction" if term.factor2 else "main",
            "runs": int(term.found_in(sample.levels).sum()),
            "aliased_with": joined(_aliases(model, number)),
            "note": joined(_notes(model, number, study)),
        }
        rows.append(term._asdict() | numbers | about)
    table = pd.DataFrame(rows)
    tested = table["p"].dropna()
    return table.assign(
        quantity=sample.quantity,
        scale="ratio" if ratio else "difference",
        p_holm=holm(tested) if len(tested) else nan,
        runs_in_all=len(sample.values) - sum(_runs_of(sample, model, row) for row in model.lone),
        parameters=len(model.told.independent),
        **{name: sample.about[name] for name in ABOUT},
    )


def _runs_of(sample: Sample, model: Model, row: int) -> int:
    """Return how many runs a combination has, by its row in the design."""
    return int((design(model.terms, sample.levels) == model.columns[row]).all(axis=1).sum())


def _aliases(model: Model, number: int) -> Iterator[str]:
    """Yield the names of the terms that a term cannot be told from."""
    names = [INTERCEPT, *(term.name for term in model.terms)]
    for other in sorted(model.apart.mixed.get(number, ())):
        yield names[other]


def _notes(model: Model, number: int, study: Techniques) -> Iterator[str]:
    """Yield what is to be known of the row of a term."""
    term = model.terms[number - 1]
    yield from _without_estimate(model, number)
    yield from filter(None, [model.flagged])
    yield from _partners(term, study)
    yield from _without_effect(model.sample, term)
    yield from _lost(model.sample, term)
    if model.lone and number in model.found.index:
        yield f"{counted(len(model.lone), 'combination')} with a level that no other has: not in the fit"
    yield from model.sample.remarks


def _without_estimate(model: Model, number: int) -> Iterator[str]:
    """Yield why a term has no estimate, or no interval."""
    term = model.terms[number - 1]
    column = model.columns[:, number]
    if not len(column):
        pass  # there is one reason for all rows
    elif not column.any():
        yield "no complete run is at both levels" if term.factor2 else "no complete run is at this level"
    elif number in model.apart.mixed:
        off = model.sample.levels[term.factor] == term.against
        yield "cannot be told from other terms" if off.any() else f"no complete run is at {term.factor} {term.against}"
    elif number in model.told.mixed:
        having = [model.names[row] for row in model.lone if column[row]] or [model.names[row] for row in model.lone]
        yield f"rests on one combination ({joined(having)}): no interval can be given"
    elif number in model.found.index and np.isnan(model.found["low"][number]):
        yield "no noise: no interval can be given"
    if model.refused:
        yield model.refused


def _partners(term: Term, study: Techniques) -> Iterator[str]:
    """Yield where a main effect holds, if the factor is in an interaction that is estimated."""
    partners = [other for pair in study.interactions if term.factor in pair for other in pair if other != term.factor]
    if partners and not term.factor2:
        yield f"where {' and '.join(partners)} {'is' if len(partners) == 1 else 'are'} off"


def _without_effect(sample: Sample, term: Term) -> Iterator[str]:
    """Yield how many runs count as off because the factor had no effect in them."""
    for factor, off in [(term.factor, term.against), (term.factor2, term.against2)]:
        if factor and (idle := int(sample.idle[factor].sum())):
            yield f"{factor} had no effect in {counted(idle, 'run')}, counted as {off}"


def _lost(sample: Sample, term: Term) -> Iterator[str]:
    """Yield how many runs at the levels of a term have no model, of all at these levels, and why."""
    if sample.lost.empty:
        return
    off = term._replace(level=term.against, factor2=None)
    for each in [term] if term.factor2 else [term, off]:
        lost = sample.lost[each.found_in(sample.lost)]
        of = len(lost) + int(each.found_in(sample.present).sum())
        if told := [f"{number} {WITHOUT_MODEL[status]}" for status, number in lost["status"].value_counts().items()]:
            yield f"of {counted(of, 'run')} at {each.name}, {', '.join(told)}, so that the others are a selection"


MEANINGS: dict[str, dict[str, tuple[str | None, str]]] = {
    "effects": {
        "quantity": (None, "Column of `runs` that is estimated."),
        "kind": (
            None,
            "main: a level against the off level of its factor; interaction: what two levels do together beyond what each does alone.",
        ),
        "factor": (None, "Factor of the study."),
        "level": (None, "Its level."),
        "against": (None, "Its off level, which the level is compared with."),
        "factor2": (None, "Second factor of an interaction; empty for main effects."),
        "level2": (None, "Its level."),
        "against2": (None, "Its off level."),
        "runs": ("runs", "Complete runs at the level (of an interaction: at both) whose value is known."),
        "scale": (
            None,
            "difference: the estimate is added to the quantity at the off level; ratio: it multiplies it (fitted as logarithms).",
        ),
        "estimate": (
            "metric or ratio",
            "Effect of the level with all other factors as they are, from one linear model of all factors (ordinary least squares); empty: `note` says why.",
        ),
        "low": (
            "metric or ratio",
            "Lower end of its 95 % interval: HC3 errors, which allow for unequal variances, and Student's t with the degrees of freedom of that error (Bell and McCaffrey). It holds for one estimate, not for all together.",
        ),
        "high": ("metric or ratio", "Upper end of the same interval."),
        "p": (None, "Two-sided p-value of the hypothesis that the level does what the off level does."),
        "p_holm": (None, "The same, corrected by Holm's method for all estimates of the quantity in one model."),
        "runs_in_all": (
            "runs",
            "Complete runs that the model was fitted to, or would have been; a combination of levels that was run with several seeds counts once, as the mean.",
        ),
        "parameters": ("parameters", "Parameters of the model that can be told apart."),
        "aliased_with": (
            None,
            "Terms that the level cannot be told from with these runs, so that it has no estimate; all-off is the constant of the model.",
        ),
        "note": (
            None,
            "Why there is no estimate or why it is doubtful, and which runs are not behind it: those that diverged, ran out of memory or were refused select what is compared.",
        ),
    }
}
"""Unit and meaning of columns."""
