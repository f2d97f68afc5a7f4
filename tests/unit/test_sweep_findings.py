"""What the sweep says in sentences: the best first, each number with its interval, and what is not shown as not shown."""

import re
from functools import cache

from frugalnet.page.wording import SPACE
from frugalnet.studies.sweep.findings import findings
from tests.unit.made_grid import made_study
from tests.unit.made_grid_tables import made_tables

NO_ROWS = {"strong": None, "pretrained": None}
SMALL = {"rows": NO_ROWS, "efficiency": None}
BEST, NEXT = "resnet50-lr0.1-plateau", "resnet50-lr0.1-step"


def sentences(tables):
    told = findings(tables)
    assert list(told) == ["CIFAR-100"]
    return [text.replace(SPACE, " ") for text in told["CIFAR-100"]]


@cache
def of_whole():
    return tuple(sentences(made_tables()))


@cache
def of_three_seeds():
    return tuple(sentences(made_tables(made_study(**SMALL | {"seeds": 3}))))


def of(study=None, changed=None, **columns):
    return sentences(made_tables(study or made_study(**SMALL), changed, **columns))


def one(told, part):
    """Return the sentence that has some words."""
    found = [text for text in told if part in text]
    assert len(found) == 1, found
    return found[0]


def test_the_answer_comes_first_with_its_lead_over_the_next_and_what_it_took():
    first = of_three_seeds()[0]
    assert re.fullmatch(
        rf"\*\*{BEST}\*\* is the best on validation data, among 8 configurations: test accuracy 76\.\d\d % "
        r"\(95 % interval 7\d\.\d\d % to 7\d\.\d\d %, 3 seeds\); "
        rf"against the next, \*{NEXT}\*, \+0\.98 points \(95 % interval \+0\.42 to \+1\.54, 3 seeds; (not )?shown, p = 0\.\d+\); "
        r"its training took 36\.\d minutes, 3,4\d\d CPU seconds and 440 kJ, measured \(gpu\)\.",
        first,
    )


def test_a_lead_whose_interval_holds_zero_is_not_shown():
    qualities = {
        f"{BEST}/seed{seed}": {"test_quality": value, "validation_quality": 0.9}
        for seed, value in enumerate((0.7, 0.8))
    }
    assert "2 seeds; not shown)" in of(changed=qualities)[0]


def test_the_best_may_be_beside_the_grid_and_the_best_of_the_grid_follows():
    told = of_whole()
    assert told[0].startswith("**tuned** is the best on validation data, among 10 configurations")
    assert "214 kJ, measured (gpu) (655 kJ with the model that it started from)" in told[0]
    assert told[1].startswith(f"**{BEST}** is the best of the grid on validation data, among 8 configurations")


def test_the_least_energy_to_the_target_is_told_with_the_kind_of_energy():
    assert of_whole()[2] == (
        "10 of 10 configurations reached 70 % on validation data; the least energy: *resnet18-lr0.1-plateau*, "
        "130 kJ, measured (gpu), 14 epochs and 10.9 minutes."
    )


def test_energy_to_the_target_counts_the_model_that_a_row_started_from():
    # Its own epochs to the target take 76 kJ, less than those of any other.
    assert "least energy: *tuned*" not in of_whole()[2]
    cheap = {"pretraining": {"train_energy_j": 1.0}}
    told = one(sentences(made_tables(changed=cheap)), "the least energy")
    assert "*tuned*, 75.9 kJ (the model that it started from included)" in told


def test_a_target_that_none_reached_tells_how_near_the_best_came():
    told = one(of(made_study(**SMALL | {"target": 0.9})), "90 %")
    assert re.fullmatch(
        r"None of 8 configurations reached 90 % on validation data; \*resnet50-lr0.1-plateau\* came nearest, 76\.52 % in epoch \d+\.",
        told,
    )


def test_a_target_that_some_seeds_missed_is_told_so():
    changed = {f"resnet18-{rest}/seed1": {"validation_quality": 0.6} for rest in ("lr0.1-step", "lr0.1-plateau", "lr0.05-step", "lr0.05-plateau")}  # fmt: skip
    assert one(of(changed=changed), "reached").startswith(
        "8 of 8 configurations reached 70 % on validation data (4 with every seed); the least energy: *resnet50-"
    )


def test_without_energies_the_least_time_to_the_target_is_told():
    told = of(train_energy_j=float("nan"), energy_source=None, energy_scope=None)
    assert one(told, "reached").endswith("14 epochs and 10.9 minutes; energies are not known.")
    assert told[0].endswith("CPU seconds; its energy is not known.")
    assert (
        one(told, "What a point of") == "What a point of test accuracy above 50 % costs is not known, as no energy is."
    )


def test_a_point_of_accuracy_is_priced_at_the_cheapest_and_at_the_best():
    told = one(of(), "A percentage point")
    assert told == (
        "A percentage point of test accuracy above 50 % costs least with *resnet18-lr0.1-plateau*: 8.10 kJ (95 % interval "
        "5.29 kJ to 11.1 kJ), measured (gpu); with the best, *resnet50-lr0.1-plateau*: 16.6 kJ (95 % interval 15.7 kJ to 17.4 kJ)."
    )


def test_without_a_point_above_the_given_accuracy_the_best_of_all_is_told():
    told = one(of(made_study(**SMALL | {"above": 0.9})), "no point has a price")
    assert told == "No test accuracy is above 90 %, so that no point has a price; the best of all is 76.15 %."


