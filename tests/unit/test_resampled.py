"""What the choice of test samples adds to chance: draws of them, the same for all runs, and what of it stays in a gain."""

import numpy as np
import pandas as pd
import pytest

from frugalnet.analysis.comparison import comparison
from frugalnet.analysis.interim import read_study
from frugalnet.config.carbon import Carbon
from frugalnet.config.checks import Checks
from frugalnet.errors import FrugalNetError
from frugalnet.record import paths
from tests.unit.conftest import REFERENCES, made_record, sign

BASELINE, CONTINUED = (f"mnist/{method}/default/seed0" for method in ("baseline", "continued"))
RIGHT = np.arange(400) % 4 > 0


@pytest.fixture
def scored(study):
    """Return a function that writes records with their scores of test samples, or without (None), and gives what is read."""

    def write(*records_and_scores):
        folder, records, _ = study(*(rec for rec, _ in records_and_scores))
        for rec, scores in records_and_scores:
            path = paths.raw(folder, rec.run.id, paths.TEST_SCORES)
            path.unlink()
            if scores is not None:
                np.save(path, scores)
            sign(rec, path.parent)
        return folder, records, Checks()

    return write


def resampled(*read):
    """Return the draws of each run."""
    table = read_study(*read)["resampled"]
    return {run: rows["test_quality"].to_numpy() for run, rows in table.groupby("run")}


def test_table_has_200_draws_of_each_run_that_spread_as_a_share_of_so_many_samples_does(scored):
    table = read_study(*scored((made_record(quality=0.75), RIGHT)))["resampled"]
    assert list(table) == ["run", "draw", "test_quality"]
    assert (table["run"].unique().tolist(), table["draw"].tolist()) == ([BASELINE], list(range(200)))
    assert table["test_quality"].mean() == pytest.approx(0.75, abs=0.005)
    assert table["test_quality"].std() == pytest.approx((0.75 * 0.25 / 400) ** 0.5, rel=0.15)


def test_all_runs_have_the_same_draws_so_that_what_is_hard_for_both_cancels_out(scored):
    better = RIGHT.copy()
    better[0] = True  # which was wrong
    continued = made_record(method="continued", quality=0.7525)
    found = resampled(*scored((made_record(quality=0.75), RIGHT), (continued, better)))
    times_drawn = (found[CONTINUED] - found[BASELINE]) * 400
    np.testing.assert_allclose(times_drawn, times_drawn.round(), atol=1e-3)
    assert 0 <= times_drawn.min() < times_drawn.max() < 8
    assert times_drawn.mean() == pytest.approx(1, abs=0.3)


def test_draws_of_errors_are_their_means(scored):
    housing = made_record("california_housing", quality=0.35)
    errors = np.tile([0.2, 0.3, 0.4, 0.5], 50).astype("float16")
    (draws,) = resampled(*scored((housing, errors))).values()
    assert draws.mean() == pytest.approx(0.35, abs=0.002)
    assert draws.std() == pytest.approx(errors.std(dtype=float) / 200**0.5, rel=0.15)


def test_run_of_before_scores_were_kept_has_no_rows(scored):
    continued = made_record(method="continued", quality=0.75)
    assert list(resampled(*scored((made_record(quality=0.75), None), (continued, RIGHT)))) == [CONTINUED]


def test_study_of_before_scores_were_kept_has_a_table_without_rows(scored):
    table = read_study(*scored((made_record(quality=0.75), None)))["resampled"]
    assert (len(table), list(table)) == (0, ["run", "draw", "test_quality"])


def test_more_test_samples_than_are_drawn_at_once_are_all_drawn(scored):
    right = np.arange(30_000) % 2 == 0
    (draws,) = resampled(*scored((made_record(quality=0.5), right))).values()
    assert draws.std() == pytest.approx(0.5 / 30_000**0.5, rel=0.15)


