"""Figures of the ledger: where the joules went, and how one run went."""

from itertools import combinations

import matplotlib
import matplotlib.colors
import numpy as np
import pandas as pd
import pytest

from frugalnet import catalogue
from frugalnet.figures.run_timeline import MOST_POINTS, power_w, run_timeline, thinned
from frugalnet.figures.style import RC, shade
from frugalnet.figures.where_energy_went import (
    EPOCHS,
    FAILED,
    INFERENCE,
    PHASES,
    REST,
    START,
    TRIALS,
    TUNER,
    VALIDATION,
    bars,
    energy_by_phase,
    phase,
    where_energy_went,
)

DATASETS = ("mnist", "california_housing", "cifar10", "sat6")
METHODS = ("baseline", "continued", "pruning", "nas", "nas_continued", "nas_pruning")
NO_TRIALS = pd.DataFrame(columns=["run", "trial", "status", "window"])


def keys(dataset: str, method: str, seed: int = 0, source: str | None = "estimated", scope: str | None = "cpu") -> dict:
    return {
        "run": f"{dataset}/{method}/default/seed{seed}",
        "dataset": dataset,
        "method": method,
        "variant": "default",
        "seed": seed,
        "metric": catalogue.DATASETS[dataset].metric,
        "data_level": "sample",
        "energy_source": source,
        "energy_scope": scope,
    }


def training(epochs: int, epoch_s: float) -> dict:
    """Return the windows of a training: own seconds of each, and what is inside; the first epoch has a first step."""
    inside = {f"epoch{number}": (epoch_s, {"validation": (0.15 * epoch_s, {})}) for number in range(1, epochs + 1)}
    inside["epoch1"][1]["first_step"] = (1.3, {})
    return inside


def plan(method: str, size: float = 1.0) -> dict:
    """Return the windows of a run of a method, as own seconds and what is inside; `size` scales its epochs."""
    search = {f"trial{number}": (1.2, training(3, 0.9 * size)) for number in range(3)}
    return (
        {"load": (0.2, {})}
        | ({"search": (3.5, search)} if method == "nas" else {})
        | ({} if "pruning" in method or "continued" in method else {"build": (0.05, {})})
        | {"train": (0.6, training(8, (0.8 if "pruning" in method else 0.5) * size))}
        | {"inference": (0.1, {"batch1": (1.0, {}), "batch256": (1.0, {})})}
    )


def ledger(
    own_s: float, inside: dict, name: str = "run", start_s: float = 0.0, watts: float = 37.0, **known: float
) -> list[dict]:
    """Return the windows of a run, outermost first; a window's own seconds come before what is inside."""
    rows, now_s = [], start_s + own_s
    for part, (part_s, deeper) in inside.items():
        found = ledger(part_s, deeper, f"{name}/{part}", now_s, watts, **known)
        rows += found
        now_s = found[0]["end_s"]
    energy_uj = round(own_s * watts * 1e6) + sum(row["energy_uj"] for row in rows if row["parent"] == name)
    gap_uj = round(own_s * watts * 1e6)
    row = {"name": name, "parent": name.rpartition("/")[0] or None, "start_s": start_s, "end_s": now_s}
    row |= {
        "energy_uj": energy_uj,
        "gap_uj": gap_uj,
        "energy_net_uj": round(energy_uj - known["idle_w"] * 1e6 * (now_s - start_s)),
    }
    u_sys_j = None if "gain" not in known else known["gain"] * energy_uj / 1e6
    return [row | {"u_stat_j": 0.02 * energy_uj / 1e6, "u_idle_j": 0.0, "u_sys_j": u_sys_j, "flags": ""}, *rows]


def made_windows(datasets: int = 1, seeds: int = 1, methods: tuple[str, ...] = METHODS, **changes) -> pd.DataFrame:
    """Return made windows on an estimated processor; `changes` are columns that are the same in all rows."""
    about = {"device": "cpu", "scope": "cpu", "source": "estimated"} | changes
    return pd.DataFrame(
        [
            keys(dataset, method, seed) | row | about
            for size, dataset in enumerate(DATASETS[:datasets], 1)
            for method in methods
            for seed in range(seeds)
            for row in ledger(1.2, plan(method, size * (1 + 0.1 * seed)), idle_w=10.0)
        ]
    )


def made_trials(windows: pd.DataFrame, failed: int = 1) -> pd.DataFrame:
    """Return the trials of the windows; the one with the number `failed` did."""
    found = windows[windows["name"].str.fullmatch(r"run/search/trial\d+")]
    number = found["name"].str[-1].astype(int)
    status = np.where(number == failed, "failed", "complete")
    return pd.DataFrame({"run": found["run"], "trial": number, "status": status, "window": found["name"]})


def made_timelines(datasets: int = 1, method: str = "nas", hz: float = 10.0, idle_s: float = 2.0) -> pd.DataFrame:
    """Return made readings of one run per dataset, with idle brackets before and after it."""
    frames = []
    for size, dataset in enumerate(DATASETS[:datasets], 1):
        end_s = ledger(1.2, plan(method, size), idle_w=10.0)[0]["end_s"]
        time_s = np.arange(-idle_s, end_s + idle_s, 1 / hz)
        busy = (time_s > 0) & (time_s < end_s)
        power = np.where(busy, 37 + 6 * np.sin(1.7 * time_s) + 3 * np.sin(11 * time_s), 10.0)
        energy_uj = np.concatenate([[0], np.cumsum(power[1:] * 1e6 / hz)]).round().astype(int)
        rows = {"device": "cpu", "scope": "cpu", "source": "estimated", "time_s": time_s, "power_w": power}
        frames.append(pd.DataFrame(keys(dataset, method) | rows | {"energy_uj": energy_uj}))
    return pd.concat(frames, ignore_index=True)


