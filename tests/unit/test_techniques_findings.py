"""What the techniques study says in sentences: each with its interval, what is not shown as not shown, and nothing on made data."""

import pandas as pd
import pytest

from frugalnet.studies.techniques.findings import findings

ABOUT = {
    "dataset": "cifar10", "network": "resnet20", "metric": "accuracy", "data_level": "subset", "threads": 2,
    "energy_source": "estimated", "energy_scope": "cpu",
}  # fmt: skip
TIMES = "\N{MULTIPLICATION SIGN}"
OF_MODEL = {"kind": "main", "scale": "ratio", "runs_in_all": 60, "parameters": 12, "aliased_with": "", "note": ""}


def table(*rows, **changed):
    return pd.DataFrame([ABOUT | row | changed for row in rows])


def effect(quantity, level, estimate, low, high, p_holm=0.01, **changed):
    """Return the effect of an optimizer instead of SGD."""
    of = {"quantity": quantity, "factor": "optimizer", "level": level, "against": "sgd"}
    return OF_MODEL | of | {"estimate": estimate, "low": low, "high": high, "p_holm": p_holm} | changed


def combination(variant, rank=None, quality=None, score=None, **changed):
    """Return a row of the ranking; without a rank, that of a combination that got no model."""
    known = {
        "rank": rank,
        "test_quality": quality,
        "score": score,
        "status": "diverged" if rank is None else "complete",
    }
    intervals = {"score_low": None, "score_high": None, "rank_low": None, "rank_high": None}
    return {"variant": variant, "train_energy_j": 4100.0, "train_cpu_s": 210.0} | intervals | known | changed


EFFECTS = (
    effect("train_energy_j", "adam", 1.25, 1.1, 1.4),
    effect("train_energy_j", "adamw", 0.5, 0.4, 0.6),
    effect("train_cpu_s", "adam", 1.05, 0.9, 1.2, p_holm=0.4),
    effect("train_cpu_s", "adamw", 1.02, 0.9, 1.2, p_holm=1.0),
    effect("test_quality", "adam", 0.021, 0.012, 0.03, scale="difference"),
    effect("test_quality", "adamw", 0.01, -0.01, 0.03, p_holm=0.3, scale="difference"),
)
RANKING = (
    combination("all-off", 2, 0.7, 41.0),
    combination("all-on", 1, 0.9137, 42.26, score_low=41.1, score_high=43.4, rank_low=1, rank_high=3),
    combination("draw0001", 3, 0.65, 40.0, train_energy_j=1200.0),
    combination("draw0002"),
)
NO_GAIN = {"reference": "baseline", "reference_variant": "all-off", "quality_gain_low": None, "quality_gain_high": None}
BEST = {"method": "best", "seeds": 1, "quality_mean": 0.92, "quality_gain": 0.22, "train_energy_j": 950.0} | NO_GAIN
COMPARISON = (
    {"method": "baseline", "variant": "all-off", "seeds": 3, "quality_mean": 0.7, "quality_gain": 0.0} | NO_GAIN,
    BEST | {"variant": "best-run"},
    BEST
    | {"variant": "best-levels", "seeds": 3, "quality_mean": 0.905, "quality_gain": 0.205}
    | {"quality_gain_low": 0.18, "quality_gain_high": 0.23},
)
SPENT = {  # joules by seed; CPU seconds are a tenth
    ("baseline", "all-off"): (1900.0, 2000.0, 2100.0),
    ("best", "best-run"): (950.0,),
    ("best", "best-levels"): (950.0, 1000.0, 1155.0),
}
RUNS = tuple(
    {"method": method, "variant": variant, "seed": seed, "train_energy_j": joules, "train_cpu_s": joules / 10}
    | {"factor.optimizer": f"that of {variant}"}
    for (method, variant), energies in SPENT.items()
    for seed, joules in enumerate(energies)
)
FOREST = {"quantity": "train_energy_j", "r2_forest": 0.71, "note": ""}
IMPORTANCE = (
    {**FOREST, "factor": "schedule", "importance": 0.01, "low": -0.02, "high": 0.04},
    {**FOREST, "factor": "batch_size", "importance": 0.6, "low": 0.4, "high": 0.8},
    {**FOREST, "factor": "precision", "importance": 0.2, "low": 0.1, "high": 0.3},
    {**FOREST, "factor": "optimizer", "importance": 0.9, "low": 0.5, "high": 1.3, "quantity": "test_quality"},
)


