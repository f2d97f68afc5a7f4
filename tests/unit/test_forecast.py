"""What a run will take is reckoned from what its parts took in a probe."""

import os

import pytest

from frugalnet.commands.forecast import print_forecast
from frugalnet.commands.forecast.costs import NOTHING, Cost, extra, total
from frugalnet.commands.forecast.printed import DASH, ENERGIES, TIMES, class_of, co2e, sums, with_ends
from frugalnet.commands.forecast.progress import JobProgress
from frugalnet.commands.forecast.reckoning import Family, Probed, Reckoned, Shape, Training, chooser, reckon
from frugalnet.config.carbon import Carbon
from frugalnet.config.whole import Config
from frugalnet.errors import FrugalNetError
from frugalnet.jobs.job import QUIET
from frugalnet.studies.compression.sheet import run_sheet

CONFIG = Config.model_validate(
    {
        "measure": {"idle_s": 5, "memory": "baseline"},
        "compression": {
            "datasets": ["mnist"],
            "pruning": {"epochs": 3},
            "nas": {"trials": 4, "epochs": 2},
            "per_dataset": {"mnist": {"recipe": {"epochs": 2, "batch_size": 10}}},
        },
    }
)
RUNS = {f"{run.method}/{run.variant}": run for run in run_sheet(CONFIG)}


def cost(time_s, energy_j):
    return Cost(time_s=time_s, energy_j=energy_j)


def training(step_s, fixed_s=1.0, spread=0.0):
    """Return a training at 30 W whose validation takes a tenth of a second."""
    return Training(
        fixed=cost(fixed_s, 30 * fixed_s), step=cost(step_s, 30 * step_s), validation=cost(0.1, 3), spread=spread
    )


INFERENCE = {"plain": cost(0.7, 20), "weight": cost(0.8, 25), "unit": cost(1.4, 40)}


def shape(step_s, masked=True, inference=INFERENCE, spread=0.0):
    kinds = {"weight": training(1.1 * step_s, 1.2), "unit": training(1.5 * step_s, 1.4)} if masked else {}
    return Shape(
        build=cost(0.1, 2), macs=1000, plain=training(step_s, spread=spread), masked=kinds, inference=inference
    )


def family(shapes, **about):
    return Family(candidates=shapes, **about)


CANDIDATES = [shape(0.01, False, {}), shape(0.02), shape(0.06, False, {})]
PROBED = Probed(
    samples={"train": 95, "validation": 10, "test": 20},
    energy="estimated, cpu",
    start_s=4,
    first=cost(0.2, 5),
    load=cost(0.05, 1),
    reload=cost(0.1, 3),
    pruning=cost(0.5, 12),
    searching=cost(2, 50),
    families={
        "baseline": family([shape(0.05)]),
        "scratch": family([shape(0.01)]),
        "width_scaled": family([shape(0.03)]),
        "nas": family(CANDIDATES, too_large=0.25, weighing=cost(0.4, 10)),
        "joint": family(CANDIDATES, too_large=0.25, weighing=cost(0.5, 15)),
    },
    save_s=1.5,
    tflite_s=0.5,
    peaks_s=6,
)


def expected(name, probed=PROBED):
    return reckon(RUNS[name], probed).expected


def test_costs_are_added_and_an_energy_that_is_not_known_makes_the_sum_unknown():
    assert total([cost(1, 10), cost(2, 20)]) == cost(3, 30)
    assert total([cost(1, 10), cost(2, None)]) == cost(3, None)
    assert total([]) == NOTHING


def test_what_a_first_training_takes_more_is_never_less_than_nothing():
    assert extra(cost(2, 10), cost(1.5, 12)) == cost(0.5, 0)


