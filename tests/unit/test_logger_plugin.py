"""What is shown of a workflow where there is no terminal, and what is never shown."""

import os
import subprocess
import sys
import time

import pytest
from snakemake.settings.enums import Quietness

from frugalnet.jobs.job import QUIET
from frugalnet.record.record import Total
from snakemake_logger_plugin_frugalnet import view, words
from snakemake_logger_plugin_frugalnet.joblog import JobLog
from tests.unit.made_events import PAGE, Workflow, finished

BASELINE = "mnist/baseline/default/seed0"
HOUSING = "california_housing/baseline/default/seed0"


@pytest.fixture(autouse=True)
def folder(tmp_path, monkeypatch):
    """Work in a folder of its own."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.delenv(QUIET, raising=False)


@pytest.fixture
def said(capfd):
    """Return a function that ends a workflow: what stood on standard output, and the lines on standard error."""

    def end(workflow):
        workflow.end()
        out, err = capfd.readouterr()
        return out, [line[9:] if line[2:3] == ":" else line for line in err.splitlines()]

    return end


def test_finished_run_is_one_line_with_quality_time_joules_and_how_they_are_known(said):
    workflow = Workflow()
    workflow.begin(baseline=2)
    workflow.run(finished())
    _, lines = said(workflow)
    assert lines[0] == f"{BASELINE}: test accuracy 97.00 %, 13 s, 8.00 J (estimated, cpu); 1 of 2, about 20 s to go"


def test_last_lines_say_how_many_runs_how_long_how_much_energy_and_what_to_open(said):
    workflow = Workflow()
    workflow.begin(baseline=2, notebook=1)
    workflow.run(finished())
    workflow.run(finished("california_housing", quality=0.345))
    workflow.page()
    _, lines = said(workflow)
    assert lines[1] == f"{HOUSING}: test mae 0.3450, 13 s, 8.00 J (estimated, cpu); 2 of 2"
    assert lines[-2].startswith("2 runs in ")
    assert lines[-2].endswith(", 16.0 J (estimated, of the CPU alone).")
    assert lines[-1] == f"Open {PAGE}"


def test_energy_that_is_not_known_is_said_with_its_reason_and_is_no_zero(said):
    workflow = Workflow()
    workflow.begin(baseline=2)
    workflow.run(finished(train_uj=None))
    workflow.run(finished("california_housing"))
    _, lines = said(workflow)
    assert f"{BASELINE}: test accuracy 97.00 %, 13 s, energy not known: meter estimate: away; 1 of 2" in lines[0]
    assert lines[2].endswith(", 8.00 J (estimated, of the CPU alone), not known for 1 run.")


def test_energies_over_other_devices_are_not_added_up(said):
    workflow = Workflow()
    workflow.begin(baseline=2)
    workflow.run(finished())
    other = finished("california_housing")
    other.energy.scope, other.energy.totals = "gpu", [Total(scope="gpu", source="measured", energy_uj=2_500_000_000)]
    workflow.run(other)
    _, lines = said(workflow)
    assert lines[2].endswith(", 8.00 J (estimated, of the CPU alone) and 2.50 kJ (measured, of the GPU alone).")


def test_run_that_was_only_touched_is_not_counted(said):
    workflow = Workflow()
    workflow.begin(baseline=1)
    workflow.run(finished(), after_s=0.1)
    _, lines = said(workflow)
    assert lines[0] == f"{BASELINE}: done (its files are older than this call); 1 of 1"
    assert lines[1].startswith("0 runs in ")
    assert "J" not in lines[1]


def test_record_that_cannot_be_read_is_said(said):
    workflow = Workflow()
    workflow.begin(baseline=1)
    workflow.finish(workflow.start_run(BASELINE)[0])
    _, lines = said(workflow)
    assert "No such file" in lines[0]
    assert lines[1].startswith("1 run in ") and lines[1].endswith(", energy not known.")


def test_steps_are_a_line_each_and_figures_one_together(said):
    workflow = Workflow()
    workflow.begin(prepare=1, figure=2, settings=1, compression=1)
    workflow.finish(workflow.start("prepare", "Preparing arrays and splits of mnist."))
    workflow.finish(workflow.start("settings", "Writing the settings."))
    for name in ("memory", "pay_back"):
        workflow.finish(workflow.start("figure", f"Drawing {name} of compression.", study="compression"))
    workflow.finish(workflow.start("compression", None, input=["a", "b", "c"]))
    _, lines = said(workflow)
    assert lines[:2] == ["Preparing arrays and splits of mnist.", "Drawing the figures of compression."]
    assert len(lines) == 3


def test_error_of_a_job_is_whole_and_without_a_list_of_files(said):
    workflow = Workflow()
    workflow.begin(baseline=2)
    number, log = workflow.start_run(BASELINE)
    log.write_text(f"10:00:00 epoch 1/2\nW0000 noise\n{BASELINE}: error: x.mat: not a file\n  expected: a file\n")
    workflow.fail(number, log)
    _, lines = said(workflow)
    assert lines[:2] == [f"{BASELINE}: error: x.mat: not a file", "  expected: a file"]
    assert lines[2].startswith("0 runs in ")
    assert lines[3:] == ["1 job failed:", f"  {BASELINE} (log: {log})", "The same command goes on with the rest."]


def test_job_that_does_not_say_why_it_failed_has_the_end_of_its_log_shown(said):
    workflow = Workflow()
    workflow.begin(baseline=1)
    number, log = workflow.start_run(BASELINE)
    log.write_text("".join(f"line {number}\n" for number in range(30)))
    workflow.fail(number, log)
    _, lines = said(workflow)
    assert lines[0] == f"{BASELINE} failed."
    assert "Command 'python measured_run.py' returned 1." in lines
    assert f"The end of its log {log}:" in lines
    assert "line 10" in lines and "line 9" not in lines


def test_job_that_was_interrupted_did_not_fail(said):
    workflow = Workflow()
    workflow.begin(baseline=1)
    number, log = workflow.start_run(BASELINE)
    log.write_text("Traceback (most recent call last):\nKeyboardInterrupt\n")
    workflow.fail(number, log)
    _, lines = said(workflow)
    assert lines[0].startswith("0 runs in ")
    assert lines[1:] == ["Stopped before all was done. The same command goes on with the rest."]


def test_second_try_that_works_is_no_failure(said):
    workflow = Workflow()
    workflow.begin(baseline=1)
    number, log = workflow.start_run(BASELINE)
    log.write_text(f"{BASELINE}: error: no memory\n")
    workflow.fail(number, log)
    workflow._number -= 1  # Snakemake gives it the same number
    workflow.run(finished())
    _, lines = said(workflow)
    assert lines[0] == f"{BASELINE}: error: no memory"
    assert not any("failed" in line for line in lines)


def test_warning_of_a_job_is_shown_with_its_name(said):
    workflow = Workflow()
    workflow.begin(trial=1)
    log = "trial.log"
    number = workflow.start("trial", "Trial 1 of mnist/nas/default/seed0.", log=[log])
    with open(log, "w") as file:
        file.write("10:00:00 epoch 1/2\n10:00:01 warning: trial 1/2 failed: too large\n")
    workflow.finish(number)
    _, lines = said(workflow)
    assert lines[1] == "Trial 1 of mnist/nas/default/seed0: warning: trial 1/2 failed: too large"


@pytest.mark.parametrize("dryrun", [False, True])
def test_error_of_snakemake_is_whole_on_standard_error(said, dryrun):
    text = 'WorkflowError in file "common.smk", line 45:\nmeasure.thread: unknown key\n  File "common.smk", in <module>'
    workflow = Workflow(dryrun=dryrun, stdout=dryrun)
    workflow.error(text)
    assert said(workflow) == ("", text.splitlines())


@pytest.mark.parametrize(
    "why",
    [
        "FileNotFoundError: [Errno 2] No such file or directory: '/work/mnist'",
        "UnicodeDecodeError: 'utf-8' codec can't decode byte 0xff in position 0: invalid start byte",
        "IsADirectoryError: [Errno 21] Is a directory: '/work'",
    ],
)
def test_file_of_settings_that_snakemake_cannot_read_is_said_without_a_traceback(said, why):
    workflow = Workflow()
    workflow.error(
        f'Traceback (most recent call last):\n\n  File "configfile.py", line 38, in load_configfile\n    config = 1\n\n{why}'
    )
    (line,) = said(workflow)[1]
    assert line.startswith(f"{why}: expected a file of settings")
    assert "put `--` in front of targets" in line


def test_error_that_is_of_no_job_that_failed_is_not_lost(said):
    workflow = Workflow()
    workflow.begin(baseline=2)
    number, log = workflow.start_run(BASELINE)
    log.write_text(f"{BASELINE}: error: no memory\n")
    workflow.fail(number, log)
    workflow.start_run(HOUSING)
    workflow.tell("RuleException in runs.smk: something else", "error", 40, exception="RuleException")
    _, lines = said(workflow)
    assert lines[:2] == [f"{BASELINE}: error: no memory", "RuleException in runs.smk: something else"]


def test_list_of_jobs_that_remain_is_one_of_rules(said):
    workflow = Workflow()
    workflow.begin(interim=1)
    workflow.tell("Remaining jobs:\n - interim: a.csv, b.csv\n - figure: c.svg", level=40)
    assert said(workflow)[1] == ["Remaining jobs:", " - interim", " - figure"]


def test_nothing_to_do_is_said_and_nothing_else(said):
    workflow = Workflow()
    workflow.tell("Assuming unrestricted shared filesystem usage.")
    workflow.tell("Nothing to be done (all requested files are present and up to date).")
    assert said(workflow) == ("", ["Nothing to be done (all requested files are present and up to date)."])


def test_dry_run_lists_runs_and_counts_on_standard_output(said):
    workflow = Workflow(dryrun=True, stdout=True)
    workflow.begin(prepare=1, baseline=1, compression=1)
    workflow.start("prepare", "Preparing arrays and splits of mnist.")
    workflow.start_run(BASELINE)
    workflow.start("compression", None, input=["a", "b"])
    assert said(workflow) == (
        f"Job 1: Preparing arrays and splits of mnist.\nJob 2: Measured run {BASELINE}.\n"
        "To do: 1 measured run (baseline 1) and 1 other step. This was a dry run: nothing was done.\n",
        [],
    )


def test_quiet_workflow_says_warnings_and_the_last_lines(said):
    workflow = Workflow(quiet={Quietness.RULES, Quietness.PROGRESS})
    workflow.begin(baseline=1, prepare=1)
    workflow.finish(workflow.start("prepare", "Preparing arrays and splits of mnist."))
    workflow.run(finished())
    workflow.tell("a warning", level=30)
    _, lines = said(workflow)
    assert lines[0] == "a warning"
    assert lines[1].startswith("1 run in ") and lines[1].endswith(", 8.00 J (estimated, of the CPU alone).")
    assert len(lines) == 2


def test_plain_is_snakemakes_own_output(said):
    workflow = Workflow(plain=True)
    assert QUIET not in os.environ
    workflow.begin(baseline=1)
    workflow.start_run(BASELINE)
    _, lines = said(workflow)
    assert "Job stats:" in lines
    assert f"Job 1: Measured run {BASELINE}." in lines
    assert "Reason: Missing output files: a, b, c" in lines


def test_jobs_are_told_to_be_quiet_while_it_goes_on():
    workflow = Workflow()
    assert os.environ[QUIET] == "1"
    workflow.end()
    assert QUIET not in os.environ


def test_display_that_fails_is_followed_by_snakemakes_own(said, monkeypatch):
    workflow = Workflow()
    monkeypatch.setattr(view.Lines, "step", lambda *_: 1 / 0)
    workflow.begin(prepare=1)
    workflow.start("prepare", "Preparing arrays and splits of mnist.")
    _, lines = said(workflow)
    assert lines[0] == "The display of FrugalNet failed; what follows is Snakemake's own output:"
    assert "ZeroDivisionError: division by zero" in lines
    assert "Job 1: Preparing arrays and splits of mnist." in lines


def test_long_run_says_now_and_then_how_far_it_is(said, monkeypatch):
    monkeypatch.setattr(view, "EVERY_S", 0.05)
    workflow = Workflow()
    workflow.begin(baseline=2)
    _, log = workflow.start_run(BASELINE)
    log.write_text("10:00:00 train: epoch 3/9, accuracy 0.9\nW0000 noise\n")
    time.sleep(0.5)
    _, lines = said(workflow)
    assert lines[0] == f"{BASELINE}: train: epoch 3/9, accuracy 0.9; 0 of 2 runs"


def test_log_of_an_earlier_try_is_not_shown(tmp_path):
    path = tmp_path / "job.log"
    path.write_text("10:00:00 epoch 9/9\na: error: no memory\n")
    log = JobLog(path, started_s=time.time() + 60)
    assert (log.progress(), log.error(), log.text()) == ("", "", "")
    path.write_text("10:05:00 epoch 1/9\n")
    assert (log.progress(), log.error()) == ("epoch 1/9", "")


@pytest.mark.parametrize(
    ("energy_uj", "text"),
    [
        (58_123_000, "58.1 J"),
        (8_000_000, "8.00 J"),
        (999_600_000, "1.00 kJ"),
        (204_000_000, "204 J"),
        (1, "1.00e-06 J"),
    ],
)
def test_joules_have_three_digits(energy_uj, text):
    assert words.joules(energy_uj) == text


def test_import_is_light():
    code = "import sys, snakemake_logger_plugin_frugalnet as plugin; print({'rich', 'pyarrow', 'frugalnet'} & {*sys.modules})"
    assert subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True).stdout == "set()\n"
