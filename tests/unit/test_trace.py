"""Logs of nvidia-smi: what they come to, and what is refused."""

import json
import subprocess
import sys

import pytest

from frugalnet.energy.trace import main, read_trace
from frugalnet.errors import FrugalNetError

HEADER = "timestamp, name, utilization.gpu [%], memory.used [MiB], power.draw [W], power.max_limit [W], temperature.gpu"
RENAMED = "timestamp,gpu_name,gpu_usage,gpu_memory_used,gpu_power_draw,gpu_max_power,gpu_temperature"
CARD = "NVIDIA GeForce RTX 3090"


def row(second, power="100.00 W", temperature="65", name=CARD):
    return f"2023/03/08 13:11:{second:06.3f}, {name}, 77 %, 11135 MiB, {power}, 350.00 W, {temperature}"


@pytest.fixture
def log(tmp_path):
    """Return a function that writes lines as a file, by default with an end of line behind the last one."""

    def write(*lines, end="\n", encoding="utf-8"):
        path = tmp_path / "gpu.csv"
        path.write_bytes(("\n".join(lines) + end).encode(encoding))
        return path

    return write


def energy_j(path, **options):
    return read_trace(path, **options).timeline.energy_uj[-1] / 1e6


def refused(path, **options):
    with pytest.raises(FrugalNetError) as error:
        read_trace(path, **options)
    message = str(error.value)
    assert message.startswith(str(path))
    return message[len(str(path)) :]


def test_power_is_integrated_by_the_trapezoid_rule(log):
    path = log(HEADER, row(1, "100.00 W"), row(2.5, "200.00 W"), row(3, "50.00 W"))
    timeline = read_trace(path).timeline
    assert list(timeline.energy_uj) == [0, 225_000_000, 287_500_000]
    assert list(timeline.time_s) == [0, 1.5, 2.0]


def test_energy_is_exact_to_the_microjoule(log):
    path = log(HEADER, *(row(second / 1000, "0.01 W") for second in range(1, 1000)))
    assert list(read_trace(path).timeline.energy_uj)[-1] == 9980  # 0.998 s at 0.01 W


def test_columns_of_nvidia_smi(log):
    trace = read_trace(log(HEADER, row(1, "334.17 W"), row(2, "334.18 W", "[N/A]")))
    columns = trace.timeline.columns()
    assert columns["power_w"] == [334.17, 334.18]
    assert columns["utilization"] == [0.77, 0.77]
    assert columns["memory_mib"] == [11135, 11135]
    assert columns["temperature_c"] == [65, None]
    assert columns["clock_mhz"] == columns["throttle"] == [None, None]
    assert trace.lines == [2, 3]
    device = trace.timeline.device
    assert (device.name, device.meter, device.scope, device.source) == ("gpu", "replay", "gpu", "integrated")
    assert (device.model, device.cumulative, device.gain) == (CARD, False, None)


def test_renamed_columns(log):
    lines = [f"2023-01-21 10:39:1{n}.027,NVIDIA GeForce RTX 3070,5 %,7061 MiB,2{n}.11 W,240.00 W,37" for n in (7, 8)]
    trace = read_trace(log(RENAMED, *lines))
    assert trace.timeline.energy_uj[-1] == 27_610_000
    assert trace.timeline.columns()["utilization"] == [0.05, 0.05]
    assert trace.timeline.device.model == "NVIDIA GeForce RTX 3070"


def test_values_without_units_clocks_and_uuid(log):
    header = "uuid, index, timestamp, power.draw [W], clocks.current.sm [MHz], clocks.current.memory [MHz]"
    lines = [f"GPU-1a2b, 1, 2023/03/08 13:11:0{n}.000, 50.5, 1800, [Not Supported]" for n in (1, 2)]
    timeline = read_trace(log(header, *lines)).timeline
    assert timeline.energy_uj[-1] == 50_500_000
    assert timeline.columns()["clock_mhz"] == [1800, 1800]
    assert timeline.columns()["memory_clock_mhz"] == [None, None]
    assert timeline.device.name == "GPU-1a2b"


def test_index_names_the_device_where_there_is_no_uuid(log):
    lines = ["timestamp, index, power.draw [W]", *(f"2023/03/08 13:11:0{n}.000, 3, 50.00 W" for n in (1, 2))]
    assert read_trace(log(*lines)).timeline.device.name == "gpu-3"


