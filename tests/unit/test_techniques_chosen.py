"""What the method `best` trains: the best run, and the best level of each factor if it is shown to be better than off."""

import numpy as np
import pandas as pd
import pytest

from frugalnet.errors import FrugalNetError
from frugalnet.studies.techniques.additive import additive
from frugalnet.studies.techniques.chosen import chosen
from frugalnet.studies.techniques.sheet import combination
from tests.unit.made_techniques import energy_j, made_combinations, made_run, made_runs, made_study

STUDY = made_study(n=60)
COMBINATIONS = made_combinations(STUDY)
OFF = {"batch_size": 32, "learning_rate": 0.0008, "schedule": "constant", "momentum": 0, "optimizer": "sgd"}
NOTHING = {}


def worth(levels, effects):
    """Return the true score of levels as texts; `effects` are those of `factor level`."""
    return sum(effects.get(f"{name} {level}", 0.0) for name, level in levels.items())


def made(effects, noise=0.1, study=STUDY, seed=0, seeds=1, **changes):
    """Return the runs of a study whose levels have additive effects; base cases are repeated over `seeds`."""
    chance, rows = np.random.default_rng(seed), []
    for each in made_combinations(study):
        for number in range(1 if each.name.startswith("draw") else seeds):
            value = worth(each.levels, effects) + chance.normal(0, noise)
            rows.append(made_run(each.name, number, each.levels, train_energy_j=energy_j(value), **changes))
    return pd.DataFrame(rows)


def levels_of(found):
    return {name: level for name, level in found["levels"].items() if level != OFF[name]}


def changed(runs, variant, **changes):
    return pd.DataFrame([row | (changes if row["variant"] == variant else {}) for row in runs.to_dict("records")])


# The best run


def test_best_run_is_the_first_of_the_ranking():
    drawn = next(each for each in COMBINATIONS if each.name == "draw0007")
    runs = changed(made(NOTHING), "draw0007", train_energy_j=energy_j(9))
    found = chosen(runs, STUDY)["best-run"]
    assert found["from"] == "draw0007"
    assert {name: str(level) for name, level in found["levels"].items() if drawn.levels[name] != "none"} == {
        name: level for name, level in drawn.levels.items() if level != "none"
    }
    assert found["because"].startswith("draw0007 has the best score of 68 combinations: -33.04 dB (95 % interval ")
    assert "; validation accuracy 0.5, 125.9 J of training, measured (gpu), 1 ms an inference" in found["because"]


def test_every_run_can_be_the_best_and_its_levels_lead_to_the_same_run():
    study = made_study(("precision", "internal", "momentum", "optimizer"), n=16)
    for each in made_combinations(study):
        runs = made_runs(study, {"variant": each.name, "train_energy_j": 1.0}, {"variant": "all-off", "seed": 9})
        runs = runs if each.name != "all-off" else runs[:1]
        levels = chosen(runs, study)["best-run"]["levels"]
        assert study.recipe_of(levels)
        assert combination(study, each.name, levels).levels == each.levels


def test_test_quality_chooses_nothing():
    runs = made_runs(
        STUDY, {"variant": "draw0001", "test_quality": 0.99}, {"variant": "draw0002", "validation_quality": 0.6}
    )
    assert chosen(runs, STUDY)["best-run"]["from"] == "draw0002"


def test_tie_is_told_and_goes_to_the_first_in_the_sheet():
    found = chosen(made_runs(STUDY, {"variant": "all-off"}, {"variant": "draw0002"}), STUDY)["best-run"]
    assert found["from"] == "all-off"
    assert found["because"].endswith("; the same score: draw0002.")


def test_runs_without_a_model_and_best_configurations_are_not_chosen():
    runs = made_runs(
        STUDY,
        {"variant": "draw0001", "status": "diverged", "train_energy_j": 1.0},
        {"variant": "best-levels", "method": "best", "train_energy_j": 2.0},
        {"variant": "draw0002", "train_energy_j": 900.0},
    )
    assert chosen(runs, STUDY)["best-run"]["from"] == "draw0002"


