"""Where the joules of each method went: every one of them in one part of one bar."""

import matplotlib
import matplotlib.colors
import numpy as np
import pandas as pd
import pytest

from frugalnet.drawing.phases import EPOCHS, FAILED, INFERENCE, PHASES, REST, START, TRIALS, TUNER, VALIDATION, phase
from frugalnet.drawing.style import RC, shade
from frugalnet.figures.where_energy_went import bars, energy_by_phase, where_energy_went
from tests.unit.made_ledger import (
    METHODS,
    NAS,
    NO_TRIALS,
    check_layout,
    few_windows,
    labels,
    made_trials,
    made_windows,
    measured_tables,
    words,
)

pytestmark = pytest.mark.long


def drawn(windows: pd.DataFrame, trials: pd.DataFrame = NO_TRIALS):
    with matplotlib.rc_context(RC):
        return where_energy_went(windows, trials)


def colours(figure) -> set[str]:
    """Return the colours of all bars on a figure, those of the legend included."""
    return {matplotlib.colors.to_hex(bar.get_facecolor()) for bar in figure.findobj(matplotlib.patches.Rectangle)} - {
        "#ffffff"
    }


@pytest.mark.parametrize("method", METHODS)
def test_parts_of_a_run_add_up_to_its_energy_exactly(method):
    windows = made_windows(2, 2, (method,))
    phases = energy_by_phase(windows, made_trials(windows))
    roots = windows[windows["name"] == "run"].set_index("run")["energy_uj"]
    assert len(phases) == 4
    assert {run: sum(parts.values()) for run, parts in phases.items()} == roots.to_dict()
    assert all(part >= 0 for parts in phases.values() for part in parts.values())


def test_parts_of_a_drawn_bar_end_at_the_energy_of_the_run():
    windows = made_windows(1, 1, ("nas",))
    (panel,) = drawn(windows, made_trials(windows)).axes
    end_j = max(bar.get_x() + bar.get_width() for bar in panel.patches)
    assert end_j == pytest.approx(windows["energy_uj"].max() / 1e6, rel=1e-12)


@pytest.mark.parametrize(
    ("window", "expected"),
    [
        ("run", REST),
        ("run/load", REST),
        ("run/build", REST),
        ("run/something_new", REST),
        ("run/search", TUNER),
        ("run/search/trial2", TRIALS),
        ("run/search/trial2/epoch1/validation", TRIALS),
        ("run/search/trial1", FAILED),
        ("run/search/trial1/epoch3/first_step", FAILED),
        ("run/search/trial1~2/epoch3", TRIALS),
        ("run/search/trial10", TRIALS),
        ("run/search/trial2/weigh", TRIALS),
        ("run/search/trial2/train/epoch1/first_step", TRIALS),
        ("trials/trial3", TRIALS),
        ("trials/trial3/train/epoch1/validation", TRIALS),
        ("trials/trial4", FAILED),
        ("trials/trial4/build", FAILED),
        ("run/train", START),
        ("run/train/epoch1/first_step", START),
        ("run/teacher", START),
        ("run/train/epoch3", EPOCHS),
        ("run/train~2/epoch3~2", EPOCHS),
        ("run/train~2", START),
        ("run/masks", START),
        ("run/train/epoch3/validation", VALIDATION),
        ("run/train/epoch3/validation~2", VALIDATION),
        ("run/inference", INFERENCE),
        ("run/inference/batch256", INFERENCE),
    ],
)
def test_every_window_has_one_phase(window, expected):
    assert phase(NAS, window, {(NAS, "run/search/trial1"), (NAS, "trials/trial4")}) == expected
    assert expected in PHASES


def test_energy_of_a_failed_trial_is_that_of_failed_trials():
    windows = few_windows(
        ("run", 1000), ("run/search", 900), ("run/search/trial0", 500), ("run/search/trial1", 300),
        ("run/search/trial1/epoch1", 200), ("run/search/trial1/epoch1/validation", 50),
    )  # fmt: skip
    phases = energy_by_phase(windows, made_trials(windows, failed=1))[NAS]
    assert {name: part for name, part in phases.items() if part} == {TRIALS: 500, FAILED: 300, TUNER: 100, REST: 100}


