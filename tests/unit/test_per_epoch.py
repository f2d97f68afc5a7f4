"""The log of epochs of a run at levels of factors: energy, power, temperature and utilization of each epoch, as files have them."""

from dataclasses import replace
from types import SimpleNamespace

from frugalnet.energy.per_epoch import with_readings
from frugalnet.energy.reading import Device, Reading
from frugalnet.energy.timeline import Timeline
from frugalnet.record.record import WindowEntry
from frugalnet.record.rows import READINGS, Epoch, read_csv, write_csv

ORIGIN_S = 1000.0
"""When the run began, on the clock of the readings."""
FIRST, SECOND = (Epoch(f"run/train/epoch{number}", number, 0.5, 0.8, 0.6, 0.7, None) for number in (1, 2))


def window(row, start_s, end_s, energy_uj, device="GPU-0", scope="gpu"):
    return WindowEntry(
        name=row.window, parent="run/train", device=device, scope=scope, start_s=start_s, end_s=end_s, energy_uj=energy_uj,
        gap_uj=energy_uj, energy_net_uj=None, u_stat_j=None, u_idle_j=None, u_sys_j=None, source=None,
        flags=[] if energy_uj is not None else ["unknown: the card was lost"],
    )  # fmt: skip


def device(name="GPU-0", scope="gpu", **columns):
    """Return readings of a device, one a second from the first second of the run on."""
    lengths = {len(values) for values in columns.values()}
    made = Timeline(Device(name, "nvml", scope, "measured"))
    for second in range(1, max(lengths) + 1):
        values = {column: known[second - 1] for column, known in columns.items()}
        made.append(Reading(ORIGIN_S + second, second * 1_000_000, **values))
    return made


def read(windows, *devices, on_gpu=True, epochs=(FIRST, SECOND)):
    """Return energy, power, temperature and utilization of each epoch."""
    run = SimpleNamespace(start_s=ORIGIN_S + 1, end_s=ORIGIN_S + 5)
    ledger = SimpleNamespace(timelines=devices, origin_s=ORIGIN_S, windows=[run], idle=lambda _: {})
    found = with_readings(epochs, ledger, windows, on_gpu)
    return [tuple(getattr(row, name) for name in READINGS) for row in found]


def test_epoch_has_its_energy_its_mean_power_and_the_means_of_the_readings_within_it():
    card = device(temperature_c=[50.0, 60.0, 70.0, 80.0, 90.0], utilization=[0.1, 0.2, 0.3, 0.4, 0.5])
    windows = [window(FIRST, 1, 3, 300_000_000), window(SECOND, 3.5, 5.5, 500_000_000)]
    assert read(windows, card) == [(300.0, 150.0, 60.0, 0.2), (500.0, 250.0, 85.0, 0.45)]


def test_what_a_row_said_before_it_says_still():
    (found,) = with_readings(
        [FIRST], SimpleNamespace(timelines=(), origin_s=0.0, windows=[]), [window(FIRST, 1, 3, None)], False
    )
    assert replace(found, **dict.fromkeys(READINGS)) == FIRST


def test_hottest_device_gives_the_temperature_and_all_of_them_the_utilization():
    cards = [
        device("GPU-0", temperature_c=[50.0, 52.0], utilization=[1.0, 0.8]),
        device("GPU-1", temperature_c=[70.0, 74.0], utilization=[0.2, 0.4]),
    ]
    windows = [window(FIRST, 0, 4, 100_000_000, card.device.name) for card in cards]
    assert read(windows, *cards, epochs=[FIRST]) == [(200.0, 50.0, 72.0, 0.6)]


def test_hottest_device_is_the_one_with_the_highest_mean_and_not_the_highest_peak():
    cards = [device("GPU-0", temperature_c=[95.0, 25.0]), device("GPU-1", temperature_c=[70.0, 74.0])]
    windows = [window(FIRST, 0, 4, None, card.device.name) for card in cards]
    assert read(windows, *cards, epochs=[FIRST]) == [(None, None, 72.0, None)]