def test_combination_with_a_lost_seed_is_passed_over():
    runs = made_runs(
        STUDY,
        {"variant": "all-on", "train_energy_j": 1.0},
        {"variant": "all-on", "seed": 1, "status": "diverged"},
        {"variant": "draw0002"},
    )
    found = chosen(runs, STUDY)["best-run"]
    assert found["from"] == "draw0002"
    assert "draw0002 has the best score of 1 combination: " in found["because"]
    assert "; passed over, as a seed has no model: all-on." in found["because"]


def test_energies_of_the_larger_kind_choose():
    runs = made_runs(
        STUDY,
        {"variant": "all-on", "energy_source": "estimated", "energy_scope": "cpu", "train_energy_j": 1.0},
        {"variant": "draw0001", "train_energy_j": 500.0},
        {"variant": "draw0002"},
    )
    assert chosen(runs, STUDY)["best-run"]["from"] == "draw0001"


def test_nothing_is_chosen_where_no_energy_is_known():
    runs = made_runs(STUDY, {"train_energy_j": None, "energy_source": None})
    with pytest.raises(FrugalNetError, match=r"no combination has a score.*energy of the training not known"):
        chosen(runs, STUDY)
    with pytest.raises(FrugalNetError, match="no run of the study is complete"):
        chosen(made_runs(STUDY), STUDY)


def test_run_with_other_factors_is_an_error():
    runs = made_runs(STUDY, {"variant": "draw0001"}).assign(**{"factor.batch_size": "48"})
    with pytest.raises(FrugalNetError, match=r"the run draw0001 has the levels batch_size 48, .*expected the factors"):
        chosen(runs, STUDY)


# The best levels


def test_best_level_of_each_factor_is_combined():
    effects = {"batch_size 128": 3.0, "batch_size 64": 1.0, "learning_rate 0.01": 2.0, "schedule cosine": -2.0}
    found = chosen(made(effects), STUDY)["best-levels"]
    assert levels_of(found) == {"batch_size": 128, "learning_rate": 0.01}
    assert found["because"].startswith("Mean effect on the score against the off level: batch_size 128 +")
    assert "No level of schedule, momentum, optimizer is shown to be better than off." in found["because"]
    assert "(Additive linear model, HC3 errors, Holm; 68 combinations, 16 parameters.)" in found["because"]


def test_runs_without_a_model_at_a_chosen_level_are_told():
    runs = made({"learning_rate 0.01": 5.0})
    at_level = runs["variant"][runs["factor.learning_rate"] == "0.01"]
    for variant in at_level[-4:]:
        runs = changed(runs, variant, status="diverged", validation_quality=None)
    found = chosen(runs, STUDY)["best-levels"]
    assert levels_of(found) == {"learning_rate": 0.01}
    assert f"have no model: learning_rate 0.01, 4 of {len(at_level)}." in found["because"]


def test_levels_are_as_the_factors_list_them():
    found = chosen(made({"batch_size 128": 3.0, "momentum 0.9": 2.0}), STUDY)["best-levels"]["levels"]
    assert found == OFF | {"batch_size": 128, "momentum": 0.9}
    assert STUDY.recipe_of(found)[0].batch_size == 128


def test_off_level_stays_where_all_others_are_worse():
    found = chosen(made({"batch_size 4": -3.0, "batch_size 64": -1.0, "batch_size 128": -1.0}), STUDY)["best-levels"]
    assert levels_of(found) == {}
    assert found["from"] == "all-off"


def test_variant_that_has_the_best_levels_is_named():
    found = chosen(made({"schedule cosine": 3.0}), STUDY)["best-levels"]
    assert found["from"] == "only-schedule"
    assert chosen(made({"schedule cosine": 3.0, "batch_size 4": 3.0}), STUDY)["best-levels"]["from"] is None


def test_momentum_counts_as_off_where_the_optimizer_has_none():
    found = chosen(made({"optimizer adam": 3.0}), STUDY)["best-levels"]
    assert levels_of(found) == {"optimizer": "adam"}
    assert found["from"] is None