def test_trial_that_failed_in_one_run_did_not_fail_in_another():
    windows = made_windows(1, 2, ("nas",))
    trials = made_trials(windows)
    first, second = energy_by_phase(windows, trials[trials["run"] == NAS]).values()
    assert first[FAILED] > 0
    assert second[FAILED] == 0


def test_window_that_is_used_again_is_counted_with_the_first():
    windows = few_windows(
        ("run", 1000), ("run/train", 400), ("run/train/epoch1", 300), ("run/train/epoch1/first_step", 100),
        ("run/train~2", 500), ("run/train~2/epoch1", 450), ("run/train~2/epoch1/validation", 50),
    )  # fmt: skip
    phases = energy_by_phase(windows, NO_TRIALS)[NAS]
    assert (phases[START], phases[EPOCHS], phases[VALIDATION], phases[REST]) == (100 + 100 + 50, 200 + 400, 50, 100)


def test_energy_of_a_window_that_is_not_known_stays_with_the_one_around_it():
    windows = few_windows(
        ("run", 1000), ("run/train", 800), ("run/train/epoch1", np.nan), ("run/train/epoch1/validation", 100),
        ("run/train/epoch2", 300),
    )  # fmt: skip
    phases = energy_by_phase(windows, NO_TRIALS)[NAS]
    assert (phases[START], phases[EPOCHS], phases[VALIDATION], phases[REST]) == (400, 300, 100, 200)


def test_device_out_of_scope_is_left_out_and_those_in_scope_are_added_up():
    processor = few_windows(("run", 1000), ("run/train", 600))
    graphics = few_windows(("run", 5000), ("run/train", 4000), device="GPU-1", scope="gpu")
    both = pd.concat([processor, graphics])
    sums = {
        scope: sum(energy_by_phase(both.assign(energy_scope=scope), NO_TRIALS)[NAS].values())
        for scope in ("cpu", "gpu", "gpu+cpu")
    }
    assert sums == {"cpu": 1000, "gpu": 5000, "gpu+cpu": 6000}


@pytest.mark.parametrize("scope", ["cpu", "gpu", "gpu+cpu"])
def test_run_with_a_device_whose_energy_is_missing_has_no_energy(scope):
    half = pd.concat([few_windows(("run", 1000)), few_windows(("run", np.nan), device="GPU-1", scope="gpu")])
    assert list(energy_by_phase(half.assign(energy_scope=scope), NO_TRIALS)) == ([NAS] if scope == "cpu" else [])
    alone = few_windows(("run", 1000)).assign(energy_scope="gpu+cpu")
    assert energy_by_phase(alone, NO_TRIALS) == {}


def test_energy_that_is_not_known_is_said_and_not_drawn():
    windows = made_windows(1, 1, ("baseline", "pruning"))
    unknown = windows["method"] == "pruning"
    numbers = ["energy_uj", "gap_uj", "energy_net_uj", "u_stat_j"]
    windows[numbers] = windows[numbers].astype(float).mask(unknown)
    windows.loc[unknown, ["energy_source", "energy_scope", "device", "scope", "source"]] = None
    figure = drawn(windows)
    (panel,) = figure.axes
    assert "not known" in [text.get_text() for text in panel.texts]
    assert {round(bar.get_y() + bar.get_height() / 2) for bar in panel.patches} == {0}
    assert [text.get_text() for text in panel.get_yticklabels()] == ["baseline", "pruning"]
    assert "energy: estimated (cpu)" in words(figure)


def test_study_without_any_energy_has_a_figure_that_says_so():
    text = words(drawn(made_windows().assign(energy_uj=np.nan, energy_source=None, energy_scope=None, scope=None)))
    assert text == "No energy is known of any run."


@pytest.mark.parametrize("columns", [["dataset", "run", "status"], []])
def test_tables_without_rows_give_a_figure_that_says_so(columns):
    empty = pd.DataFrame(columns=columns)
    assert words(drawn(empty, empty)).startswith("There are no")


