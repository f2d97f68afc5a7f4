"""A trial that was written down is read back beside the run that counts it, and other meters' joules are never added."""

import json
from dataclasses import replace

import pytest

from frugalnet.energy import Ledger
from frugalnet.errors import FrugalNetError
from frugalnet.record.record import WindowEntry
from frugalnet.record.rows import Trial
from frugalnet.search.kept import KeptTrial, handed_on, read_kept
from tests.unit.steady import SteadyMeter

FLAG = "unknown: tried with other meters than the rest of the run"
CPU = {"device": "package-0", "scope": "cpu", "source": "measured"}
CARD = {"device": "GPU-0", "scope": "gpu", "source": "measured"}


def processor():
    return SteadyMeter(30, "package-0", "cpu")


def window(name, parent, energy_uj=5_000_000, about=CPU):
    known = energy_uj is not None
    unknown = {} if known else {"source": None, "flags": ["unknown: no meter"]}
    values = {
        "name": name, "parent": parent, "start_s": 0.0, "end_s": 2.5, "energy_uj": energy_uj, "gap_uj": energy_uj,
        "energy_net_uj": 4_000_000 if known else None, "u_stat_j": 0.5 if known else None,
        "u_idle_j": 0.4 if known else None, "u_sys_j": 0.2 if known else None, "flags": [],
    }  # fmt: skip
    return WindowEntry(**values | about | unknown)


def made_trial(number=0, **changes):
    trial = Trial(
        trial=number, status="complete", objective=0.9, quality=0.9, parameters=10, parameters_compacted=10, macs=8,
        macs_compacted=8, latency_ms=0.5, latency_ratio=0.25, train_energy_j=3.0, energy_j=5.0, duration_s=2.5, epochs=1, batch_size=16,
        winner=False, window=f"run/search/trial{number}", hyperparameters='{"units": 4}', parts='{"quality": 0.9}',
        reason=None,
    )  # fmt: skip
    return replace(trial, **changes)


def made_kept(number=0, abouts=(CPU,), energy_uj=5_000_000, **changes):
    root = f"run/search/trial{number}"
    windows = [
        window(name, parent, energy_uj, about)
        for name, parent in ((root, None), (f"{root}/train", root), (f"{root}/train/epoch1", f"{root}/train"))
        for about in abouts
    ]
    return KeptTrial(made_trial(number, **changes), windows)


def read_back(kept, folder, meters):
    path = folder / f"trial{kept.trial.trial}.json"
    kept.write(path)
    return read_kept([path], Ledger(meters))[kept.trial.trial]


def energies(kept):
    return [(each.name, each.device, each.energy_uj, each.source) for each in kept.windows]


def test_trial_stands_beside_the_run_and_is_otherwise_as_it_was_written(tmp_path):
    found = read_back(made_kept(), tmp_path, [processor()])
    assert found.trial == replace(made_trial(), window="trials/trial0")
    assert [(each.name, each.parent) for each in found.windows] == [
        ("trials/trial0", None),
        ("trials/trial0/train", "trials/trial0"),
        ("trials/trial0/train/epoch1", "trials/trial0/train"),
    ]
    names = {"name", "parent"}
    assert [each.model_dump(exclude=names) for each in found.windows] == [
        each.model_dump(exclude=names) for each in made_kept().windows
    ]


def test_trial_that_was_read_back_once_is_read_back_again(tmp_path):
    once = read_back(made_kept(), tmp_path, [processor()])
    assert read_back(once, tmp_path, [processor()]) == once


def test_trials_come_in_the_order_of_their_numbers(tmp_path):
    paths = [tmp_path / f"trial{number}.json" for number in (10, 2)]
    for number, path in zip((10, 2), paths, strict=True):
        made_kept(number).write(path)
    assert list(read_kept(paths, Ledger([processor()]))) == [2, 10]


def test_failed_trial_is_kept_with_its_reason(tmp_path):
    unknown = dict.fromkeys(("objective", "quality", "train_energy_j"))
    kept = made_kept(status="failed", reason="too large: 10 parameters", **unknown)
    found = read_back(kept, tmp_path, [processor()])
    assert (found.trial.status, found.trial.reason) == ("failed", "too large: 10 parameters")
    assert (found.trial.objective, found.trial.energy_j) == (None, 5.0)


def test_trial_that_nothing_measured_is_kept_as_it_is_where_nothing_measures(tmp_path):
    found = read_back(made_kept(abouts=({"device": None, "scope": None},), energy_uj=None), tmp_path, [])
    assert [each.flags for each in found.windows] == [["unknown: no meter"]] * 3


