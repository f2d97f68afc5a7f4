"""Do the intervals of pay-back hold? Simulated studies, through the functions that make `break_even.csv`.

An interval without an upper end holds every number from its lower end on. Where seeds resolve neither the sum to be
earned nor the saving, the numbers that are not rejected form two pieces; one interval around both holds the truth in
more than 95 % of cases.
"""

from collections.abc import Iterator

import numpy as np
import pandas as pd
from _case import Case

from frugalnet.analysis.break_even import break_even
from frugalnet.measure.intervals import paired_ratio

STUDIES = 2000
SEEDS = (3, 5, 10)
SAVINGS_J = ((20.0, 10.0), (5.0, 10.0))
"""Mean and standard deviation over seeds of the saving per inference."""
SPREAD = 0.1
"""Standard deviation over seeds of the energy of a training, as a fraction of it."""
TRAINING_J, COMPACTION_J, INFERENCE_J = 1000.0, 10.0, 100.0
OWN_J = {"a run from the baseline on": 500.0, "a run of its own, about as expensive": 1050.0}
"""Mean energy of the method itself: all of it on top of the baseline's, or just a difference that seeds do not resolve."""
BLOCKS, NOISE, DRIFT = 12, 0.02, 0.03

Numbers = np.ndarray


def pay_back() -> Iterator[Case]:
    """Yield how often the intervals hold the number of inferences, for the whole chain and for the increment."""
    for saving_j, spread_j in SAVINGS_J:
        for seeds in SEEDS:
            for kind, own_j in OWN_J.items():
                chained = "from" in kind
                rows = break_even(pd.concat([*_studies(saving_j, spread_j, seeds, own_j, chained)], ignore_index=True))
                increment_j = own_j - (0 if chained else TRAINING_J) + COMPACTION_J
                costs_j = {"": own_j + TRAINING_J * chained + COMPACTION_J, "increment_": increment_j}
                for of, cost_j in costs_j.items():
                    what = "pay-back of the increment" if of else "pay-back of the whole chain"
                    case = f"saving of {saving_j:g} ± {spread_j:g} J, {seeds} seeds, {kind}"
                    yield Case(what, case, None, None, None, _held(rows, of, cost_j / saving_j))
    for saving_j, _ in SAVINGS_J:
        yield from _one_seed(saving_j)


def _held(rows: pd.DataFrame, of: str, truth: float) -> float:
    low, high = (rows[f"{of}break_even_{end}"] for end in ("low", "high"))
    return float(((low <= truth) & (truth <= high)).mean())


def _studies(saving_j: float, spread_j: float, seeds: int, own_j: float, chained: bool) -> Iterator[pd.DataFrame]:
    """Yield the runs of baselines and of a method beside them, in many studies; each study is a dataset."""
    draw = np.random.default_rng(0)
    size = (STUDIES, seeds)
    baseline = _runs("baseline", draw.normal(TRAINING_J, SPREAD * TRAINING_J, size))
    saved = draw.normal(saving_j, spread_j, size).ravel() / INFERENCE_J
    child = _runs("nas", draw.normal(own_j, SPREAD * own_j, size), 1 - saved)
    child["compaction_energy_j"] = draw.normal(COMPACTION_J, SPREAD * COMPACTION_J, size).ravel()
    yield baseline
    yield child.assign(parent=baseline["run"] if chained else None)


def _runs(method: str, energy_j: Numbers, ratio: Numbers | float = 1.0) -> pd.DataFrame:
    """Return the columns of `runs` from which pay-back is made, for studies x seeds."""
    studies, seeds = (places.ravel() for places in np.indices(energy_j.shape))
    names = [f"{study}/{method}/default/seed{seed}" for study, seed in zip(studies, seeds, strict=True)]
    runs = pd.DataFrame({"run": names, "dataset": studies.astype(str), "seed": seeds}).assign(
        method=method, variant="default", network="made", metric="accuracy", threads=2, data_level="sample", parent=None,
        teacher=None, energy_source="measured", energy_scope="gpu", energy_reason=None, failed_energy_j=0.0,
        train_energy_j=energy_j.ravel(), compaction_energy_j=0.0, parameters_compacted=1, throughput_batch=1,
        same_operations=method == "baseline",
    )  # fmt: skip
    for size in ("", "_batch1"):
        columns = {f"energy_per_inference{size}_ratio{end}": ratio for end in ("", "_low", "_high")}
        runs = runs.assign(**columns, **{f"reference_energy_per_inference{size}_j": INFERENCE_J})
    return runs


def _one_seed(saving_j: float) -> Iterator[Case]:
    """Yield how often the interval of one seed holds the number of its own network, whose costs are fixed."""
    draw = np.random.default_rng(0)
    true = 1 - saving_j / INFERENCE_J
    baseline = _runs("baseline", np.full((STUDIES, 1), TRAINING_J))
    child = _runs("nas", np.full((STUDIES, 1), 500.0)).assign(parent=baseline["run"])
    for size in ("", "_batch1"):
        # The machine drifts from block to block, and chance says which model comes first in a round.
        drift = np.exp(np.cumsum(draw.normal(0, DRIFT, (STUDIES, 2 * BLOCKS)), axis=-1))
        slots = draw.permuted(drift.reshape(STUDIES, BLOCKS, 2), axis=-1)
        slots = slots * np.exp(draw.normal(0, NOISE, slots.shape)) * [true, 1]
        ratios = [paired_ratio(list(own), list(other)) for own, other in np.moveaxis(slots, -1, 1)]
        names = [f"energy_per_inference{size}_ratio{end}" for end in ("", "_low", "_high")]
        child[names] = ratios
    rows = break_even(pd.concat([baseline, child], ignore_index=True))
    held = _held(rows, "", (TRAINING_J + 500) / saving_j)
    open_ones = float(np.isinf(rows["break_even_high"]).mean())
    case = f"saving of {saving_j:g} J of its network, {100 * open_ones:.0f} % of the intervals have no upper end"
    yield Case("pay-back of one seed", case, None, None, None, held)
