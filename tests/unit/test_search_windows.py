"""Windows of searches in the figures of energy: trials of other processes are roots beside their run."""

import numpy as np
import pandas as pd
import pytest

from frugalnet import figures
from frugalnet.drawing.phases import FAILED, REST, TRIALS, TUNER
from frugalnet.figures.where_energy_went import bars, energy_by_phase
from tests.unit.made_ledger import NAS, NO_TRIALS, check_layout, few_windows, made_timelines, words
from tests.unit.made_searches import searched_study, searched_windows


def timeline(windows: pd.DataFrame, method: str):
    tables = {"windows": windows, "timelines": made_timelines(method=method), "trials": NO_TRIALS}
    return figures.draw("run_timeline", tables)


def test_trials_of_other_processes_are_in_the_bar_of_their_run():
    windows = few_windows(
        ("run", 1000), ("run/search", 600), ("run/search/trial0", 500), ("trials/trial1", 300),
        ("trials/trial1/train", 200), ("trials/trial2", 70), energy_net_uj=100.0, u_idle_j=0.0,
    )  # fmt: skip
    trials = pd.DataFrame({"run": NAS, "status": ["complete", "failed"], "window": ["trials/trial1", "trials/trial2"]})
    phases = energy_by_phase(windows, trials)[NAS]
    assert {name: part for name, part in phases.items() if part} == {TRIALS: 800, FAILED: 70, TUNER: 100, REST: 400}
    (bar,) = bars(windows, trials)
    assert bar.parts is not None and bar.net_j is not None
    assert (sum(bar.parts.values()), bar.net_j) == (pytest.approx(1370e-6), pytest.approx(300e-6))


def test_run_with_a_trial_of_another_process_whose_energy_is_missing_has_no_energy():
    windows = few_windows(("run", 1000), ("trials/trial1", np.nan))
    assert energy_by_phase(windows, NO_TRIALS) == {}


def test_study_with_all_methods_of_search_adds_up_and_is_readable():
    tables = searched_study(datasets=2)
    windows, trials = tables["windows"], tables["trials"]
    roots = windows[windows["name"].str.fullmatch("run|trials/[^/]+")].groupby("run")["energy_uj"].sum()
    phases = energy_by_phase(windows, trials)
    assert {run: sum(parts.values()) for run, parts in phases.items()} == roots.to_dict()
    inside = windows[windows["name"] == "run"].set_index("run")["energy_uj"]
    more = (roots - inside).loc[lambda beside: beside > 0]
    assert {run.split("/")[1] for run in more.index} == {"nas", "random_search", "joint"}
    check_layout(figures.draw("where_energy_went", tables), 2)


def test_trials_of_other_processes_are_not_in_the_timeline():
    windows = searched_windows()
    assert windows["name"].str.startswith("trials/trial2").any()
    text = words(timeline(windows, "joint"))
    assert "trial1" in text
    assert "trial2" not in text


def test_rows_of_windows_are_those_under_the_run():
    beside = searched_windows(inside=0)
    (panel,) = timeline(beside, "nas").axes
    deepest = beside.loc[beside["name"].str.startswith("run/"), "name"].str.count("/").max()
    drawn = {round(float(bars.get_paths()[0].vertices[:, 1].max()), 3) for bars in panel.collections}
    assert len(drawn) == 1 + deepest