def test_bar_is_the_mean_over_seeds():
    windows = made_windows(1, 3, ("nas",))
    (bar,) = bars(windows, made_trials(windows))
    roots = windows[windows["name"] == "run"]
    assert bar.parts is not None
    assert sum(bar.parts.values()) == pytest.approx(roots["energy_uj"].mean() / 1e6)
    assert bar.net_j == pytest.approx(roots["energy_net_uj"].mean() / 1e6)
    assert "3 seeds" in words(drawn(windows))


def test_runs_whose_energy_is_known_in_another_way_are_another_bar():
    windows = made_windows(1, 2, ("nas",))
    windows.loc[windows["seed"] == 1, ["energy_source", "source"]] = "measured"
    figure = drawn(windows)
    assert [text.get_text() for text in figure.axes[0].get_yticklabels()] == [
        "NAS, estimated (cpu)",
        "NAS, measured (cpu)",
    ]
    assert {"energy estimated", "energy measured"} <= labels(figure)


def test_no_colour_of_an_estimate_is_one_of_a_measurement():
    windows = made_windows()
    estimated = colours(drawn(windows, made_trials(windows)))
    measured = colours(drawn(windows.assign(energy_source="measured"), made_trials(windows)))
    assert measured == set(PHASES.values())
    assert estimated == {shade(colour, "estimated") for colour in PHASES.values()}
    assert not estimated & measured


def test_uncertainty_of_a_mean_falls_with_the_seeds_in_its_statistical_part_only():
    one = few_windows(("run", 100_000_000), u_stat_j=5.0, u_idle_j=4.0, u_sys_j=4.0)
    other = one.assign(run="mnist/nas/default/seed1", seed=1)
    assert bars(one, NO_TRIALS)[0].sigma_j == pytest.approx(5.0)
    assert bars(pd.concat([one, other]), NO_TRIALS)[0].sigma_j == pytest.approx((3.0**2 / 2 + 4.0**2) ** 0.5)


def test_uncertainty_of_a_bar_is_of_the_gross_energy():
    # 10,000 J net of 30,000 J: the gain of 0.0344 moves the one by 344 J, and the bar by 1,032 J.
    run = few_windows(("run", 30_000_000_000), u_stat_j=0.0, u_idle_j=0.0, u_sys_j=344.0, gain=0.0344)
    assert bars(run, NO_TRIALS)[0].sigma_j == pytest.approx(1032)


def test_gpu_that_did_no_work_is_in_no_bar():
    rows = few_windows(("run", 9_000_000), ("run/train", 5_000_000), u_stat_j=1.0, u_idle_j=0.0, energy_net_uj=1e6)
    rows = rows.assign(scope="gpu", energy_scope="gpu", device="GPU-0")
    idle = rows.assign(device="GPU-1", counted=False)
    both, one = (bars(windows, NO_TRIALS)[0] for windows in (pd.concat([rows, idle]), rows))
    assert (both.parts, both.net_j) == (one.parts, one.net_j) == (one.parts, 1.0)


def test_marks_are_explained_where_they_are_drawn():
    windows = made_windows(1, 1, ("nas",))
    assert "net of idle power" in labels(drawn(windows))
    assert "± uncertainty (1 sigma)" not in labels(drawn(windows))
    assert "± uncertainty (1 sigma)" in labels(drawn(windows.assign(u_sys_j=5.0)))
    assert "net of idle power" not in labels(drawn(windows.assign(energy_net_uj=np.nan)))


def test_panels_of_a_row_with_the_same_methods_share_their_labels():
    left, right = drawn(made_windows(2)).axes
    assert [text.get_text() for text in left.get_yticklabels()][::3] == ["baseline", "NAS"]
    assert not any(text.get_text() for text in right.get_yticklabels())


@pytest.mark.parametrize("datasets", [1, 2, 3, 4])
def test_no_text_is_on_other_text(datasets):
    windows = made_windows(datasets)
    check_layout(drawn(windows, made_trials(windows)), datasets)
    _, measured = measured_tables(datasets)
    check_layout(drawn(measured), datasets)


def test_many_variants_have_room():
    windows = made_windows(1, 1, ("pruning",))
    many = [windows.assign(variant=f"weight-s0.{number}", run=f"run{number}") for number in range(10, 28)]
    check_layout(drawn(pd.concat(many)), 1)
