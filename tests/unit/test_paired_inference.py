"""Inference beside the baseline's compacted model: ratios of runs, and over seeds in the comparison."""

import math

import pytest

from frugalnet.analysis.comparison import comparison
from frugalnet.analysis.dictionary import data_dictionary
from frugalnet.analysis.interim import read_study
from frugalnet.config.carbon import Carbon
from tests.unit.conftest import REFERENCES, made_record, with_inference
from tests.unit.test_analysis_costs import compacted_beside

RATIOS = ["latency_ratio", "latency_large_ratio", "energy_per_inference_batch1_ratio", "energy_per_inference_ratio"]
ENDS = ("", "_low", "_high")


def with_ratios(rec, latency=1.0, energy=1.0, half=0.0, **changes):
    """Return the record with these ratios, whose own intervals are `half` to either side."""
    sides = (0, -half, half)
    latencies, energies = (
        {f"{name}_ratio{end}": None if value is None else value + side for end, side in zip(ENDS, sides, strict=True)}
        for name, value in (("latency", latency), ("energy", energy))
    )
    return with_inference(rec, **latencies | energies | changes)


def compared(study, *records):
    """Return the row of pruning in the comparison."""
    runs = read_study(*study(*records))["runs"]
    return comparison(runs, Carbon(), REFERENCES).set_index("method").loc["pruning"]


def pruned(*ratios, **changes):
    """Return runs of pruning, a seed for each ratio of latency and energy."""
    runs = (made_record(method="pruning", seed=seed) for seed in range(len(ratios)))
    return [with_ratios(run, ratio, ratio, 0.02, **changes) for run, ratio in zip(runs, ratios, strict=True)]


def interval(row, column):
    return row[[f"{column}{end}" for end in ENDS]].tolist()


# Of a run


def test_ratios_are_those_of_the_compacted_model_by_batch_size(study):
    rec = compacted_beside(made_record(method="pruning"))
    large = {"latency_ratio": 0.7, "latency_ratio_low": 0.6, "latency_ratio_high": 0.8, "energy_ratio": 0.3}
    rows = [
        each.model_copy(update=large) if (each.model, each.batch_size) == ("compacted", 256) else each
        for each in rec.inference
    ]
    row = read_study(*study(rec.model_copy(update={"inference": rows})))["runs"].iloc[0]
    assert interval(row, "latency_ratio") == [0.5, 0.49, 0.51]
    assert interval(row, "latency_large_ratio") == [0.7, 0.6, 0.8]
    assert interval(row, "energy_per_inference_batch1_ratio") == [0.25, 0.24, 0.27]
    assert interval(row, "energy_per_inference_ratio") == [0.3, 0.24, 0.27]
    assert not row["same_operations"]


def test_model_that_is_no_smaller_has_its_own_ratio_and_that_of_the_baseline_is_to_a_copy_of_itself(study):
    (run,) = pruned(0.99)
    rows = read_study(*study(made_record(), run))["runs"].set_index("method")
    assert rows["latency_ratio"].to_dict() == {"baseline": 1.0, "pruning": 0.99}
    assert rows["same_operations"].tolist() == [True, True]


def test_run_that_was_measured_beside_no_baseline_has_no_ratio(study):
    rec = made_record(method="pruning", reference=None)
    alone = [each for each in rec.inference if each.model == "masked"]
    rec = with_ratios(rec.model_copy(update={"inference": alone}), None, None, same_operations=None)
    row = read_study(*study(rec))["runs"].iloc[0]
    ratios = [f"{name}{end}" for name in RATIOS for end in ENDS]
    unknown = [
        *ratios,
        "same_operations",
        "reference_energy_per_inference_j",
        "reference_energy_per_inference_batch1_j",
    ]
    assert row[unknown].isna().all()
    assert (row["latency_batch1_ms"], row["energy_per_inference_j"]) == (1, 0.0005)


def test_model_that_was_not_compacted_has_no_ratio(study):
    rec = made_record(method="pruning")
    rec = rec.model_copy(update={"model": rec.model.model_copy(update={"parameters_compacted": None})})
    row = read_study(*study(rec))["runs"].iloc[0]
    assert row[[*RATIOS, "same_operations"]].isna().all()


def test_record_of_before_inference_was_paired_has_latencies_and_no_ratios(study):
    rec = made_record(method="pruning")
    new = ("blocks", "latency_p90_ms", "latency_p99_ms", "energy_j", "energy_net_j", "energy_u_j", "same_operations")
    new += tuple(f"{name}_ratio{end}" for name in ("latency", "energy") for end in ENDS)
    old = rec.model_dump(exclude={"reference": True, "inference": {"__all__": set(new)}})
    old["inference"] = [each for each in old["inference"] if each["model"] == "masked"]
    row = read_study(*study(type(rec).model_validate(old)))["runs"].iloc[0]
    assert (row["latency_batch1_ms"], row["throughput_per_s"]) == (1, 128_000)
    assert row[[*RATIOS, "energy_per_inference_j", "latency_batch1_p90_ms", "same_operations"]].isna().all()


# Over seeds


def test_one_seed_has_the_interval_of_its_own_run(study):
    row = compared(study, made_record(), *pruned(0.6))
    for column in RATIOS:
        assert interval(row, column) == pytest.approx([0.6, 0.58, 0.62])


def test_seeds_have_the_geometric_mean_and_students_interval_of_the_logarithms(study):
    row = compared(study, *pruned(0.4, 0.5, 0.625))
    # ln 0.4, ln 0.5 and ln 0.625 lie ln 1.25 apart: t(0.975, 2) * 0.2231436 / sqrt(3) = 0.5543251.
    around = math.exp(4.302653 * 0.2231436 / 3**0.5)
    for column in RATIOS:
        assert interval(row, column) == pytest.approx([0.5, 0.5 / around, 0.5 * around], rel=1e-6)


def test_seeds_that_are_alike_have_an_interval_without_width(study):
    assert interval(compared(study, *pruned(0.5, 0.5)), "latency_ratio") == pytest.approx([0.5, 0.5, 0.5])


def test_ratio_of_a_seed_that_is_missing_leaves_the_mean_unknown(study):
    known, unknown = pruned(0.5, 0.6)
    row = compared(study, known, with_ratios(unknown, 0.6, None))
    assert all(math.isnan(value) for value in interval(row, "energy_per_inference_ratio"))
    assert interval(row, "latency_ratio")[0] == pytest.approx(0.3**0.5)


@pytest.mark.parametrize(("same", "expected"), [((True, True), True), ((True, False), False), ((True, None), True)])
def test_methods_do_the_same_operations_where_all_seeds_measured_beside_the_baseline_do(study, same, expected):
    seeds = (with_inference(run, same_operations=each) for run, each in zip(pruned(1.0, 1.0), same, strict=True))
    found = compared(study, *seeds)["same_operations"]
    assert bool(found) is expected


def test_columns_that_were_promised_are_there_and_say_what_they_are_ratios_to(study):
    table = comparison(read_study(*study(*pruned(0.5)))["runs"], Carbon(), REFERENCES)
    promised = {f"{name}{end}" for name in ("latency_ratio", "energy_per_inference_ratio") for end in ENDS}
    assert promised | {"energy_to_solution_u_j"} <= set(table)
    meanings = data_dictionary({"comparison": table}).set_index("column")
    for name in ("latency_ratio", "energy_per_inference_ratio"):
        assert "over that of the baseline's compacted model" in meanings.loc[name, "meaning"]
        assert meanings.loc[name, "unit"] == "ratio"
