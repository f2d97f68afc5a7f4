"""What stands beside the findings of a dataset: references, inference, further pay-back, controls, the search, claims of others."""

import pandas as pd

from frugalnet.analysis.reported import counts
from frugalnet.analysis.statistics.wording import NO_WORSE, counted
from frugalnet.config.run import DEFAULT
from frugalnet.drawing.style import title
from frugalnet.page import paid
from frugalnet.page.wording import SPACE, listed, p_value, ranged
from frugalnet.studies.compression.beside_controls import Controls
from frugalnet.studies.compression.of_dataset import REFERENCES, Key, OfDataset, reference_name

SEARCH = ("nas", DEFAULT)
PRUNING = "pruning"
LARGE_BATCH = "energy_per_inference_ratio"
SAVINGS = {
    "macs_compacted": "operations",
    "latency_ratio": "latency",
    "energy_per_inference_batch1_ratio": "energy",
}


def further(of: OfDataset, controls: Controls, chosen: Key | None, claims: pd.DataFrame) -> list[str]:
    """Return the further sentences; `chosen` is the method that the findings are about, if there is one."""
    told = [_reference(of, key, rows) for key, rows in of.references().items()]
    if chosen is not None:
        told += [_left(of, of.best(), chosen)] if of.best()[0] not in REFERENCES else []
        told += [_inference(of, chosen), *_pay_backs(of, chosen)] if chosen[0] not in REFERENCES else []
    told += [_pruning(of), *controls.one_by_one()]
    if SEARCH in of.compared.index and chosen != SEARCH:
        told.append(_search(of))
    return [*filter(None, told), *_claims(claims)]


def _reference(of: OfDataset, key: Key, compared: pd.DataFrame) -> str:
    row, scale = of.rows.loc[key], of.scale
    spread = "" if pd.isna(row["quality_std"]) else f" ± {scale.level(row['quality_std'])}"
    epochs = compared["epochs_in_all"].dropna().unique()
    trained = f" that train for {ranged(epochs)} epochs in all" if len(epochs) else ""
    taught = " with a teacher" if (compared["pruning.distillation"].fillna(0) > 0).all() else ""
    return (
        f"Methods{trained}{taught} are compared with *{reference_name(key)}*{_chosen(of, compared)}: {scale.name} "
        f"{scale.level(row['quality_mean'])}{spread}{of.unit} ({counted(row['seeds'], 'seed')}){_energy(of, key)}."
    )


def _chosen(of: OfDataset, compared: pd.DataFrame) -> str:
    """Return among what the reference of some rows was chosen; empty where there was no choice."""
    names = [f"*{reference_name(key)}*" for key in of.candidates(compared)]
    best = "better" if len(names) == 2 else "best"
    return f", the {best} of {listed(names)} on validation data" if len(names) > 1 else ""


def _energy(of: OfDataset, key: Key) -> str:
    ratio = of.times("energy_to_solution_j", key)
    return f", at {ratio} times the baseline's energy to solution ({of.source(key)})" if ratio else ""


def _left(of: OfDataset, key: Key, chosen: Key) -> str:
    """Return how many parameters of the best are not zero, and what it took where that was not told of it."""
    share = ranged(100 * size / of.parameters(key) for size in of.sizes(key, "parameters_nonzero"))
    energy = "" if key == chosen else _energy(of, key)
    return f"{title(*key)} has {share}{SPACE}% as many parameters that are not zero as its reference{energy}."


def _inference(of: OfDataset, key: Key) -> str:
    parts = [(text, of.times(quantity, key)) for quantity, text in SAVINGS.items()]
    known = ", ".join(f"{text} {ratio}" for text, ratio in parts if ratio)
    told = f"Inference of one sample with {title(*key)} takes these multiples of the baseline's: {known}."
    return told if known else ""


def _pay_backs(of: OfDataset, key: Key) -> list[str]:
    """Return when a method pays back in the larger batches, and when it has paid for what it took more than the baseline."""
    told = []
    for place, row in enumerate(of.pay_backs(key)):
        name = title(*key)
        whole, increment = paid.pays_back(name, row), paid.pays_back(name, row, "increment_")
        parts = [whole] if place else []
        parts += [f"counting only what it took beyond the baseline, {increment}"] if increment != whole else []
        if parts:
            told.append(f"{paid.in_batches(row)}, {'; '.join(parts)}.")
    return told


def _pruning(of: OfDataset) -> str:
    """Return what pruning alone saves at most in an inference, and at what gain; empty where that is not known."""
    rows = of.compared[of.compared.index.get_level_values("method") == PRUNING]
    known = rows[rows[LARGE_BATCH].notna() & rows["quality_gain"].notna()]
    if known.empty:
        return ""
    key = known[LARGE_BATCH].astype(float).idxmin()
    low, high = known.loc[key, ["quality_gain_low", "quality_gain_high"]]
    around = "" if pd.isna(low) else f" ({of.scale.between(low, high)})"
    return (
        f"Of {counted(len(rows), 'variant')} of pruning alone, {title(*key)} takes the least energy for an inference in large "
        f"batches, {of.times(LARGE_BATCH, key)} times the baseline's ({of.source(key)}): gain over "
        f"{reference_name(of.reference_of(key))} {of.scale.change(known.loc[key, 'quality_gain'])}{around}{_verdict(of, key)}."
    )


def _search(of: OfDataset) -> str:
    networks = "a network" if len(of.sizes(SEARCH)) == 1 else "networks"
    row = of.rows.loc[SEARCH]
    return (
        f"The search alone finds {networks} of {ranged(of.sizes(SEARCH))} parameters: {of.scale.name} "
        f"{of.scale.level(row['quality_mean'])}{_verdict(of, SEARCH)}{_energy(of, SEARCH)}."
    )


def _verdict(of: OfDataset, key: Key) -> str:
    """Return whether a method is shown to be no worse than its reference; empty where it was not tested."""
    tested = of.pair("test_quality", key, of.reference_of(key))
    if tested is None or pd.isna(tested["equivalence_p_adjusted"]):
        return ""
    shown = "shown" if tested["equivalence"] == NO_WORSE else "not shown"
    margin = of.scale.margin(tested["equivalence_margin"])
    return f", {shown} to be no worse by more than {margin} (corrected {p_value(tested['equivalence_p_adjusted'])})"


def _claims(claims: pd.DataFrame) -> list[str]:
    """Return how many claims of others are reproduced."""
    if claims.empty:
        return []
    of = counts(claims)
    told = ", ".join(f"{count} {verdict}" for verdict, count in of.items())
    return [f"Of {counted(sum(of.values()), 'claim')} of others: {told} ([which, and why](#Claims))."]