def test_baseline_takes_its_epochs_of_whole_batches_and_what_stands_around_them():
    # 95 samples make 10 steps of 10: twice (10 x 0.05 s + 0.1 s of validation) and 1 s of tracing are 2.2 s at 30 W.
    joules = 2.2 * 30 + 1 + 2 + 5 + 20
    assert expected("baseline/default").energy_j == pytest.approx(joules)
    # Process 4 s, three brackets of 6 s, saving 2 s, peaks 6 s; evaluation of 125 samples at 0.1 s for ten.
    around_s = 4 + 18 + 2 + 6 + 1.25
    assert expected("baseline/default").time_s == pytest.approx(2.2 + 0.05 + 0.1 + 0.2 + 0.7 + around_s)


def test_time_outside_of_the_windows_is_in_no_energy():
    slow = PROBED.model_copy(update={"save_s": 100, "start_s": 100})
    assert expected("baseline/default", slow).energy_j == pytest.approx(expected("baseline/default").energy_j)
    assert expected("baseline/default", slow).time_s > 190


def test_continued_trains_the_epochs_of_pruning_without_masks_from_a_model_that_it_reads():
    joules = (1 + 3 * 0.6) * 30 + 1 + 5 + 3 + 20
    assert expected("continued/default").energy_j == pytest.approx(joules)


def test_pruning_takes_steps_with_masks_of_its_kind_and_two_models():
    weight = (1.2 + 3 * (10 * 0.055 + 0.1)) * 30 + 1 + 5 + 3 + 12 + 25
    unit = (1.4 + 3 * (10 * 0.075 + 0.1)) * 30 + 1 + 5 + 3 + 12 + 40
    assert expected("pruning/weight-s0.90").energy_j == pytest.approx(weight)
    assert expected("pruning/unit-s0.75").energy_j == pytest.approx(unit)
    assert expected("random/unit-s0.75") == expected("pruning/unit-s0.75")


def test_teacher_of_a_distillation_predicts_the_training_part_once():
    run = RUNS["pruning/weight-s0.90"]
    taught = run.model_copy(update={"pruning": run.pruning.model_copy(update={"distillation": 0.5})})
    more = reckon(taught, PROBED).expected - reckon(run, PROBED).expected
    assert more.energy_j == pytest.approx(9.5 * 3)


def test_shape_that_is_left_trains_for_all_epochs_from_new_weights():
    joules = (1 + 5 * (10 * 0.01 + 0.1)) * 30 + 2 + 1 + 5 + 3 + 20
    assert expected("scratch/unit-s0.75").energy_j == pytest.approx(joules)


def test_model_that_is_trained_on_has_its_sizes_in_tflite_of_its_parent():
    slow = PROBED.model_copy(update={"tflite_s": 100.5})
    for name, sizes in (
        ("baseline/default", 1),
        ("continued/default", 0),
        ("pruning/unit-s0.75", 1),
        ("scratch/unit-s0.75", 1),
    ):
        assert expected(name, slow).time_s - expected(name).time_s == pytest.approx(100 * sizes)


def test_network_that_is_not_probed_has_steps_for_its_operations_above_what_the_least_network_takes():
    known, least = shape(0.05), training(0.01)
    double = known.with_macs(2000, least)
    assert double.macs == 2000
    assert double.plain.step.time_s == pytest.approx(0.09)
    assert double.plain.step.energy_j == pytest.approx(2.7)
    assert double.masked["unit"].step.time_s == pytest.approx(0.01 + 2 * 0.065)
    assert (double.plain.fixed, double.plain.validation) == (known.plain.fixed, known.plain.validation)
    assert known.with_macs(500, training(0.07)).plain.step == known.plain.step


def test_kind_of_pruning_that_is_not_probed_takes_as_long_as_one_that_is():
    units = {
        key: {"unit": value["unit"]} for key, value in {"masked": shape(0.05).masked, "inference": INFERENCE}.items()
    }
    units["inference"]["plain"] = INFERENCE["plain"]
    quick = PROBED.model_copy(update={"families": {"baseline": family([shape(0.05).model_copy(update=units)])}})
    assert expected("pruning/weight-s0.90", quick) == expected("pruning/unit-s0.75", quick)
    assert expected("pruning/unit-s0.75", quick) == expected("pruning/unit-s0.75")
    assert expected("continued/default", quick) == expected("continued/default")


