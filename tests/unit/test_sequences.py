"""The claims of a dataset, which are shown together."""

import numpy as np
import pandas as pd
import pytest

from frugalnet.analysis.statistics.sequences import adjusted, in_sequence

NAN = float("nan")


def test_largest_is_tested_first_in_a_sequence_of_what_differs_in_size_alone():
    claims = pd.DataFrame(
        [
            ("pruning", "weight", 96.0),
            ("pruning", "weight", 193.0),
            ("pruning", "unit", 100.0),
            ("pruning", "unit", NAN),
            ("pruning", "unit", 250.0),
            ("nas", None, 50.0),
            ("nas_pruning", "unit", 50.0),
        ],
        columns=["method", "family", "size"],
    )
    assert sorted(in_sequence(claims)) == [[1, 0], [4, 2, 3], [5], [6]]


def test_one_sequence_is_tested_in_fixed_order_up_to_the_first_that_is_not_shown():
    assert adjusted([0.01, 0.04, 0.2, 0.001], [[0, 1, 2, 3]]).tolist() == [0.01, 0.04, 0.2, 0.2]


def test_sequences_of_one_are_holms_procedure():
    assert adjusted([0.01, 0.04, 0.03], [[0], [1], [2]]).tolist() == pytest.approx([0.03, 0.06, 0.06])


def test_share_of_a_sequence_that_is_shown_goes_to_those_that_are_left():
    """Halves of alpha: 0 and 1 are shown at 0.02 and 0.04, then 2 has all of it; 3 is not shown before 2."""
    found = adjusted([0.01, 0.02, 0.045, 0.01], [[0, 1], [2, 3]])
    assert found.tolist() == pytest.approx([0.02, 0.04, 0.045, 0.045])


def test_claim_without_a_p_value_is_not_shown_and_ends_its_sequence():
    found = adjusted([0.01, NAN, 0.001, 0.02], [[0, 1, 2], [3]])
    assert found[[0, 3]].tolist() == pytest.approx([0.02, 0.04])
    assert np.isnan(found[1])
    assert found[2] == 1


def test_no_claims_need_no_test():
    assert adjusted([], []).tolist() == []
