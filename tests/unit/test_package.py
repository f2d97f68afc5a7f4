"""A package: what is in it, what is refused, and what its check finds."""

import csv
import hashlib
import json
import subprocess
import zipfile
from pathlib import Path

import pandas as pd
import pytest

from frugalnet import record
from frugalnet.analysis import tables
from frugalnet.analysis.dictionary import data_dictionary
from frugalnet.errors import FrugalNetError
from frugalnet.package import package, verify
from frugalnet.record import write_parquet
from frugalnet.validation import SETTINGS
from tests.unit.conftest import made_record

CITATION = """\
cff-version: 1.2.0
title: A title
authors:
  - {given-names: Ada, family-names: Lovelace, orcid: "https://orcid.org/0000-0000-0000-0001"}
  - name: The others
license: Apache-2.0
keywords: [energy]
"""
SOFTWARE = {
    "frugalnet": "0.1.0", "python": "3.12.1", "packages": {"keras": "3.12.4", "snakemake": None},
    "git": {"commit": "abc", "dirty": False},
}  # fmt: skip
CARD = {
    "title": "MNIST", "level": "official", "samples": {"train": 54000, "test": 10000}, "licence": "CC BY-SA 3.0",
    "citation": "LeCun 1998", "files": [{"name": "x.gz", "sha256": "1" * 64, "origin": "https://example.org/x.gz"}],
}  # fmt: skip


@pytest.fixture
def working(tmp_path, monkeypatch):
    """Return a folder that has what a package takes of the code, and work in it."""
    folder = tmp_path / "working"
    for name, text in {
        "CITATION.cff": CITATION, "LICENSE": "Apache", "LICENSE-DATA": "CC BY", "pyproject.toml": "[project]",
        "config/config.yaml": "name: made", "requirements.lock": "numpy", "requirements-analysis.lock": "numpy",
        "src/frugalnet/run.py": "pass", "src/frugalnet/__pycache__/run.pyc": "bytes", "tests/test_run.py": "pass",
    }.items():  # fmt: skip
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)
    monkeypatch.chdir(folder)
    return folder


def write_run(folder, rec):
    """Write a raw folder whose checksums fit."""
    folder.mkdir(parents=True)
    (folder / record.EPOCHS).write_text("window,epoch\nrun/train/epoch1,1\n")
    write_parquet({"time_s": [0.1, 0.2]}, folder / record.TIMELINE)
    files = {
        name: hashlib.sha256((folder / name).read_bytes()).hexdigest() for name in (record.EPOCHS, record.TIMELINE)
    }
    rec.model_copy(update={"files": files}).write(folder)


@pytest.fixture
def results(working):
    """Return a folder of results with a finished study: two runs, one try that failed, its tables and its page."""
    study = working / "results" / "made" / "compression"
    for method in ("baseline", "continued"):
        rec = made_record(method=method, data=CARD, software=SOFTWARE)
        write_run(study / "raw" / rec.run.id, rec)
    failed = made_record(method="continued", data=CARD, software=SOFTWARE, status="failed")
    write_run(study / "failed" / failed.run.id / "1", failed)
    runs = pd.DataFrame(
        {
            "run": ["mnist/baseline/default/seed0", "mnist/continued/default/seed0"],
            "started": ["2026-01-01T00:00:00+00:00"] * 2,
            "seed": [0, 0],
            "test_quality": [0.97, float("inf")],
            "parameters": pd.array([1000, None], dtype="Int64"),
            "energy_reason": [None, "away, for \"long\""],
        }
    )  # fmt: skip
    comparison = pd.DataFrame({"method": ["baseline"], "seeds": [1], "quality_mean": [0.97]})
    statistics = pd.DataFrame({"method": ["continued"], "against": ["baseline"], "seeds": [1]})
    claims = pd.DataFrame({"claim": ["a"], "verdict": ["not comparable"]})
    processed = {"comparison": comparison, "statistics": statistics, "claims": claims}
    tables.write({"runs": runs}, study / "interim")
    tables.write(processed, study / "processed")
    data_dictionary({"runs": runs} | processed).to_csv(study / "processed/data_dictionary.csv", index=False)
    (study / "figures").mkdir()
    for name in ("analysis.html", "analysis.ipynb", "figures/front.svg", "work/scratch.bin", "logs/a.log"):
        (study / name).parent.mkdir(exist_ok=True)
        (study / name).write_text(f"made {name}")
    (study.parent / SETTINGS).write_text("compression: {seeds: 1, datasets: [mnist], methods: [baseline, continued]}\n")
    (study.parent / "meter_probe.json").write_text("{}")
    return study.parent