def test_level_that_takes_away_a_better_one_is_left_out():
    found = chosen(made({"optimizer adam": 2.0, "momentum 0.9": 3.0, "schedule cosine": 1.0}), STUDY)["best-levels"]
    assert levels_of(found) == {"momentum": 0.9, "schedule": "cosine"}
    assert (
        "Left out, as it does not go with the others: optimizer adam (momentum would have no effect)."
        in found["because"]
    )


def test_too_few_combinations_for_the_model_leave_all_off():
    study = made_study(n=20)  # 28 combinations, 16 parameters
    found = chosen(made({"batch_size 128": 9.0}, study=study), study)["best-levels"]
    assert levels_of(found) == {}
    assert "too few combinations for a linear model of the score (28 combinations, 16 parameters" in found["because"]


def test_level_of_a_single_combination_says_nothing():
    study = made_study(("batch_size", "schedule"), n=8)
    names = {"batch_size": ["32"] * 4 + ["128"] * 4 + ["4"], "schedule": ["constant", "cosine"] * 4 + ["constant"]}
    model = additive(pd.Series([0.0, 1, 0, 1, 5, 6.1, 5, 6, 99]), pd.DataFrame(names), study)
    assert list(model.effects["level"]) == ["128", "cosine"]
    assert model.effects["effect"].tolist() == pytest.approx([5.025, 1.025])
    assert (model.combinations, model.parameters) == (8, 3)


def test_levels_that_always_come_together_are_not_told_apart():
    study = made_study(("batch_size", "schedule"), n=8)
    names = {
        "batch_size": ["32", "32", "128", "128", "64", "64"] * 2,
        "schedule": (["constant"] * 2 + ["cosine"] * 2 + ["constant"] * 2) * 2,
    }
    model = additive(pd.Series(range(12), dtype=float), pd.DataFrame(names), study)
    assert list(model.effects["level"]) == ["64"]
    assert model.parameters == 3


def test_level_with_which_the_others_are_refused_is_left_out():
    factors = {
        "batch_size": {"off": 96, "on": 48, "levels": [96, 48, 32]},
        "devices": {"off": 1, "on": 3, "levels": [1, 3]},
    }
    study = made_study(("schedule",), n=16)
    study = made_study((), n=16, factors=study.factors | factors)
    found = chosen(made({"batch_size 32": 2.0, "devices 3": 3.0}, study=study), study)["best-levels"]
    assert found["levels"] == {"batch_size": 96, "devices": 3, "schedule": "constant"}
    assert "does not go with the others: batch_size 32 (batch_size devices 3 cannot share" in found["because"]
    assert "Combined, it has steps_per_execution 1: Keras' loop" in found["because"]


@pytest.mark.parametrize(("quantized", "kept"), [(3.0, {"precision"}), (9.0, {"internal"})])
def test_level_that_is_resolved_with_a_better_one_is_left_out(quantized, kept):
    study = made_study(("precision", "internal", "schedule"), n=36)
    effects = {"precision mixed_float16": 5.0, "internal quantization_aware": quantized, "schedule cosine": 1.0}
    found = chosen(made(effects, study=study), study)["best-levels"]
    off = {"precision": "float32", "internal": "none", "schedule": "constant"}
    assert {name for name, level in found["levels"].items() if level != off[name]} == {*kept, "schedule"}
    assert " (internal none: an int8 file is made of a network that computes in float32" in found["because"]


@pytest.mark.long
def test_factor_without_effect_is_rarely_chosen_also_where_noise_is_not_the_same_everywhere():
    frame = pd.DataFrame([dict(each.levels) for each in COMBINATIONS])
    noisy = frame["learning_rate"].map({"0.01": 3.0}).fillna(1) * frame["optimizer"].map({"rmsprop": 2.0}).fillna(1)
    chance, wrong, held = np.random.default_rng(3), [], []
    for _ in range(150):
        effects = additive(pd.Series(chance.normal(0, noisy)), frame, STUDY).effects
        held.append((effects["low"].le(0) & effects["high"].ge(0)).mean())
        wrong.append((effects["effect"].gt(0) & effects["p"].le(0.05 / 3)).groupby(effects["factor"]).any().mean())
    assert np.mean(held) >= 0.95
    assert np.mean(wrong) <= 0.025
