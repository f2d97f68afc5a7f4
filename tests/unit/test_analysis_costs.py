"""What a model costs, in the tables: masked beside compacted, and what is not known stays missing."""

import pandas as pd
import pytest

from frugalnet.analysis.comparison import comparison
from frugalnet.analysis.dictionary import data_dictionary
from frugalnet.analysis.interim import read_study
from frugalnet.config.carbon import Carbon
from frugalnet.record import record
from tests.unit.conftest import ENERGY_J, ESTIMATE, REFERENCES, made_inference, made_record


def compacted_beside(rec, **changes):
    """Return the record with a compacted model that takes half the time and a quarter of the energy."""
    twins = [
        made_inference(
            "compacted", size, latency_ms=0.5, latency_iqr_ms=0.05, latency_p90_ms=0.6, latency_p99_ms=0.8, latency_low_ms=0.48,
            latency_high_ms=0.51, throughput_per_s=1000.0 * size, energy_j=ENERGY_J[size] / 4, energy_net_j=ENERGY_J[size] / 20,
            energy_u_j=1e-6, same_operations=False, latency_ratio=0.5, latency_ratio_low=0.49, latency_ratio_high=0.51,
            energy_ratio=0.25, energy_ratio_low=0.24, energy_ratio_high=0.27,
        ).model_copy(update=changes)
        for size in (1, 256)
    ]  # fmt: skip
    return rec.model_copy(update={"inference": [*rec.inference, *twins]})


def test_compacted_model_has_columns_of_its_own(study):
    row = read_study(*study(compacted_beside(made_record())))["runs"].iloc[0]
    assert (row["latency_batch1_ms"], row["latency_batch1_ms_compacted"]) == (1, 0.5)
    assert (row["throughput_per_s"], row["throughput_per_s_compacted"]) == (128_000, 256_000)


def test_energy_of_a_sample_is_gross_net_and_uncertain_for_both_models_at_both_batch_sizes(study):
    row = read_study(*study(compacted_beside(made_record())))["runs"].iloc[0]
    expected = {
        "energy_per_inference_batch1_j": 0.002, "energy_per_inference_batch1_j_compacted": 0.0005,
        "energy_per_inference_batch1_net_j": 0.001, "energy_per_inference_batch1_net_j_compacted": 0.0001,
        "energy_per_inference_batch1_u_j": 2e-5, "energy_per_inference_batch1_u_j_compacted": 1e-6,
        "energy_per_inference_j": 0.0005, "energy_per_inference_j_compacted": 0.000125,
        "energy_per_inference_net_j": 0.00025, "energy_per_inference_net_j_compacted": 0.000025,
        "energy_per_inference_u_j": 5e-6, "energy_per_inference_u_j_compacted": 1e-6,
        "reference_energy_per_inference_batch1_j": 0.002, "reference_energy_per_inference_j": 0.0005,
    }  # fmt: skip
    assert row[list(expected)].to_dict() == pytest.approx(expected)


def test_energy_of_inference_is_that_of_its_blocks_and_not_of_the_window_that_other_models_share(study):
    rec = made_record()
    windows = [each.model_copy(update={"energy_uj": 77_000_000}) for each in rec.windows]
    row = read_study(*study(rec.model_copy(update={"windows": windows})))["runs"].iloc[0]
    assert row["energy_per_inference_j"] == 0.0005


def test_energy_of_compaction_is_that_of_its_window_over_the_devices_of_the_totals(study):
    rec = made_record()
    changes = {"name": "run/inference/compaction", "parent": "run/inference", "energy_uj": 2_500_000}
    compaction = rec.windows[-1].model_copy(update=changes)
    of_gpu = compaction.model_copy(update={"device": "GPU-0", "scope": "gpu"})
    known = rec.model_copy(update={"windows": [*rec.windows, compaction, of_gpu]})
    runs = read_study(*study(known))["runs"]
    assert runs["compaction_energy_j"].tolist() == [2.5]
    assert runs["train_energy_j"].tolist() == [5.0]


def test_energy_of_compaction_without_a_window_is_not_known(study):
    assert read_study(*study(made_record()))["runs"]["compaction_energy_j"].isna().all()