@pytest.mark.parametrize("column", ["power.draw.average [W]", "power.draw.instant [W]"])
def test_average_or_instant_power_where_there_is_no_other(column, log):
    lines = [f"timestamp, {column}", "2023/03/08 13:11:01.000, 60.00 W", "2023/03/08 13:11:02.000, 60.00 W"]
    assert energy_j(log(*lines)) == 60


def test_power_draw_is_preferred_to_average_and_instant(log):
    header = "timestamp, power.draw.instant [W], power.draw.average [W], power.draw [W]"
    lines = [f"2023/03/08 13:11:0{n}.000, 1.00 W, 2.00 W, 3.00 W" for n in (1, 2)]
    assert energy_j(log(header, *lines)) == 3


def test_windows_files_are_read(log):
    lines = [HEADER, row(1), row(2), ""]
    assert energy_j(log("\r\n".join(lines), end="")) == 100
    assert energy_j(log("\r\n".join(lines), end="", encoding="utf-8-sig")) == 100
    assert energy_j(log("\r\n".join(lines), end="", encoding="utf-16")) == 100


def test_blank_lines_are_nothing(log):
    assert read_trace(log(HEADER, row(1), "", row(2), "", "")).lines == [2, 4]


def test_whole_watts_cut_power_and_keep_the_samples(log):
    path = log(HEADER, row(1, "334.99 W"), row(2, "333.01 W"), row(3, "0.99 W"))
    assert energy_j(path) == 334 + 167
    assert energy_j(path, whole_watts=True) == 333.5 + 166.5
    assert read_trace(path, whole_watts=True).timeline.columns()["power_w"] == [334, 333, 0]


def test_drop_leaves_out_first_and_last_samples(log):
    path = log(HEADER, *(row(n, f"{n}.00 W") for n in range(1, 8)))
    trace = read_trace(path, drop=2)
    assert list(trace.timeline.energy_uj) == [0, 3_500_000, 8_000_000]
    assert trace.lines == [4, 5, 6]
    assert list(trace.timeline.time_s) == [0, 1, 2]


WHOLE = row(5, "334.17 W")
CUTS = [
    WHOLE[: WHOLE.index(part) + len(part)]
    for part in ("2", "2023/0", ":05.000,", ", NVIDIA G", "77", "11135 ", ", 33", ", 334.1", "334.17 W", "334.17 W,", "350", "350.00 W,", "350.00 W, ")
]  # fmt: skip


@pytest.mark.parametrize("end", ["", "\n"])
@pytest.mark.parametrize("cut", CUTS)
def test_row_that_was_cut_is_not_used_and_counts_for_drop(cut, end, log):
    path = log(HEADER, *(row(n) for n in range(1, 5)), cut, end=end)
    trace = read_trace(path)
    assert trace.lines == [2, 3, 4, 5]
    assert trace.notes == [
        f"{path}, line 6: the row was cut while it was written; it is not used, and counts as a sample for --drop"
    ]
    for whole_watts in (False, True):
        assert read_trace(path, whole_watts, drop=1).lines == [3, 4, 5]


@pytest.mark.parametrize("unit", [" W", ""])
def test_log_that_is_cut_at_any_byte_gives_no_wrong_watt(unit, tmp_path):
    watts = ("330.15", "98.02", "334.17", "331.53")
    lines = [f"2023/03/08 13:11:0{n}.000, {power}{unit}" for n, power in enumerate(watts)]
    text = "\n".join(["timestamp, power.draw [W]", *lines, ""])
    path = tmp_path / "gpu.csv"
    for size in range(text.index(lines[3]), len(text) + 1):
        path.write_text(text[:size])
        power_w = read_trace(path).timeline.columns()["power_w"]
        assert power_w == [330.15, 98.02, 334.17, 331.53][: len(power_w)]
        assert len(power_w) == (4 if size >= len(text) - 1 else 3)


def test_whole_row_without_end_of_line_is_a_sample(log):
    assert read_trace(log(HEADER, row(1), row(2), end="")).lines == [2, 3]


def test_last_field_that_is_shorter_than_the_one_above_is_taken_as_cut(log):
    assert read_trace(log(HEADER, row(1), row(2), row(3, temperature="6"), end="")).lines == [2, 3]
    assert read_trace(log(HEADER, row(1), row(2), row(3, temperature="6"))).lines == [2, 3, 4]


