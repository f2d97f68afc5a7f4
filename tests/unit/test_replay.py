"""Recorded timelines: read, checked, and played again."""

import pyarrow
import pyarrow.parquet
import pytest

from frugalnet.energy.meters.replay import ReplayMeter, open_replay, read_timelines
from frugalnet.energy.reading import Device, MeterError, Reading
from frugalnet.energy.sampler import _Channel
from frugalnet.energy.timeline import Timeline

MEASURED = Device(
    "GPU-1a2b", "nvml", "gpu", "measured", "NVIDIA A100", tick_s=0.1, quantum_uj=1000, gain=0.04, gain_source="someone"
)


@pytest.fixture
def clock(monkeypatch):
    """Return the clock that the meter reads, as a list with one number: the test moves it."""
    now_s = [5000.0]
    monkeypatch.setattr("frugalnet.energy.meters.replay.time.monotonic", lambda: now_s[0])
    return now_s


@pytest.fixture
def table(tmp_path):
    """Return a function that writes columns as parquet."""

    def write(**columns):
        path = tmp_path / "timeline.parquet"
        pyarrow.parquet.write_table(pyarrow.table(columns), path)
        return path

    return write


@pytest.fixture
def text(tmp_path):
    """Return a function that writes lines as csv."""

    def write(*lines):
        path = tmp_path / "timeline.csv"
        path.write_text("\n".join(lines) + "\n")
        return path

    return write


def recorded(device=MEASURED):
    return Timeline.of(
        device,
        [
            Reading(-2.0, 7_000_000, 100.0, 0.001, 40.0, 1400.0, 1200.0, 0.25, 800.0, "", 0),
            Reading(-1.0, 7_000_001, 101.0, 0.002, 41.0, None, None, None, None, "sw_power_cap", 2),
            Reading(1.0, 9_000_001),
        ],
    )


def refused(path):
    with pytest.raises(MeterError) as error:
        read_timelines(path)
    message, start = str(error.value), f"meter replay: {path}"
    assert message.startswith(start)
    return message[len(start) :].removeprefix(": ").removeprefix(", ")


def test_readings_come_when_their_time_has_come_and_say_when_that_was(clock):
    meter = ReplayMeter(recorded())
    played = []
    for elapsed_s in (0, 0.999, 1, 2.9999999, 3):
        clock[0] = 5000 + elapsed_s
        reading = meter.read()
        played.append((reading.time_s, reading.energy_uj))
    first, second, last = (5000.0, 7_000_000), (5001.0, 7_000_001), (5003.0, 9_000_001)
    assert played == [first, first, second, second, last]


def test_other_columns_are_played_too(clock):
    meter = ReplayMeter(recorded())
    clock[0] += 1.25
    expected = Reading(5001.0, 7_000_001, 101.0, 0.002, 41.0, throttle="sw_power_cap", other_processes=2)
    assert meter.read() == expected


def test_sampler_takes_each_played_reading_once(clock):
    channel = _Channel(ReplayMeter(recorded()), 0.1)
    for elapsed_s in (0, 0.5, 1.0, 1.5, 2.9, 3.0):
        clock[0] = 5000 + elapsed_s
        channel.read()
    assert list(channel.timeline.time_s) == [5000, 5001, 5003]


def test_after_the_end_there_are_no_readings(clock):
    meter = ReplayMeter(recorded())
    clock[0] += 3.001
    with pytest.raises(MeterError, match=r"^meter replay: the recorded timeline ended after 3\.0 s$"):
        meter.read()
    meter.close()


def test_what_was_measured_is_simulated_when_it_is_played():
    device = ReplayMeter(recorded()).device
    assert device == Device(
        "GPU-1a2b", "replay", "gpu", "simulated", "NVIDIA A100", cumulative=True, tick_s=1.5, dated=True,
        quantum_uj=1000, gain=None, assumptions={"file": None, "recorded_source": "measured"},
    )  # fmt: skip


