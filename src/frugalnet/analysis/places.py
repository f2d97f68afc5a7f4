"""Groups of the rows of a table as places in arrays: cheap where there are thousands of groups of a single row."""

from collections.abc import Sequence
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

Places = NDArray[np.intp]


def places_of(groups: Any) -> list[Places]:
    """Return the places of the rows of each group of a table's `groupby`, which leaves out no row and does not sort."""
    number = groups.ngroup().to_numpy()
    order = np.argsort(number, kind="stable")
    return np.split(order, np.flatnonzero(np.diff(number[order])) + 1) if len(order) else []


class Cells:
    """Columns of a table as arrays, each made once."""

    def __init__(self, table: pd.DataFrame) -> None:
        self._table = table
        self._found: dict[tuple[str, bool], NDArray[Any]] = {}

    def values(self, name: str) -> NDArray[Any]:
        """Return a column."""
        if (name, False) not in self._found:
            self._found[name, False] = self._table[name].to_numpy()
        return self._found[name, False]

    def numbers(self, name: str) -> NDArray[np.float64]:
        """Return a column as numbers; NaN where one is missing."""
        if (name, True) not in self._found:
            self._found[name, True] = self._table[name].astype(float).to_numpy()
        return self._found[name, True]

    def matrix(self, columns: Sequence[str]) -> NDArray[np.float64]:
        """Return columns x rows, as numbers."""
        return np.array([self.numbers(name) for name in columns])
