"""The NVML meter reads cards as they are: here those of a fake library."""

import os
import subprocess
import sys
import time
from itertools import pairwise

import pynvml
import pytest

from frugalnet.energy.meters.nvml import GAIN, open_nvml
from frugalnet.energy.reading import MeterError

FIRST, SECOND, THIRD = (f"GPU-00000000-0000-0000-0000-00000000000{index}" for index in range(3))
NO_COUNTER = "counter_error=3"


@pytest.fixture
def opened(fake_nvml):
    """Return a function that makes cards, opens their meters, and leaves it to the fixture to close them."""
    meters = []

    def open_cards(*cards):
        fake_nvml.cards(*cards)
        meters.extend(open_nvml())
        return meters

    yield open_cards
    for meter in meters:
        meter.close()


@pytest.fixture
def clock(monkeypatch):
    """Return a clock that stands still until it is set: `clock[0] = seconds`."""
    now = [1000.0]
    monkeypatch.setattr(time, "monotonic", lambda: now[0])
    return now


def next_tick(meter):
    """Return the first reading at which the energy is another."""
    before = meter.read().energy_uj
    for _ in range(5000):
        if (reading := meter.read()).energy_uj != before:
            return reading
        time.sleep(0.001)
    raise AssertionError("the counter stands still")


def refused():
    """Return why there is no meter."""
    with pytest.raises(MeterError, match=r"^meter nvml: ") as error:
        open_nvml()
    return str(error.value).removeprefix("meter nvml: ")


# Cards with an energy counter


def test_card_with_a_counter_is_measured(opened):
    [meter] = opened("tick_ms=20 name=Fake_A")
    device = meter.device
    assert (device.name, device.model, device.meter, device.scope) == (FIRST, "Fake A", "nvml", "gpu")
    assert (device.source, device.cumulative, device.quantum_uj) == ("measured", True, 1000)
    assert device.gain == GAIN == pytest.approx(0.034, abs=0.001)
    assert "arXiv:2312.02741" in device.gain_source


def test_period_of_the_counter_is_found(opened):
    [meter] = opened("tick_ms=100")
    assert meter.device.tick_s == pytest.approx(0.1, rel=0.1)


def test_energy_of_a_few_ticks_is_that_of_the_counter(opened):
    [meter] = opened("watts=100 tick_ms=100")
    first = meter.read()
    time.sleep(0.35)
    second = meter.read()
    used_uj, elapsed_s = second.energy_uj - first.energy_uj, second.time_s - first.time_s
    at_most_s = 0.1 + first.time_error_s + second.time_error_s + 0.002  # the fake's clock has whole milliseconds
    assert used_uj % 10_000_000 == 0  # 100 W x 100 ms
    assert used_uj == pytest.approx(100e6 * elapsed_s, abs=100e6 * at_most_s)


def test_power_that_changes_is_in_the_counter(opened, fake_nvml):
    [meter] = opened("watts=100 tick_ms=20")
    fake_nvml.set(0, "watts=250")
    next_tick(meter)  # in part still of 100 W
    ticks = [next_tick(meter).energy_uj for _ in range(4)]
    assert all((after - before) % 5_000_000 == 0 for before, after in pairwise(ticks))  # 250 W x 20 ms


def test_two_cards_of_different_speed_are_told_apart(opened):
    slow, fast = opened("watts=100 tick_ms=60", "watts=300 tick_ms=20")
    assert slow.device.tick_s > 1.5 * fast.device.tick_s
    assert (slow.read().power_w, fast.read().power_w) == (100, 300)
    assert {next_tick(slow).energy_uj % 6_000_000, next_tick(fast).energy_uj % 6_000_000} == {0}


def test_counter_that_is_reset_returns_its_lower_value(opened, fake_nvml):
    [meter] = opened("tick_ms=20")
    before = meter.read().energy_uj
    fake_nvml.set(0, "reset_after_s=0")
    assert meter.read().energy_uj < 500_000_000 < before  # 100 W: 5 s of it, and since the machine started
    assert next_tick(meter).energy_uj > 0


# Cards without one


def test_card_without_a_counter_is_integrated_from_its_power(opened, fake_nvml, clock):
    [meter] = opened(f"{NO_COUNTER} watts=100")
    device = meter.device
    assert (device.source, device.cumulative, device.quantum_uj, device.tick_s) == ("integrated", False, 1, 0)
    first = meter.read()
    fake_nvml.set(0, "watts=200")
    clock[0] += 2
    second = meter.read()
    assert second.energy_uj - first.energy_uj == 300_000_000  # 2 s x (100 W + 200 W) / 2
    assert (first.power_w, second.power_w) == (100, 200)


def test_integrated_energy_loses_nothing_to_rounding(opened, clock):
    [meter] = opened(f"{NO_COUNTER} watts=0.001")
    first = meter.read().energy_uj
    for _ in range(10_000):
        clock[0] += 0.0001  # 0.1 microjoules each
        last = meter.read().energy_uj
    assert last - first == pytest.approx(1000, abs=1)