def test_parquet_of_a_run_is_read_back(tmp_path):
    columns = {"device": ["GPU-1a2b"] * 3, "scope": ["gpu"] * 3, "source": ["measured"] * 3, **recorded().columns()}
    path = tmp_path / "timeline.parquet"
    pyarrow.parquet.write_table(pyarrow.table(columns), path)
    (timeline,) = read_timelines(path)
    assert timeline.columns() == recorded().columns()
    (meter,) = open_replay(path)
    assert (meter.device.name, meter.device.scope, meter.device.source) == ("GPU-1a2b", "gpu", "simulated")
    assert meter.device.assumptions == {"file": "timeline.parquet", "recorded_source": "measured"}


def test_several_devices_below_each_other_or_in_turn(table):
    path = table(
        device=["GPU-1", "package-0", "GPU-1", "package-0", "cpu", "cpu"],
        time_s=[0.0, 0.0, 1.0, 1.0, 0.5, 1.0],
        energy_uj=[1, 2, 3, 4, 5, 6],
    )
    found = {timeline.device.name: timeline for timeline in read_timelines(path)}
    assert [(name, timeline.device.scope, list(timeline.energy_uj)) for name, timeline in found.items()] == [
        ("GPU-1", "gpu", [1, 3]), ("package-0", "cpu", [2, 4]), ("cpu", "cpu", [5, 6]),
    ]  # fmt: skip


def test_csv_needs_time_and_energy_only(text):
    (timeline,) = read_timelines(text("time_s,energy_uj", "0.0,0", "0.5,9007199254740993"))
    assert list(timeline.energy_uj) == [0, 9007199254740993]
    assert (timeline.device.name, timeline.device.scope, timeline.device.source) == ("cpu", "cpu", "simulated")
    assert timeline.columns()["power_w"] == [None, None]
    assert timeline.columns()["throttle"] == [None, None]


def test_csv_may_have_the_other_columns(text):
    header = "device, time_s, energy_uj, power_w, temperature_c, throttle"
    (timeline,) = read_timelines(text(header, "GPU-1, -1, 0, 50.5, -3, sw_power_cap", "", "GPU-1, 0, 1, , , "))
    assert timeline.device.scope == "gpu"
    columns = timeline.columns()
    assert (columns["power_w"], columns["temperature_c"]) == ([50.5, None], [-3, None])
    assert columns["throttle"] == ["sw_power_cap", None]


def test_log_of_nvidia_smi_is_read(text):
    lines = [f"2023/03/08 13:11:0{second}.000, 50.00 W" for second in (1, 2, 3)]
    (timeline,) = read_timelines(text("timestamp, power.draw [W]", *lines))
    assert list(timeline.energy_uj) == [0, 50_000_000, 100_000_000]
    (meter,) = open_replay(text("timestamp, power.draw [W]", *lines))
    assert meter.device.assumptions == {"file": "timeline.csv", "recorded_source": "integrated"}


@pytest.mark.parametrize(
    ("second", "why"),
    [
        ("0.0,5", "line 4: time_s is 0.0 after 0.5 in line 3; expected times that rise"),
        ("0.5,5", "line 4: time_s is 0.5 after 0.5 in line 3; expected times that rise"),
        ("1.0,2", "line 4: energy_uj is 2 after 3 in line 3; expected no fall"),
        ("1.0,-2", "line 4: energy_uj is '-2'; expected a whole number, 0 or more"),
        ("1.0,5.5", "line 4: energy_uj is '5.5'; expected a whole number, 0 or more"),
        ("1.0,99999999999999999999", "line 4: energy_uj is '99999999999999999999'; expected a whole number, 0 or more"),
        ("1.0,", "line 4: energy_uj is not there; expected a number"),
        (",5", "line 4: time_s is not there; expected a number"),
        ("soon,5", "line 4: time_s is 'soon'; expected a number"),
        ("inf,5", "line 4: time_s is 'inf'; expected a number"),
        ("nan,5", "line 4: time_s is 'nan'; expected a number"),
        ("1.0", "line 4: 1 fields; expected 2 as in the header"),
        ("1.0,5,6", "line 4: 3 fields; expected 2 as in the header"),
    ],
)
def test_row_that_cannot_be_is_refused_with_its_line(second, why, text):
    assert refused(text("time_s,energy_uj", "0.0,0", "0.5,3", second, "2.0,9")) == why


