"""What the tables say of each dataset, in sentences that can be quoted: every number with its interval, where it has one."""

from collections.abc import Mapping

import pandas as pd

from frugalnet.analysis.statistics.named import is_control
from frugalnet.analysis.statistics.wording import counted
from frugalnet.drawing.style import title
from frugalnet.page import paid, summary
from frugalnet.page.cells import number
from frugalnet.page.wording import joules, p_value, ranged
from frugalnet.studies.compression.beside_controls import Controls
from frugalnet.studies.compression.further import further
from frugalnet.studies.compression.of_dataset import BASELINE, REFERENCES, Key, OfDataset, reference_name

INTERVAL = "95\N{NO-BREAK SPACE}% interval"


def findings(tables: Mapping[str, pd.DataFrame]) -> dict[str, list[str]]:
    """Return the sentences of each heading, what matters most in the first five; of made data, the range of the numbers."""
    told = {}
    for heading, rows in summary.alike(tables["comparison"]):
        others = (summary.like(tables[name], rows.iloc[0]) for name in ("statistics", "break_even", "runs"))
        of = OfDataset(rows, *others)
        made = rows["data_level"].iloc[0] == summary.SAMPLE
        told[heading] = [_range(of)] if made else sentences(of, summary.own(tables["claims"], rows.iloc[0]))
    return told


def sentences(of: OfDataset, claims: pd.DataFrame) -> list[str]:
    """Return the best, the smallest without loss, what it took, when it pays back, what cannot be said; then what is beside that."""
    if not of.references():
        return ["There is neither *baseline* nor *continued*: nothing to compare with."]
    controls = Controls(of)
    if set(of.rows.index) <= of.references().keys():
        return further(of, controls, None, claims)
    best, smallest = of.best(), of.smallest()
    chosen = smallest or best
    told = [_best(of, best), _smallest(of, smallest, best), _cost(of, chosen)]
    told += [] if chosen[0] in REFERENCES else [_pay_back(of, chosen)]
    return [*filter(None, told), controls.unknown(), *further(of, controls, chosen, claims)]


def _range(of: OfDataset) -> str:
    """Return the range of what was measured, with no word on which method does better."""
    quality, energy = of.rows["quality_mean"], of.rows["energy_to_solution_j"]
    spread = f"{of.scale.name} is {of.scale.level(quality.min())} to {of.scale.level(quality.max())}"
    text = f"Of {len(of.rows)} methods and variants, {spread}"
    sources = of.rows["energy_source"].unique()
    if energy.isna().any() or len(sources) > 1:
        return f"{text}."
    return f"{text}, and energy to solution {number(energy.min())} to {number(energy.max())} J ({sources[0]})."


def _best(of: OfDataset, key: Key) -> str:
    count = f"{len(of.rows)} methods and variants"
    if key[0] in REFERENCES:
        return (
            f"None of {count} is better than *{reference_name(key)}* on validation data: {of.scale.name} "
            f"{of.scale.level(of.rows.loc[key, 'quality_mean'])}."
        )
    return f"**{title(*key)}** is best on validation data, among {count}: {_quality(of, key)}."


def _quality(of: OfDataset, key: Key) -> str:
    """Return the quality of a method, and its gain over the reference with its interval."""
    row, tested = of.rows.loc[key], of.pair("test_quality", key, of.reference_of(key))
    gain = f"gain over {reference_name(of.reference_of(key))} {of.scale.change(row['quality_gain'])}"
    text = f"{of.scale.name} {of.scale.level(row['quality_mean'])}{of.unit}, {gain}"
    seeds = counted(int(row["seeds"] if tested is None else tested["seeds"]), "seed")
    if tested is None or pd.isna(row["quality_gain_low"]):
        return f"{text} ({seeds}, no interval)"
    return f"{text} ({INTERVAL} {of.scale.between(row['quality_gain_low'], row['quality_gain_high'])}, {seeds})"


def _smallest(of: OfDataset, key: Key | None, best: Key) -> str:
    tested = of.tested()
    if tested["equivalence"].isna().all():
        claimed = tested[~tested["method"].map(is_control).astype(bool)]
        notes = list(dict.fromkeys(note for note in claimed["note"].dropna() if note))
        why = notes[0] if len(notes) == 1 else "the table `statistics` says why"
        return f"Which models are without loss is not known, because it was not tested ({why})."
    margin = of.scale.margin(tested["equivalence_margin"].dropna().iloc[0])
    if key is None:
        return f"No smaller model is shown to be without loss (no worse than its reference by more than {margin})."
    name = (
        "It is also the smallest model that is" if key == best else f"**{title(*key)}** is the smallest model that is"
    )
    p = tested.loc[(tested["method"] == key[0]) & (tested["variant"] == key[1]), "equivalence_p_adjusted"].iloc[0]
    rest = "" if key == best else f"; {_quality(of, key)}"
    return f"{name} shown to be without loss (no worse by more than {margin}, corrected {p_value(p)}): {_size(of, key)}{rest}."


def _size(of: OfDataset, key: Key) -> str:
    """Return the parameters of a method's models, of each seed where they are not of one size, and those of its reference."""
    sizes = of.sizes(key)
    of_seeds = " (by seed)" if len(sizes) > 1 else ""
    return f"{ranged(sizes)} parameters{of_seeds}, where the reference has {number(of.parameters(key))}"


def _cost(of: OfDataset, key: Key) -> str:
    """Return what a method took, and what the whole comparison took; empty where neither is known."""
    ratio, study_j = of.times("energy_to_solution_j", key), of.study_j()
    shape = ", without the search for its shape" if pd.notna(of.rows.loc[key].get("energy_to_shape_j")) else ""
    own = (
        f"**{title(*key)}** took {ratio} times the baseline's energy to solution{shape} ({of.source(key)})"
        if ratio
        else ""
    )
    of_baseline_j = of.rows["energy_to_solution_j"].get(BASELINE, float("nan"))
    if pd.isna(study_j / of_baseline_j):
        return f"{own}." if own else ""
    whole = (
        f"all {counted(len(of.runs), 'run')} of the comparison took {joules(study_j)}, {number(study_j / of_baseline_j)} times one baseline "
        f"({of.source(BASELINE)})"
    )
    return f"{own}; {whole}." if own else f"{whole[0].upper()}{whole[1:]}."


def _pay_back(of: OfDataset, key: Key) -> str:
    """Return after how many inferences, of the smallest batch, a method has paid for itself; empty where there is no word on it."""
    row = next(of.pay_backs(key), None)
    return "" if row is None else f"{paid.in_batches(row)}, {paid.pays_back(title(*key), row)}."
