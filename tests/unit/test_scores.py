"""Scores of test samples as they are written and read."""

import numpy as np
import pytest

from frugalnet.errors import FrugalNetError
from frugalnet.record.scores import read_scores, write_scores


@pytest.mark.parametrize("size", [0.003, 0.33, 70_000.0])
def test_errors_are_written_in_steps_that_keep_their_mean(tmp_path, size):
    errors = np.random.default_rng(0).exponential(size, 4128).astype("float32")
    write_scores(errors, tmp_path / "scores.npy")
    found = read_scores(tmp_path / "scores.npy")
    assert found.mean(dtype=float) == pytest.approx(errors.mean(dtype=float), rel=2e-5)
    assert np.abs(found - errors).max() <= size / 16 * 1.05
    assert found.min() >= 0
    assert len(np.unique(found)) < 400


def test_classes_that_are_right_are_written_as_they_are(tmp_path):
    write_scores(np.array([True, False, True]), tmp_path / "scores.npy")
    assert read_scores(tmp_path / "scores.npy").tolist() == [True, False, True]


def test_model_without_an_error_has_none(tmp_path):
    write_scores(np.zeros(3, "float32"), tmp_path / "scores.npy")
    assert read_scores(tmp_path / "scores.npy").tolist() == [0, 0, 0]


def test_file_of_something_else_is_refused(tmp_path):
    np.save(tmp_path / "scores.npy", np.zeros((2, 2)))
    with pytest.raises(FrugalNetError, match=r"float64 of shape \(2, 2\); expected bool or float, \(samples,\)"):
        read_scores(tmp_path / "scores.npy")
