"""One run as it went: power over time, and the windows below it."""

import matplotlib
import matplotlib.colors
import numpy as np
import pandas as pd
import pytest

from frugalnet.drawing.phases import FAILED, TUNER
from frugalnet.drawing.style import RC, shade
from frugalnet.figures.run_timeline import MOST_POINTS, power_w, run_timeline, thinned
from tests.unit.made_ledger import (
    check_layout,
    labels,
    made_timelines,
    made_trials,
    made_windows,
    measured_tables,
    words,
)

pytestmark = pytest.mark.long


def timeline(timelines: pd.DataFrame, windows: pd.DataFrame, trials: pd.DataFrame | None = None):
    with matplotlib.rc_context(RC):
        return run_timeline(timelines, windows, trials)


def test_timeline_is_named_after_dataset_and_method():
    figure = timeline(made_timelines(2), made_windows(2))
    assert [axes.get_title() for axes in figure.axes] == ["MNIST: NAS", "California housing: NAS"]
    assert "times: measured · energy: estimated (cpu) · data: sample" in words(figure)


def test_timeline_of_a_long_run_is_thinned_and_keeps_its_peak():
    readings = made_timelines(hz=500.0)
    readings["power_w"] = np.where(readings.index == 12_345, 444.0, readings["power_w"])
    (panel,) = timeline(readings, made_windows()).axes
    line, mean = panel.get_lines()
    assert len(readings) > 10 * MOST_POINTS
    assert len(line.get_xdata()) <= MOST_POINTS
    assert max(line.get_ydata()) == pytest.approx(444.0)
    assert 37 < max(mean.get_ydata()) < 60
    assert panel.get_ylim()[1] > 444


def test_thinning_keeps_the_ends_the_extremes_and_at_most_so_many():
    values = np.sin(np.arange(10_001) / 50)
    values[[17, 4_242]] = -9, 9
    values[5_000:6_000] = np.nan
    kept = thinned(values, 100)
    assert len(kept) <= 100
    assert {0, 17, 4_242, 10_000} <= set(kept)
    assert list(thinned(values[:50], 100)) == list(range(50))


def test_power_that_a_device_does_not_give_is_the_slope_of_its_energy():
    readings = pd.DataFrame({"time_s": [0.0, 1.0, 2.0], "energy_uj": [0, 30_000_000, 50_000_000], "power_w": np.nan})
    time_s, power = power_w(readings)
    assert list(time_s) == [0, 1, 2]
    assert list(power) == [30, 30, 20]


def test_power_between_readings_at_an_edge_is_spread_over_a_usual_interval():
    time_s, energy_j = [0.0, 1.0, 1.01, 2.0, 3.0], [0.0, 30.0, 38.0, 60.0, 90.0]
    readings = pd.DataFrame({"time_s": time_s, "energy_uj": [1e6 * each for each in energy_j], "power_w": np.nan})
    times, power = power_w(readings)
    assert list(times) == [0, 1, 2, 3]
    assert list(power) == pytest.approx([30, 30, 30, 30])


def test_power_that_is_not_known_is_said_to_be_so_and_windows_are_drawn():
    figure = timeline(made_timelines().assign(power_w=np.nan, energy_uj=np.nan), made_windows())
    assert "power not known" in words(figure)
    assert "trial2" in words(figure)
    assert not figure.axes[0].get_lines()


def test_timeline_of_a_run_without_windows_is_drawn():
    assert "power, CPU (estimated)" in labels(timeline(made_timelines(), pd.DataFrame()))


def test_power_of_an_estimate_is_paler_than_that_of_a_measurement():
    lines = [
        timeline(made_timelines().assign(source=source), made_windows()).axes[0].get_lines()[0].get_color()
        for source in ("measured", "estimated")
    ]
    assert shade(lines[0], "estimated") == lines[1]


def test_devices_have_a_line_each_with_how_they_are_known():
    figure = timeline(*measured_tables(1))
    assert {"power, GPU 1 (measured)", "power, GPU 2 (measured)", "power, CPU (estimated)"} <= labels(figure)
    assert len({line.get_color() for line in figure.axes[0].get_lines()}) == 3


def test_flagged_windows_are_hatched():
    hatched = [bars.get_hatch() for bars in timeline(*measured_tables(1)).axes[0].collections]
    assert any(hatched) and not all(hatched)
    assert "flagged window" in labels(timeline(*measured_tables(1)))
    assert "flagged window" not in labels(timeline(made_timelines(), made_windows()))


def test_time_around_the_run_is_shaded_as_idle():
    assert "idle bracket" in labels(timeline(made_timelines(), made_windows()))
    readings = made_timelines()
    inside = readings[readings["time_s"].between(0, 30)]
    assert "idle bracket" not in labels(timeline(inside, made_windows()))


def test_timeline_shows_a_failed_trial_where_it_is_told_of():
    windows = made_windows()
    assert FAILED in labels(timeline(made_timelines(), windows, made_trials(windows)))
    assert FAILED not in labels(timeline(made_timelines(), windows))


def test_windows_of_other_runs_are_not_in_the_timeline():
    assert TUNER not in labels(timeline(made_timelines(method="pruning"), made_windows()))


@pytest.mark.parametrize("datasets", [1, 2, 3, 4])
def test_no_text_is_on_other_text(datasets):
    windows = made_windows(datasets)
    check_layout(timeline(made_timelines(datasets), windows, made_trials(windows)), datasets)
    lines, measured = measured_tables(datasets)
    check_layout(timeline(lines, measured), datasets)


@pytest.mark.parametrize("columns", [["dataset", "run", "status"], []])
def test_tables_without_rows_give_a_figure_that_says_so(columns):
    empty = pd.DataFrame(columns=columns)
    assert words(timeline(empty, empty, empty)).startswith("No ")


def test_power_of_the_whole_machine_has_a_line_of_its_own():
    cpu = made_timelines()
    machine = cpu.assign(device="plug", scope="machine", source="integrated", power_w=3 * cpu["power_w"])
    figure = timeline(pd.concat([cpu, machine], ignore_index=True), made_windows())
    assert {"power, CPU (estimated)", "power, machine (integrated)"} <= labels(figure)
