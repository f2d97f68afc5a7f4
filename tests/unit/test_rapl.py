"""RAPL on made powercap folders: which domains are read, counters that wrap, and counters that cannot be read."""

from pathlib import Path

import pytest

from frugalnet.energy.meters import rapl
from frugalnet.energy.meters.rapl import RaplMeter, open_rapl
from frugalnet.energy.reading import MeterError

RANGE_UJ = 262_143_328_850
"""Of most Intel processors: 2^32 - 1 units of 61.035 µJ."""


MOVING, PLAUSIBLE = rapl._moving, RaplMeter._plausible


@pytest.fixture(autouse=True)
def made_counters(monkeypatch):
    """Take counters that move in leaps, when a test moves them, for those of a processor."""
    monkeypatch.setattr(rapl, "_moving", lambda meters: meters)
    monkeypatch.setattr(RaplMeter, "_plausible", lambda *_: True)


@pytest.fixture
def plausible(monkeypatch, made_counters):
    """Tell again what a processor can do."""
    monkeypatch.setattr(RaplMeter, "_plausible", PLAUSIBLE)


@pytest.fixture
def powercap(tmp_path):
    """Return a function that makes a zone as the kernel does: a folder in its parent, and a link in the class folder."""
    root = tmp_path / "class" / "powercap"
    root.mkdir(parents=True)

    def make(zone, name, energy_uj=1000, range_uj=RANGE_UJ):
        control, *numbers = zone.split(":")
        parents = [":".join([control, *numbers[: depth + 1]]) for depth in range(len(numbers))]
        folder = tmp_path.joinpath("devices", control, *parents)
        folder.mkdir(parents=True)
        (folder / "name").write_text(f"{name}\n")
        (folder / "energy_uj").write_text(f"{energy_uj}\n")
        (folder / "max_energy_range_uj").write_text(f"{range_uj}\n")
        (root / zone).symlink_to(folder)
        return folder

    make.root = root
    return make


@pytest.fixture
def clock(monkeypatch):
    now_s = [100.0]
    monkeypatch.setattr("frugalnet.energy.meters.rapl.time.monotonic", lambda: now_s[0])
    return now_s


def names(root):
    return [(meter.device.name, meter.device.assumptions["zone"]) for meter in open_rapl(root)]


def set_counter(folder, energy_uj):
    (folder / "energy_uj").write_text(f"{energy_uj}\n")


def test_packages_and_their_memory_are_read_and_nothing_that_they_contain(powercap):
    powercap("intel-rapl:0", "package-0")
    powercap("intel-rapl:0:0", "core")
    powercap("intel-rapl:0:1", "uncore")
    powercap("intel-rapl:0:2", "dram")
    powercap("intel-rapl:1", "psys")
    powercap("intel-rapl-mmio:0", "package-0")
    assert names(powercap.root) == [("package-0", "intel-rapl:0"), ("dram-0", "intel-rapl:0:2")]


def test_two_sockets(powercap):
    for socket in (1, 0):
        powercap(f"intel-rapl:{socket}", f"package-{socket}")
        powercap(f"intel-rapl:{socket}:0", "dram")
    assert [name for name, _ in names(powercap.root)] == ["package-0", "dram-0", "package-1", "dram-1"]


def test_packages_of_several_dies(powercap):
    powercap("intel-rapl:0", "package-0-die-0")
    powercap("intel-rapl:1", "package-0-die-1")
    powercap("intel-rapl:1:0", "dram")
    assert [name for name, _ in names(powercap.root)] == ["package-0-die-0", "package-0-die-1", "dram-0-die-1"]


def test_flat_folders_without_links(tmp_path):
    for zone, name in (("intel-rapl:0", "package-0"), ("intel-rapl:0:0", "dram"), ("intel-rapl:0:1", "core")):
        folder = tmp_path / zone
        folder.mkdir()
        for file, text in (("name", name), ("energy_uj", "5"), ("max_energy_range_uj", "100")):
            (folder / file).write_text(text)
    assert [name for name, _ in names(tmp_path)] == ["package-0", "dram-0"]