def all_told(effects=EFFECTS, ranking=RANKING, comparison=COMPARISON, importance=IMPORTANCE, runs=RUNS, **changed):
    """Return the sentences of each heading, with ordinary spaces."""
    rows = {"effects": effects, "ranking": ranking, "comparison": comparison, "importance": importance, "runs": runs}
    tables = {name: table(*own, **changed) for name, own in rows.items()}
    return {
        heading: [sentence.replace("\N{NO-BREAK SPACE}", " ") for sentence in sentences]
        for heading, sentences in findings(tables).items()
    }


def told(*args, **given):
    (sentences,) = all_told(*args, **given).values()
    return sentences


def test_findings_are_what_changes_costs_and_quality_the_best_what_it_came_to_and_what_matters():
    assert all_told() == {
        "CIFAR-10": [
            "Shown to change the energy of training, estimated (cpu) (factors with 95 % intervals, all else equal; 60 runs for 12 "
            f"parameters): optimizer *adamw* instead of *sgd* {TIMES} 0.500 (0.400 to 0.600); optimizer *adam* instead of *sgd* {TIMES} 1.25 "
            "(1.10 to 1.40).",
            "No level is shown to change the CPU time of training (5 %, Holm; 60 runs for 12 parameters).",
            "Shown to change the test accuracy (differences with 95 % intervals, all else equal; 60 runs for 12 parameters): "
            "optimizer *adam* instead of *sgd* +2.10 points (+1.20 to +3.00).",
            "**all-on** has the best efficiency score of 3 combinations (1 without a score among these energies): 42.3 dB (95 % "
            "interval 41.1 to 43.4), its true rank may be 1 to 3; test accuracy 91.37 %; training took 4.10 kJ, estimated (cpu), 210 CPU "
            "seconds.",
            "**best-run**, trained again (1 seed): test accuracy 92.00 %, gain over *all-off* +22.00 points; training took 950 J, "
            f"estimated (cpu) ({TIMES} 0.500 that of *all-off*) and 95 CPU seconds ({TIMES} 0.500 that of *all-off*).",
            "**best-levels**, trained again (3 seeds): test accuracy 90.50 %, gain over *all-off* +20.50 points (95 % interval +18.00 "
            f"to +23.00); training took 950 J, estimated (cpu) ({TIMES} 0.517 (0.435 to 0.584) that of *all-off*) and 104 CPU seconds "
            f"({TIMES} 0.517 (0.435 to 0.584) that of *all-off*).",
            "A forest tells the energy of training of runs that it has not seen with R² 0.71; it needs most: batch_size (0.60, 0.40 to "
            "0.80), precision (0.20, 0.10 to 0.30) (share of the variance lost without it, 95 % interval).",
        ]
    }  # fmt: skip


# Effects


def test_largest_effects_come_first_and_of_many_five_are_listed():
    sizes = {"a": 1.1, "b": 0.5, "c": 1.9, "d": 1.3, "e": 0.9, "f": 1.2, "g": 2.5}
    effects = [effect("train_energy_j", level, size, size - 0.05, size + 0.05) for level, size in sizes.items()]
    first = told(effects=[*effects, *EFFECTS[2:]])[0]
    assert [part.split("*")[1] for part in first.split("optimizer")[1:]] == ["g", "b", "c", "d", "f"]
    assert first.endswith("; and 2 more.")


def test_largest_difference_of_quality_is_the_one_furthest_from_zero():
    own = {"a": 0.02, "b": -0.05, "c": 0.03}
    effects = [
        effect("test_quality", level, size, size - 0.01, size + 0.01, scale="difference") for level, size in own.items()
    ]
    found = told(effects=[*EFFECTS[:4], *effects])[2]
    assert [part.split("*")[1] for part in found.split("optimizer")[1:]] == ["b", "c", "a"]