def test_counter_that_stands_still_is_none(opened):
    [meter] = opened("stuck=1 watts=50")
    assert meter.device.source == "integrated"
    assert meter.read().power_w == 50


# What goes with the energy


def test_reading_tells_how_the_card_is(opened):
    [meter] = opened(
        "tick_ms=20 temperature_c=71 clock_mhz=1410 memory_clock_mhz=9501 utilization_percent=93 memory_mib=2048"
    )
    reading = meter.read()
    assert (reading.power_w, reading.temperature_c, reading.utilization, reading.memory_mib) == (100, 71, 0.93, 2048)
    assert (reading.clock_mhz, reading.memory_clock_mhz) == (1410, 9501)


def test_what_a_card_cannot_tell_is_none(opened):
    [meter] = opened("tick_ms=20 extras_error=3 power_error=4")
    reading = meter.read()
    assert reading.energy_uj > 0
    told = (
        reading.power_w, reading.temperature_c, reading.clock_mhz, reading.memory_clock_mhz, reading.utilization,
        reading.memory_mib, reading.throttle, reading.other_processes,
    )  # fmt: skip
    assert told == (None,) * 8


def test_card_is_asked_how_it_is_only_when_its_counter_has_moved(opened, fake_nvml):
    [meter] = opened("tick_ms=100 temperature_c=40")
    fake_nvml.set(0, "stuck=1")
    meter.read()
    fake_nvml.set(0, "temperature_c=80")
    assert meter.read().temperature_c == 40
    fake_nvml.set(0, "stuck=0")
    assert next_tick(meter).temperature_c == 80


@pytest.mark.parametrize(
    ("mask", "named"),
    [
        ("0x0", ""),
        ("0x103", ""),  # idle, clocks that someone chose, clocks of the display
        ("0x4", "sw_power_cap"),
        ("0x10", "sync_boost"),
        ("0x68", "hw_slowdown+sw_thermal+hw_thermal"),
        ("0x88", "hw_slowdown+hw_power_brake"),
    ],
)
def test_reasons_for_throttling_are_named(opened, mask, named):
    [meter] = opened(f"{NO_COUNTER} throttle={mask}")
    assert meter.read().throttle == named


def test_reasons_for_throttling_are_asked_by_their_old_name_of_an_old_driver(opened, monkeypatch):
    def missing(handle):
        raise pynvml.NVMLError(pynvml.NVML_ERROR_FUNCTION_NOT_FOUND)

    monkeypatch.setattr(pynvml, "nvmlDeviceGetCurrentClocksEventReasons", missing)
    [meter] = opened(f"{NO_COUNTER} throttle=0x20")
    assert meter.read().throttle == "sw_thermal"


def test_other_processes_are_counted_without_this_one_and_its_children(opened):
    child = subprocess.Popen(["sleep", "60"])
    try:
        [meter] = opened(f"{NO_COUNTER} pids={os.getpid()},{child.pid},{os.getppid()},1")
        assert meter.read().other_processes == len({os.getppid(), 1})
    finally:
        child.kill()
        child.wait()


@pytest.mark.parametrize(("listed", "known"), [("77", None), ("77,78,79", 2)])
def test_container_that_counts_processes_for_itself_knows_only_of_several(fake_nvml, monkeypatch, listed, known):
    monkeypatch.setattr("frugalnet.energy.meters.nvml.HOST_NUMBERS", "pid:[another]")
    fake_nvml.cards(f"pids={listed}")
    (meter,) = open_nvml()
    assert meter.read().other_processes == known


def test_card_that_nobody_else_uses_has_no_other_processes(opened):
    [meter] = opened(f"{NO_COUNTER} pids={os.getpid()}")
    assert meter.read().other_processes == 0


def test_other_processes_are_counted_once_a_second(opened, fake_nvml, clock):
    [meter] = opened(f"{NO_COUNTER} pids={os.getpid()}")
    meter.read()
    fake_nvml.set(0, "pids=1")
    clock[0] += 0.5
    assert meter.read().other_processes == 0
    clock[0] += 0.5
    assert meter.read().other_processes == 1


# Which cards


@pytest.mark.parametrize(
    ("visible", "names"),
    [
        (None, [FIRST, SECOND, THIRD]),
        ("1", [SECOND]),
        ("2, 0", [THIRD, FIRST]),
        (SECOND, [SECOND]),
        (f"{THIRD},0", [THIRD, FIRST]),
        ("GPU-ab", ["GPU-abcd0000"]),  # enough of a UUID to know it by
        ("0,0", [FIRST]),
        ("0,-1,1", [FIRST]),
        ("0,7,1", [FIRST]),
        ("1,GPU-77,0", [SECOND]),
        ("1,GPU-000,0", [SECOND]),  # several begin like this
    ],
)
def test_cards_are_those_that_cuda_would_use(opened, monkeypatch, visible, names):
    if visible is not None:
        monkeypatch.setenv("CUDA_VISIBLE_DEVICES", visible)
    fourth = [f"uuid=GPU-abcd0000 {NO_COUNTER}"] if "ab" in str(visible) else []
    meters = opened(*[NO_COUNTER] * 3, *fourth)
    assert [meter.device.name for meter in meters] == names


