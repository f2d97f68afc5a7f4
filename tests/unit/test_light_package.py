"""A light package: what it leaves out, that its tables can be made anew, and that it is refused where its records do not fit."""

import csv
import io
import zipfile
from pathlib import Path

import pandas as pd
import pytest
from pandas.testing import assert_frame_equal

from frugalnet.analysis import tables
from frugalnet.commands.compare.opened import open_results
from frugalnet.commands.package import package, verify
from frugalnet.commands.package.renewing import renew
from frugalnet.commands.rebuild import rebuild, remake
from frugalnet.errors import FrugalNetError
from frugalnet.record import paths
from tests.unit.made_light import SHEET, light, made, once, packed_raw, raw_files
from tests.unit.made_package import content, renew_manifest

pytestmark = pytest.mark.long

__all__ = ["light", "made", "once"]

STUDY = "results/made/compression"
RUN = "raw/mnist/continued/default/seed1"
PROCESSED = ("break_even", "claims", "comparison", "pareto", "statistics", "data_dictionary")


def test_package_has_tables_figures_and_one_archive_of_raw_files(light):
    assert set(zipfile.ZipFile(light).namelist()) == {
        "CITATION.cff", "LICENSE-DATA", "README.md", "datapackage.json", "ro-crate-metadata.json", "manifest-sha256.txt",
        "tagmanifest-sha256.txt", "results/made/settings.yaml", f"{STUDY}/raw.tar.xz", f"{STUDY}/interim/runs.csv",
        *(f"{STUDY}/processed/{name}.csv" for name in PROCESSED), f"{STUDY}/figures/memory.svg",
    }  # fmt: skip


def test_archive_has_records_and_what_they_do_not_repeat_byte_for_byte(light, made):
    found = raw_files(light)
    assert found.pop("light.txt").decode().splitlines() == [run.id for run in SHEET]
    assert set(found) == {
        f"{folder}/{file}"
        for folder in (*(f"raw/{run.id}" for run in SHEET), "failed/mnist/continued/default/seed1/1")
        for file in ("record.json", "epochs.csv", "test_scores.npy")
        if not (folder.startswith("failed") and file == "test_scores.npy")
    }
    assert all((made / "compression" / name).read_bytes() == data for name, data in found.items())


def test_lists_of_a_study_that_varies_factors_are_packed(made):
    for name in ("runs.tsv", "runs.csv", "chosen.json"):
        (made / "compression" / name).write_text("a list")
    package(made, Path("lists.zip"), light=True)
    packed = zipfile.ZipFile("lists.zip").namelist()
    assert {f"{STUDY}/runs.tsv", f"{STUDY}/runs.csv", f"{STUDY}/chosen.json"} <= set(packed)


def test_equal_results_give_equal_bytes(light, made):
    (made / "settings.yaml").touch()
    package(made, Path("again.zip"), light=True)
    assert Path("again.zip").read_bytes() == light.read_bytes()


def test_default_name_is_not_that_of_the_whole_package(made):
    package(made, light=True)
    assert Path("results/made-light.zip").exists() and not Path("results/made.zip").exists()


def test_descriptions_say_that_it_is_light_and_name_no_commit_of_the_packing(light):
    graph = {entity["@id"]: entity for entity in content(light, "ro-crate-metadata.json")["@graph"]}
    assert "A light package: models, timelines of meters, page and code are left out." in graph["./"]["description"]
    assert "Measured with code of commit abc; packed with FrugalNet 0.1.0." in graph["./"]["description"]
    assert graph["#measured-compression"]["result"] == {"@id": f"{STUDY}/raw.tar.xz"}
    readme = zipfile.ZipFile(light).read("README.md").decode()
    assert "frugalnet rebuild PACKAGE.zip --to results/rebuilt" in readme and "$" not in readme


def test_whole_package_is_told_of(light):
    told = verify(light)
    assert told.startswith("light.zip: whole: 17 files")
    assert "compression: 4 measured runs of 1 datasets (mnist), 1 failed tries." in told


def rows(path, name):
    with zipfile.ZipFile(path) as opened, opened.open(name) as stream:
        return list(csv.reader(io.TextIOWrapper(stream, newline="")))


def test_tables_made_anew_are_those_that_were_packed(light, made):
    rebuild(light, Path("results/mine"))
    study = Path("results/mine/compression")
    for name in ("windows", "epochs", "trials", "problems"):
        assert (study / f"interim/{name}.csv").read_bytes() == (made / f"compression/interim/{name}.csv").read_bytes()
    for name in ("interim/runs", *(f"processed/{each}" for each in PROCESSED if each != "data_dictionary")):
        assert list(csv.reader((study / f"{name}.csv").open(newline=""))) == rows(light, f"{STUDY}/{name}.csv")
    assert pd.read_parquet(study / "interim/timelines.parquet").empty
    assert not list(study.rglob(paths.MODEL))