def test_interaction_is_no_effect_of_a_level():
    other = effect("train_energy_j", "rmsprop", 9.0, 8.0, 10.0, kind="interaction")
    assert "rmsprop" not in told(effects=[*EFFECTS, other])[0]


def test_effect_that_is_not_shown_is_not_listed():
    assert "adamw" not in told()[2] and "adam" in told()[2]
    never = [row | {"p_holm": 0.05} for row in EFFECTS]
    assert told(effects=never)[0] == (
        "No level is shown to change the energy of training, estimated (cpu) (5 %, Holm; 60 runs for 12 parameters)."
    )


def test_few_runs_for_the_parameters_are_told():
    few = [row | {"note": "few runs: 60 runs for 25 parameters, fewer than 3 runs per parameter"} for row in EFFECTS]
    assert "; 60 runs for 12 parameters, which are few): optimizer" in told(effects=few)[0]
    assert told(effects=few)[1].endswith("(5 %, Holm; 60 runs for 12 parameters, which are few).")


def test_error_of_which_less_is_better_is_told_as_it_is():
    housing = {"dataset": "california_housing", "metric": "mae"}
    sentences = told(**housing)
    assert sentences[2].startswith("Shown to change the test MAE, of which less is better (differences with ")
    assert sentences[2].endswith("*sgd* +0.0210 (+0.0120 to +0.0300).")
    assert "test MAE 0.9137;" in sentences[3]
    assert "gain over *all-off* +0.2050 (95 % interval +0.1800 to +0.2300)" in sentences[5]


def test_why_nothing_is_known_is_told_once():
    refused = {
        "estimate": None,
        "low": None,
        "high": None,
        "p_holm": None,
        "note": "too few runs: 20 runs for 12 parameters",
    }
    sentences = told(effects=[row | refused for row in EFFECTS])
    assert sentences[:3] == [
        "It is not known what changes the energy of training, estimated (cpu): too few runs: 20 runs for 12 parameters.",
        "It is not known what changes the CPU time of training: too few runs: 20 runs for 12 parameters.",
        "It is not known what changes the test accuracy: too few runs: 20 runs for 12 parameters.",
    ]
    assert not any("The effect of" in sentence for sentence in sentences)


def test_cost_that_no_run_has_is_not_known():
    without = [row for row in EFFECTS if row["quantity"] != "train_cpu_s"]
    assert (
        told(effects=without)[1]
        == "It is not known what changes the CPU time of training: there are no runs to compare."
    )
    empty = [row | {"estimate": None} if row["quantity"] == "train_cpu_s" else row for row in EFFECTS]
    assert told(effects=empty)[1].endswith(": there are no runs to compare.")


def test_levels_whose_effect_is_not_known_are_named():
    unknown = [effect("test_quality", level, None, None, None, None) for level in ("rmsprop", "ftrl")]
    assert told(effects=[*EFFECTS, *unknown])[6] == (
        "The effect of optimizer *rmsprop* and optimizer *ftrl* on the test accuracy is not known: the table `effects` says why."
    )


# The best


def test_score_without_intervals_is_told_without():
    bare = [row | dict.fromkeys(("score_low", "score_high", "rank_low", "rank_high")) for row in RANKING]
    assert ": 42.3 dB; test accuracy 91.37 %" in told(ranking=bare)[3]


def test_rank_that_is_sure_is_one_number():
    sure = [row | {"rank_high": row["rank_low"]} for row in RANKING]
    assert "its true rank may be 1; " in told(ranking=sure)[3]


def test_equal_scores_are_told():
    equal = [*RANKING, combination("draw0003", 1, 0.8, 42.26)]
    assert told(ranking=equal)[3].startswith(
        "**all-on** has the best efficiency score of 4 combinations (1 without a score among these energies), the same as *draw0003*: "
    )


def test_best_costs_what_is_known_of_it():
    without = [row | {"train_cpu_s": None} for row in RANKING]
    assert told(ranking=without)[3].endswith("; training took 4.10 kJ, estimated (cpu).")
    nothing = [row | {"train_energy_j": None} for row in RANKING]
    assert told(ranking=nothing)[3].endswith("; training took 210 CPU seconds.")
    neither = [row | {"train_energy_j": None, "train_cpu_s": None} for row in RANKING]
    assert told(ranking=neither)[3].endswith("; test accuracy 91.37 %.")


