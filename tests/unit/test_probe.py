"""The probe says what meters can tell, and a run waits until the machine is as idle as the probe found it."""

import json
import threading
import time
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from benchmarks._simulated import TICK_S, Curve, timeline_of
from typer.testing import CliRunner

from frugalnet.cli import app
from frugalnet.energy import probe as probing
from frugalnet.energy.conditions import cool_down
from frugalnet.energy.probe import probe
from frugalnet.energy.reading import Device, MeterError, Reading
from frugalnet.errors import FrugalNetError
from frugalnet.record.machine import is_same
from frugalnet.record.probe import Probe, read_probe

IDLE_W, LOAD_W = 50.0, 250.0


class Card:
    """A card that knows whether it is loaded; its power readings are off by a factor."""

    def __init__(self, power_factor=1.0):
        self.device = Device("GPU-0", "nvml", "gpu", "measured", gain=0.035, gain_source="a paper")
        self.loaded = False
        self.temperature_c = 35.0
        self._power_factor = power_factor
        self._energy_j, self._last_s = 0.0, time.monotonic()
        self._lock = threading.Lock()

    @property
    def watts(self):
        return LOAD_W if self.loaded else IDLE_W

    def read(self):
        with self._lock:
            now_s = time.monotonic()
            self._energy_j += self.watts * (now_s - self._last_s)
            self._last_s = now_s
            power_w = self.watts * self._power_factor
            return Reading(now_s, round(self._energy_j * 1e6), power_w, temperature_c=self.temperature_c)

    def load(self, stop):
        self.read()
        self.loaded = True
        stop.wait()
        self.read()
        self.loaded = False

    def train(self):
        """Be busy for 0.07 s and wait for 0.03 s in each of three epochs."""
        epochs = []
        for _ in range(3):
            start_s = time.monotonic()
            self.read()
            self.loaded = True
            time.sleep(0.07)
            self.read()
            self.loaded = False
            time.sleep(0.03)
            epochs.append((start_s, time.monotonic()))
        return epochs

    def close(self): ...


@pytest.fixture
def found(monkeypatch):
    """Return a function that probes a card in two seconds."""
    monkeypatch.setattr(probing, "SETTLE_S", 0.1)

    def found(card):
        (result,) = probe([card], 100, card.load, card.train, phase_s=0.2)
        return result

    return found


def test_probe_finds_idle_and_load_power(found):
    result = found(Card())
    assert result.idle_w == pytest.approx(IDLE_W, rel=0.05)
    assert result.load_w == pytest.approx(LOAD_W, rel=0.05)
    assert result.idle_temperature_c == 35
    assert result.reading_us > 0


def test_counter_and_power_that_agree_leave_the_gain_of_the_sensor(found):
    result = found(Card())
    assert result.load_counter_to_power == pytest.approx(1, abs=0.03)
    assert (result.contradiction, result.gain) == (False, 0.035)


@pytest.mark.parametrize(("power_factor", "gain"), [(0.5, 0.5), (2.0, 1.0)])
def test_meter_that_contradicts_itself_is_flagged_and_its_gain_covers_both_readings(found, power_factor, gain):
    result = found(Card(power_factor))
    assert result.contradiction
    assert result.gain == pytest.approx(gain, abs=0.1)
    assert result.gain_source.startswith("the probe of this machine")


def test_reading_at_the_end_of_an_epoch_misses_what_came_before(found):
    # 0.07 s at 250 W and 0.03 s at 50 W are 190 W on average; the reading at the end says 50 W.
    assert found(Card()).edge_reading_error == pytest.approx(1 - 50 / 190, abs=0.2)


def test_longer_runs_resolve_smaller_differences(found):
    result = found(Card())
    lengths = [difference.run_s for difference in result.smallest_differences]
    fractions = [difference.fraction for difference in result.smallest_differences]
    assert lengths == [1, 10, 60, 600, 3600]
    assert all(fraction > 0 for fraction in fractions)
    assert fractions == sorted(fractions, reverse=True)


def test_smallest_difference_of_white_noise_is_that_of_its_mean():
    draw = np.random.default_rng(0)
    steps_j = draw.normal(200, 20, 400) * 0.1
    line = probing.Timeline.of(
        Device("GPU-0", "nvml", "gpu", "measured"),
        [Reading(number / 10, round(energy_j * 1e6)) for number, energy_j in enumerate(np.cumsum(steps_j))],
    )
    found = {each.run_s: each.fraction for each in probing._smallest_differences(line, (0.0, 39.9))}
    assert found[3600] == pytest.approx(1.96 * 2**0.5 * 20 * (0.1 * 3600) ** 0.5 / (200 * 3600), rel=0.1)


def test_noise_of_not_knowing_when_a_counter_ticked_does_not_add_up_over_a_run():
    flat = Curve("flat", lambda t: 200.0 + 0 * t, lambda t: 200.0 * t)
    line = timeline_of(flat, 60, np.random.default_rng(0))
    found = {each.run_s: each.fraction for each in probing._smallest_differences(line, (1.0, 59.0))}
    _, noise_w = probing.mean_power(line, (1.0, 59.0))
    taken_as_white = 1.96 * (2 * noise_w**2 * TICK_S * 3600) ** 0.5 / (200 * 3600)
    assert found[3600] < taken_as_white / 4