def test_search_takes_its_trials_of_which_some_are_only_built_and_then_trains_one():
    # Three of four trials train, for two epochs of 10 steps of 0.03 s in the mean of the candidates.
    trials = 3 * (2 + (1 + 2 * (0.3 + 0.1)) * 30 + 10) + 1 * 2
    final = (1 + 2 * (0.3 + 0.1)) * 30 + 2 + 1 + 5 + 20
    assert expected("nas/default").energy_j == pytest.approx(trials + 50 + 12 + final)


def test_search_that_prunes_takes_trials_with_masks_and_prunes_the_winner():
    # Masks make a step of the candidate in the middle 1.5 times as long, and its tracing 0.4 s longer: so of the others.
    trials = 3 * (2 + (1.4 + 2 * (0.45 + 0.1)) * 30 + 15) + 1 * 2
    final = (1 + 2 * (0.3 + 0.1)) * 30 + 12 + (1.4 + 3 * (0.45 + 0.1)) * 30 + 2 + 1 + 5 + 40
    assert expected("joint/default").energy_j == pytest.approx(trials + 50 + final)


def test_more_trials_of_a_search_cost_more_and_are_known_better():
    def reckoned(trials):
        run = RUNS["nas/default"]
        low, middle, high = reckon(
            run.model_copy(update={"nas": run.nas.model_copy(update={"trials": trials})}), PROBED
        )
        return middle.energy_j, (high.energy_j - low.energy_j) / middle.energy_j

    (few_j, few), (many_j, many) = reckoned(4), reckoned(40)
    assert many_j > 5 * few_j
    assert many < few / 2


def test_network_that_a_search_finds_lies_between_the_cheapest_and_the_dearest_candidate():
    low, middle, high = reckon(RUNS["nas_continued/default"], PROBED)
    assert low.energy_j == pytest.approx((1 + 3 * 0.2) * 30 + 1 + 5 + 3 + 20)
    assert high.energy_j == pytest.approx((1 + 3 * 0.7) * 30 + 1 + 5 + 3 + 20)
    assert low.energy_j < middle.energy_j < high.energy_j


def test_epochs_that_differ_in_the_probe_widen_what_is_likely():
    uneven = PROBED.model_copy(update={"families": {"baseline": family([shape(0.05, spread=0.1)])}})
    low, middle, high = reckon(RUNS["baseline/default"], uneven)
    epochs = 2 * 0.6 * 30
    assert (high.energy_j - middle.energy_j, middle.energy_j - low.energy_j) == pytest.approx((0.1 * epochs,) * 2)


def test_without_meters_time_is_reckoned_and_no_energy():
    unmetered = PROBED.model_copy(update={"load": cost(0.05, None)})
    found = reckon(RUNS["nas/default"], unmetered)
    assert (found.low.energy_j, found.expected.energy_j, found.high.energy_j) == (None, None, None)
    assert found.expected.time_s == pytest.approx(expected("nas/default").time_s)


def test_network_is_chosen_where_the_parents_begin_or_new_weights_are_drawn():
    chosen = {name.partition("/")[0]: chooser(name.partition("/")[0]) for name in RUNS}
    assert chosen == {
        **dict.fromkeys(("baseline", "continued", "pruning", "random"), "baseline"),
        **dict.fromkeys(("nas", "nas_continued", "nas_pruning", "nas_random"), "nas"),
        **{name: name for name in ("scratch", "width_scaled", "random_search", "nas_scratch")},
        **{name: name for name in ("joint", "joint_random", "joint_scratch")},
    }


def test_every_method_can_be_reckoned():
    assert {name.partition("/")[0] for name in RUNS} == set(CONFIG.compression.methods)
    assert all(reckon(run, PROBED).expected.energy_j > 60 for run in RUNS.values())


def test_probe_survives_the_way_from_process_to_process():
    assert Probed.model_validate_json(PROBED.model_dump_json()) == PROBED


