"""Models measured in turn: blocks of predictions in shuffled order, so that drift affects all of them alike.

Latencies of one graph differ by 30 to 40 % between processes, so only what was measured in turn in one process can be
compared.
"""

import math
import random
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from functools import partial
from itertools import count

import numpy as np

from frugalnet.backend import keras, tf
from frugalnet.energy import Ledger, Stretch
from frugalnet.measure.intervals import LEAST, block_interval, paired_ratio

WARM_UP_BATCHES, WARM_UP_S, SETTLED_S = 3, 0.04, 0.02
"""Least batches, and seconds per model, of the warm-up of clocks and caches; the second time needs fewer seconds."""
ROUNDS = 16
"""Number of blocks of each model for which the time should be enough."""
LONGEST_BLOCK_S = 0.2
FEWEST_ROUNDS = 12
"""With fewer rounds an interval never counts as narrow enough: stopping when it happens to be would make it too narrow."""
PATIENCE = 3
"""Factor by which blocks that are too long may exceed the time, until there are enough for an interval."""
GROWTH = 1.2
"""Intervals are computed whenever the rounds have grown by this factor, so that computing them takes hardly any time."""

Predict = Callable[[], None]


@dataclass
class Blocks:
    """The blocks of one model: when each block was, and how long each of its batches took, in seconds."""

    stretches: list[Stretch] = field(default_factory=list)
    durations_s: list[np.ndarray] = field(default_factory=list)

    @property
    def medians_s(self) -> list[float]:
        """Return the median time of a batch, by block."""
        return [float(np.median(each)) for each in self.durations_s]

    @property
    def quartiles_s(self) -> list[float]:
        """Return the lower quartile of the batch time, by block: other load of the machine affects it least."""
        return [float(np.quantile(each, 0.25)) for each in self.durations_s]

    @property
    def duration_s(self) -> float:
        """Return the time that all batches took."""
        return float(sum(each.sum() for each in self.durations_s))


@dataclass(frozen=True)
class Turns:
    """The blocks of each model, equally many for each, and whether they were enough.

    `half_width` is the largest relative half width of the 95 % intervals of median latencies and of their ratios to the
    reference.
    """

    blocks: dict[str, Blocks]
    half_width: float
    enough: bool


def predicting(model: keras.Model, x: np.ndarray, sizes: Sequence[int]) -> list[Predict]:
    """Return functions that predict a batch of each size as a user does: copy the input in, and the output out.

    The model is compiled once for all sizes, as in `Model.predict`.
    """
    given = tf.TensorSpec((None, *x.shape[1:]), x.dtype)
    compiled = tf.function(lambda batch: model(batch, training=False), input_signature=[given])

    def predict(batch: np.ndarray) -> None:
        keras.tree.map_structure(np.asarray, compiled(tf.constant(batch)))

    return [partial(predict, x[:size]) for size in sizes]


def in_turn(
    models: Mapping[str, Predict],
    budget_s: float,
    precision: float,
    ledger: Ledger | None = None,
    reference: str = "",
    again: bool = False,
) -> Turns:
    """Measure models in turn until all half widths are at most `precision` and the meters resolve the energies to it.

    It stops without that after `budget_s` seconds per model. `again`: the models were measured before, at another batch
    size.
    """
    all_s = budget_s * len(models)
    batch_s = _warmed_up(models, (SETTLED_S if again else WARM_UP_S) * len(models), all_s)
    shortest_s, resolvable_s = (ledger.block_s, ledger.resolvable_s(precision)) if ledger else (0.0, 0.0)
    block_s = max(shortest_s, min(LONGEST_BLOCK_S, budget_s / ROUNDS))
    # Blocks of all models have equally many batches, so that their quartiles mean the same.
    batches = max(1, round(min(block_s / min(batch_s), all_s / LEAST / sum(batch_s))))
    blocks = {name: Blocks() for name in models}
    order, look, half_width = _orders([*models]), float(FEWEST_ROUNDS), math.inf
    start_s = time.perf_counter()
    for number in count(1):
        for name in next(order):
            _block(models[name], batches, blocks[name], ledger)
        spent_s = time.perf_counter() - start_s
        late = spent_s >= all_s and (number >= LEAST or spent_s >= PATIENCE * all_s)
        if number >= look or late:
            half_width, look = _half_width(blocks, reference), GROWTH * number
        # The edges of every block add the same uncertainty; over all blocks it grows with the root of their number.
        resolved = all(each.duration_s >= resolvable_s * math.sqrt(number) for each in blocks.values())
        enough = half_width <= precision and resolved
        if enough or late:
            break
    return Turns(blocks, half_width, enough)


def _orders(names: list[str]) -> Iterator[list[str]]:
    """Yield shuffled orders of models, each followed by its reverse, so that none comes first more often."""
    draw = (
        random.Random()
    )  # its own generator, different in each process, so that an order does not favour the same model everywhere
    while True:
        order = draw.sample(names, len(names))
        yield order
        yield order[::-1]


def _warmed_up(models: Mapping[str, Predict], least_s: float, most_s: float) -> list[float]:
    """Predict in turn until clocks and caches have settled; return the shortest time of a batch of each model."""
    for predict in models.values():
        predict()  # compiles
    start_s, batch_s = time.perf_counter(), [math.inf] * len(models)
    number = 0
    while _spent(start_s) < least_s or (number < WARM_UP_BATCHES and _spent(start_s) < most_s):
        number += 1
        for place, predict in enumerate(models.values()):
            begin_s = time.perf_counter()
            predict()
            batch_s[place] = min(batch_s[place], _spent(begin_s))
    return batch_s


def _spent(start_s: float) -> float:
    return time.perf_counter() - start_s


def _block(predict: Predict, batches: int, blocks: Blocks, ledger: Ledger | None) -> None:
    """Measure a block after one unmeasured batch, so that caches filled by another model do not count.

    A block of a single batch has no such batch before it: the effect is small in so long a batch.
    """
    if batches > 1:
        predict()
    durations_s = np.empty(batches)
    stretch = ledger.begin() if ledger else None
    for number in range(batches):
        begin_s = time.perf_counter()
        predict()
        durations_s[number] = time.perf_counter() - begin_s
    if ledger and stretch:
        blocks.stretches.append(ledger.end(stretch))
    blocks.durations_s.append(durations_s)


def _half_width(blocks: Mapping[str, Blocks], reference: str) -> float:
    """Return the largest relative half width of the intervals of latencies, and of their ratios to the reference."""
    widths = []
    for name, each in blocks.items():
        ends: list[tuple[float | None, float | None]] = [block_interval(each.medians_s) or (None, None)]
        if reference in blocks and name != reference:
            ratio = paired_ratio(each.quartiles_s, blocks[reference].quartiles_s)
            ends.append(ratio[1:] if ratio else (None, None))
        widths += [math.inf if low is None or high is None else (high - low) / (high + low) for low, high in ends]
    return max(widths)