@pytest.mark.parametrize(
    ("unit", "last", "end", "used"),
    [
        (" W", "99.17 W", "", True),
        (" W", "334.17", "", False),
        (" W", "334.17", "\n", False),
        (" W", "334.", "\n", False),
        (" W", "33", "", False),
        (" W", "", "", False),
        ("", "99.17", "", True),
        ("", "334.1", "", False),
        ("", "334", "", False),
        ("", "334.1", "\n", True),
    ],
)
def test_power_in_the_last_column_must_have_the_form_of_the_one_above(unit, last, end, used, log):
    lines = [f"2023/03/08 13:11:0{n}.000, 300.00{unit}" for n in (1, 2)] + [f"2023/03/08 13:11:03.000, {last}"]
    assert read_trace(log("timestamp, power.draw [W]", *lines, end=end)).lines == [2, 3, 4][: 2 + used]


def test_bare_whole_watts_at_the_very_end_are_not_trusted(log):
    lines = [f"2023/03/08 13:11:0{n}.000, 300" for n in (1, 2, 3)]
    assert read_trace(log("timestamp, power.draw [W]", *lines, end="")).lines == [2, 3]
    assert read_trace(log("timestamp, power.draw [W]", *lines)).lines == [2, 3, 4]


@pytest.mark.parametrize(
    ("damaged", "why"),
    [
        ("2023/03/08 13:11:02.000, NVIDIA GeFo", "2 fields; expected 7 as in the header"),
        (row(2) + ", 1", "8 fields; expected 7 as in the header"),
        (row(2, "3x4 W"), "power.draw [W] is '3x4 W'; expected a number in W"),
        (row(2, "nan"), "power.draw [W] is 'nan'; expected a number in W"),
        (row(2, "-5.00 W"), "power.draw [W] is '-5.00 W'; expected a number in W"),
        (row(2, "334.17 kW"), "power.draw [W] is '334.17 kW'; expected a number in W"),
        (row(2, "[N/A]"), "power.draw [W] is '[N/A]'; expected a number in W"),
        (row(2, ""), "power.draw [W] is ''; expected a number in W"),
        (row(2, temperature="6o"), "temperature.gpu is '6o'; expected a number in C"),
        (row(2).replace("03/08", "13/08"), "time is '2023/13/08 13:11:02.000'; expected one like 2023/03/08 13:11:36.142"),
        (row(2).replace("2023", "23"), "time is '23/03/08 13:11:02.000'; expected one like 2023/03/08 13:11:36.142"),
        (row(2).replace("77", "\0\0"), "NUL characters; expected text. The log was damaged there"),
        (HEADER, "a second header; expected one log. Split the file there"),
        ("x" * 200_000, "1 fields; expected 7 as in the header"),
    ],
)  # fmt: skip
def test_damage_is_refused_with_its_line(damaged, why, log):
    path = log(HEADER, row(1), damaged, row(3), row(4))
    assert refused(path) == f", line 3: {why}"
    assert refused(path, whole_watts=True, drop=1) == f", line 3: {why}"


@pytest.mark.parametrize(("second", "relation"), [(0.5, "before that"), (1, "as")])
def test_time_that_does_not_rise_is_refused(second, relation, log):
    message = refused(log(HEADER, row(1), row(second), row(3)))
    assert message.startswith(
        f", line 3: time 2023/03/08 13:11:{second:06.3f}, {relation} in line 2; expected a later one"
    )


@pytest.mark.parametrize(
    ("column", "first", "second"),
    [("index", "0", "1"), ("uuid", "GPU-a", "GPU-b"), ("pci.bus_id", "00:01", "00:02"), ("serial", "11", "12"), ("name", "A2", "A4")],
)  # fmt: skip
def test_several_gpus_are_refused(column, first, second, log):
    moments = ("01.000", "01.000", "02.000", "02.000")
    lines = [f"2023/03/08 13:11:{at}, {gpu}, 50.00 W" for at, gpu in zip(moments, (first, second) * 2, strict=True)]
    message = refused(log(f"timestamp, {column}, power.draw [W]", *lines))
    assert message.startswith(
        f", line 3: {column} is '{second}' after '{first}'; expected a log of one GPU. Split the file"
    )