class AveragingCard(Card):
    """A card whose power readings are means over the last 0.2 s, and that counts how often it was loaded."""

    def __init__(self, scope="gpu"):
        super().__init__()
        self.device = Device("GPU-0", "nvml", scope, "integrated", cumulative=False)
        self.loads = 0
        self._past = [(time.monotonic(), 0.0)]

    def read(self):
        reading = super().read()
        self._past.append((reading.time_s, reading.energy_uj / 1e6))
        moments_s, energies_j = np.array(self._past).T
        before_j = np.interp(reading.time_s - 0.2, moments_s, energies_j)
        return Reading(reading.time_s, reading.energy_uj, float(energies_j[-1] - before_j) / 0.2)

    def load(self, stop):
        self.loads += 1
        super().load(stop)


@pytest.fixture
def probed(monkeypatch):
    """Return a function that probes a card with a load that is switched faster than usual."""
    monkeypatch.setattr(probing, "SWITCHED_S", (0.43, 0.36, 0.4))

    def probed(card, on_gpu):
        (result,) = probe([card], 50, card.load, card.train, phase_s=0.2, on_gpu=on_gpu)
        return result

    return probed


def test_load_that_is_switched_shows_over_how_long_a_card_averages(probed):
    assert probed(AveragingCard(), on_gpu=True).averaging_s == pytest.approx(0.2, abs=0.06)


def test_averaging_that_is_not_measured_is_as_its_maker_says(probed):
    card = AveragingCard()
    card.device = replace(card.device, averaging_s=1.0)
    assert probed(card, on_gpu=False).averaging_s == 1.0


@pytest.mark.parametrize(("scope", "on_gpu"), [("gpu", False), ("cpu", True)])
def test_load_that_no_card_sees_is_not_switched(probed, scope, on_gpu):
    card = AveragingCard(scope)
    assert probed(card, on_gpu).averaging_s is None
    assert card.loads == 1


def test_probe_is_read_as_it_was_written(found, tmp_path):
    written = Probe(
        machine={"cores": 2}, started="2026-01-01T00:00:00+00:00", on_gpu=False, meters=[found(Card())], missing={}
    )
    written.write(tmp_path / "meter_probe.json")
    assert read_probe(tmp_path / "meter_probe.json") == written


def test_command_prints_what_the_meters_can_tell_and_keeps_it(found, tmp_path, monkeypatch):
    def in_own_process(kind, function, given, name, log):
        assert function == "frugalnet.jobs.tasks:probe"
        assert given["measure"]["meters"] == "estimate"
        whole = Probe(machine={}, started="2026-01-01T00:00:00+00:00", on_gpu=False, meters=[found(Card())], missing={})
        whole.write(Path(given["path"]))

    monkeypatch.setattr("frugalnet.commands.probe.in_own_process", in_own_process)
    path = tmp_path / "kept" / "probe.json"
    done = CliRunner().invoke(app, ["probe", "--set", "measure.meters=estimate", "--write", str(path)])
    assert done.exit_code == 0, done.output
    assert "`nvml` reads" in done.output
    assert "runs of" in done.output
    assert json.loads(path.read_text())["meters"][0]["meter"] == "nvml"


def test_machine_that_was_not_probed_has_no_probe(tmp_path):
    assert read_probe(tmp_path / "meter_probe.json") is None


def test_torn_probe_is_refused(tmp_path):
    (tmp_path / "meter_probe.json").write_text('{"machine": {')
    with pytest.raises(FrugalNetError, match=r"meter_probe\.json: not a probe of this version .* delete it"):
        read_probe(tmp_path / "meter_probe.json")


@pytest.fixture
def quick(monkeypatch):
    monkeypatch.setattr("frugalnet.energy.conditions.POLL_S", 0.02)


def test_cool_machine_does_not_wait(found, quick):
    card = Card()
    result = found(card)
    assert cool_down([card], [result], 5).cooled is True


def test_warm_card_is_waited_for_until_it_is_cool(found, quick):
    card = Card()
    result = found(card)
    card.temperature_c = 80.0
    threading.Timer(0.2, lambda: setattr(card, "temperature_c", 38.0)).start()
    waited = cool_down([card], [result], 30)
    assert waited.cooled is True
    assert 0.1 < waited.cool_down_s < 30


def test_waiting_for_a_cool_card_has_a_limit(found, quick):
    card = Card()
    result = found(card)
    card.loaded = True
    waited = cool_down([card], [result], 0.1)
    assert waited.cooled is False


def test_reading_that_is_not_renewed_tells_nothing(found, quick):
    card = Card()
    result = found(card)
    same = card.read()
    card.read = lambda: same
    assert cool_down([card], [result], 5).cooled is None


def test_card_that_cannot_be_read_is_not_called_cool(found, quick):
    card = Card()
    result = found(card)

    def fail():
        raise MeterError("meter nvml: GPU is lost")

    card.read = fail
    assert cool_down([card], [result], 5).cooled is None


def test_nothing_is_waited_for_without_a_limit(found):
    card = Card()
    assert cool_down([card], [found(card)], 0).cooled is None


@pytest.mark.parametrize("name", ["processor", "cores", "gpus"])
def test_machine_with_another_processor_or_card_does_not_measure_alike(name):
    one = {"processor": "one", "cores": 2, "gpus": [{"uuid": "GPU-0"}], "memory_mib": 1000, "system": "Linux"}
    assert is_same(one, one | {"memory_mib": 2000, "system": "Linux 7"})
    assert not is_same(one, one | {name: None})


def test_settings_do_not_make_another_machine():
    one = {"processor": "one", "cores": 2, "gpus": [{"uuid": "GPU-0"}]}
    assert is_same(one, one | {"host": {"governor": "powersave"}, "gpus": [{"uuid": "GPU-0", "power_limit_w": 200.0}]})
    assert not is_same(one, one | {"gpus": [{"uuid": "GPU-0", "driver": "590"}]})