def test_the_axis_that_matters_most_is_told_of_each_network():
    told = one(of(), "The largest effect")
    assert told == (
        "The largest effect of an axis on the test accuracy: for resnet18 that of learning_rate, *0.05* instead of *0.1*: "
        "-1.23 points (95 % interval -1.79 to -0.66); for resnet50 that of learning_rate, *0.05* instead of *0.1*: -1.67 points "
        "(95 % interval -1.90 to -1.45); between networks, *resnet50* instead of *resnet18*: +3.03 points (95 % interval +2.86 to +3.20)."
    )


def test_rows_beside_the_grid_tell_what_they_add_and_take_in_all():
    tuned = one(of_whole(), "**tuned** against")
    assert tuned == (
        "**tuned** against the best of the grid, *resnet50-lr0.1-plateau*: +6.70 points (95 % interval +2.46 to +10.94, 2 seeds; "
        "by this interval alone), for 655 kJ (the model that it started from included), measured (gpu), "
        "\N{MULTIPLICATION SIGN} 1.51 (1.43 to 1.61) that of *resnet50-lr0.1-plateau*."
    )


def test_techniques_tell_what_they_change_and_what_is_not_shown():
    told = one(of_whole(), "With precision")
    assert told == (
        "With precision *mixed_float16* instead of *float32*: time of training \N{MULTIPLICATION SIGN} 0.688 (0.637 to 0.742); "
        "GPU memory \N{MULTIPLICATION SIGN} 0.650; resident memory \N{MULTIPLICATION SIGN} 0.917; energy, measured (gpu) "
        "\N{MULTIPLICATION SIGN} 0.688 (0.637 to 0.742); test accuracy -0.14 points (95 % interval -0.98 to +0.69, not shown)."
    )


def test_values_of_others_are_counted_by_verdict():
    assert of_whole()[-1] == (
        "Of 8 values that others reported: 5 not reproduced and 3 not comparable (the table `claims` says which, and why)."
    )


def test_estimates_are_called_so():
    told = of(energy_source="estimated", energy_scope="cpu")
    for part in ("its training took", "the least energy", "A percentage point"):
        assert "estimated (cpu)" in one(told, part)


def test_one_seed_has_no_intervals_of_its_own():
    first = of(made_study(**SMALL | {"seeds": 1}))[0]
    assert "(no interval, 1 seed); against the next" in first and "+0.80 points (no interval, 1 seed)" in first


def test_configurations_without_a_model_are_counted():
    told = of(changed={"resnet18-lr0.05-step": {"status": "diverged"}})
    assert "among 7 configurations (1 more without a model)" in told[0]


def test_of_made_data_the_range_is_told_and_no_winner():
    told = of(data_level="sample")
    assert told == [
        "Of 8 configurations, test accuracy is 70.73 % to 76.15 %, and energy of training 179,219 to 434,291 J, measured (gpu)."
    ]


def test_of_errors_less_is_better():
    tables = made_tables(made_study(**SMALL | {"above": 0.74}), metric="mae")
    told = sentences(tables)
    assert (
        told[0].startswith("**resnet18-lr0.05-step** is the best on validation data") and "test MAE 0.7073" in told[0]
    )
    assert "A unit of test MAE below 0.74 costs least" in one(told, "costs least")


IMAGENET = {"strong": {"recipe.weights": "imagenet", "train_energy_j": 1000.0}}
"""A row that starts from weights of ImageNet, with the least energy of its own."""


def test_weights_from_elsewhere_are_never_the_least_energy_and_the_sentences_say_why():
    told = sentences(made_tables(changed=IMAGENET))
    target = one(told, "the least energy")
    assert "*strong*" not in target and "the least energy of 9 whose energy can be compared" in target
    beside = one(told, "**strong** against")
    assert beside.endswith(
        "; 1 kJ, measured (gpu), for its own training; the energy of the training behind its weights is not known."
    )


def test_a_row_whose_parent_starts_from_such_weights_tells_its_own_energy():
    told = sentences(made_tables(changed={"pretraining": {"recipe.weights": "imagenet"}}))
    beside = one(told, "**tuned** against")
    assert beside.endswith(" for its own training; the energy of all that led to it is not known.")


def test_energy_to_the_target_has_no_failed_tries_of_a_row_with_a_parent():
    changed = {"pretraining": {"train_energy_j": 1.0}, "tuned": {"failed_energy_j": 50_000.0, "failed_tries": 1}}
    told = one(sentences(made_tables(changed=changed)), "the least energy")
    assert "*tuned*, 75.9 kJ (the model that it started from included)" in told


def test_the_cheapest_point_counts_the_model_that_a_row_started_from():
    # Its own training alone would be the cheapest: 214 kJ for 33 points.
    told = one(of_whole(), "A percentage point")
    assert "costs least with *resnet18-lr0.1-plateau*: 8.10 kJ" in told
    assert "with the best, *tuned*: 19." in told and "; the model that it started from included)" in told


def test_the_cheapest_point_is_among_the_configurations_whose_energy_can_be_compared():
    other = {"energy_source": "estimated", "energy_scope": "cpu"}
    told = one(of(changed={BEST: other}), "A percentage point")
    assert "costs least, among 7 of 8 whose energy can be compared, with *resnet18-lr0.1-plateau*" in told
    assert told.endswith(f"with the best, *{BEST}*: its energy is of another kind, estimated (cpu).")


def test_a_point_of_weights_from_elsewhere_has_no_price():
    told = one(sentences(made_tables(changed=IMAGENET)), "A percentage point")
    assert "costs least, among 9 of 10 whose energy can be compared, with *resnet18-lr0.1-plateau*" in told


def test_failed_tries_are_called_so():
    failed = {"failed_energy_j": 100_000.0, "failed_tries": 1}
    told = sentences(made_tables(changed={"tuned": failed, "strong": failed}))
    assert "with failed tries and the model that it started from)" in told[0]
    strong = one(told, "**strong** against")
    assert "(failed tries included)" in strong and "started from" not in strong