def test_unpacked_folder_is_rebuilt_as_the_archive_is(light, tmp_path):
    zipfile.ZipFile(light).extractall(tmp_path / "unpacked")
    rebuild(light, Path("results/one"))
    rebuild(tmp_path / "unpacked", Path("results/other"))
    assert contents("results/one") == contents("results/other")


def contents(folder):
    return {path.relative_to(folder): path.read_bytes() for path in Path(folder).rglob("*") if path.is_file()}


def test_what_tar_unpacks_by_hand_is_rebuilt_where_it_lies(light, made, tmp_path):
    study = tmp_path / "results" / "compression"
    study.mkdir(parents=True)
    for name, data in raw_files(light).items():
        (study / name).parent.mkdir(parents=True, exist_ok=True)
        (study / name).write_bytes(data)
    remake(study.parent)
    assert (study / "interim/runs.csv").read_bytes() == (made / "compression/interim/runs.csv").read_bytes()


def test_runs_are_those_of_the_package_whatever_run_sheet_the_code_has_now(light, made, monkeypatch):
    monkeypatch.setattr("frugalnet.studies.compression.sheet.run_sheet", lambda settings: SHEET[:1])
    rebuild(light, Path("results/mine"))
    mine = Path("results/mine/compression/interim/runs.csv")
    assert mine.read_bytes() == (made / "compression/interim/runs.csv").read_bytes()


@pytest.mark.parametrize("name", ["epochs.csv", "test_scores.npy"])
def test_file_that_light_packages_have_is_damage_where_it_is_missing(light, name):
    rebuild(light, Path("results/mine"))
    (Path("results/mine/compression") / RUN / name).unlink()
    with pytest.raises(FrugalNetError, match=rf"{RUN}/{name} is missing"):
        remake(Path("results/mine"))


def test_file_that_light_packages_leave_out_is_damage_where_it_was_changed(light):
    rebuild(light, Path("results/mine"))
    (Path("results/mine/compression") / RUN / paths.MODEL).write_bytes(b"another model")
    with pytest.raises(FrugalNetError, match=rf"{RUN}/model\.keras is torn or was edited"):
        remake(Path("results/mine"))


def test_model_that_is_missing_in_an_ordinary_folder_is_damage(made):
    (made / "compression" / RUN / paths.MODEL).unlink()
    with pytest.raises(FrugalNetError, match=rf"{RUN}/model\.keras is missing"):
        remake(made)


def test_package_needs_a_new_folder_for_its_results(light, made):
    with pytest.raises(FrugalNetError, match=r"light\.zip is a package; expected .* --to results/mine"):
        rebuild(light)
    with pytest.raises(FrugalNetError, match=r"--to results/made: exists already"):
        rebuild(light, made)
    with pytest.raises(FrugalNetError, match=r"results/made: no package, but --to is given"):
        rebuild(made, Path("results/mine"))
    assert not Path("results/mine").exists()


def test_results_of_a_light_package_are_packed_light_again_and_not_whole(light):
    rebuild(light, Path("again/made"))
    package(Path("again/made"), Path("again.zip"), light=True)
    assert raw_files(Path("again.zip")) == raw_files(light)
    Path("again/made/compression/analysis.html").touch()
    with pytest.raises(FrugalNetError, match="raw files of a light package; `frugalnet package --light` packs them"):
        package(Path("again/made"), Path("again.zip"))


def test_damaged_raw_file_is_not_packed(made):
    (made / "compression" / RUN / paths.EPOCHS).write_text("window,epoch\n")
    with pytest.raises(FrugalNetError, match=rf"{RUN}/epochs\.csv: not as its record says"):
        package(made, Path("again.zip"), light=True)
    assert not list(Path().glob("again.zip*"))


def test_renewed_package_has_the_same_bytes_where_nothing_changed(light):
    before = light.read_bytes()
    renew(light)
    assert light.read_bytes() == before


def test_renewed_package_has_the_tables_of_the_code_of_now_and_its_own_records(light, monkeypatch):
    records, make = raw_files(light), tables.processed_tables

    def otherwise(*given):
        made = make(*given)
        return made | {"comparison": made["comparison"].assign(network="another")}

    monkeypatch.setattr(tables, "processed_tables", otherwise)
    renew(light)
    assert verify(light) and raw_files(light) == records
    header, *lines = rows(light, f"{STUDY}/processed/comparison.csv")
    assert {line[header.index("network")] for line in lines} == {"another"}


