"""What tables say of int8 files: only where a run has one, and nothing is made up."""

import pandas as pd
import pytest

from frugalnet.analysis.comparison import comparison
from frugalnet.analysis.deployed import COMPARED, MEANINGS
from frugalnet.analysis.dictionary import data_dictionary
from frugalnet.analysis.interim import read_study
from frugalnet.config.carbon import Carbon
from frugalnet.record import record
from tests.unit.conftest import REFERENCES, made_inference, made_record

DEPLOYED = record.Deployed(bytes=1200, float_bytes=4100, quality={"test_accuracy": 0.955, "validation_accuracy": 0.95})


def with_file(rec):
    """Return the record of a run that has an int8 file, whose samples take half the time and a quarter of the energy."""
    rows = [
        made_inference("deployed", size, latency_ms=0.5, energy_j=energy_j, latency_ratio=0.5, same_operations=None)
        for size, energy_j in ((1, 0.0005), (256, 0.000125))
    ]
    *others, last = rec.windows
    quantization = {"name": "run/inference/quantization", "energy_uj": 250_000, "gap_uj": 250_000}
    windows = [*others, last.model_copy(update={"energy_uj": 750_000, "gap_uj": 750_000})]
    windows.append(last.model_copy(update=quantization))
    changes = {"deployed": DEPLOYED, "inference": [*rec.inference, *rows], "windows": windows}
    return rec.model_copy(update=changes)


def runs(study, *records):
    return read_study(*study(*records))["runs"]


def test_tables_of_runs_without_int8_files_do_not_mention_them(study):
    found = runs(study, made_record())
    assert not set(MEANINGS) & set(found)
    assert not set(MEANINGS) & set(comparison(found, Carbon(), REFERENCES))


def test_row_of_a_run_has_what_its_int8_file_is_and_takes(study):
    row = runs(study, with_file(made_record())).iloc[0]
    assert (row["deployed_bytes"], row["deployed_float_bytes"]) == (1200, 4100)
    assert (row["deployed_test_quality"], row["deployed_validation_quality"]) == (0.955, 0.95)
    assert (row["latency_batch1_ms_deployed"], row["latency_large_ms_deployed"]) == (0.5, 0.5)
    assert row["energy_per_inference_batch1_j_deployed"] == 0.0005
    assert row["energy_per_inference_j_deployed"] == 0.000125
    assert row["latency_ratio_deployed"] == 0.5
    assert row["quantization_energy_j"] == 0.25


def test_columns_of_the_model_itself_are_not_touched_by_its_int8_file(study):
    row, plain = (runs(study, rec).iloc[0] for rec in (with_file(made_record()), made_record()))
    pd.testing.assert_series_equal(
        row[plain.index.drop("record_sha256")], plain.drop("record_sha256"), check_names=False
    )


def test_run_without_a_file_beside_one_with_it_has_empty_cells(study):
    found = runs(study, with_file(made_record()), made_record(method="continued"))
    empty = found.set_index("method").loc["continued", list(set(MEANINGS) & set(found))]
    assert empty.isna().all()
    compared = comparison(found, Carbon(), REFERENCES).set_index("method")
    assert compared.loc["baseline", "deployed_test_quality"] == 0.955
    assert compared.loc["continued", list(COMPARED)].isna().all()


def test_comparison_has_means_over_seeds(study):
    other = with_file(made_record(seed=1))
    other = other.model_copy(update={"deployed": DEPLOYED.model_copy(update={"bytes": 1300})})
    compared = comparison(runs(study, with_file(made_record()), other), Carbon(), REFERENCES)
    assert compared.loc[0, "deployed_bytes"] == 1250


def test_reason_why_there_is_no_file_stands_in_the_row(study):
    found = runs(study, made_record(deployed_reason="net is not converted to int8: an unknown layer"))
    assert found.loc[0, "deployed_reason"] == "net is not converted to int8: an unknown layer"
    assert "deployed_bytes" not in found


def test_every_column_is_described(study):
    found = runs(study, with_file(made_record()))
    table = data_dictionary({"runs": found, "comparison": comparison(found, Carbon(), REFERENCES)})
    described = table[table["column"].isin(MEANINGS)]
    assert set(described.loc[described["table"] == "comparison", "column"]) == set(COMPARED)
    assert set(described.loc[described["table"] == "runs", "column"]) == set(MEANINGS) - {"deployed_reason"}
    assert dict(zip(table["column"], table["type"], strict=True))["deployed_bytes"] in ("Int64", "float64")


def test_int8_file_whose_energy_is_not_known_has_none(study):
    rec = with_file(made_record())
    rows = [each.model_copy(update={"energy_j": None}) if each.model == "deployed" else each for each in rec.inference]
    row = runs(study, rec.model_copy(update={"inference": rows})).iloc[0]
    assert pd.isna(row["energy_per_inference_j_deployed"])
    assert row["energy_per_inference_j"] == pytest.approx(0.0005)