@pytest.mark.parametrize("visible", ["", "-1", "-1,0", "5", "GPU-77"])
def test_hidden_cards_are_not_opened(fake_nvml, monkeypatch, visible):
    fake_nvml.cards(NO_COUNTER, NO_COUNTER)
    monkeypatch.setenv("CUDA_VISIBLE_DEVICES", visible)
    assert refused() == f"CUDA_VISIBLE_DEVICES = {visible!r} chooses none of 2 cards"


@pytest.mark.parametrize("visible", ["MIG-1234", "0,MIG-GPU-1/2/3", "first"])
def test_part_of_a_card_cannot_be_chosen(fake_nvml, monkeypatch, visible):
    fake_nvml.cards(NO_COUNTER)
    monkeypatch.setenv("CUDA_VISIBLE_DEVICES", visible)
    entry = visible.removeprefix("0,")
    assert refused() == f"CUDA_VISIBLE_DEVICES = {visible!r}; expected indices or UUIDs (GPU-...), not {entry!r}"


def test_card_of_another_job_is_not_counted(opened, monkeypatch):
    monkeypatch.setenv("CUDA_VISIBLE_DEVICES", "0")
    [meter] = opened("handle_error=4", NO_COUNTER)
    assert meter.device.name == SECOND


# What goes wrong


def test_card_that_falls_off_the_bus_says_so(opened, fake_nvml):
    counted, integrated = opened("tick_ms=20", NO_COUNTER)
    for index, meter in enumerate([counted, integrated]):
        assert meter.read().energy_uj >= 0
        fake_nvml.set(index, "lost_after_s=0")
        for _ in range(2):
            with pytest.raises(MeterError, match=f"^meter nvml: {meter.device.name}: GPU is lost$"):
                meter.read()


def test_counter_that_fails_is_not_replaced_by_the_power(opened, fake_nvml):
    [meter] = opened("tick_ms=20")
    fake_nvml.set(0, "counter_error=999")
    with pytest.raises(MeterError, match=f"^meter nvml: {FIRST}: Unknown Error$"):
        meter.read()


def test_missing_library_is_named(fake_nvml, monkeypatch):
    def missing(name):
        raise OSError(f"{name}: cannot open shared object file")

    monkeypatch.setattr(pynvml, "nvmlLib", None)
    monkeypatch.setattr(pynvml, "CDLL", missing)
    assert refused() == (
        "NVML Shared Library Not Found; expected an NVIDIA driver, with libnvidia-ml.so.1 where libraries are looked for"
    )


@pytest.mark.parametrize(
    ("cards", "reason"),
    [
        ("init_error=9", "Driver Not Loaded; expected the kernel module nvidia to be loaded"),
        ("init_error=4", "Insufficient Permissions; expected the right to open /dev/nvidiactl"),
        ("init_error=999", "Unknown Error"),
        ("", "no card; the driver has 0"),
        ("handle_error=4", "no card; the driver has 1, and this process can reach none of them"),
        ("handle_error=15", "no card; the driver has 1, and this process can reach none of them"),
        (
            "counter_error=4 power_error=4",
            f"{FIRST}: neither its energy counter nor its power can be read: Insufficient Permissions",
        ),
    ],
)
def test_meter_that_cannot_be_opened_says_why(fake_nvml, cards, reason):
    fake_nvml.cards(*filter(None, [cards]))
    assert refused().startswith(reason)


def test_library_is_let_go_of_whether_meters_opened_or_not(fake_nvml):
    fake_nvml.cards(NO_COUNTER, NO_COUNTER)
    meters = open_nvml()
    assert fake_nvml.inits == 2
    for meter in [*meters, *meters]:
        meter.close()
    assert fake_nvml.inits == 0
    fake_nvml.cards(NO_COUNTER, "counter_error=3 power_error=3")
    refused()
    assert fake_nvml.inits == 0


def test_meter_is_closed_also_when_the_library_is_gone(opened, fake_nvml):
    [meter] = opened(NO_COUNTER)
    fake_nvml.library.nvmlShutdown()
    meter.close()


def test_program_finds_the_fake_cards_by_its_environment(fake_nvml_environment):
    program = (
        "from frugalnet.energy.meters.nvml import open_nvml\n"
        "for meter in open_nvml():\n"
        "    print(meter.device.source, meter.device.model, meter.read().power_w)\n"
    )
    environment = fake_nvml_environment("name=Fake_A tick_ms=20", "name=Fake_B watts=70 counter_error=3")
    environment.pop("CUDA_VISIBLE_DEVICES", None)
    done = subprocess.run([sys.executable, "-c", program], env=environment, capture_output=True, text=True, check=True)
    assert done.stdout.splitlines() == ["measured Fake A 100.0", "integrated Fake B 70.0"]
