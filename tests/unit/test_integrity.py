"""Raw files that are missing, torn, edited, copied or mixed are named with their path, and refused or told of as `checks` says."""

import json
import math
import shutil

import pytest

from frugalnet.analysis import tables
from frugalnet.analysis.interim import read_study
from frugalnet.analysis.tables import processed_tables
from frugalnet.config.carbon import Carbon
from frugalnet.config.checks import Checks
from frugalnet.config.statistics import Statistics
from frugalnet.errors import FrugalNetError
from frugalnet.record import paths
from frugalnet.record.paths import RECORD
from frugalnet.record.record import read_record
from frugalnet.record.seal import NEWER_THAN_SEALS
from tests.unit.conftest import made_record

BASELINE, PRUNED = "mnist/baseline/default/seed0", "mnist/pruning/weight-s0.90/seed0"
WARN = Checks(damaged="warn", duplicates="warn", mixed_data="warn", mixed_code="warn")
REFUSE = Checks(damaged="refuse", duplicates="refuse", mixed_data="refuse", mixed_code="refuse")


@pytest.fixture
def pair(study):
    """Return the folder and the records of a study of a baseline and its pruning."""
    return study(made_record(), made_record(method="pruning"))[:2]


def problems_of(folder, records, checks=WARN):
    """Return kind, run and file of each row of `problems`."""
    found = read_study(folder, records, checks)["problems"]
    return list(found[["problem", "run", "file"]].itertuples(index=False, name=None))


def cut(path):
    path.write_bytes(path.read_bytes()[:-1])


def edit(path):
    path.write_bytes(path.read_bytes().replace(b"0.8", b"0.9"))


def test_study_without_problems_has_a_table_without_rows(pair):
    found = read_study(*pair, REFUSE)["problems"]
    assert list(found) == ["problem", "run", "file", "text"]
    assert found.empty


@pytest.mark.parametrize("name", [name for name in paths.COMPLETE if name != RECORD])
@pytest.mark.parametrize(
    ("damage", "said"), [(lambda path: path.unlink(), "is missing"), (cut, "is torn or was edited")]
)
def test_raw_file_that_is_missing_or_torn_is_refused_by_its_path(pair, name, damage, said):
    folder, records = pair
    damage(folder / "raw" / PRUNED / name)
    with pytest.raises(FrugalNetError, match=rf"checks.damaged is `refuse`(.|\n)*raw/{PRUNED}/{name} {said}"):
        read_study(folder, records, Checks())


def test_csv_with_another_number_is_refused(pair):
    folder, records = pair
    edit(folder / "raw" / BASELINE / paths.EPOCHS)
    with pytest.raises(FrugalNetError, match=f"raw/{BASELINE}/epochs.csv is torn or was edited"):
        read_study(folder, records, Checks())


def test_record_that_was_edited_is_refused(pair):
    folder, records = pair
    path = folder / "raw" / BASELINE / RECORD
    path.write_text(path.read_text().replace('"test_accuracy": 0.97', '"test_accuracy": 0.99'))
    with pytest.raises(FrugalNetError, match=f"raw/{BASELINE}/record.json was edited"):
        read_study(folder, records, Checks())


def test_record_that_is_torn_is_refused_by_its_path(pair):
    folder, records = pair
    cut(folder / "raw" / BASELINE / RECORD)
    cut(folder / "raw" / BASELINE / RECORD)
    with pytest.raises(FrugalNetError, match=f"raw/{BASELINE}/record.json: not a record of this version"):
        read_study(folder, records, Checks())


def test_finished_run_without_its_record_is_damaged(pair):
    folder, records = pair
    (folder / "raw" / PRUNED / RECORD).unlink()
    assert problems_of(folder, records) == [("damaged", PRUNED, f"raw/{PRUNED}/{RECORD}")]
    assert problems_of(folder, records[:1]) == [
        ("damaged", PRUNED, f"raw/{PRUNED}/{RECORD}")
    ]  # found, though not asked for