def test_equal_gpus_that_no_column_tells_apart_are_refused(log):
    moments = [second + early for second in range(1, 15) for early in (0.001, 0.004)]
    message = refused(log(HEADER, *(row(moment) for moment in moments)))
    assert message.startswith(": rows come in bunches, 0.003 s and 0.997 s apart, as in a log of several GPUs")


@pytest.mark.parametrize(
    ("lines", "why"),
    [
        ([""], ": the file is empty"),
        ([row(1), row(2)], ", line 1: no header; expected a header with timestamp and power.draw"),
        (["timestamp, name", "2023/03/08 13:11:01.000, a"], ", line 1: columns timestamp, name; expected a header"),
        (["name, power.draw [W]", "a, 50.00 W"], ", line 1: columns name, power.draw [W]; expected a header"),
        ([HEADER], ": 0 samples (of 0, without the first and the last 0); expected at least 2"),
        ([HEADER, row(1)], ": 1 samples (of 1, without the first and the last 0); expected at least 2"),
        ([HEADER, row(1), row(2)[:40]], ": 1 samples (of 1, without the first and the last 0); expected at least 2"),
    ],
)
def test_file_that_is_no_log_is_refused(lines, why, log):
    assert refused(log(*lines)).startswith(why)


@pytest.mark.parametrize(("drop", "left"), [(1, 1), (2, 0), (9, 0)])
def test_too_few_samples_after_dropping_are_refused(drop, left, log):
    message = refused(log(HEADER, row(1), row(2), row(3)), drop=drop)
    assert message == f": {left} samples (of 3, without the first and the last {drop}); expected at least 2"


def test_gap_is_crossed_in_a_straight_line_and_noted(log):
    trace = read_trace(path := log(HEADER, *(row(n) for n in (1, 2, 3, 4, 9, 10))))
    assert trace.timeline.energy_uj[-1] == 900_000_000
    assert trace.notes == [f"{path}, line 6: no sample in the 5.000 s before; power is taken as a straight line across"]


def test_many_gaps_are_not_all_noted(log):
    seconds = [n / 10 + 0.5 * (n // 3) for n in range(30)]
    notes = read_trace(log(HEADER, *(row(second) for second in seconds))).notes
    assert len(notes) == 6
    assert notes[-1].endswith(": 4 more such gaps")


def test_command_prints_one_object_and_notes_beside_it(log, capsys):
    path = log(HEADER, row(1, "334.17 W"), row(2, "334.17 W"), row(3, "334.17 W"), row(4)[:50], end="")
    assert main([str(path), "--whole-watts", "--drop", "1"]) == 0
    printed = capsys.readouterr()
    assert json.loads(printed.out) == {
        "energy_j": 334.0, "duration_s": 1.0, "samples": 2, "source": "integrated", "device": "gpu", "model": CARD,
    }  # fmt: skip
    assert f"note: {path}, line 5: the row was cut while it was written" in printed.err


def test_module_is_a_command_that_says_nothing_else(log):
    command = [sys.executable, "-m", "frugalnet.energy.trace", log(HEADER, row(1), row(2))]
    done = subprocess.run(command, capture_output=True, text=True, check=True)
    assert json.loads(done.stdout)["energy_j"] == 100
    assert done.stderr == ""


def test_command_tells_what_is_wrong_and_prints_nothing(log, tmp_path, capsys):
    path = log(HEADER, row(1), row(2, "[N/A]"), row(3))
    assert main([str(path)]) == 2
    assert main([str(tmp_path / "none.csv")]) == 2
    printed = capsys.readouterr()
    assert printed.out == ""
    assert printed.err.splitlines() == [
        f"error: {path}, line 3: power.draw [W] is '[N/A]'; expected a number in W",
        f"error: {tmp_path / 'none.csv'}: No such file or directory; expected a log of nvidia-smi",
    ]


@pytest.mark.parametrize("drop", ["-1", "1.5", "some"])
def test_drop_that_is_no_count_is_refused(drop, log, capsys):
    with pytest.raises(SystemExit) as end:
        main([str(log(HEADER, row(1), row(2))), f"--drop={drop}"])
    assert end.value.code == 2
    assert f"error: argument --drop: '{drop}'; expected a number of samples, 0 or more" in capsys.readouterr().err
