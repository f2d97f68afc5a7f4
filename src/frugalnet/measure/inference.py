"""Latency, throughput and energy of inference, for models that are measured in turn with a reference."""

from dataclasses import dataclass
from typing import Any, cast

import numpy as np

from frugalnet.backend import keras
from frugalnet.config.measure import Measure
from frugalnet.energy import Ledger, statement
from frugalnet.energy.disturbances import RESOLUTION
from frugalnet.measure.deployed import Int8
from frugalnet.measure.intervals import block_interval, paired_ratio
from frugalnet.measure.operations import same_operations
from frugalnet.measure.turns import Blocks, Turns, in_turn, predicting
from frugalnet.record import record

REFERENCE, DEPLOYED = "reference", "deployed"
Numbers = np.ndarray
ENOUGH = 0.03
"""Relative half width with which a latency is known well enough in a search."""


@dataclass(frozen=True)
class Measured:
    """What was measured at one batch size, in one window."""

    window: str
    batch_size: int
    turns: Turns
    same_operations: dict[str, bool]


def inference(
    model: keras.Model,
    small: keras.Model | None,
    reference: keras.Model | None,
    x: Numbers,
    measure: Measure,
    ledger: Ledger,
    int8: Int8 | None = None,
) -> list[Measured]:
    """Measure a batch of 1 and a large batch, each in its own window inside the one that is open.

    `small` is the compacted model; it is measured too, unless it is the model itself or None; so is `int8`, the model
    as int8 file, through its interpreter. `x` are unscaled samples:
    the network's own scaling is part of the work, and so is copying samples in and predictions out. Compiling stays
    outside of the measured blocks. `measure.inference_s` is the time for each model, shared by the batch sizes.
    """
    models = {"masked": model}
    if small is not None and small is not model:
        models["compacted"] = small
    if reference is not None:
        models[REFERENCE] = reference
    same = {
        name: same_operations(each, reference)
        for name, each in models.items()
        if reference is not None and name != REFERENCE
    }
    sizes = sorted({1, min(measure.inference_batch, len(x))})
    predicts = {name: predicting(each, x, sizes) for name, each in models.items()}
    if int8:
        predicts[DEPLOYED] = int8.predicting(x, sizes)
    budget_s, found = measure.inference_s / len(sizes), []
    for place, size in enumerate(sizes):
        of_size = {name: each[place] for name, each in predicts.items()}
        with ledger.window(f"batch{size}") as window:
            turns = in_turn(of_size, budget_s, measure.latency_precision, ledger, REFERENCE, again=place > 0)
        found.append(Measured(window.name, size, turns, same))
    return found


def latency_beside(
    model: keras.Model, reference: keras.Model | None, x: Numbers, budget_s: float = 0.2
) -> tuple[float, float | None]:
    """Return the median time of a single sample in milliseconds, and its ratio to that of the reference, measured in turn.

    It takes some tenths of a second: enough to compare networks in a search.
    """
    models = {"masked": model} | ({} if reference is None else {REFERENCE: reference})
    predicts = {name: predicting(each, x, [1])[0] for name, each in models.items()}
    found = in_turn(predicts, budget_s / len(predicts), ENOUGH, reference=REFERENCE).blocks
    own = found["masked"]
    ratio = paired_ratio(own.quartiles_s, found[REFERENCE].quartiles_s) if REFERENCE in found else None
    return 1000 * float(np.median(np.concatenate(own.durations_s))), ratio[0] if ratio else None


def rows(found: list[Measured], ledger: Ledger, on_gpu: bool) -> list[record.Inference]:
    """Return a row for each model and batch size, once the ledger is closed, because energies are booked on all of its readings."""
    return [_row(each, name, ledger, on_gpu) for each in found for name in each.turns.blocks]


def _row(found: Measured, name: str, ledger: Ledger, on_gpu: bool) -> record.Inference:
    blocks, reference = found.turns.blocks[name], found.turns.blocks.get(REFERENCE) if name != REFERENCE else None
    durations_s = np.concatenate(blocks.durations_s)
    first_ms, median_ms, third_ms, p90_ms, p99_ms = np.percentile(durations_s, [25, 50, 75, 90, 99]) * 1000
    low_s, high_s = block_interval(blocks.medians_s) or (None, None)
    energy_j, net_j = _energies_j(found, name, ledger, on_gpu)
    ratios: dict[str, float | None] = {}
    if reference:
        latency = paired_ratio(blocks.quartiles_s, reference.quartiles_s)
        beside_j, _ = _energies_j(found, REFERENCE, ledger, on_gpu)
        energy = None if energy_j is None or beside_j is None else paired_ratio(energy_j.tolist(), beside_j.tolist())
        for what, ratio in (("latency", latency), ("energy", energy)):
            parts = ("ratio", "ratio_low", "ratio_high")
            ratios |= {f"{what}_{part}": value for part, value in zip(parts, ratio or (None,) * 3, strict=True)}
    return record.Inference(
        model=cast(Any, name),
        window=found.window,
        batch_size=found.batch_size,
        batches=len(durations_s),
        blocks=len(blocks.durations_s),
        latency_ms=median_ms,
        latency_iqr_ms=third_ms - first_ms,
        latency_p90_ms=p90_ms,
        latency_p99_ms=p99_ms,
        latency_low_ms=None if low_s is None else min(1000 * low_s, median_ms),
        latency_high_ms=None if high_s is None else max(1000 * high_s, median_ms),
        throughput_per_s=len(durations_s) * found.batch_size / blocks.duration_s,
        energy_j=_weighted(energy_j, blocks),
        energy_net_j=_weighted(net_j, blocks),
        energy_u_j=_standard_error(energy_j),
        same_operations=found.same_operations.get(name),
        flags=[] if found.turns.enough else [RESOLUTION],
        **ratios,
    )


def _energies_j(found: Measured, name: str, ledger: Ledger, on_gpu: bool) -> tuple[Numbers | None, Numbers | None]:
    """Return gross and net energy per sample in each block, in joules; None where not all are known.

    The interpreter of an int8 file works on the processor: where the totals are those of GPUs, they are not its energy.
    """
    if name == DEPLOYED and on_gpu:
        return None, None
    blocks = found.turns.blocks[name]
    samples = np.array([len(each) for each in blocks.durations_s]) * found.batch_size
    gross_uj, net_uj = statement.stretches_uj(ledger, blocks.stretches, on_gpu)
    return tuple(None if each is None else each / 1e6 / samples for each in (gross_uj, net_uj))  # type: ignore[return-value]


def _weighted(energy_j: Numbers | None, blocks: Blocks) -> float | None:
    """Return the mean over all batches."""
    return None if energy_j is None else float(np.average(energy_j, weights=[len(each) for each in blocks.durations_s]))


def _standard_error(energy_j: Numbers | None) -> float | None:
    if energy_j is None or len(energy_j) < 2:
        return None
    return float(np.std(energy_j, ddof=1) / np.sqrt(len(energy_j)))