def test_folder_that_lacks_its_record_and_more_is_damaged_too(pair):
    folder, records = pair
    for name in (RECORD, paths.MODEL):
        (folder / "raw" / PRUNED / name).unlink()
    assert problems_of(folder, records) == [("damaged", PRUNED, f"raw/{PRUNED}/{RECORD}")]


def test_one_error_names_all_that_is_refused(pair):
    folder, records = pair
    (folder / "raw" / BASELINE / paths.MODEL).unlink()
    (folder / "raw" / PRUNED / paths.TIMELINE).unlink()
    with pytest.raises(FrugalNetError) as error:
        read_study(folder, records, Checks())
    assert f"raw/{BASELINE}/model.keras" in str(error.value) and f"raw/{PRUNED}/timeline.parquet" in str(error.value)


def test_damaged_run_is_left_out_where_a_warning_is_enough(pair):
    folder, records = pair
    (folder / "raw" / PRUNED / paths.MODEL).unlink()
    found = read_study(folder, records, WARN)
    assert set(found["runs"]["run"]) == set(found["windows"]["run"]) == set(found["epochs"]["run"]) == {BASELINE}
    (problem,) = found["problems"].to_dict("records")
    assert problem == {
        "problem": "damaged", "run": PRUNED, "file": f"raw/{PRUNED}/model.keras",
        "text": f"raw/{PRUNED}/model.keras is missing.",
    }  # fmt: skip


def test_energy_to_solution_is_not_known_where_the_parent_is_left_out(pair, tmp_path):
    folder, records = pair
    (folder / "raw" / BASELINE / paths.MODEL).unlink()
    tables.write(read_study(folder, records, WARN), tmp_path / "interim")
    made = processed_tables(
        "compression", tables.read((tmp_path / "interim").glob("*.parquet")), Carbon(), Statistics()
    )
    (row,) = made["comparison"].to_dict("records")
    assert (row["method"], row["train_energy_j"]) == ("pruning", 5)
    assert math.isnan(row["energy_to_solution_j"])


def test_study_of_which_nothing_is_left_has_no_tables(study):
    folder, records, _ = study(made_record())
    (folder / "raw" / BASELINE / paths.MODEL).unlink()
    with pytest.raises(FrugalNetError, match=rf"no run(.|\n)*raw/{BASELINE}/model.keras is missing"):
        read_study(folder, records, WARN)


def test_damaged_try_that_failed_makes_the_failed_energy_unknown(study):
    folder, records, _ = study(made_record(), failed=[made_record()])
    cut(folder / "failed" / BASELINE / "0" / paths.TIMELINE)
    with pytest.raises(FrugalNetError, match=f"failed/{BASELINE}/0/timeline.parquet is torn"):
        read_study(folder, records, Checks())
    runs = read_study(folder, records, WARN)["runs"]
    assert runs.loc[0, "failed_tries"] == 1
    assert runs["failed_energy_j"].isna().all()


def test_copied_folder_is_a_second_record_of_the_same_run(pair):
    folder, records = pair
    copy = PRUNED.replace("seed0", "seed1")
    shutil.copytree(folder / "raw" / PRUNED, folder / "raw" / copy)
    with pytest.raises(
        FrugalNetError, match=rf"checks.duplicates(.|\n)*raw/{copy}/record.json is a record of {PRUNED}"
    ):
        read_study(folder, records, Checks())
    assert problems_of(folder, records) == [("duplicate", PRUNED, f"raw/{copy}/{RECORD}")]
    with_copy = [*records, folder / "raw" / copy / RECORD]
    assert problems_of(folder, with_copy) == [("duplicate", PRUNED, f"raw/{copy}/{RECORD}")]
    assert list(read_study(folder, with_copy, WARN)["runs"]["run"]) == [BASELINE, PRUNED]


def test_finished_run_that_is_not_asked_for_is_no_problem(pair):
    folder, records = pair
    assert problems_of(folder, records[:1], REFUSE) == []


def test_samples_beside_official_data_are_told_of_or_refused(study):
    official = made_record("sat6").model_copy(update={"data": {"level": "official"}})
    folder, records, _ = study(made_record(), official)
    found = read_study(folder, records, Checks())["problems"]
    assert list(found["problem"]) == ["mixed_data"]
    assert found.loc[0, "text"] == f"{BASELINE} had made samples, beside sat6/baseline/default/seed0 with other data."
    with pytest.raises(FrugalNetError, match=r"checks\.mixed_data"):
        read_study(folder, records, REFUSE)


