"""The techniques study from its command to its page: two factors of a small network, as a user starts it."""

import csv
import json
import re

import pytest
import yaml

from tests.workflow.conftest import TINY, made_workspace
from tests.workflow.test_cli import frugalnet

OTHERS = ("scaling", "augmentation", "split", "precision", "learning_rate", "schedule", "momentum", "internal")
STUDY = {
    "dataset": "california_housing",
    "network": "housing_mlp",
    "recipe": {"epochs": 2, "scaling": "standard", "learning_rate": 0.01},
    "n": 2,
    "factors": {
        "batch_size": {"off": 64, "on": 256, "levels": [64, 128, 256]},
        "optimizer": {"off": "sgd", "on": "adam", "levels": ["sgd", "adam"]},
        **dict.fromkeys(OTHERS),
    },
}
CASES = ["all-off", "all-on", "only-model", "only-batch_size", "only-optimizer"]
TABLES = ("effects", "ranking", "importance", "fixed", "comparison", "statistics")


@pytest.fixture(scope="module")
def swept(tmp_path_factory):
    """Return the workspace of a whole study, which tests must not change, the folder of its results, and what Snakemake said."""
    workspace = made_workspace(tmp_path_factory.mktemp("swept"), TINY | {"techniques": STUDY})
    status, output = workspace.snakemake("techniques")
    assert status == 0, output
    return workspace, workspace.results.with_name("techniques"), output


def rows(path, delimiter=","):
    with path.open(newline="", encoding="utf-8") as file:
        return list(csv.DictReader(file, delimiter=delimiter))


def test_every_run_leaves_its_parameters_its_record_and_a_log_of_its_epochs(swept):
    _, study, output = swept
    found = {path.parent.relative_to(study / "raw").as_posix() for path in (study / "raw").rglob("record.json")}
    base = {f"california_housing/baseline/{case}/seed0" for case in CASES}
    drawn = {f"california_housing/baseline/draw000{number}/seed{99 + number}" for number in (1, 2)}
    best = {f"california_housing/best/{variant}/seed0" for variant in ("best-run", "best-levels")}
    assert found == base | drawn | best
    all_on = study / "raw/california_housing/baseline/all-on/seed0"
    parameters = yaml.safe_load((all_on / "parameters.yaml").read_text())
    assert parameters["factors"] == {"batch_size": "256", "optimizer": "adam"}
    assert (parameters["recipe"]["batch_size"], parameters["recipe"]["scaling"]) == (256, "standard")
    first, _ = rows(all_on / "epochs.csv")
    assert {"quality", "loss", "power_w", "temperature_c", "utilization", "energy_j"} <= set(first)
    assert float(first["power_w"]) > 0 and first["temperature_c"] == ""
    assert "9 runs" in output


def test_lists_have_every_run(swept):
    _, study, _ = swept
    sheet = rows(study / "runs.tsv", "\t")
    assert [row["run"] for row in sheet] == [*CASES, "draw0001", "draw0002"]
    finished = rows(study / "runs.csv")
    assert {row["run"] for row in finished} == {
        path.parent.relative_to(study / "raw").as_posix() for path in (study / "raw").rglob("record.json")
    }
    assert all(row["status"] == "complete" and float(row["train_energy_j"]) > 0 for row in finished)


def test_tables_and_page_are_made(swept):
    _, study, _ = swept
    assert all(rows(study / "processed" / f"{name}.csv") for name in TABLES)
    page = (study / "analysis.html").read_text()
    assert "Which training choices save energy" in page and 'class="sweep"' in page


def test_best_configurations_are_chosen_from_the_results_and_say_why(swept):
    _, study, _ = swept
    chosen = json.loads((study / "chosen.json").read_text())["recipes"]
    record = json.loads((study / "raw/california_housing/best/best-run/seed0/record.json").read_text())
    ranking = rows(study / "processed/ranking.csv")
    first = next(row["variant"] for row in ranking if float(row["rank"] or "nan") == 1)
    assert record["chosen"] == chosen["best-run"] and chosen["best-run"]["of"] == first
    assert re.match(rf"{first} has the best score of \d combinations: ", record["chosen"]["because"])
    compared = {row["variant"]: row for row in rows(study / "processed/comparison.csv")}
    assert compared["best-run"]["reference_variant"] == "all-off" and compared["best-run"]["quality_gain"]


def test_more_draws_add_runs_and_measure_none_of_the_others_again(swept):
    workspace, _, _ = swept
    assert not [job for job in workspace.jobs("techniques") if job.startswith("Measured")]
    jobs = workspace.jobs("techniques", "--config", "techniques={n: 3}")
    assert sorted(job for job in jobs if job.startswith("Measured")) == [
        "Measured run california_housing/baseline/draw0003/seed102.",
        "Measured run california_housing/best/best-levels/seed0.",
        "Measured run california_housing/best/best-run/seed0.",
    ]


def test_single_run_of_the_study_is_done_without_the_workflow(swept):
    workspace, _, _ = swept
    status, printed, told = frugalnet(
        workspace.folder, "run", "techniques/california_housing/baseline/all-on", "--configfile", "tiny.yaml"
    )
    assert status == 0, told
    assert (
        workspace.folder / "results/runs/techniques/raw/california_housing/baseline/all-on/seed0/record.json"
    ).exists()
    assert "test mae" in printed


def test_best_configuration_is_given_away_as_a_plain_script(swept):
    workspace, _, _ = swept
    status, script, told = frugalnet(
        workspace.folder, "script", "techniques/california_housing/best/best-run", "--results", "results/tiny"
    )
    assert status == 0, told
    compile(script, "script.py", "exec")
    assert "EPOCHS = 2" in script


@pytest.mark.parametrize(
    ("given", "told"),
    [
        ({"factors": {"batchsize": {"off": 1, "on": 2, "levels": [1, 2]}}}, "batchsize"),
        ({"factors": {"optimizer": {"levels": ["sgd", "addam"]}}}, "addam"),
        ({"n": 7}, "n = 7"),
        ({"sheet": "runs.txt"}, "runs.txt"),
    ],
)
def test_bad_input_stops_before_any_run(unmade, given, told):
    study = STUDY | given | {"factors": STUDY["factors"] | given.get("factors", {})}
    (unmade.folder / "bad.yaml").write_text(yaml.safe_dump({"name": "bad", "techniques": study}))
    status, output = unmade.idle("--dry-run", "techniques", config="bad.yaml")
    assert status != 0 and told in output and "Traceback" not in output
    assert "Measured run" not in output
