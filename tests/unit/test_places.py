"""Groups of rows as places: the same rows, in the same order, as a table's own groups."""

import numpy as np
import pandas as pd

from frugalnet.analysis.places import Cells, places_of

TABLE = pd.DataFrame(
    {
        "method": ["b", "a", "b", "a", "c"],
        "scope": ["gpu", None, "gpu", None, "cpu"],
        "energy_j": pd.array([1, None, 3, 4, 5], "Int64"),
        "flagged": pd.array([True, None, False, True, True], "boolean"),
    }
)


def test_places_are_in_the_order_of_first_appearance_also_of_groups_with_a_missing_key():
    groups = TABLE.groupby(["method", "scope"], sort=False, dropna=False)
    assert [places.tolist() for places in places_of(groups)] == [[0, 2], [1, 3], [4]]
    assert [key[0] for key in groups.size().index] == ["b", "a", "c"]
    assert places_of(TABLE.iloc[:0].groupby(["method"], sort=False, dropna=False)) == []


def test_cells_are_numbers_with_nan_or_values_as_they_are():
    cells = Cells(TABLE)
    assert np.isnan(cells.numbers("energy_j")[1]) and cells.numbers("energy_j")[[0, 2]].tolist() == [1.0, 3.0]
    assert cells.values("flagged")[1] is pd.NA and cells.values("method").tolist() == ["b", "a", "b", "a", "c"]
    assert cells.values("method") is cells.values("method")
    assert cells.matrix(["energy_j", "flagged"]).shape == (2, 5)


def test_means_along_a_row_of_a_matrix_are_those_of_a_column_to_the_last_bit():
    numbers = pd.DataFrame(np.random.default_rng(0).lognormal(size=(100, 3)), columns=list("xyz"))
    matrix, places = Cells(numbers).matrix(list("xyz")), np.arange(3, 100, 2)
    found = np.ascontiguousarray(matrix[:, places]).mean(axis=1)
    assert found.tolist() == [numbers.iloc[places][name].mean(skipna=False) for name in "xyz"]