def with_run(rec, **changes):
    return rec.model_copy(update={"run": rec.run.model_copy(update=changes)})


def with_software(rec, **changes):
    return rec.model_copy(update={"software": rec.software | changes})


@pytest.mark.parametrize(
    ("other", "text"),
    [
        (with_run(made_record(seed=1), method_version=9), "version of method baseline: 4 in .*seed0, 9 in .*seed1"),
        (with_run(made_record("sat6"), recipe_version=9), "version of recipe part training: 5 in mnist.*, 9 in sat6"),
        (with_run(made_record(seed=1), network_version=9), "version of network softmax_big: 1 in .*, 9 in"),
        (with_software(made_record(seed=1), packages={"keras": "3.13"}), "version of keras: 3.12.4 in .*, 3.13 in"),
        (with_software(made_record(seed=1), git={"commit": "def", "dirty": False}), "commit: abc in .*, def in"),
        (with_software(made_record(seed=1), git=None), "commit: abc in .*, not known in"),
    ],
)
def test_unequal_versions_of_code_are_told_of_or_refused(study, other, text):
    folder, records, _ = study(made_record(), other)
    found = read_study(folder, records, Checks())["problems"]
    assert list(found["problem"]) == ["mixed_code"]
    assert found["text"].str.fullmatch(f"Not all runs had the same {text}.*\\.").all()
    with pytest.raises(FrugalNetError, match=r"checks\.mixed_code"):
        read_study(folder, records, REFUSE)


def test_versions_of_different_methods_need_not_be_equal(study):
    folder, records, _ = study(made_record(), with_run(made_record(method="pruning"), method_version=9))
    assert problems_of(folder, records, REFUSE) == []


def test_runs_on_several_machines_are_no_problem(study):
    other = made_record(seed=1).model_copy(update={"machine": {"processor": "another", "gpus": []}})
    folder, records, _ = study(made_record(), other)
    assert problems_of(folder, records, REFUSE) == []


def test_dataset_that_is_left_out_is_told_of(pair):
    found = read_study(*pair, REFUSE, {"sat6": ["sat6/nas/default/seed0"]})["problems"]
    assert list(found["text"]) == [
        "SAT-6 is left out: sat6/nas/default/seed0 of the run sheet are not there as the settings say."
    ]


def without(path, *keys):
    """Take keys out of a record."""
    values = {key: value for key, value in json.loads(path.read_text()).items() if key not in keys}
    path.write_text(json.dumps(values))


def test_record_of_before_there_was_a_checksum_is_taken_and_named(pair):
    folder, records = pair
    without(records[0], "sha256", NEWER_THAN_SEALS)
    assert read_record(records[0]).sha256 is None
    assert problems_of(folder, records, REFUSE) == [("unsealed", BASELINE, f"raw/{BASELINE}/{RECORD}")]


def test_record_whose_checksum_was_taken_out_is_refused(pair):
    folder, records = pair
    without(records[0], "sha256")
    with pytest.raises(FrugalNetError, match=rf"raw/{BASELINE}/{RECORD} was edited: its own checksum was taken out"):
        read_study(folder, records, Checks())


def test_record_of_a_try_that_failed_is_refused_among_those_of_finished_runs(study):
    folder, records, _ = study(made_record(status="failed", error="no memory"))
    with pytest.raises(FrugalNetError, match=r"its status is failed; expected complete"):
        read_study(folder, records, Checks())


def test_try_without_a_record_is_named_and_its_energy_not_known(study):
    folder, records, _ = study(made_record(), failed=[made_record()])
    (folder / "failed" / BASELINE / "0" / RECORD).unlink()
    found = read_study(folder, records, REFUSE)
    assert problems_of(folder, records, REFUSE) == [("incomplete", BASELINE, f"failed/{BASELINE}/0/{RECORD}")]
    assert found["runs"]["failed_energy_j"].isna().all()
