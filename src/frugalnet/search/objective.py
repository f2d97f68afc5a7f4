"""The objective of a search: quality on validation data, less penalties for size, operations, energy and latency.

Each penalty is the weight times the binary logarithm of a trial's value over that of the baseline, so that a weight
says what a halving is worth. Another baseline shifts all objectives of a search alike: the best trial stays the same.
"""

import math
from dataclasses import dataclass

from frugalnet.config.nas import Weights
from frugalnet.energy import statement
from frugalnet.errors import FrugalNetError
from frugalnet.record.record import Record

NAME = "objective"
WHY = {
    "macs": "its multiply-accumulates are not known",
    "energy": "the energy of its training is not known",
    "latency": "it was measured beside no baseline",
}


@dataclass(frozen=True)
class Costs:
    """The costs of a network, in the parts of the objective; None: not known."""

    parameters: int
    macs: int | None
    energy: float | None
    """Energy of an epoch of training, validation included, in joules."""
    latency: float | None
    """Latency of a single sample over that of the baseline, measured in turn; 1 for the baseline."""
    energy_kind: tuple[str | None, str | None] = (None, None)
    """Scope and source of the energy."""


@dataclass(frozen=True)
class Objective:
    """The value by which trials are compared, in units of the metric and in its sense.

    `sign` is 1 where more of the metric is better, and -1 where less is. Without weights no reference is needed.
    """

    weights: Weights
    reference: Costs | None
    sign: int

    def __post_init__(self) -> None:
        for name in self.weighted:
            if self.reference is None:
                raise FrugalNetError(f"nas.weights.{name}: there is no baseline to compare with")
            _known(name, self.reference, "the baseline")

    @property
    def weighted(self) -> dict[str, float]:
        """Return the weights that are not zero, by their parts."""
        return {name: weight for name, weight in self.weights.model_dump().items() if weight}

    def parts(self, quality: float, costs: Costs) -> dict[str, float]:
        """Return the parts whose sum is the objective; raises FrugalNetError where a weighted one is not known."""
        found = {"quality": quality}
        for name, weight in self.weighted.items():
            assert self.reference is not None
            ratio = _known(name, costs, "the trial") / _known(name, self.reference, "the baseline")
            if name == "energy" and costs.energy_kind != self.reference.energy_kind:
                kinds = (" ".join(map(str, each.energy_kind)) for each in (costs, self.reference))
                raise FrugalNetError("nas.weights.energy: of the trial it is {}, of the baseline {}".format(*kinds))
            found[name] = -self.sign * weight * math.log2(ratio)
        return found


def costs_of_baseline(rec: Record) -> Costs:
    """Return the costs of a finished run's model, not compacted, and of its training."""
    assert rec.model is not None
    epochs = sum(window.parent == "run/train" and window.device == rec.windows[0].device for window in rec.windows)
    energy_j = statement.energy_j(rec.windows, "run/train", rec.energy.scope)
    return Costs(
        parameters=rec.model.parameters,
        macs=rec.model.macs,
        energy=None if energy_j is None else energy_j / epochs,
        latency=1.0,
        energy_kind=(rec.energy.scope, rec.energy.source),
    )


def _known(name: str, costs: Costs, whose: str) -> float:
    value = getattr(costs, name)
    if not value:
        raise FrugalNetError(
            f"nas.weights.{name}: not known for {whose}, {WHY.get(name, 'there is nothing to compare with')}"
        )
    return float(value)
