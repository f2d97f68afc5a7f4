"""What is shown of a workflow in a terminal: of 80 and of 200 columns, and in a real one that jobs write to."""

import fcntl
import os
import pty
import struct
import sys
import termios
from io import StringIO
from pathlib import Path

import pytest
from rich.console import Console

from snakemake_logger_plugin_frugalnet.joblog import JobLog
from snakemake_logger_plugin_frugalnet.outcome import Outcome
from snakemake_logger_plugin_frugalnet.story import Job, Story
from snakemake_logger_plugin_frugalnet.terminal import region, run_lines

pytestmark = pytest.mark.long

KNOWN = Outcome(0.97, 12.6, 58_123_000, "estimated", "cpu")
ROOT = Path(__file__).parents[2]
IN_TERMINAL = """
import subprocess, sys, time
from tests.unit.made_events import Workflow, finished

workflow = Workflow()
workflow.begin(baseline=2, notebook=1)
_, log = workflow.start_run("mnist/baseline/default/seed0")
log.write_text("10:00:00 train: epoch 3/9, accuracy 0.9\\n")
subprocess.run(["sh", "-c", "echo written by a child >&2; echo and to standard output"], check=True)
time.sleep(1.2)
workflow.finish(1)
workflow.run(finished("california_housing", quality=0.345))
{more}
workflow.page()
workflow.end()
print("after the end", file=sys.stderr)
"""


def run(name):
    """Return the job of a run that goes on, without a log."""
    dataset, method, variant, seed = name.split("/")
    return Job(method, name, {"dataset": dataset, "seed": seed, "variant": variant}, JobLog(None, 0.0), None, 0.0)


def shown(what, width):
    """Return the lines that a terminal of some columns shows."""
    console = Console(file=StringIO(), width=width, force_terminal=True, no_color=True, color_system=None)
    for each in what if isinstance(what, list) else [what]:
        console.print(each)
    return console.file.getvalue().splitlines()


def in_terminal(folder, columns, more="", code=IN_TERMINAL):
    """Return what a terminal gets while a process runs code in a folder, and its exit status."""
    process, terminal = pty.fork()
    if process == 0:
        os.chdir(folder)
        os.environ |= {"PYTHONPATH": f"{ROOT / 'src'}:{ROOT}", "TERM": "xterm-256color"}
        os.execv(sys.executable, [sys.executable, "-c", code.format(more=more)])
    fcntl.ioctl(terminal, termios.TIOCSWINSZ, struct.pack("HHHH", 30, columns, 0, 0))
    parts = []
    try:
        while part := os.read(terminal, 65_536):
            parts.append(part)
    except OSError:  # the process is gone
        pass
    return b"".join(parts).decode(), os.waitstatus_to_exitcode(os.waitpid(process, 0)[1])


def test_runs_stand_in_columns_that_end_at_the_same_place():
    lines = [
        shown(run_lines(run(name), outcome, 80), 80)
        for name, outcome in (
            ("mnist/baseline/default/seed0", KNOWN),
            ("california_housing/pruning/weight-s0.90/seed0", Outcome(1.2775, 3.34, 103_000_000, "estimated", "cpu")),
            ("mnist/nas/default/seed0", Outcome(0.9, 720.0, 12_340_000_000, "integrated", "gpu")),
        )
    ]
    assert lines == [
        ["mnist/baseline/default/seed0                 97.00 %    13 s    58.1 J estimated"],
        ["california_housing/pruning/weight-s0.90/seed0  MAE 1.278  3.3 s  103 J estimated"],
        ["mnist/nas/default/seed0                      90.00 %  12 min  12.3 kJ integrated"],
    ]


def test_run_whose_id_is_too_long_has_its_numbers_below():
    name = "california_housing/nas_pruning/unit-s0.50-distilled/seed0"
    assert shown(run_lines(run(name), KNOWN, 80), 80) == [
        name,
        "MAE 0.970    13 s    58.1 J estimated".rjust(80),
    ]


def test_wide_terminal_has_the_devices_of_the_energy_in_the_line():
    (line,) = shown(run_lines(run("mnist/baseline/default/seed0"), KNOWN, 200), 200)
    assert line.endswith("  58.1 J (estimated, cpu)")
    assert len(line) == 120


def test_energy_that_is_not_known_is_no_number():
    outcome = Outcome(0.97, 12.6, None, reason="measure.meters is none")
    (line,) = shown(run_lines(run("mnist/baseline/default/seed0"), outcome, 80), 80)
    assert line.endswith("13 s    energy not known")
    assert " J" not in line


@pytest.mark.parametrize("width", [80, 200])
def test_bar_says_runs_joules_and_time_to_go_in_one_line_that_leaves_room(width):
    story = Story({"baseline": 3, "figure": 14})
    assert shown(region(story, width, 30), width)[-1].strip() == "0 of 3 runs"
    done = run("mnist/baseline/default/seed0")
    story.runs.append((done, KNOWN))
    story._took.append((done, 30.0))
    *_, line = shown(region(story, width, 30), width)
    assert line.startswith("1 of 3 runs ━━━")
    assert line.rstrip().endswith(" 58.1 J (estimated, cpu), about 60 s to go")
    assert len(line.rstrip()) <= width - 4


def test_time_to_go_follows_runs_of_the_same_method_and_dataset():
    story = Story({"baseline": 3, "nas": 1})
    assert story.to_go_s(0.0) is None
    for name, took_s in (("mnist/baseline/default/seed0", 10.0), ("sat6/baseline/default/seed0", 30.0)):
        story._took.append((run(name), took_s))
    assert story.to_go_s(0.0) == 20.0 + 20.0  # a baseline as the others, and a search as all of them
    story.running[7] = run("sat6/baseline/default/seed1")
    assert story.to_go_s(25.0) == 5.0 + 20.0


def test_many_jobs_at_once_leave_the_bar_in_sight():
    story = Story({"baseline": 50}, {n: run(f"mnist/baseline/default/seed{n}") for n in range(50)})
    lines = shown(region(story, 80, 30), 80)
    assert len(lines) == 8 + 2
    assert lines[-2].strip() == "and 42 more"
    assert len(shown(region(story, 80, 6), 80)) == 5


@pytest.mark.parametrize("columns", [80, 200])
def test_what_jobs_write_stands_above_the_bar_and_the_end_is_clean(tmp_path, columns):
    text, status = in_terminal(tmp_path, columns)
    assert status == 0
    assert "written by a child\r\n" in text
    assert "and to standard output\r\n" in text
    assert "mnist/baseline/default/seed0  train: epoch 3/9, accuracy 0.9" in text
    assert "0 of 2 runs" in text
    assert "\x1b[?25l" in text and text.rindex("\x1b[?25h") > text.rindex("\x1b[?25l"), "the cursor is there again"
    end = text[text.rindex("\x1b[?25h") :]
    assert "2 runs in " in end
    assert "Open results/tiny/compression/analysis.html" in end
    assert end.endswith("\r\nafter the end\r\n")


def test_error_in_the_middle_leaves_the_terminal_as_it_was(tmp_path):
    text, status = in_terminal(tmp_path, 80, more="raise SystemExit('stopped in the middle')")
    assert status == 1
    assert "stopped in the middle" in text
    assert text.rindex("\x1b[?25h") > text.rindex("\x1b[?25l")