def test_folder_of_the_devices(powercap, tmp_path):
    powercap("intel-rapl:0", "package-0")
    powercap("intel-rapl:0:0", "dram")
    assert [name for name, _ in names(tmp_path / "devices")] == ["package-0", "dram-0"]


def test_platform_alone_is_better_than_nothing(powercap):
    powercap("intel-rapl:0", "psys")
    assert names(powercap.root) == [("psys", "intel-rapl:0")]


def test_other_way_to_the_counters_is_used_where_it_is_the_only_one(powercap):
    powercap("intel-rapl-mmio:0", "package-0")
    assert names(powercap.root) == [("package-0", "intel-rapl-mmio:0")]


def test_device_says_how_its_numbers_are_known(powercap):
    powercap("intel-rapl:0", "package-0")
    (meter,) = open_rapl(powercap.root)
    device = meter.device
    assert (device.meter, device.scope, device.source, device.cumulative) == ("rapl", "cpu", "measured", True)
    assert (device.tick_s, device.quantum_uj, device.gain) == (0, 61, None)
    assert device.gain_source.startswith("no gain that holds across processors is published; Desrochers")
    assert device.assumptions == {"zone": "intel-rapl:0", "max_energy_range_uj": RANGE_UJ}


def test_energy_counts_from_the_opening(powercap, clock):
    folder = powercap("intel-rapl:0", "package-0", 5_000_000)
    (meter,) = open_rapl(powercap.root)
    first = meter.read()
    assert (first.energy_uj, first.power_w) == (0, None)
    clock[0] += 2
    set_counter(folder, 65_000_000)
    second = meter.read()
    assert (second.energy_uj, second.power_w) == (60_000_000, 30.0)
    meter.close()


def test_reading_is_of_the_last_renewal_of_the_counter(powercap, clock):
    powercap("intel-rapl:0", "package-0")
    (meter,) = open_rapl(powercap.root)
    reading = meter.read()
    assert reading.time_s == 99.9995
    assert reading.time_error_s == 0.0005


def test_power_is_not_taken_from_less_than_ten_renewals(powercap, clock):
    folder = powercap("intel-rapl:0", "package-0", 0)
    (meter,) = open_rapl(powercap.root)
    clock[0] += 1
    set_counter(folder, 30_000_000)
    assert meter.read().power_w == 30.0
    clock[0] += 0.0005
    set_counter(folder, 30_060_000)
    assert meter.read().power_w == 30.0
    clock[0] += 0.9995
    set_counter(folder, 50_000_000)
    assert meter.read().power_w == pytest.approx(20.0)


def test_counter_that_wraps_is_unwrapped(powercap):
    folder = powercap("intel-rapl:0", "package-0", RANGE_UJ - 1000)
    (meter,) = open_rapl(powercap.root)
    set_counter(folder, 500)
    assert meter.read().energy_uj == 1500
    set_counter(folder, 700)
    assert meter.read().energy_uj == 1700


def test_counter_that_wraps_many_times_is_unwrapped(powercap):
    folder = powercap("intel-rapl:0", "package-0", 123_456_789)
    (meter,) = open_rapl(powercap.root)
    total_uj, step_uj = 123_456_789, 150_000_000_007
    for _ in range(1000):
        total_uj += step_uj
        set_counter(folder, total_uj % RANGE_UJ)
        energy_uj = meter.read().energy_uj
    assert energy_uj == 1000 * step_uj


def test_step_that_no_processor_can_make_is_a_counter_that_was_reset(powercap, clock, plausible):
    folder = powercap("intel-rapl:0", "package-0", 200_000_000_000)
    (meter,) = open_rapl(powercap.root)
    found = []
    for counter_uj in (200_010_000_000, 5_000_000, 15_000_000):  # 100 W but for the reset
        clock[0] += 0.1
        set_counter(folder, counter_uj)
        found.append(meter.read().energy_uj)
    assert found == [10_000_000, 0, 10_000_000]


