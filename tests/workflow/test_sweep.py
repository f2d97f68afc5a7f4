"""The sweep from the notebook for hosted services to its page: two axes of a small network, as a user starts it."""

import csv
import json
import shutil
import subprocess
import sys

import pytest
import yaml

from tests.workflow.conftest import ROOT, TINY, made_workspace
from tests.workflow.test_cli import frugalnet

SMALL = {"network": {"name": "resnet8", "width": 0.25}, "recipe": {"batch_size": 64}}
STUDY = {
    "network": SMALL["network"],
    "recipe": {"epochs": 2, "batch_size": 64, "schedule": "constant"},
    "axes": {"network": {"resnet20": None, "resnet8": SMALL}, "batch_size": None, "schedule": None},
    "rows": {
        "strong": None,
        "pretraining": {"network": SMALL["network"], "recipe": {"epochs": 1}},
        "pretrained": {"network": SMALL["network"], "recipe": {"epochs": 1, "batch_size": 64, "schedule": "constant"}},
    },
    "efficiency": {"recipe": {"epochs": 1}, "factors": {"batch_growth": None, "input": None}},
}
GRID = ["resnet8-lr0.1", "resnet8-lr0.05"]
DESIGN = ["efficiency-none", "efficiency-precision"]
RUNS = {f"cifar100/baseline/{name}/seed0" for name in (*GRID, "pretrained", *DESIGN)} | {"cifar10/baseline/pretraining/seed0"}  # fmt: skip
TABLES = ("configurations", "sensitivity", "efficiency", "claims", "comparison", "statistics")


@pytest.fixture(scope="module")
def swept(tmp_path_factory):
    """Return the workspace of a whole study that the notebook did, which tests must not change, its results, and the notebook."""
    workspace = made_workspace(tmp_path_factory.mktemp("swept"), TINY | {"sweep": STUDY})
    source, executed = workspace.folder / "docs" / "sweep.ipynb", workspace.folder / "executed.ipynb"
    source.parent.mkdir()
    shutil.copy(ROOT / "docs" / "sweep.ipynb", source)
    settings = yaml.safe_dump({"settings": TINY | {"sweep": STUDY}})
    command = [
        sys.executable,
        "-m",
        "papermill",
        str(source),
        str(executed),
        "-y",
        settings,
        "--cwd",
        str(source.parent),
    ]
    environment = workspace.environment(WANDB_API_KEY="")
    done = subprocess.run(command, env=environment, capture_output=True, text=True)
    assert done.returncode == 0, done.stderr[-3000:]
    return workspace, workspace.results.with_name("sweep"), json.loads(executed.read_text())


def rows(path, delimiter=","):
    with path.open(newline="", encoding="utf-8") as file:
        return list(csv.DictReader(file, delimiter=delimiter))


def finished(study):
    return {path.parent.relative_to(study / "raw").as_posix() for path in (study / "raw").rglob("record.json")}


def test_notebook_does_the_study_and_shows_what_came_out(swept):
    workspace, study, notebook = swept
    assert finished(study) == RUNS
    said = "".join("".join(output.get("text", "")) for cell in notebook["cells"] for output in cell.get("outputs", []))
    assert f"FrugalNet in {workspace.folder}" in said and "GPU: none" in said
    assert all(name in said for name in (*GRID, "pretrained", "test accuracy"))
    shown = [output["data"] for cell in notebook["cells"] for output in cell.get("outputs", []) if "data" in output]
    assert any("image/png" in data for data in shown)


def test_tables_and_page_are_made(swept):
    _, study, _ = swept
    found = {name: rows(study / "processed" / f"{name}.csv") for name in TABLES}
    assert all(found.values())
    assert [row["variant"] for row in found["configurations"]] == [*GRID, "pretrained"]
    assert sum(row["is_best"] == "True" for row in found["configurations"]) == 1
    assert all(float(row["train_host_peak_mib"]) > 100 for row in found["configurations"])
    page = (study / "analysis.html").read_text()
    assert (
        "Which configuration reaches an accuracy" in page
        and "frugalnet run sweep/cifar100/baseline/resnet8-lr0" in page
    )


def test_row_that_starts_from_another_has_its_energy_in_the_solution(swept):
    _, study, _ = swept
    own = {row["variant"]: row for row in rows(study / "processed" / "comparison.csv")}
    before, after = own["pretraining"], own["pretrained"]
    assert float(after["energy_to_solution_j"]) == pytest.approx(
        float(before["train_energy_j"]) + float(after["train_energy_j"])
    )
    record = json.loads((study / "raw/cifar100/baseline/pretrained/seed0/record.json").read_text())
    parent = json.loads((study / "raw/cifar10/baseline/pretraining/seed0/record.json").read_text())
    assert record["weights_sha256"] == parent["model"]["sha256"]


def test_lists_have_every_run(swept):
    _, study, _ = swept
    names = ["pretrained", "pretraining"]
    assert [row["run"] for row in rows(study / "runs.tsv", "\t")] == [*GRID, *names, *DESIGN]
    assert {row["run"] for row in rows(study / "runs.csv")} == RUNS


def test_a_further_level_measures_none_of_the_others_again(swept):
    workspace, _, _ = swept
    assert not [job for job in workspace.jobs("sweep") if job.startswith("Measured")]
    jobs = workspace.jobs("sweep", "--config", "sweep={axes: {learning_rate: [0.1, 0.05, 0.2]}}")
    assert [job for job in jobs if job.startswith("Measured")] == [
        "Measured run cifar100/baseline/resnet8-lr0.2/seed0."
    ]


def test_single_run_takes_a_setting_of_the_optimizer(swept):
    workspace, _, _ = swept
    setting = ("--configfile", "tiny.yaml", "--set", "sweep.recipe.weight_decay=0.0001")
    status, printed, told = frugalnet(workspace.folder, "run", "sweep/cifar100/baseline/resnet8-lr0.1", *setting)
    assert status == 0, told
    assert "test accuracy" in printed
    record = workspace.folder / "results/runs/sweep/raw/cifar100/baseline/resnet8-lr0.1/seed0/record.json"
    assert json.loads(record.read_text())["run"]["recipe"]["optimizer"]["weight_decay"] == 0.0001


def test_best_configuration_is_given_away_as_a_plain_script(swept):
    workspace, _, _ = swept
    found = frugalnet(workspace.folder, "script", f"sweep/cifar100/baseline/{GRID[0]}", "--results", "results/tiny")
    assert found[0] == 0, found[2]
    compile(found[1], "script.py", "exec")
    assert "EPOCHS = 2" in found[1]


@pytest.mark.parametrize(
    ("given", "told"),
    [
        ({"axes": {"depth": [18, 50]}}, "sweep.axes.depth"),
        ({"axes": {"network": None, "batch_size": [45001]}}, "larger than the training part of cifar100"),
        ({"rows": {"strong": {"recipe": {"weights": "none.keras"}}}}, "none.keras"),
    ],
)
def test_bad_input_stops_before_any_run(unmade, given, told):
    (unmade.folder / "bad.yaml").write_text(yaml.safe_dump({"name": "bad", "sweep": given}))
    status, output = unmade.idle("--dry-run", "sweep", config="bad.yaml")
    assert status != 0 and told in output and "Traceback" not in output
    assert "Measured run" not in output
