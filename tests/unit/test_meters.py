"""Which meters are opened, and what the estimate says."""

import subprocess
import sys
import time

import pytest

from frugalnet.config.measure import Measure
from frugalnet.energy import MeterError, meters, open_meters
from frugalnet.energy.cpu_time import CpuTime
from frugalnet.energy.meters import nvml, rapl
from frugalnet.energy.meters.estimate import EstimateMeter
from frugalnet.energy.reading import Device
from frugalnet.record.probe import ProbedMeter


class Opened:
    """A meter that is there."""

    def __init__(self, name, meter, scope):
        self.device = Device(name, meter, scope, "measured", gain=0.02, gain_source="a paper")


@pytest.fixture
def there(monkeypatch):
    """Return a function that says which meters the machine has."""

    def there(*names):
        def opener(name, scope):
            def open_():
                if name not in names:
                    raise MeterError(f"meter {name}: not on this machine")
                return [Opened(f"{name}-0", name, scope)]

            return open_

        monkeypatch.setattr(nvml, "open_nvml", opener("nvml", "gpu"))
        monkeypatch.setattr(rapl, "open_rapl", opener("rapl", "cpu"))

    return there


def opened(on_gpu, **measure):
    return [meter.device.meter for meter in open_meters(Measure(**measure), on_gpu)[0]]


@pytest.mark.parametrize(
    ("found", "on_gpu", "expected"),
    [
        ((), False, ["estimate"]),
        (("rapl",), False, ["rapl"]),
        (("nvml",), True, ["nvml"]),
        (("nvml", "rapl"), True, ["nvml", "rapl"]),
        (("nvml",), False, ["nvml", "estimate"]),
        (("rapl",), True, ["rapl"]),
    ],
)
def test_auto_takes_all_that_measure_and_the_estimate_where_neither_the_device_at_work_nor_the_cpu_is_read(
    there, found, on_gpu, expected
):
    there(*found)
    assert opened(on_gpu) == expected


def test_auto_says_why_a_meter_is_not_there(there):
    there()
    _, missing = open_meters(Measure(), on_gpu=False)
    assert missing == {"nvml": "meter nvml: not on this machine", "rapl": "meter rapl: not on this machine"}


def test_named_meters_are_taken_and_no_others(there):
    there("nvml", "rapl")
    assert opened(False, meters="rapl") == ["rapl"]
    assert opened(False, meters="nvml+estimate") == ["nvml", "estimate"]
    assert opened(True, meters="none") == []


def test_named_meter_that_is_not_there_is_an_error_that_says_why(there):
    there("rapl")
    with pytest.raises(
        MeterError, match=r"measure\.meters = 'nvml\+rapl': meter nvml: not on this machine \(auto takes"
    ):
        opened(True, meters="nvml+rapl")


def probed(device, averaging_s=None):
    return ProbedMeter(
        device=device, meter="", model=None, scope="cpu", source="measured", reading_us=1, tick_s=0, idle_w=None,
        idle_noise_w=None, idle_temperature_c=None, load_w=None, load_noise_w=None, idle_counter_to_power=None,
        load_counter_to_power=1.2, contradiction=True, gain=0.2, gain_source="the probe", edge_reading_error=None,
        smallest_differences=[], averaging_s=averaging_s,
    )  # fmt: skip


def test_gain_that_the_probe_widened_is_taken(there):
    there("rapl")
    found = probed("rapl-0")
    (meter,), _ = meters.open_meters(Measure(), False, [found])
    assert (meter.device.gain, meter.device.gain_source) == (0.2, "the probe")


@pytest.mark.parametrize(
    ("card", "measured_s", "expected_s"),
    [
        ("counter_error=3 architecture=9", 0.6, 0.6),
        ("counter_error=3 architecture=9", 0.0, 0.0),
        ("counter_error=3 architecture=9", None, 1.0),  # what NVML says stands
        ("counter_error=3 instant_watts=100", 0.1, 0.1),
        ("tick_ms=20 architecture=9", 0.6, 0.0),  # energy is counted: no mean
    ],
)
def test_averaging_that_the_probe_measured_is_taken_where_power_is_integrated(fake_nvml, card, measured_s, expected_s):
    fake_nvml.cards(card)
    found = probed("GPU-00000000-0000-0000-0000-000000000000", measured_s)
    (meter,), _ = open_meters(Measure(meters="nvml"), True, [found])
    assert meter.device.averaging_s == expected_s
    meter.close()


def test_estimate_counts_idle_watts_while_nothing_is_done():
    meter = EstimateMeter(idle_w=20, tdp_w=20)
    first = meter.read()
    time.sleep(0.05)
    second = meter.read()
    assert second.energy_uj - first.energy_uj == pytest.approx(20e6 * (second.time_s - first.time_s), abs=2)


def cpu_work(seconds):
    start_s = time.process_time()
    while time.process_time() - start_s < seconds:
        pass


def test_estimate_counts_cpu_time_by_the_share_of_a_core():
    meter = EstimateMeter(idle_w=0, tdp_w=100)
    before = meter.read()
    cpu_work(0.2)
    energy_j = (meter.read().energy_uj - before.energy_uj) / 1e6
    assert energy_j == pytest.approx(100 / meter.device.assumptions["cores"] * 0.2, rel=0.3)


@pytest.mark.parametrize("meters", ["nvml+nvml", "rapl+estimate", "estimate+replay"])
def test_meters_that_would_count_a_device_twice_are_refused(meters):
    with pytest.raises(ValueError, match="would count a device twice"):
        Measure(meters=meters, replay="x" if "replay" in meters else None)


BURN = "import time\nwhile time.process_time() < 0.3: pass\nprint(flush=True)\ntime.sleep(60)"


def test_estimate_counts_living_and_ended_children_once(monkeypatch):
    monkeypatch.setattr("frugalnet.energy.cpu_time.FAMILY_S", 0)
    monkeypatch.setattr("frugalnet.energy.cpu_time.FAMILY_SHARE", float("inf"))  # however long a look takes
    meter = EstimateMeter(idle_w=0, tdp_w=100)
    child = subprocess.Popen([sys.executable, "-c", BURN], stdout=subprocess.PIPE)
    child.stdout.readline()
    living_uj = meter.read().energy_uj
    child.kill()
    child.communicate()
    ended_uj = meter.read().energy_uj
    expected_uj = 100e6 / meter.device.assumptions["cores"] * 0.3
    assert living_uj == pytest.approx(expected_uj, rel=0.4)
    assert living_uj <= ended_uj == pytest.approx(living_uj, rel=0.2)


def test_estimate_does_not_fall_when_a_child_goes_that_nobody_waited_for(monkeypatch):
    cpu_s = iter([0.0, 5.0, 3.0, 6.0])
    monkeypatch.setattr(CpuTime, "_now_s", lambda _: next(cpu_s))
    meter = EstimateMeter(idle_w=0, tdp_w=100)
    energies = [meter.read().energy_uj for _ in range(3)]
    assert energies[0] == energies[1] < energies[2]


def test_estimate_states_its_assumptions_and_no_gain():
    device = EstimateMeter(idle_w=8, tdp_w=45).device
    assert (device.source, device.scope, device.gain) == ("estimated", "cpu", None)
    assert device.assumptions == {"idle_w": 8, "tdp_w": 45, "cores": device.assumptions["cores"]}


def test_energy_package_loads_neither_tensorflow_nor_keras():
    code = "import sys, frugalnet.energy; print([name for name in ('tensorflow', 'keras', 'pandas') if name in sys.modules])"
    assert subprocess.check_output([sys.executable, "-c", code], text=True).strip() == "[]"