def test_card_that_does_no_work_is_neither_in_energy_nor_in_sensors():
    works = device("GPU-0", temperature_c=[60.0] * 6, utilization=[0.9] * 6)
    idle = device("GPU-1", temperature_c=[80.0] * 6, utilization=[0.0] * 6)
    windows = [
        window(FIRST, 0, 4, 100_000_000),
        window(FIRST, 0, 4, 900_000_000, "GPU-1").model_copy(update={"counted": False}),
    ]
    assert read(windows, works, idle, epochs=[FIRST]) == [(100.0, 25.0, 60.0, 0.9)]


def test_device_outside_of_the_totals_does_not_count():
    card = device("GPU-0", temperature_c=[60.0], utilization=[0.9])
    processor = device("package-0", "cpu", temperature_c=[40.0], utilization=[0.1])
    windows = [window(FIRST, 0, 2, 10_000_000), window(FIRST, 0, 2, 30_000_000, "package-0", "cpu")]
    assert read(windows, card, processor, on_gpu=False, epochs=[FIRST]) == [(30.0, 15.0, 40.0, 0.1)]
    assert read(windows, card, processor, on_gpu=True, epochs=[FIRST]) == [(40.0, 20.0, 60.0, 0.5)]


def test_epoch_whose_energy_is_not_known_has_neither_energy_nor_power_but_its_sensors():
    card = device(temperature_c=[50.0, 60.0], utilization=[None, 0.5])
    assert read([window(FIRST, 0, 4, None)], card, epochs=[FIRST]) == [(None, None, 55.0, 0.5)]


def test_energy_of_one_of_two_devices_is_not_that_of_both():
    cards = [device("GPU-0", utilization=[1.0]), device("GPU-1", utilization=[1.0])]
    windows = [window(FIRST, 0, 4, 100_000_000), window(FIRST, 0, 4, None, "GPU-1")]
    assert read(windows, *cards, epochs=[FIRST]) == [(None, None, None, 1.0)]


def test_sensor_that_is_not_read_within_an_epoch_is_not_known_there():
    card = device(temperature_c=[50.0, None, 70.0], utilization=[None, None, None])
    windows = [window(FIRST, 1.5, 2.5, 1_000_000), window(SECOND, 2.5, 3.5, 1_000_000)]
    assert read(windows, card) == [(1.0, 1.0, None, None), (1.0, 1.0, 70.0, None)]


def test_epoch_that_took_no_time_has_no_power():
    assert read([window(FIRST, 1, 1, 0)], device(temperature_c=[None]), epochs=[FIRST]) == [(0.0, None, None, None)]


def test_without_meters_nothing_is_known():
    assert read([window(FIRST, 1, 3, None, None, None)], epochs=[FIRST]) == [(None, None, None, None)]


# In the file


def test_columns_that_are_kept_are_written_although_nothing_was_read(tmp_path):
    write_csv([FIRST, SECOND], tmp_path / "plain.csv")
    write_csv([FIRST, SECOND], tmp_path / "kept.csv", READINGS)
    columns = "window,epoch,loss,quality,validation_loss,validation_quality,sparsity"
    assert (tmp_path / "plain.csv").read_text().splitlines()[0] == columns
    assert (tmp_path / "kept.csv").read_text().splitlines() == [
        f"{columns},energy_j,power_w,temperature_c,utilization",
        "run/train/epoch1,1,0.5,0.8,0.6,0.7,,,,,",
        "run/train/epoch2,2,0.5,0.8,0.6,0.7,,,,,",
    ]
    assert read_csv(tmp_path / "kept.csv", Epoch)["energy_j"] == [None, None]
    assert read_csv(tmp_path / "plain.csv", Epoch)["utilization"] == [None, None]


def test_readings_are_read_back_as_they_were(tmp_path):
    known = replace(FIRST, energy_j=300.0, power_w=150.0, temperature_c=60.0, utilization=0.2)
    write_csv([known, SECOND], tmp_path / "epochs.csv", READINGS)
    found = read_csv(tmp_path / "epochs.csv", Epoch)
    assert [found[name] for name in READINGS] == [[300.0, None], [150.0, None], [60.0, None], [0.2, None]]
    assert found["batch_size"] == [None, None]
