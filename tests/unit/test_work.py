"""Each GPU is judged by itself: one that did no work is in the windows, and in no total."""

import time
from dataclasses import replace

import pytest

from frugalnet.analysis.interim import read_study
from frugalnet.energy import Ledger, statement
from frugalnet.energy.work import left_out
from tests.unit.conftest import ESTIMATE, made_record
from tests.unit.steady import SteadyMeter, totals
from tests.unit.test_statement import entry


class Card(SteadyMeter):
    """A card that draws more while it works, and tells how busy it is unless that is None."""

    def __init__(self, name, busy=0.0, **about):
        super().__init__(50, name, **about)
        self._busy, self._uj, self._last_s = busy, 0, None
        self.works = False

    def read(self):
        found = super().read()
        power_w = 250 if self.works else 50
        self._uj += round((found.time_s - (self._last_s or found.time_s)) * power_w * 1e6)
        self._last_s = found.time_s
        return replace(found, energy_uj=self._uj, power_w=power_w, utilization=self._busy)


def measured(*cards, working=(), **settings):
    """Return a ledger of a run in which some of the cards worked."""
    with Ledger(cards, **{"sampling_hz": 100} | settings) as ledger, ledger.window("train"):
        for card in working:
            card.works = True
        time.sleep(0.1)
        for card in working:
            card.works = False
    return ledger


@pytest.fixture
def no_settling(monkeypatch):
    monkeypatch.setattr("frugalnet.energy.ledger.GPU_SETTLE_S", 0)


def roots(ledger):
    return {each.device: each for each in statement.windows_of(ledger) if each.name == "run"}


def test_card_that_was_never_busy_is_in_no_total():
    ledger = measured(Card("GPU-0", busy=0.9), Card("GPU-1"), SteadyMeter(30, "package-0", "cpu"))
    found, energy = roots(ledger), totals(ledger)
    assert [each.counted for each in found.values()] == [True, False, True]
    assert found["GPU-1"].energy_uj > 0
    assert [each.energy_uj for each in energy.totals] == [
        found["GPU-0"].energy_uj,
        found["package-0"].energy_uj,
        found["GPU-0"].energy_uj + found["package-0"].energy_uj,
    ]
    assert [each.worked for each in energy.devices] == [True, False, None]


def test_energy_of_a_window_is_without_the_card_that_did_no_work():
    ledger = measured(Card("GPU-0", busy=0.9), Card("GPU-1"))
    windows = statement.windows_of(ledger)
    own = next(each for each in windows if (each.name, each.device) == ("run/train", "GPU-0"))
    assert statement.energy_j(windows, "run/train", "gpu") == own.energy_uj / 1e6


def test_energy_of_blocks_is_without_the_card_that_did_no_work():
    with Ledger([Card("GPU-0", busy=0.9), Card("GPU-1")], sampling_hz=100) as ledger:
        blocks = []
        for _ in range(2):
            block = ledger.begin()
            time.sleep(0.05)
            blocks.append(ledger.end(block))
    energy_uj, net_uj = statement.stretches_uj(ledger, blocks, on_gpu=True)
    own_uj = ledger.book_stretches(ledger.timelines[0], blocks).energy_uj
    assert energy_uj.tolist() == own_uj.tolist()
    assert min(energy_uj) > 0 and net_uj is None  # nobody left the cards alone


def test_total_is_known_as_the_cards_that_worked_are():
    ledger = measured(Card("GPU-0", busy=0.9), Card("GPU-1"))
    ledger.timelines[1].device = replace(ledger.timelines[1].device, source="integrated")
    assert statement.source_of(ledger, on_gpu=True) == "measured"


@pytest.mark.parametrize("busy", [0.0, 0.9])
def test_cards_that_are_all_alike_stay(busy):
    ledger = measured(Card("GPU-0", busy), Card("GPU-1", busy))
    assert all(each.counted for each in roots(ledger).values())
    assert [each.worked for each in totals(ledger).devices] == [bool(busy)] * 2


def test_one_card_stays_whatever_it_did():
    assert left_out(measured(Card("GPU-0"))) == set()


def test_card_that_does_not_tell_worked_where_it_took_more_than_at_rest(no_settling):
    working = Card("GPU-0", None)
    ledger = measured(working, Card("GPU-1", None), working=[working], idle_s=0.2)
    assert left_out(ledger) == {"GPU-1"}


def test_card_that_neither_tells_nor_was_at_rest_is_not_judged():
    ledger = measured(Card("GPU-0", 0.9), Card("GPU-1", None))
    assert left_out(ledger) == set()
    assert [each.worked for each in totals(ledger).devices] == [True, None]


def test_card_that_is_lost_is_not_judged_and_leaves_the_total_unknown():
    ledger = measured(Card("GPU-0", 0.9), Card("GPU-1", lost_after=2))
    assert left_out(ledger) == set()
    assert totals(ledger).totals[0].energy_uj is None


def test_trial_is_booked_while_the_run_goes_on_without_the_card_that_did_no_work_until_then():
    with Ledger([Card("GPU-0", 0.9), Card("GPU-1")], sampling_hz=100) as ledger:
        with ledger.window("trial0"):
            time.sleep(0.05)
        trial = statement.windows_of(ledger, "run/trial0")
        assert statement.source_of(ledger, on_gpu=True) == "measured"
    assert [(each.device, each.counted) for each in trial] == [("GPU-0", True), ("GPU-1", False)]


def test_what_is_not_known_of_a_card_stays_in_a_total():
    known, unknown = (entry(name, energy_uj, "gpu") for name, energy_uj in (("train", 7), ("train", None)))
    windows = [known, unknown.model_copy(update={"counted": False})]
    assert statement.energy_j(windows, "train", "gpu") is None


def test_tables_are_without_the_card_and_name_it(study):
    rec = made_record()
    card = ESTIMATE.model_copy(
        update={"device": "GPU-1", "meter": "nvml", "model": "A100", "scope": "gpu", "worked": False}
    )
    about = {"device": "GPU-1", "scope": "gpu", "counted": False}
    windows = [*rec.windows, *(each.model_copy(update=about) for each in rec.windows)]
    own = ESTIMATE.model_copy(update={"device": "cpu", "scope": "gpu", "worked": True})
    windows = [each.model_copy(update={"scope": "gpu"}) for each in windows]
    energy = rec.energy.model_copy(update={"scope": "gpu", "devices": [own, card]})
    found = read_study(*study(rec.model_copy(update={"windows": windows, "energy": energy})))
    row = found["runs"].iloc[0]
    assert row[["energy_devices", "idle_devices"]].tolist() == ["estimate (cpu)", "nvml (A100)"]
    assert row["train_energy_j"] == 5
    assert found["epochs"]["energy_uj"].tolist() == [5_000_000]
    assert found["windows"]["counted"].tolist() == [True] * 6 + [False] * 6