def test_latency_of_one_sample_and_of_a_large_batch_has_percentiles_and_spread_of_both_models(study):
    rec = compacted_beside(made_record())
    large = {"latency_ms": 4.0, "latency_iqr_ms": 0.8, "latency_low_ms": 3.9, "latency_high_ms": None}
    large |= {"latency_p90_ms": 5.0, "latency_p99_ms": 6.0}
    measured = [each.model_copy(update=large) if each.batch_size > 1 else each for each in rec.inference]
    runs = read_study(*study(rec.model_copy(update={"inference": measured})))["runs"]
    expected = {
        "latency_batch1_ms": 1, "latency_batch1_iqr_ms": 0.1,
        "latency_batch1_ms_compacted": 0.5, "latency_batch1_iqr_ms_compacted": 0.05,
        "latency_large_ms": 4, "latency_large_iqr_ms": 0.8,
        "latency_large_ms_compacted": 4, "latency_large_iqr_ms_compacted": 0.8,
        "latency_batch1_p90_ms": 1.3, "latency_batch1_p99_ms": 1.9, "latency_large_p90_ms": 5, "latency_large_p99_ms": 6,
        "latency_batch1_p90_ms_compacted": 0.6, "latency_batch1_p99_ms_compacted": 0.8,
    }  # fmt: skip
    for table in (runs, comparison(runs, Carbon(), REFERENCES)):
        assert table.loc[0, list(expected)].to_dict() == pytest.approx(expected)
    assert (runs.loc[0, "latency_large_low_ms"], runs.loc[0, "latency_large_high_ms_compacted"]) == (3.9, None)


def test_ends_of_intervals_are_of_one_run_and_have_no_mean_over_seeds(study):
    runs = read_study(*study(made_record(), made_record(seed=1)))["runs"]
    assert list(runs["latency_batch1_low_ms"]) == [0.9, 0.9]
    compared = comparison(runs, Carbon(), REFERENCES)
    assert not [name for name in compared if name.startswith("latency") and ("_low_ms" in name or "_high_ms" in name)]


def test_every_column_is_described(study):
    tables = read_study(*study(made_record()))
    tables |= {"comparison": comparison(tables["runs"], Carbon(), REFERENCES)}
    assert set(tables["comparison"]) <= set(data_dictionary(tables)["column"])


def test_compacted_model_that_is_no_smaller_has_the_numbers_of_the_model(study):
    row = read_study(*study(made_record()))["runs"].iloc[0]
    for name in ("latency_batch1_ms", "latency_large_iqr_ms", "throughput_per_s", "energy_per_inference_j"):
        assert row[f"{name}_compacted"] == row[name] > 0


def test_model_that_was_not_compacted_has_no_compacted_numbers(study):
    rec = made_record()
    rec = rec.model_copy(update={"model": rec.model.model_copy(update={"parameters_compacted": None})})
    row = comparison(read_study(*study(rec))["runs"], Carbon(), REFERENCES).iloc[0]
    for name in ("parameters", "latency_batch1_ms", "latency_large_iqr_ms", "energy_per_inference_j"):
        assert pd.isna(row[f"{name}_compacted"]) and not pd.isna(row[name])


def test_inference_that_was_cut_short_or_disturbed_shows(study):
    rec = compacted_beside(made_record(), flags=["resolution_limited"])
    windows = [
        window.model_copy(update={"flags": ["other_processes: 1"]}) if "batch256" in window.name else window
        for window in rec.windows
    ]
    records = rec.model_copy(update={"windows": windows}), made_record(seed=1)
    runs = read_study(*study(*records))["runs"]
    assert list(runs["inference_flags"]) == ["resolution_limited; other_processes: 1", ""]
    assert comparison(runs, Carbon(), REFERENCES).loc[0, "inference_flagged"] == 1


def test_costs_are_means_over_seeds_in_whole_numbers_and_missing_ones_stay_missing(study):
    def with_model(seed, **changes):
        rec = made_record(seed=seed)
        return rec.model_copy(update={"model": rec.model.model_copy(update=changes)})

    first = with_model(0, macs=100, gzip_bytes=3000, compaction_error=1e-7, tflite_bytes=None)
    second = with_model(1, macs=103, gzip_bytes=None, compaction_error=3e-7, tflite_bytes=None)
    table = comparison(read_study(*study(first, second))["runs"], Carbon(), REFERENCES)
    assert table.loc[0, ["macs", "compacted_bytes"]].tolist() == [102, 2000]
    assert table.loc[0, "compaction_error"] == pytest.approx(2e-7)
    assert table[["gzip_bytes", "tflite_bytes", "host_peak_training_mib"]].isna().all(axis=None)
    assert str(table["gzip_bytes"].dtype) == "Int64"


@pytest.mark.filterwarnings("error")
@pytest.mark.parametrize("changes", [{}, {"energy": record.Energy(scope="gpu", source="measured", devices=[ESTIMATE])}])
def test_tables_are_made_without_a_warning(study, changes):
    runs = read_study(*study(made_record(**changes), made_record(seed=1, **changes)))["runs"]
    table = comparison(runs, Carbon(), REFERENCES)
    assert list(table["seeds"]) == [2]
