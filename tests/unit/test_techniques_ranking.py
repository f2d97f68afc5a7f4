"""The efficiency score, and combinations ranked by it: what has a rank, and how sure the ranks are."""

import numpy as np
import pandas as pd
import pytest

from frugalnet.analysis.factors import LEVEL
from frugalnet.config.techniques import Score
from frugalnet.studies.techniques.ranking import MEANINGS, ranking
from frugalnet.studies.techniques.score import parts, ranks_by_weights, score
from frugalnet.studies.techniques.spread import intervals, of_repeats, spread
from tests.unit.made_techniques import energy_j, made_combinations, made_runs, made_study

STUDY = made_study()
COMBINATIONS = made_combinations(STUDY)
BASE_CASES, ALL = 8, 32


def scored(*changes, weights=None):
    logs = parts(made_runs(STUDY, *changes))
    return list(score(logs, weights or Score()))


def ranked(*changes, study=STUDY):
    return ranking(made_runs(study, *changes), study).set_index("variant")


def with_scores(scores, seed=0, **more):
    """Return changes for a run per variant; scores are against that of the run that all others are made from."""
    return [
        {"variant": name, "train_energy_j": energy_j(value), "seed": seed, **more} for name, value in scores.items()
    ]


# The score


def test_score_is_that_of_netscore_with_energy_and_time_in_place_of_parameters_and_operations():
    changes = {"validation_quality": 0.5, "train_energy_j": 1000.0, "latency_batch1_ms": 10.0}
    assert scored(changes) == pytest.approx([20 * np.log10(0.5**2 / (1000**0.5 * 10**0.5))])
    assert scored(changes) == pytest.approx([-52.0412])


def test_ten_times_the_energy_costs_ten_decibels_and_half_the_quality_twelve():
    first, dear, bad = scored({}, {"train_energy_j": 10_000.0}, {"validation_quality": 0.25})
    assert first - dear == pytest.approx(10)
    assert first - bad == pytest.approx(12.0412)


def test_error_counts_as_its_inverse():
    small, large = scored({"metric": "mae", "validation_quality": 0.3}, {"metric": "mae", "validation_quality": 0.6})
    assert small - large == pytest.approx(12.0412)


def test_what_has_no_weight_may_be_missing():
    weights = Score(quality=1, energy=0, inference=1)
    assert scored({"train_energy_j": None, "validation_quality": 0.1}, weights=weights) == pytest.approx([-20])
    assert np.isnan(scored({"train_energy_j": None})).all()


def test_quality_or_cost_of_zero_has_no_score():
    assert np.isnan(scored({"validation_quality": 0.0}, {"train_energy_j": 0.0})).all()


def test_ranks_change_with_the_weights():
    runs = made_runs(
        STUDY,
        {"variant": "all-on", "validation_quality": 0.9, "train_energy_j": 4000.0},
        {"variant": "draw0001", "validation_quality": 0.6, "train_energy_j": 1000.0},
        {"variant": "draw0002", "method": "best"},
        {"variant": "draw0003", "status": "diverged"},
    )
    found = ranks_by_weights(runs, Score(quality=2), energy=(0, 0.5, 1), inference=(0.5,))
    wide = found.pivot(index="variant", columns="weight_energy", values="rank")
    assert wide.loc["all-on"].tolist() == [1, 1, 2]  # +7.0 dB of quality, -6.0 and -12.0 dB of energy
    assert wide.loc["draw0001"].tolist() == [2, 2, 1]
    assert len(found) == 6


# The table


def test_combinations_are_ranked_by_the_score_the_best_first():
    table = ranked(*with_scores({"all-off": 0, "draw0001": -1, "draw0002": 3}))
    assert table["rank"].to_dict() == {"draw0002": 1, "all-off": 2, "draw0001": 3}
    assert list(table["rank"]) == [1, 2, 3]