@pytest.fixture
def archive(results):
    """Return a package of the results."""
    path = results.parent / "made.zip"
    package(Path("results/made"), path)
    return path


@pytest.fixture
def unpacked(archive, tmp_path):
    """Return the folder of an unpacked package."""
    with zipfile.ZipFile(archive) as opened:
        opened.extractall(tmp_path / "unpacked")
    return tmp_path / "unpacked"


def content(archive, name):
    """Return the JSON in a file of a package."""
    with zipfile.ZipFile(archive) as opened:
        return json.loads(opened.read(name))


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
          for name in ("interim/runs", "processed/comparison", "processed/statistics", "processed/claims")),
        f"{study}/processed/data_dictionary.csv", f"{study}/figures/front.svg",
        f"{study}/analysis.html", f"{study}/analysis.ipynb",
    }  # fmt: skip


def test_equal_results_give_equal_bytes(archive):
    again = archive.with_name("again.zip")
    (archive.parent / "made" / "settings.yaml").touch()
    package(Path("results/made"), again)
    assert again.read_bytes() == archive.read_bytes()


def test_whole_package_is_told_of(archive, unpacked):
    for place in (archive, unpacked):
        told = verify(place)
        assert told.startswith(f"{place}: whole: 36 files")
        assert "compression: 2 measured runs of 1 datasets (mnist), 1 tries that failed. Data: official" in told
        assert "Measured with code of commit abc" in told


def test_manifest_is_one_that_sha256sum_reads(unpacked):
    lists = ["manifest-sha256.txt", "tagmanifest-sha256.txt"]
    subprocess.run(["sha256sum", "--check", "--strict", "--quiet", *lists], cwd=unpacked, check=True)


