"""Which NVIDIA cards are metered, and what is said of those that cannot be."""

import subprocess
import sys

import pynvml
import pytest

from frugalnet.energy.meters.nvml import open_nvml
from frugalnet.energy.reading import MeterError
from tests.unit.fake_nvml import NO_COUNTER

FIRST, SECOND, THIRD = (f"GPU-00000000-0000-0000-0000-00000000000{index}" for index in range(3))


def refused():
    """Return why there is no meter."""
    with pytest.raises(MeterError, match=r"^meter nvml: ") as error:
        open_nvml()
    return str(error.value).removeprefix("meter nvml: ")


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