def test_counter_that_may_have_turned_more_than_once_is_not_guessed(powercap, clock, plausible):
    folder = powercap("intel-rapl:0", "package-0", 0)
    (meter,) = open_rapl(powercap.root)
    found = []
    for elapsed_s, counter_uj in ((100, 10_000_000_000), (200, 20_000_000_000)):  # a turn takes 131 s at 2,000 W
        clock[0] += elapsed_s
        set_counter(folder, counter_uj)
        found.append(meter.read().energy_uj)
    assert found == [10_000_000_000, 0]


def test_counter_that_stands_still_is_none(powercap, monkeypatch):
    monkeypatch.setattr(rapl, "_moving", MOVING)
    powercap("intel-rapl:0", "package-0")
    with pytest.raises(MeterError, match=r"meter rapl: the counters of package-0 under .* stand still"):
        open_rapl(powercap.root)


def test_small_ranges_wrap_too(powercap):
    folder = powercap("intel-rapl:0", "package-0", 90, range_uj=100)
    (meter,) = open_rapl(powercap.root)
    found = []
    for counter in (100, 0, 60, 20, 20):
        set_counter(folder, counter)
        found.append(meter.read().energy_uj)
    assert found == [10, 10, 70, 130, 130]


def test_no_domains(tmp_path):
    for root in (tmp_path, tmp_path / "none"):
        with pytest.raises(MeterError) as error:
            open_rapl(root)
        assert str(error.value).startswith(
            f"meter rapl: no RAPL domains under {root}; expected a processor and a Linux"
        )


def test_counter_that_only_root_may_read(powercap, monkeypatch):
    folder = powercap("intel-rapl:0", "package-0")
    read_text = Path.read_text

    def denied(path, *arguments, **options):
        if path.name == "energy_uj":
            raise PermissionError(13, "Permission denied")
        return read_text(path, *arguments, **options)

    monkeypatch.setattr(Path, "read_text", denied)  # root, who may run the tests, reads whatever its mode says
    with pytest.raises(MeterError) as error:
        open_rapl(powercap.root)
    message = str(error.value)
    assert message.startswith(
        f"meter rapl: {powercap.root / folder.name / 'energy_uj'}: permission denied. Since 5.10 Linux"
    )
    assert message.endswith("sudo chmod a+r /sys/class/powercap/intel-rapl:*/energy_uj")
    assert "CVE-2020-8694" in message


def test_counter_that_goes_while_it_is_read(powercap):
    folder = powercap("intel-rapl:0", "package-0", 1000)
    (meter,) = open_rapl(powercap.root)
    (folder / "energy_uj").unlink()
    with pytest.raises(
        MeterError, match=r"^meter rapl: .*energy_uj: No such file or directory; expected a RAPL domain$"
    ):
        meter.read()
    set_counter(folder, 3000)
    assert meter.read().energy_uj == 2000


@pytest.mark.parametrize(("file", "text"), [("energy_uj", ""), ("energy_uj", "-5"), ("max_energy_range_uj", "many")])
def test_counter_that_is_no_number(file, text, powercap):
    folder = powercap("intel-rapl:0", "package-0")
    (folder / file).write_text(text)
    with pytest.raises(MeterError, match=rf"^meter rapl: .*{file} is '{text}'; expected microjoules$"):
        open_rapl(powercap.root)


def test_counter_that_cannot_be_read(powercap):
    folder = powercap("intel-rapl:0", "package-0")
    (folder / "energy_uj").unlink()
    (folder / "energy_uj").mkdir()
    with pytest.raises(MeterError, match=r"^meter rapl: .*energy_uj: Is a directory; expected a RAPL domain$"):
        open_rapl(powercap.root)