def test_test_quality_has_no_part_in_the_rank_and_stands_beside_it():
    table = ranked(
        {"variant": "draw0001", "validation_quality": 0.6, "test_quality": 0.1},
        {"variant": "draw0002", "validation_quality": 0.5, "test_quality": 0.9},
    )
    assert table["rank"].to_dict() == {"draw0001": 1, "draw0002": 2}
    assert table["test_quality"].to_dict() == {"draw0001": 0.1, "draw0002": 0.9}


def test_equal_scores_have_the_same_rank():
    table = ranked(*with_scores({"all-off": 0, "draw0001": 5, "draw0002": 5, "draw0003": 1}))
    assert table["rank"].to_dict() == {"draw0001": 1, "draw0002": 1, "draw0003": 3, "all-off": 4}


def test_seeds_of_a_combination_are_one_row_with_their_means():
    table = ranked(*({"seed": seed, "validation_quality": 0.5 + seed / 10} for seed in range(3)))
    row = table.loc["all-off"]
    assert (row["runs"], row["validation_quality"]) == (3, pytest.approx(0.6))
    assert row["score"] == pytest.approx(np.mean([-42.0412, -38.8739, -36.1961]), abs=1e-3)


def test_runs_without_a_model_come_last_without_rank_with_status_and_energy():
    table = ranked(
        {"variant": "draw0001", "status": "diverged", "train_energy_j": 12.5},
        {"variant": "draw0002", "status": "refused", "train_energy_j": None, "energy_source": None},
        {"variant": "draw0003"},
    )
    assert list(table.index) == ["draw0003", "draw0001", "draw0002"]
    assert list(table["status"]) == ["complete", "diverged", "refused"]
    assert table["rank"].isna().tolist() == [False, True, True]
    assert table.loc["draw0001", "train_energy_j"] == 12.5
    assert table.loc["draw0001", f"{LEVEL}optimizer"] == COMBINATIONS[BASE_CASES].levels["optimizer"]


def test_combination_with_a_lost_seed_is_ranked_on_the_others_and_says_so():
    table = ranking(made_runs(STUDY, {"seed": 0}, {"seed": 1, "status": "diverged"}), STUDY)
    assert list(table["status"]) == ["complete", "diverged"]
    assert list(table["runs"]) == [1, 1]
    assert "1 further run: diverged" in table["note"][0]


def test_unknown_energy_gives_no_score_and_a_note():
    table = ranked({}, {"variant": "draw0001", "train_energy_j": None})
    assert list(table["rank"].isna()) == [False, True]
    assert table.loc["draw0001", "note"] == "no score: energy of the training not known, or zero"
    assert pd.isna(table.loc["draw0001", "on_front"])


def test_energies_of_different_kinds_are_not_ranked_against_each_other():
    table = ranked(
        *with_scores({"all-off": 0, "draw0001": 5}),
        *with_scores({"all-on": 9, "draw0002": 8}, energy_source="estimated", energy_scope="cpu"),
        *with_scores({"draw0003": 7}, threads=4),
    )
    assert table["rank"].to_dict() == {"draw0001": 1, "all-off": 2, "all-on": 1, "draw0002": 2, "draw0003": 1}
    assert table["on_front"].to_dict()["draw0001"]


def test_best_configurations_are_not_ranked():
    table = ranked({}, {"variant": "best-run", "method": "best"})
    assert list(table.index) == ["all-off"]


def test_front_is_of_validation_quality_and_energy():
    table = ranked(
        {"variant": "all-off", "validation_quality": 0.5, "train_energy_j": 100.0},
        {"variant": "draw0001", "validation_quality": 0.6, "train_energy_j": 200.0},
        {"variant": "draw0002", "validation_quality": 0.55, "train_energy_j": 200.0, "test_quality": 0.99},
        {"variant": "draw0003", "validation_quality": 0.6, "train_energy_j": 200.0},
    )
    assert table["on_front"].to_dict() == {"all-off": True, "draw0001": True, "draw0003": True, "draw0002": False}


