"""What is in a package, and how it is described."""

import csv
import hashlib
import json
import zipfile
from pathlib import Path

from frugalnet.commands.package import package
from frugalnet.record.paths import SETTINGS
from tests.unit.made_package import archive, content, results, unpacked, working

__all__ = ["archive", "results", "unpacked", "working"]


def test_package_has_results_code_and_descriptions_and_no_scratch(archive):
    names = set(zipfile.ZipFile(archive).namelist())
    study = "results/made/compression"
    assert names == {
        "CITATION.cff", "LICENSE", "LICENSE-DATA", "pyproject.toml", "config/config.yaml", "requirements.lock",
        "requirements-analysis.lock", "src/frugalnet/run.py", "README.md", "datapackage.json", "ro-crate-metadata.json",
        "manifest-sha256.txt", "tagmanifest-sha256.txt", "results/made/settings.yaml", "results/made/meter_probe.json",
        *(f"{study}/raw/mnist/{method}/default/seed0/{file}" for method in ("baseline", "continued")
          for file in ("record.json", "epochs.csv", "timeline.parquet")),
        *(f"{study}/failed/mnist/continued/default/seed0/1/{file}" for file in ("record.json", "epochs.csv", "timeline.parquet")),
        *(f"{study}/{name}.{kind}" for kind in ("csv", "parquet")
          for name in ("interim/runs", "processed/comparison", "processed/statistics", "processed/claims",
                       "processed/pareto", "processed/break_even")),
        f"{study}/processed/data_dictionary.csv", f"{study}/figures/pay_back.svg",
        f"{study}/analysis.html", f"{study}/analysis.ipynb",
    }  # fmt: skip


def test_hours_of_the_carbon_intensity_are_packed_and_named(results):
    hours = "hour_utc,g_per_kwh\n2026-01-01T00:00Z,100\n"
    (results / "carbon_hours.csv").write_text(hours)
    with (results / SETTINGS).open("a") as settings:
        settings.write("carbon: {hourly: /nowhere/grid.csv, source: a grid, year: 2026}\n")
    package(Path("results/made"))
    packed = zipfile.ZipFile("results/made.zip")
    assert packed.read("results/made/carbon_hours.csv").decode() == hours
    text = packed.read("README.md").decode()
    assert "| `results/made/carbon_hours.csv` | hourly carbon intensities" in text
    assert "--config name=repeated carbon='{hourly: results/made/carbon_hours.csv}'\n" in text


def test_lists_of_a_study_that_varies_factors_are_packed(results, caplog):
    study = next(path for path in results.iterdir() if (path / "raw").is_dir())
    for name in ("runs.tsv", "runs.csv", "chosen.json"):
        (study / name).write_text("a list")
    package(results, Path("lists.zip"))
    packed = {Path(name).name for name in zipfile.ZipFile("lists.zip").namelist()}
    assert {"runs.tsv", "runs.csv", "chosen.json"} <= packed and "chosen.json" not in caplog.text


def test_equal_results_give_equal_bytes(archive):
    again = archive.with_name("again.zip")
    (archive.parent / "made" / "settings.yaml").touch()
    package(Path("results/made"), again)
    assert again.read_bytes() == archive.read_bytes()


def test_crate_names_people_licences_data_software_and_steps(archive):
    graph = {entity["@id"]: entity for entity in content(archive, "ro-crate-metadata.json")["@graph"]}
    root = graph["./"]
    assert graph["ro-crate-metadata.json"]["conformsTo"] == {"@id": "https://w3id.org/ro/crate/1.1"}
    assert root["name"] == "FrugalNet results: made"
    assert root["datePublished"] == "2026-01-01"
    assert root["license"] == {"@id": "https://spdx.org/licenses/CC-BY-4.0"}
    assert graph["https://orcid.org/0000-0000-0000-0001"]["name"] == "Ada Lovelace"
    assert graph["#the-others"]["@type"] == "Organization"
    assert graph["#data-mnist"]["license"] == "CC BY-SA 3.0"
    assert graph["#data-mnist"]["isBasedOn"] == "https://example.org/x.gz"
    assert graph["#frugalnet"]["softwareRequirements"] == [{"@id": "#keras-3.12.4"}, {"@id": "#python-3.12.1"}]
    assert graph["#measured-compression"]["startTime"] == "2026-01-01T00:00:00+00:00"
    assert graph["#measured-compression"]["result"] == {"@id": "results/made/compression/raw/"}
    runs = graph["results/made/compression/interim/runs.csv"]
    assert (runs["encodingFormat"], runs["about"]) == ("text/csv", {"@id": "#data-mnist"})


READERS = {
    "integer": int,
    "number": float,
    "boolean": lambda text: {"True": True, "False": False}[text],
    "string": str,
}


def test_every_value_of_every_table_has_the_type_of_its_field(unpacked):
    described = json.loads((unpacked / "datapackage.json").read_text())
    assert [resource["title"] for resource in described["resources"]] == [
        "runs", "break_even", "claims", "comparison", "data_dictionary", "pareto", "statistics",
    ]  # fmt: skip
    for resource in described["resources"]:
        path = unpacked / resource["path"]
        assert resource["bytes"] == path.stat().st_size
        assert resource["hash"] == f"sha256:{hashlib.sha256(path.read_bytes()).hexdigest()}"
        fields = {field["name"]: field for field in resource["schema"]["fields"]}
        rows = list(csv.DictReader(path.open(newline="")))
        assert rows and list(rows[0]) == list(fields)
        for row in rows:
            for name, text in row.items():
                if text not in resource["schema"]["missingValues"]:
                    READERS[fields[name]["type"]](text)
    fields = {field["name"]: field for field in described["resources"][0]["schema"]["fields"]}
    assert fields["parameters"]["type"] == "integer"
    assert fields["test_quality"] == {
        "name": "test_quality", "type": "number", "unit": "metric",
        "description": "Quality on the test part, after the run, in inference mode.",
    }  # fmt: skip


def readme(archive):
    with zipfile.ZipFile(archive) as opened:
        return opened.read("README.md").decode()


def test_readme_names_settings_and_probe(archive):
    text = readme(archive)
    assert "| `results/made/settings.yaml` | the configuration |\n" in text
    assert "| `results/made/meter_probe.json` | what the probe found about the meters |\n| `src`" in text
    assert "--configfile results/made/settings.yaml --config name=repeated" in text
    assert "YOUR_SETTINGS" not in text


def test_readme_of_results_without_settings_and_probe_does_not_name_them(results):
    for name in (SETTINGS, "meter_probe.json"):
        (results / name).unlink()
    package(Path("results/made"))
    text = readme("results/made.zip")
    assert "settings.yaml" not in text and "meter_probe" not in text
    assert "the page with all results (open it in a browser; it needs no network) |\n| `src`" in text
    assert "The configuration is not in the package" in text
    assert "--configfile YOUR_SETTINGS.yaml --config name=repeated" in text


def test_archive_is_named_after_the_whole_name_of_the_results(results):
    results.rename(results.with_name("v1.2"))
    package(Path("results/v1.2/"))
    assert [path.name for path in Path("results").iterdir() if path.is_file()] == ["v1.2.zip"]


def test_archive_of_the_folder_that_one_is_in_lies_beside_it(results, monkeypatch):
    for path in Path().iterdir():
        if path.name != "results":
            path.rename(results / path.name)
    monkeypatch.chdir(results)
    package(Path())
    assert Path("../made.zip").exists()