def test_package_stays_where_renewing_it_fails(light, monkeypatch):
    before = light.read_bytes()
    monkeypatch.setattr("frugalnet.commands.package.renewing.remake", lambda results: 1 / 0)
    with pytest.raises(ZeroDivisionError):
        renew(light)
    assert light.read_bytes() == before and [path.name for path in Path().glob("light.zip*")] == ["light.zip"]


def test_package_that_is_not_light_is_not_renewed(made):
    (made / "compression/analysis.html").touch()
    package(made, Path("whole.zip"))
    with pytest.raises(FrugalNetError, match=r"whole\.zip: is no light package"):
        renew(Path("whole.zip"))


@pytest.mark.parametrize("second", ["light.zip", "unpacked", "results/mine"])
def test_light_package_is_compared_as_its_results_are(light, made, second):
    zipfile.ZipFile(light).extractall("unpacked")
    rebuild(light, Path("results/mine"))
    one, other = open_results(made), open_results(Path(second))
    assert one.records == other.records and one.settings == other.settings
    assert set(one.tables) == set(other.tables)
    for name, table in one.tables.items():
        assert_frame_equal(
            table.replace("", None), other.tables[name].replace("", None)
        )  # empty texts are missing in CSV


@pytest.fixture
def forged(light):
    """Return a function that changes raw files of the unpacked package, with checksums that fit, and gives what `verify` says."""
    folder = Path("forged")
    zipfile.ZipFile(light).extractall(folder)

    def forge(change):
        files = raw_files(folder)
        change(files)
        (folder / STUDY / paths.RAW_ARCHIVE).write_bytes(packed_raw(files.items()))
        renew_manifest(folder)
        with pytest.raises(FrugalNetError) as error:
            verify(folder)
        return str(error.value).partition(f"{STUDY}/raw.tar.xz: ")[2]

    return forge


def test_edited_record_is_named(forged):
    def edit(files):
        files[f"{RUN}/record.json"] = files[f"{RUN}/record.json"].replace(
            b'"test_accuracy": 0.97', b'"test_accuracy": 0.99'
        )

    assert forged(edit) == f"{RUN}/record.json: not as it was written"


def test_record_that_is_none_is_named(forged):
    told = forged(lambda files: files.update({f"{RUN}/record.json": b"[" * 100_000}))
    assert told == f"{RUN}/record.json: not as it was written"


def test_missing_record_is_named(forged):
    assert forged(lambda files: files.pop(f"{RUN}/record.json")).startswith(f"{RUN}/record.json: missing")


def test_run_that_is_left_out_with_all_of_its_files_is_noticed(forged):
    def leave_out(files):
        for name in [name for name in files if name.startswith(RUN)]:
            del files[name]
        files["light.txt"] = b"".join(f"{run.id}\n".encode() for run in SHEET[:-1])

    assert forged(leave_out) == "light.txt: does not list the runs of interim/runs.csv"


def test_missing_file_of_a_kind_that_is_not_left_out_is_named(forged):
    assert forged(lambda files: files.pop(f"{RUN}/epochs.csv")) == f"{RUN}/epochs.csv: not as its record says"


def test_changed_file_is_named(forged):
    told = forged(lambda files: files.update({f"{RUN}/test_scores.npy": b"other"}))
    assert told == f"{RUN}/test_scores.npy: not as its record says"


def test_file_without_a_record_is_named(forged):
    assert forged(lambda files: files.update({"raw/mnist/notes.txt": b"mine"})) == "raw/mnist/notes.txt: has no record"


def test_list_of_runs_that_leads_out_of_the_study_is_refused(forged):
    told = forged(lambda files: files.update({"light.txt": files["light.txt"] + b"../../outside\n"}))
    assert "does not list the runs of interim/runs.csv" in told


def test_raw_archive_that_is_none_is_refused_in_one_line(light):
    folder = Path("forged")
    zipfile.ZipFile(light).extractall(folder)
    for data in (b"", b"text", packed_raw([("../outside", b"text")])):
        (folder / STUDY / paths.RAW_ARCHIVE).write_bytes(data)
        renew_manifest(folder)
        with pytest.raises(FrugalNetError, match=r"^results/made/compression/raw\.tar\.xz: .*$"):
            verify(folder)


def test_changed_byte_is_refused_by_all_who_open_a_package(light):
    whole = light.read_bytes()
    for entry in zipfile.ZipFile(light).infolist():
        changed = bytearray(whole)
        changed[entry.header_offset + 30 + len(entry.filename) + entry.compress_size // 2] ^= 0x01
        light.write_bytes(changed)
        for use in (verify, renew, open_results, lambda path: rebuild(path, Path("results/mine"))):
            with pytest.raises(FrugalNetError, match=entry.filename):
                use(light)
        assert light.read_bytes() == changed
    assert not list(Path("results").glob("*mine*")) and not list(Path("results").glob(".unpacked-*"))