def test_row_of_parquet_is_named_by_its_number(table):
    assert (
        refused(table(time_s=[0.0, 1.0], energy_uj=[5, 4]))
        == "row 2: energy_uj is 4 after 5 in row 1; expected no fall"
    )
    assert refused(table(time_s=[0.0, None], energy_uj=[5, 6])) == "row 2: time_s is not there; expected a number"
    assert (
        refused(table(time_s=[0.0, 1.0], energy_uj=[5, 6], power_w=[1.0, -1.0]))
        == "row 2: power_w is -1.0; expected a number, 0 or more"
    )
    assert (
        refused(table(time_s=[0.0, 1.0], energy_uj=[5.0, 6.5]))
        == "row 2: energy_uj is 6.5; expected a whole number, 0 or more"
    )
    assert (
        refused(table(time_s=[0.0], energy_uj=[5], scope=["tpu"]))
        == "row 1: scope is 'tpu'; expected gpu, cpu, machine"
    )


def test_devices_are_checked_one_by_one(table):
    path = table(device=["a", "b", "a", "b"], time_s=[0.0, 0.0, 1.0, 1.0], energy_uj=[9, 3, 10, 2])
    assert refused(path) == "row 4: energy_uj is 2 after 3 in row 2; expected no fall"
    path = table(device=["a", "a", "b"], time_s=[0.0, 1.0, 0.0], energy_uj=[1, 1, 1])
    assert refused(path) == "row 3: the only reading of b; expected at least 2"


def test_gap_is_refused(text):
    lines = [f"{tenths / 10},{tenths}" for tenths in (0, 1, 2, 3, 4, 36, 37)]
    assert refused(text("time_s,energy_uj", *lines)) == "gap of 3.2 s after line 6; expected readings without one"


def test_gap_in_a_log_is_refused(text):
    lines = [f"2023/03/08 13:11:{second:02d}.000, 50.00 W" for second in (1, 2, 3, 4, 15)]
    message = refused(text("timestamp, power.draw [W]", *lines))
    assert message == "gap of 11.0 s after line 5; expected readings without one"


def test_slow_but_even_readings_have_no_gap(text):
    lines = [f"{second},{second}" for second in (0, 5, 10, 15, 64)]
    assert len(read_timelines(text("time_s,energy_uj", *lines))[0]) == 5
    lines = [f"{hundredths / 100},{hundredths}" for hundredths in (0, 1, 2, 3, 100)]
    assert len(read_timelines(text("time_s,energy_uj", *lines))[0]) == 5


def test_damage_in_a_log_is_refused_with_its_line(text):
    lines = ["2023/03/08 13:11:01.000, 50.00 W", "2023/03/08 13:11:02.000, [N/A]", "2023/03/08 13:11:03.000, 50.00 W"]
    assert (
        refused(text("timestamp, power.draw [W]", *lines))
        == "line 3: power.draw [W] is '[N/A]'; expected a number in W"
    )


def test_missing_columns_and_files_are_refused(text, table, tmp_path):
    wanted = "; expected time_s and energy_uj, or the columns timestamp and power.draw of a log of nvidia-smi"
    assert refused(text("time_s,power_w", "0,1")) == "no column energy_uj" + wanted
    assert refused(table(device=["a"])) == "no column time_s and energy_uj" + wanted
    assert refused(text("")) == "no column time_s and energy_uj" + wanted
    assert refused(text("time_s,energy_uj")) == "there are no readings; expected at least 2 of a device"
    assert refused(tmp_path / "none.csv") == "there is no such file; expected a recorded timeline"
    odd = tmp_path / "timeline.json"
    assert refused(odd).startswith("the name ends in neither .parquet nor .csv; expected a recorded timeline")
    broken = tmp_path / "broken.parquet"
    broken.write_bytes(b"PAR1 and no more")
    assert refused(broken).endswith("; expected a parquet file")