def test_byte_changed_in_any_file_of_the_zip_is_named(archive):
    whole = archive.read_bytes()
    with zipfile.ZipFile(archive) as opened:
        entries = opened.infolist()
    for entry in entries:
        data = entry.header_offset + 30 + len(entry.filename)
        last = data + entry.compress_size - 1
        for place in (data, (data + last) // 2, last, entry.header_offset + 10):
            changed = bytearray(whole)
            changed[place] ^= 0x80
            archive.write_bytes(changed)
            with pytest.raises(FrugalNetError, match=entry.filename):
                verify(archive)


def test_byte_changed_anywhere_else_in_the_zip_is_noticed(archive):
    whole = archive.read_bytes()
    for place in range(0, len(whole), 97):
        changed = bytearray(whole)
        changed[place] ^= 0x01
        archive.write_bytes(changed)
        with pytest.raises(FrugalNetError, match=r"made\.zip"):
            verify(archive)
    end = len(whole)
    for place in range(end - 100, end):
        changed = bytearray(whole)
        changed[place] ^= 0x40
        archive.write_bytes(changed)
        with pytest.raises(FrugalNetError, match=r"made\.zip"):
            verify(archive)


def test_changed_missing_and_added_files_of_a_folder_are_named(unpacked):
    (unpacked / "results/made/compression/interim/runs.csv").write_text("run\n")
    (unpacked / "LICENSE").unlink()
    (unpacked / "notes.txt").write_text("mine")
    with pytest.raises(FrugalNetError) as error:
        verify(unpacked)
    assert "interim/runs.csv: changed" in str(error.value)
    assert "LICENSE: missing" in str(error.value)
    assert "notes.txt: not in manifest-sha256.txt" in str(error.value)


@pytest.mark.parametrize("name", ["manifest-sha256.txt", "tagmanifest-sha256.txt"])
def test_changed_list_of_a_folder_is_named(unpacked, name):
    text = (unpacked / name).read_text()
    (unpacked / name).write_text(("0" if text[0] != "0" else "1") + text[1:])
    with pytest.raises(FrugalNetError, match=name):
        verify(unpacked)


def renew_manifest(folder):
    """Write checksums that fit, as one would who changes a package on purpose."""
    names = [path.relative_to(folder).as_posix() for path in sorted(folder.rglob("*")) if path.is_file()]
    lines = [
        f"{hashlib.sha256((folder / name).read_bytes()).hexdigest()}  {name}\n"
        for name in names
        if "manifest" not in name
    ]
    (folder / "manifest-sha256.txt").write_text("".join(lines))
    checksum = hashlib.sha256((folder / "manifest-sha256.txt").read_bytes()).hexdigest()
    (folder / "tagmanifest-sha256.txt").write_text(f"{checksum}  manifest-sha256.txt\n")


def test_raw_file_changed_before_packing_does_not_fit_its_record(unpacked):
    run = unpacked / "results/made/compression/raw/mnist/baseline/default/seed0"
    (run / "epochs.csv").write_text("window,epoch\nrun/train/epoch1,2\n")
    (run / "record.json").write_text((run / "record.json").read_text().replace('"seed": 0', '"seed": 1'))
    renew_manifest(unpacked)
    with pytest.raises(FrugalNetError) as error:
        verify(unpacked)
    assert "seed0/epochs.csv: not as its record says" in str(error.value)
    assert "seed0/record.json: not as it was written" in str(error.value)


def test_file_of_the_description_that_is_not_there_is_named(unpacked):
    (unpacked / "results/made/compression/figures/front.svg").unlink()
    renew_manifest(unpacked)
    with pytest.raises(FrugalNetError, match=r"figures/front\.svg: missing, but in ro-crate-metadata\.json"):
        verify(unpacked)


def test_description_that_is_no_crate_is_refused(unpacked):
    (unpacked / "ro-crate-metadata.json").write_text('{"@graph": []}')
    renew_manifest(unpacked)
    with pytest.raises(FrugalNetError, match=r"ro-crate-metadata\.json: no RO-Crate"):
        verify(unpacked)


@pytest.mark.parametrize(
    "name", ["../outside.txt", "/etc/outside.txt", "a/../../outside.txt", "C:/outside.txt", "a\\outside.txt", ".", "./"]
)
def test_name_that_leads_out_of_the_folder_is_refused(archive, name):
    with zipfile.ZipFile(archive, "a") as opened:
        opened.writestr(name, "text")
    with pytest.raises(FrugalNetError, match=r"do not unpack it"):
        verify(archive)


def test_zip_packed_anew_is_told_to_be_unpacked(archive, unpacked):
    with zipfile.ZipFile(archive, "w") as anew:
        for path in unpacked.rglob("*"):
            if path.is_file():
                anew.write(path, path.relative_to(unpacked))
    with pytest.raises(FrugalNetError, match=r"its files are whole.*unpack it and verify the folder"):
        verify(archive)


def test_torn_zip_and_other_files_are_no_packages(archive, tmp_path):
    torn = tmp_path / "torn.zip"
    torn.write_bytes(archive.read_bytes()[:-5000])
    with pytest.raises(FrugalNetError, match=r"torn\.zip: not a whole zip"):
        verify(torn)
    other = tmp_path / "other.zip"
    with zipfile.ZipFile(other, "w") as opened:
        opened.writestr("a.txt", "text")
    with pytest.raises(FrugalNetError, match=r"no package: it has no manifest-sha256\.txt"):
        verify(other)
    with pytest.raises(FrugalNetError, match="no such file or folder"):
        verify(tmp_path / "none.zip")


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
        "runs", "claims", "comparison", "data_dictionary", "statistics",
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


def refused(match, results="results/made", archive="made.zip"):
    with pytest.raises(FrugalNetError, match=match):
        package(Path(results), Path(archive))
    assert not list(Path().glob("made.zip*"))


def test_results_that_are_not_there_or_not_finished_are_refused(results):
    refused("results/none: no such folder", results="results/none")
    Path("results/empty").mkdir()
    refused("no study with finished runs", results="results/empty")


@pytest.mark.parametrize("table", ["comparison", "statistics", "claims", "data_dictionary"])
def test_results_without_a_table_are_refused(results, table):
    (results / f"compression/processed/{table}.csv").unlink()
    refused(rf"missing: compression/processed/{table}\.csv; run `make analysis RESULTS=results/made` first")


ANALYSIS_FIRST = r"run `make analysis RESULTS=results/made` first:\n.*"


def test_run_that_the_tables_do_not_have_is_refused(results):
    (results / SETTINGS).unlink()
    rec = made_record(seed=1, data=CARD, software=SOFTWARE)
    write_run(results / "compression/raw" / rec.run.id, rec)
    refused(ANALYSIS_FIRST + "mnist/baseline/default/seed1: not in the tables")


def test_run_that_the_settings_do_not_name_is_not_missed_in_the_tables(results):
    rec = made_record("california_housing", data=CARD, software=SOFTWARE)
    write_run(results / "compression/raw" / rec.run.id, rec)
    package(Path("results/made"))
    assert Path("results/made.zip").exists()


def test_run_of_the_tables_that_the_settings_do_not_name_is_refused(results):
    (results / SETTINGS).write_text("compression: {seeds: 1, datasets: [mnist], methods: [baseline]}\n")
    refused(ANALYSIS_FIRST + r"mnist/continued/default/seed0: not as settings\.yaml says, but in the tables")


def test_run_that_was_measured_anew_is_refused(results):
    folder = results / "compression/raw/mnist/baseline/default/seed0"
    rec = record.read_record(folder / "record.json")
    rec.model_copy(update={"started": "2026-01-02T00:00:00+00:00"}).write(folder)
    refused(ANALYSIS_FIRST + "mnist/baseline/default/seed0: measured anew, not as in the tables")


def test_damaged_run_that_the_tables_leave_out_is_called_damaged(results):
    runs = pd.read_csv(results / "compression/interim/runs.csv")
    runs[runs["run"] != "mnist/continued/default/seed0"].to_csv(results / "compression/interim/runs.csv", index=False)
    (results / "compression/raw/mnist/continued/default/seed0/timeline.parquet").unlink()
    refused(r"do not fit their records:\n.*continued/default/seed0/timeline\.parquet: missing")


def readme(archive):
    with zipfile.ZipFile(archive) as opened:
        return opened.read("README.md").decode()


def test_readme_names_settings_and_probe(archive):
    text = readme(archive)
    assert "| `results/made/settings.yaml` | the configuration |\n" in text
    assert "| `results/made/meter_probe.json` | what was found out about the meters |\n| `src`" in text
    assert "--configfile results/made/settings.yaml --config name=repeated" in text
    assert "YOUR_SETTINGS" not in text


def test_readme_of_results_without_settings_and_probe_does_not_name_them(results):
    for name in (SETTINGS, "meter_probe.json"):
        (results / name).unlink()
    package(Path("results/made"))
    text = readme("results/made.zip")
    assert "settings.yaml" not in text and "meter_probe" not in text
    assert "the page that reads the tables (open it in a browser; it needs no network) |\n| `src`" in text
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


def test_archive_inside_of_the_results_is_refused(results):
    refused("lies inside of the results", archive="results/made/package.zip")


def test_raw_file_that_was_changed_lost_or_cut_off_is_refused(results):
    run = results / "compression/raw/mnist/baseline/default/seed0"
    (run / "epochs.csv").write_text("window,epoch\n")
    refused(r"baseline/default/seed0/epochs\.csv: not as its record says")
    (run / "epochs.csv").unlink()
    refused(r"baseline/default/seed0/epochs\.csv: missing")
    text = (run / "record.json").read_text()
    (run / "record.json").write_text(text.replace("0.97", "0.99"))
    refused(r"not as they were written:\n.*baseline/default/seed0/record\.json")
    (run / "record.json").write_text(text[: len(text) // 2])
    refused(r"not as they were written:\n.*baseline/default/seed0/record\.json")
    (run / "record.json").unlink()
    refused(r"in the tables and have no record:\n.*mnist/baseline/default/seed0")


def test_package_is_made_where_the_code_lies(results, monkeypatch):
    Path("LICENSE").unlink()
    refused("no LICENSE here; expected the folder of FrugalNet")