def test_file_of_a_trial_is_plain_json_and_whole_or_not_there(tmp_path):
    path = tmp_path / "trial0.json"
    made_kept().write(path)
    json.loads(path.read_text(), parse_constant=pytest.fail)
    with pytest.raises(ValueError, match="not JSON compliant"):
        made_kept(quality=float("nan")).write(path)
    assert list(tmp_path.iterdir()) == [path]
    assert json.loads(path.read_text())["trial"]["quality"] == 0.9


# Other meters


@pytest.mark.parametrize(
    "meters",
    [[SteadyMeter()], [processor(), SteadyMeter()], []],
    ids=["a card for a processor", "a card more", "none at all"],
)
def test_joules_of_other_meters_become_null_with_a_flag(meters, tmp_path):
    found = read_back(made_kept(), tmp_path, meters)
    for each in found.windows:
        assert each.flags == [FLAG]
        values = (each.energy_uj, each.gap_uj, each.energy_net_uj, each.u_stat_j, each.u_idle_j, each.u_sys_j)
        assert (*values, each.source) == (None,) * 7
    assert (found.trial.energy_j, found.trial.train_energy_j) == (None, None)


def test_joules_that_are_known_in_another_way_become_null(tmp_path):
    estimated = made_kept(abouts=(CPU | {"source": "estimated"},))
    assert read_back(estimated, tmp_path, [processor()]).windows[0].flags == [FLAG]


def test_unknown_windows_stand_once_for_each_device_of_the_run(tmp_path):
    found = read_back(made_kept(abouts=(CPU, CARD)), tmp_path, [SteadyMeter(name="GPU-7")])
    assert energies(found) == [
        ("trials/trial0", "GPU-7", None, None),
        ("trials/trial0/train", "GPU-7", None, None),
        ("trials/trial0/train/epoch1", "GPU-7", None, None),
    ]


def test_unknown_windows_of_a_run_without_meters_have_no_device(tmp_path):
    found = read_back(made_kept(), tmp_path, [])
    assert energies(found)[0] == ("trials/trial0", None, None, None)


def test_rest_of_the_row_stays_when_joules_become_null(tmp_path):
    found = read_back(made_kept(), tmp_path, [])
    assert found.trial == replace(made_trial(), window="trials/trial0", energy_j=None, train_energy_j=None)
    assert [(each.start_s, each.end_s) for each in found.windows] == [(0.0, 2.5)] * 3


def test_another_device_of_the_same_kind_counts(tmp_path):
    found = read_back(made_kept(), tmp_path, [SteadyMeter(30, "package-1", "cpu")])
    assert energies(found)[0] == ("trials/trial0", "package-0", 5_000_000, "measured")


# What a failed try leaves to the next


def test_windows_whose_trials_are_kept_are_those_of_this_ledger_with_a_file(tmp_path):
    for number in (0, 1, 10):
        made_kept(number).write(tmp_path / f"trial{number}.json")
    with Ledger([]) as ledger, ledger.window("search"):
        for number in (1, 2, 10):
            with ledger.window(f"trial{number}"), ledger.window("train"):
                pass
    assert handed_on(tmp_path, ledger)[0] == ["run/search/trial1", "run/search/trial10"]


def test_try_that_fails_hands_on_the_trials_of_those_before_it_too(tmp_path):
    for number in (0, 1, 2):
        made_kept(number).write(tmp_path / f"trial{number}.json")
    with Ledger([processor()]) as ledger, ledger.window("search"):
        for number in (1, 2):
            with ledger.window(f"trial{number}"):
                pass
    own, others = handed_on(tmp_path, ledger)
    assert own == ["run/search/trial1", "run/search/trial2"]
    assert [(each.name, each.energy_uj) for each in others] == [
        ("trials/trial0", 5_000_000),
        ("trials/trial0/train", 5_000_000),
        ("trials/trial0/train/epoch1", 5_000_000),
    ]


def test_run_without_a_search_keeps_nothing(tmp_path):
    with Ledger([]) as ledger:
        pass
    assert handed_on(tmp_path / "search" / "trials", ledger) == ([], [])


def test_trial_of_another_layout_is_refused_with_its_file(tmp_path):
    path = tmp_path / "trial0.json"
    path.write_text('{"trial": {"trial": 0}, "windows": []}')
    with (
        pytest.raises(FrugalNetError, match=r"trial0\.json: not a trial of this version of FrugalNet"),
        Ledger([]) as ledger,
    ):
        read_kept([path], ledger)