def drawn(windows: pd.DataFrame, trials: pd.DataFrame = NO_TRIALS):
    with matplotlib.rc_context(RC):
        return where_energy_went(windows, trials)


def timeline(timelines: pd.DataFrame, windows: pd.DataFrame, trials: pd.DataFrame | None = None):
    with matplotlib.rc_context(RC):
        return run_timeline(timelines, windows, trials)


def words(figure) -> str:
    """Return all text on a figure, lines joined."""
    texts = figure.findobj(lambda artist: hasattr(artist, "get_text"))
    return " | ".join(" ".join(text.get_text().split()) for text in texts if text.get_text())


def colours(figure) -> set[str]:
    """Return the colours of all bars on a figure, those of the legend included."""
    return {matplotlib.colors.to_hex(bar.get_facecolor()) for bar in figure.findobj(matplotlib.patches.Rectangle)} - {
        "#ffffff"
    }


def labels(figure) -> set[str]:
    """Return the texts of the legend."""
    return {text.get_text() for legend in figure.legends for text in legend.get_texts()}


def few_windows(*rows: tuple, **changes) -> pd.DataFrame:
    """Return windows of one NAS run from names and energies in microjoules; gaps are left to the ledger."""
    common = {"start_s": 0.0, "end_s": 1.0, "device": "cpu", "scope": "cpu", "source": "estimated", "flags": ""}
    common |= {"gap_uj": np.nan, "energy_net_uj": np.nan, "u_stat_j": np.nan, "u_sys_j": np.nan} | changes
    named = [{"name": name, "parent": name.rpartition("/")[0] or None, "energy_uj": energy} for name, energy in rows]
    return pd.DataFrame([keys("mnist", "nas") | common | row for row in named])


NAS = keys("mnist", "nas")["run"]


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
        ("run/train", START),
        ("run/train/epoch1/first_step", START),
        ("run/train/epoch3", EPOCHS),
        ("run/train~2/epoch3~2", EPOCHS),
        ("run/train/epoch3/validation", VALIDATION),
        ("run/train/epoch3/validation~2", VALIDATION),
        ("run/inference", INFERENCE),
        ("run/inference/batch256", INFERENCE),
    ],
)
def test_every_window_has_one_phase(window, expected):
    assert phase(NAS, window, {(NAS, "run/search/trial1")}) == expected
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
    assert words(timeline(empty, empty, empty)).startswith("No ")


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
        "NAS, estimated\n(cpu)",
        "NAS, measured\n(cpu)",
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


def measured_tables(datasets: int) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Return timelines and windows of runs on two GPUs and an estimated processor, with flags."""
    windows = made_windows(datasets, 1, source="measured", device="GPU-1", scope="gpu", u_sys_j=5.0)
    windows["flags"] = np.where(windows["name"].str.endswith("epoch2"), "other_processes: 1; throttled: power", "")
    parts = [
        windows,
        windows.assign(device="GPU-2"),
        windows.assign(device="cpu", scope="cpu", source="estimated", flags=""),
    ]
    readings = made_timelines(datasets)
    measured = readings.assign(device="GPU-1", scope="gpu", source="measured", power_w=2.5 * readings["power_w"])
    lines = [measured, measured.assign(device="GPU-2", power_w=0.8 * measured["power_w"]), readings]
    about = {"energy_source": "measured", "energy_scope": "gpu"}
    return pd.concat(lines).assign(**about), pd.concat(parts).assign(**about)


def check_layout(figure, panels: int) -> None:
    """Check that there are so many panels with titles, and that no text is on other text or outside the figure."""
    figure.draw_without_rendering()
    titled = [axes for axes in figure.axes if axes.get_title()]
    boxes = [artist.get_window_extent() for artist in (figure._supxlabel, *figure.legends)]
    boxes += [axes.get_tightbbox() for axes in titled]
    assert len(titled) == panels
    assert all(not one.overlaps(other) for one, other in combinations(boxes, 2))
    assert min(box.x0 for box in boxes) >= 0
    assert max(box.x1 for box in boxes) <= figure.bbox.x1
    for axes in titled:
        axis = [*axes.get_xticklabels(), *axes.get_yticklabels(), axes.xaxis.label, axes.yaxis.label]
        texts = [text.get_window_extent() for text in (*axes.texts, axes.title, *axis) if text.get_text()]
        assert all(not one.overlaps(other) for one, other in combinations(texts, 2))


@pytest.mark.parametrize("datasets", [1, 2, 3, 4])
def test_no_text_is_on_other_text(datasets):
    windows = made_windows(datasets)
    check_layout(drawn(windows, made_trials(windows)), datasets)
    check_layout(timeline(made_timelines(datasets), windows, made_trials(windows)), datasets)
    lines, measured = measured_tables(datasets)
    check_layout(drawn(measured), datasets)
    check_layout(timeline(lines, measured), datasets)


def test_many_variants_have_room():
    windows = made_windows(1, 1, ("pruning",))
    many = [windows.assign(variant=f"weight-s0.{number}", run=f"run{number}") for number in range(10, 28)]
    check_layout(drawn(pd.concat(many)), 1)


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