def test_less_error_is_better_on_the_front():
    table = ranked(
        {"variant": "all-off", "metric": "mae", "validation_quality": 0.3, "train_energy_j": 100.0},
        {"variant": "draw0001", "metric": "mae", "validation_quality": 0.6, "train_energy_j": 200.0},
    )
    assert table["on_front"].to_dict() == {"all-off": True, "draw0001": False}


def test_columns_and_types_are_the_same_without_rows():
    full, empty = ranking(made_runs(STUDY, {}), STUDY), ranking(made_runs(STUDY), STUDY)
    assert len(empty) == 0
    assert empty.dtypes.to_dict() == full.dtypes.to_dict()


def test_every_own_column_has_a_meaning():
    known = {"dataset", "network", "metric", "energy_source", "energy_scope", "data_level", "threads"}
    table = ranking(made_runs(STUDY), STUDY)
    own = [name for name in table if name not in known and not name.startswith("factor.")]
    assert sorted(own) == sorted(MEANINGS["ranking"])


# Intervals


def test_spread_over_seeds_is_pooled_over_the_combinations_that_were_repeated():
    found = of_repeats(pd.Series([1.0, 3.0, 10.0, 14.0, 99.0]), pd.Series(["a", "a", "b", "b", "c"]))
    assert found.freedom == 2
    assert found.std == pytest.approx(np.sqrt((2 + 8) / 2))


def test_one_repeated_pair_is_too_little_for_a_spread_over_seeds():
    assert of_repeats(pd.Series([1.0, 3.0, 99.0]), pd.Series(["a", "a", "c"])) is None


def test_interval_of_a_score_is_students_t_and_narrower_for_the_mean_of_seeds():
    noisy = [{"seed": seed, "train_energy_j": energy_j(value)} for seed, value in enumerate((-1, 0, 1))]
    row = ranked(*noisy, {"variant": "draw0001"}).loc
    half = 4.302653 * 1.0
    assert row["draw0001", "score_high"] - row["draw0001", "score"] == pytest.approx(half)
    assert row["all-off", "score_high"] - row["all-off", "score"] == pytest.approx(half / np.sqrt(3))
    assert "pooled over 1 combination that ran more than once (2 degrees of freedom)" in row["all-off", "note"]


def test_ranks_are_as_sure_as_the_test_of_all_pairs_is():
    """Tables of the studentized range: 4.60 for three means and five degrees of freedom."""
    of = spread(pd.Series([0, 2**0.5] * 5), pd.Series(np.repeat(range(5), 2)), None)
    found = intervals(pd.Series([0.0, -4.5, -4.7]), pd.Series([1, 1, 1]), of)
    assert (of.std, of.freedom) == (pytest.approx(1.0), 5)
    assert list(zip(found["rank_low"], found["rank_high"], strict=True)) == [(1, 2), (1, 3), (2, 3)]


def test_without_repeated_combinations_the_spread_is_that_of_residuals():
    values = dict(zip([each.name for each in COMBINATIONS], np.random.default_rng(0).normal(0, 2, ALL), strict=True))
    table = ranked(*with_scores(values))
    assert table["note"].str.contains("residuals of a linear model of the factors (32 combinations", regex=False).all()
    assert table["rank_high"].notna().all()


def test_too_few_combinations_for_a_linear_model_have_no_intervals():
    table = ranked(*with_scores({"all-off": 0, "draw0001": 5}))
    assert table[["score_low", "score_high", "rank_low", "rank_high"]].isna().all(axis=None)
    assert table["note"].str.startswith("no intervals: too few combinations ran more than once").all()


def test_equal_scores_of_all_seeds_give_no_intervals():
    table = ranked(*({"seed": seed} for seed in range(3)), {"variant": "draw0001"})
    assert table["score_low"].isna().all()
    assert table.loc["draw0001", "note"] == "no intervals: scores have no spread"
