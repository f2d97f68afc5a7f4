"""Logs of nvidia-smi: what they come to, and the command that says it."""

import json
import subprocess
import sys

import pytest

from frugalnet.energy.trace import main, read_trace
from tests.unit.made_log import CARD, HEADER, RENAMED, energy_j, row


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