def test_best_configuration_without_a_reference_has_no_gain():
    alone = [row | {"quality_gain": None, "reference": None, "reference_variant": None} for row in COMPARISON]
    assert told(comparison=alone)[4] == (
        "**best-run**, trained again (1 seed): test accuracy 92.00 %; training took 950 J, estimated (cpu) and 95 CPU seconds."
    )


def test_best_configuration_that_repeats_a_base_case_is_no_independent_check():
    levels = {"best-run": "that of all-off"}
    repeated = [row | {"factor.optimizer": levels.get(row["variant"], row["factor.optimizer"])} for row in RUNS]
    assert told(runs=repeated)[4].startswith(
        "**best-run**, trained again (1 seed; levels and seeds are those of *all-off*, so that it is no independent check): "
    )


def test_best_configuration_that_got_no_model_is_not_told():
    assert not any("trained again" in sentence for sentence in told(comparison=COMPARISON[:1]))


def test_study_without_a_score_says_so_alone():
    lost = [combination("all-off"), combination("draw0001"), combination("draw0001", status="refused")]
    assert told(ranking=lost) == ["Of 2 combinations, none has a score."]


# Several kinds of energy


def test_energies_of_another_kind_are_neither_mixed_in_nor_hidden():
    measured = {"energy_source": "measured", "energy_scope": "gpu"}
    rows = {
        "effects": EFFECTS, "ranking": RANKING, "comparison": COMPARISON, "importance": IMPORTANCE, "runs": RUNS,
    }  # fmt: skip
    tables = {name: table(*own) for name, own in rows.items()}
    other = table(combination("draw0009", 1, 0.99, 99.0), **measured)
    more = table(effect("train_energy_j", "rmsprop", 9.0, 8.0, 10.0), **measured)
    tables |= {"ranking": pd.concat([other, tables["ranking"]]), "effects": pd.concat([more, tables["effects"]])}
    (sentences,) = findings(tables).values()
    assert "rmsprop" not in sentences[0] and "estimated (cpu)" in sentences[0]
    assert sentences[3].startswith(
        "**all-on** has the best efficiency score of 3 combinations (2 without a score among these energies)"
    )
    assert sentences[-1] == (
        "1 combination with other energies than estimated (cpu) is not compared with these: the table `ranking` has it."
    )


# What matters


def test_factors_that_a_forest_is_not_shown_to_need_are_not_named():
    none = [row | {"low": -0.1} for row in IMPORTANCE]
    assert told(importance=none)[-1] == (
        "A forest tells the energy of training of runs that it has not seen with R² 0.71; it is not shown to need any factor."
    )


def test_forest_that_tells_nothing_is_not_quoted():
    why = "the forest predicts held-out runs no better than their mean (R2 = -0.20): no importances"
    nothing = [row | {"importance": None, "r2_forest": -0.2, "note": why} for row in IMPORTANCE]
    assert told(importance=nothing)[-1] == f"Which factors tell the energy of a run is not known: {why}."
    assert "forest" not in told(importance=IMPORTANCE[3:])[-1]


# Made data


def test_made_data_give_a_range_and_no_word_on_which_technique_does_better():
    assert told(data_level="sample") == [
        "Of 4 combinations, 3 have a score: their test accuracy is 65.00 % to 91.37 %, their energy of training 1,200 to 4,100 J, "
        "estimated (cpu)."
    ]  # fmt: skip


@pytest.mark.parametrize(
    ("ranking", "expected"),
    [
        ([row | {"train_energy_j": None} for row in RANKING], "Of 4 combinations, 3 have a score: their test accuracy is 65.00 % to 91.37 %."),
        ([RANKING[0]], "Of 1 combination, 1 has a score: its test accuracy is 70.00 %, its energy of training 4,100 J, estimated (cpu)."),
        ([RANKING[3]], "Of 1 combination, none has a score."),
    ],
)  # fmt: skip
def test_range_of_made_data_says_what_is_known(ranking, expected):
    assert told(ranking=ranking, data_level="sample") == [expected]
