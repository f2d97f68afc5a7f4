"""Words for qualities, counts and p-values, as they stand in sentences."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

import pandas as pd

from frugalnet import catalogue
from frugalnet.page.cells import number

SPACE = "\N{NO-BREAK SPACE}"
MANY = ((1e9, "billion"), (1e6, "million"))
JOULES = ((1e6, "MJ"), (1e3, "kJ"))


@dataclass(frozen=True)
class Scale:
    """How qualities of a metric are written: accuracies in percent, their differences in points; errors as they are."""

    metric: str

    @property
    def name(self) -> str:
        """Return what is measured on test data."""
        return f"test {self.metric if self.metric == 'accuracy' else self.metric.upper()}"

    @property
    def sign(self) -> int:
        """Return 1 where more is better, -1 where less is."""
        return catalogue.sign(self.metric)

    def level(self, value: float) -> str:
        """Return a quality, or a standard deviation of qualities."""
        return f"{100 * value:.2f}{SPACE}%" if self.metric == "accuracy" else f"{value:.4f}"

    def margin(self, value: float) -> str:
        """Return how much worse counts as no worse."""
        return f"{100 * value:.2g}{SPACE}points" if self.metric == "accuracy" else f"{value:g}"

    def change(self, value: float) -> str:
        """Return a difference with its sign and unit."""
        return f"{self._signed(value)}{SPACE}points" if self.metric == "accuracy" else self._signed(value)

    def between(self, low: float, high: float) -> str:
        """Return an interval of differences."""
        return f"{self._signed(low)} to {self._signed(high)}"

    def _signed(self, value: float) -> str:
        return f"{100 * value:+.2f}" if self.metric == "accuracy" else f"{value:+.4f}"


def times(value: float, low: float, high: float) -> str:
    """Return a ratio with its interval where it has one: `2.10 (1.90 to 2.30)`."""
    around = "" if pd.isna(low) or low == high else f" ({number(low)} to {number(high)})"
    return f"{number(value)}{around}"


def many(count: float) -> str:
    """Return a number of three digits, a large one in words: `12,300`, `2.96 million`."""
    size, word = next(((size, word) for size, word in MANY if count >= size), (1.0, ""))
    return f"{float(f'{count / size:.3g}'):,g}" + (f"{SPACE}{word}" if word else "")


def p_value(value: float) -> str:
    """Return `p = 0.012`, and no more than that it is small for a small one."""
    return f"p{SPACE}<{SPACE}0.001" if value < 0.001 else f"p{SPACE}={SPACE}{value:.3f}"


def joules(energy_j: float) -> str:
    """Return an energy with the unit that suits its size."""
    scale, unit = next(((size, unit) for size, unit in JOULES if energy_j >= size), (1, "J"))
    return f"{number(energy_j / scale)} {unit}"


def ranged(values: Iterable[float]) -> str:
    """Return a number, or of several the smallest and the largest: `9,900 to 12,000`."""
    ends = sorted(values)
    return " to ".join(dict.fromkeys(number(value) for value in (ends[0], ends[-1])))


def listed(names: Sequence[str]) -> str:
    """Return names as a list in a sentence: `a, b and c`."""
    return " and ".join(filter(None, [", ".join(names[:-1]), names[-1]]))