@pytest.mark.parametrize(
    ("scores", "said"),
    [
        (np.arange(400) % 5 > 0, "has a mean of 0.8; expected the test accuracy of the run, 0.75"),
        (RIGHT.reshape(20, 20), r"is no file of test scores \(.*shape \(20, 20\)"),
        (RIGHT.astype(int), r"is no file of test scores \(.*int64"),
        (np.array([None, True]), r"is no file of test scores \(.*Object arrays"),
        (RIGHT[:0], "has 0 scores; expected one for each of the test samples"),
    ],
)
def test_scores_that_are_not_those_of_the_record_are_damaged(scored, scores, said):
    read = scored((made_record(quality=0.75), scores))
    with pytest.raises(FrugalNetError, match=f"raw/{BASELINE}/test_scores.npy {said}"):
        read_study(*read)


def test_scores_are_as_many_as_the_test_samples_of_the_data(scored):
    rec = made_record(quality=0.75, data={"level": "sample", "samples": {"test": 500}})
    with pytest.raises(
        FrugalNetError, match=r"test_scores\.npy has 400 scores; expected one for each of the 500 samples"
    ):
        read_study(*scored((rec, RIGHT)))


def test_errors_may_be_rounded_in_their_file(scored):
    read = scored((made_record("california_housing", quality=0.35), np.full(9, 0.3503)))
    assert read_study(*read)["problems"].empty


def test_errors_whose_mean_is_further_off_than_their_steps_are_damaged(scored):
    read = scored((made_record("california_housing", quality=0.35), np.full(9, 0.352)))
    with pytest.raises(FrugalNetError, match=r"test_scores\.npy has a mean .*expected the test mae of the run, 0\.35"):
        read_study(*read)


def gain(read):
    """Return the row of the comparison of the method that is compared with the baseline."""
    tables = read_study(*read)
    table = comparison(tables["runs"], Carbon(), REFERENCES, tables["resampled"])
    return table.set_index("method").loc["pruning"]


def seeds(*scores):
    """Return runs of a baseline and of its pruning, of each seed, from the scores of both."""
    runs = []
    for seed, pair in enumerate(scores):
        for method, own in zip(("baseline", "pruning"), pair, strict=True):
            runs.append((made_record(method=method, seed=seed, quality=float(np.mean(own))), own))
    return runs


def test_interval_of_a_gain_has_the_test_samples_in_it_that_all_seeds_are_better_on(scored):
    better = np.arange(400) % 4 > 0
    better[:40:4] = True  # 10 more
    also = better.copy()
    also[40] = True  # 11 more
    row = gain(scored(*seeds((RIGHT, better), (RIGHT, also), (RIGHT, better))))
    assert row["quality_gain"] == pytest.approx(31 / 1200)
    assert row["quality_gain_contains"] == "seeds and test samples"
    of_samples = 1.96 * (31 / 1200 * (1 - 31 / 1200) / 400) ** 0.5  # of a share of the samples
    assert row["quality_gain_high"] - row["quality_gain"] == pytest.approx(of_samples, rel=0.15)


def test_interval_of_a_gain_is_over_seeds_alone_where_scores_of_a_run_are_missing(scored):
    runs = seeds((RIGHT, RIGHT), (RIGHT, np.arange(400) % 5 > 0), (RIGHT, RIGHT))
    row = gain(scored(*runs[:-1], (runs[-1][0], None)))
    assert row["quality_gain_contains"] == "seeds"
    assert row["quality_gain_high"] == pytest.approx(0.05 / 3 + 4.302653 * 0.05 / 3)


def test_one_seed_has_no_interval_whatever_is_known_of_test_samples(scored):
    row = gain(scored(*seeds((RIGHT, np.arange(400) % 5 > 0))))
    assert row["quality_gain"] == pytest.approx(0.05)
    assert pd.isna(row[["quality_gain_low", "quality_gain_high", "quality_gain_contains"]]).all()
