"""A wall plug is read over HTTP, in the JSON of its vendor, and holds up nothing else."""

import threading
import time

import pytest

from frugalnet.energy import MeterError
from frugalnet.energy.meters import plug as plugs
from frugalnet.energy.meters.plug import open_plug
from tests.unit.fake_plug import shelly

GEN1 = {"power": 61.5, "is_valid": True, "timestamp": 1600000000, "counters": [60.9, 60.1, 61.0], "total": 104512}
MYSTROM = {"power": 61.5, "Ws": 60.8, "relay": True, "temperature": 27.4}
TASMOTA = {"StatusSNS": {"Time": "2026-01-01T12:00:00", "ENERGY": {"Total": 3.185, "Power": 61.5, "Voltage": 230}}}


@pytest.fixture
def meter(plug):
    (meter,) = open_plug(plug.url)
    yield meter
    meter.close()


def reading_of(meter, power_w):
    """Return the first reading of a power, which must come."""
    limit_s = time.monotonic() + 10
    while (reading := meter.read()).power_w != power_w:
        assert time.monotonic() < limit_s
        time.sleep(0.005)
    return reading


def read_on(meter):
    """Read for some seconds, or until a reading fails."""
    limit_s = time.monotonic() + 10
    while time.monotonic() < limit_s:
        meter.read()
        time.sleep(0.005)


@pytest.mark.parametrize(
    ("answer", "model"),
    [
        (shelly(61.5), "Shelly Gen2 plug"),
        (GEN1, "Shelly Gen1 plug"),
        (MYSTROM, "myStrom plug"),
        (TASMOTA, "Tasmota plug"),
    ],
)
def test_vendor_is_told_by_its_json(plug, answer, model):
    plug.answer = answer
    (meter,) = open_plug(plug.url)
    meter.close()
    assert (meter.device.model, meter.read().power_w, meter.read().energy_uj) == (model, 61.5, 0)


def test_plug_reads_the_whole_machine_and_knows_nothing_of_its_error(meter):
    device = meter.device
    assert (device.scope, device.source, device.cumulative, device.gain) == ("machine", "integrated", False, None)
    assert "no accuracy" in device.gain_source


def test_power_is_integrated_over_the_time_between_answers(plug, meter):
    first = meter.read()
    time.sleep(0.2)
    last = meter.read()
    assert last.time_s > first.time_s
    assert last.energy_uj == pytest.approx(100e6 * (last.time_s - first.time_s), abs=50)


def test_power_that_changes_is_taken_as_changing_evenly_between_two_answers(plug, meter):
    low = meter.read()
    plug.answer = shelly(300.0)
    high = reading_of(meter, 300.0)
    between_s = high.time_s - low.time_s
    assert 100e6 * between_s < high.energy_uj - low.energy_uj < 300e6 * between_s


@pytest.mark.parametrize(
    ("answer", "said"),
    [
        ("<html>Welcome</html>", r"answered '<html>Welcome</html>'; expected the address of the status of a plug"),
        ("", r"answered ''; expected the address"),
        ({"wifi": 1}, r"answered '\{\"wifi\": 1\}'; expected the address"),
        ([61.5], r"answered '\[61\.5\]'; expected the address"),
        ({"relay": True}, r"expected the address"),
        (shelly("61.5"), r"Shelly Gen2: answered .*; expected one valid power from 0 to 25000 W"),
        (shelly(True), r"expected one valid power"),
        (shelly(-4.0), r"expected one valid power"),
        (shelly(10**400), r"expected one valid power"),
        ('{"apower": NaN}', r"expected one valid power"),
        (GEN1 | {"is_valid": False}, r"Shelly Gen1: answered .*; expected one valid power"),
        ({"StatusSNS": {"ENERGY": {"Power": [10, 20]}}}, r"Tasmota: answered .*; expected one valid power"),
    ],
)
def test_answer_that_is_no_power_is_refused_with_the_address_and_what_came(plug, answer, said):
    plug.answer = answer
    with pytest.raises(MeterError, match=f"^meter plug: {plug.url}: .*{said}"):
        open_plug(plug.url)


def test_long_answer_is_cut_in_the_message(plug):
    plug.answer = "x" * 1000
    with pytest.raises(MeterError, match=r"answered 'x{80}'\.\.\.; expected"):
        open_plug(plug.url)


def test_plug_that_refuses_is_named_with_its_words(plug):
    plug.status = 401
    with pytest.raises(MeterError, match=f"{plug.url}: HTTP Error 401: Unauthorized; expected"):
        open_plug(plug.url)


def test_plug_that_is_not_there_is_named(plug):
    plug.unplug()
    with pytest.raises(MeterError, match=f"{plug.url}: .*Connection refused.*; expected"):
        open_plug(plug.url)


def test_plug_that_does_not_answer_is_waited_for_only_so_long(plug, monkeypatch):
    monkeypatch.setattr(plugs, "TIMEOUT_S", 0.05)
    plug.free.clear()
    with pytest.raises(MeterError, match=f"{plug.url}: .*timed out; expected"):
        open_plug(plug.url)


# While it is read


def test_reading_never_waits_for_the_plug(plug, meter):
    plug.hold()
    asked = plug.asked
    assert [meter.read() for _ in range(1000)] == [meter.read()] * 1000
    assert plug.asked == asked


def test_one_answer_that_is_lost_is_bridged(plug, meter):
    plug.status = 500
    asked = plug.asked
    while plug.asked < asked + 2:
        time.sleep(0.005)
    before = meter.read()
    plug.status = 200
    after = reading_of(meter, 100.0)
    assert after.energy_uj >= before.energy_uj


def test_reading_that_is_too_old_is_none_and_what_came_in_its_place_is_said(plug, meter, monkeypatch):
    monkeypatch.setattr(plugs, "STALE_S", 0.1)
    plug.answer = "gone"
    with pytest.raises(MeterError, match=f"{plug.url}: answered 'gone'; expected"):
        read_on(meter)


def test_plug_that_hangs_says_for_how_long(plug, meter, monkeypatch):
    monkeypatch.setattr(plugs, "STALE_S", 0.1)
    plug.hold()
    with pytest.raises(MeterError, match=r"no answer for \d\.\d s; expected"):
        read_on(meter)


def test_plug_that_comes_back_is_read_again(plug, meter, monkeypatch):
    monkeypatch.setattr(plugs, "STALE_S", 0.1)
    plug.answer = "gone"
    with pytest.raises(MeterError):
        read_on(meter)
    asked, plug.answer = plug.asked, shelly(80.0)
    while plug.asked < asked + 3:
        time.sleep(0.005)
    assert meter.read().power_w == 80.0


def test_closed_meter_asks_no_more(plug):
    (meter,) = open_plug(plug.url)
    meter.close()
    (thread,) = (each for each in threading.enumerate() if each.name == "plug" and each._target.__self__ is meter)
    thread.join(10)
    assert not thread.is_alive()
