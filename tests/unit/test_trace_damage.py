"""Logs of nvidia-smi that are torn, damaged or no logs: what is left out, and what is refused."""

import pytest

from frugalnet.energy.trace import read_trace
from tests.unit.made_log import HEADER, refused, row

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