def test_runs_are_classed_by_what_costs_most():
    classes = {name.partition("/")[0]: class_of(run) for name, run in RUNS.items()}
    assert classes == {
        **dict.fromkeys(("baseline", "continued", "nas_continued", "width_scaled"), "training"),
        **dict.fromkeys(("joint_random", "joint_scratch"), "training"),
        **dict.fromkeys(("pruning", "random", "scratch", "nas_pruning", "nas_random", "nas_scratch"), "pruning"),
        **dict.fromkeys(("nas", "random_search", "joint"), "search"),
    }


def test_sums_and_numbers_are_for_readers():
    one = Reckoned(cost(50, 90), cost(60, 100), cost(70, 110))
    assert sums([(RUNS["baseline/default"], one)] * 2) == (cost(100, 180), cost(120, 200), cost(140, 220))
    times = [with_ends(values, TIMES) for values in ([40, 42.4, 70], [50, 150, 240], [3600, 9000, 9060])]
    assert times == [f"42 s (40{DASH}70)", f"2.5 min (0.8{DASH}4.0)", f"2.5 h (1.0{DASH}2.5)"]
    assert with_ends([0.1, 0.4, 0.5], TIMES) == f"0.4 s (0.1{DASH}0.5)"
    energies = [with_ends(values, ENERGIES) for values in ([900, 980, 1000], [10_000, 22_900, 30_000], [None] * 3)]
    assert energies == [f"980 J (900{DASH}1,000)", f"23 kJ (10{DASH}30)", "not known"]


def test_progress_follows_the_logs_of_quiet_jobs_in_a_terminal_alone(tmp_path, monkeypatch):
    monkeypatch.delenv(QUIET, raising=False)
    monkeypatch.setenv("FORCE_COLOR", "1")
    first, second = tmp_path / "mnist.log", tmp_path / "sat6.log"
    second.write_text("12:00:00 probing what was left by another forecast\n")
    with JobProgress(3, "probing") as progress:
        assert os.environ[QUIET] == "1"
        progress.follow("MNIST", first)
        assert shown(progress) == ("starting", 0)
        first.write_text("12:00:00 probing the network of baseline\nwarning: of a library\n12:00:09 probing the net")
        assert shown(progress) == ("MNIST: probing the net", 1)
        progress.follow("SAT-6", second)
        second.write_text("12:00:10 probing the network of baseline\n")
        assert shown(progress) == ("SAT-6: probing the network of baseline", 2)
    assert QUIET not in os.environ
    monkeypatch.setenv("FORCE_COLOR", "")
    with JobProgress(3, "probing"):
        assert QUIET not in os.environ


def shown(progress):
    list(progress.get_renderables())
    return progress.tasks[0].description, progress.tasks[0].completed


def test_co2e_is_of_the_intensity_or_of_the_mean_of_hourly_ones_with_the_pue(tmp_path):
    costs_j = [3.6e6, 1.8e6, 7.2e6]
    constant = Carbon(intensity_g_per_kwh=363, source="Ember", year=2023)
    assert co2e(costs_j, constant) == "363 g CO2e (182 to 726) at 363 g/kWh (Ember, 2023)."
    (tmp_path / "grid.csv").write_text("hour_utc,g_per_kwh\n2026-01-01T00:00Z,100\n2026-01-01T01:00Z,300\n")
    hourly = Carbon(hourly=str(tmp_path / "grid.csv"), source="a grid", year=2026, pue=1.5)
    about = "a grid, 2026, mean of 2026-01-01T00 to 2026-01-01T01, UTC, PUE 1.5"
    assert co2e(costs_j, hourly) == f"300 g CO2e (150 to 600) at 200 g/kWh ({about})."
    assert co2e(costs_j, Carbon()) == "No CO2e: carbon.intensity_g_per_kwh is not configured."


@pytest.mark.parametrize(
    ("study", "told"), [("sweeping", "known are compression, techniques"), ("techniques", "many recipes")]
)
def test_study_that_cannot_be_forecast_is_refused_before_anything_is_probed(study, told):
    with pytest.raises(FrugalNetError, match=told):
        print_forecast(study, [], [], quick=True)
