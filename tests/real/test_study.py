"""The numbers that the real study must reach, by its own configuration; resumed where it was stopped."""

import os
import subprocess
import sys
from collections import defaultdict
from pathlib import Path
from statistics import mean, stdev

import pytest
from scipy import stats

from frugalnet.record import RECORD, read_record

ROOT = Path(__file__).parents[2]
RAW = ROOT / "results" / "check" / "compression" / "raw"
CONFIGS = ["config/paper.yaml", "tests/real/check.yaml"]
REFERENCES = ("baseline/default", "continued/default")

pytestmark = [
    pytest.mark.real,
    pytest.mark.slow,
    pytest.mark.skipif(
        not os.environ.get("FRUGALNET_MIRROR"), reason="FRUGALNET_MIRROR names no folder with the real data"
    ),
]


def study(dataset, seeds, *config):
    """Do the runs of a dataset, and return their records, in the order of seeds, by `method/variant`."""
    command = [sys.executable, "-m", "snakemake", "--cores", "1", dataset, "--configfile", *CONFIGS]
    subprocess.run([*command, "--config", f"compression={{seeds: {seeds}}}", *config], cwd=ROOT, check=True)
    found = defaultdict(list)
    for seed in range(seeds):
        for path in sorted((RAW / dataset).glob(f"*/*/seed{seed}/{RECORD}")):
            found["/".join(path.parts[-4:-2])].append(read_record(path))
    return found


def quality(records, key):
    """Return the mean over seeds, and print what was found: it goes into the notes of a release."""
    values = [rec.quality[key] for rec in records]
    spread = f" ± {stdev(values):.4f}" if len(values) > 1 else ""
    print(records[0].run.id, f"{key}: {mean(values):.4f}{spread} of", [round(value, 4) for value in values])
    return mean(values)


def reference(found):
    """Return the records of the better of baseline and continued on validation data."""
    return found[max(REFERENCES, key=lambda name: quality(found[name], "validation_accuracy"))]


def gain(records, others):
    """Return by how much the accuracy on test data is above that of others, paired by seed; print it with its 95 % interval."""
    pairs = zip(records, others, strict=True)
    differences = [one.quality["test_accuracy"] - other.quality["test_accuracy"] for one, other in pairs]
    interval = stats.t.interval(0.95, len(differences) - 1, mean(differences), stats.sem(differences))
    print(
        f"{records[0].run.id} - {others[0].run.id}: {mean(differences):+.4f} [{interval[0]:+.4f}, {interval[1]:+.4f}]"
    )
    return mean(differences)


def speedup(records):
    """Return the mean ratio of samples per second, compacted to masked, at the large batch; print each."""
    ratios = []
    for rec in records:
        per_s = {found.model: found.throughput_per_s for found in rec.inference if found.batch_size == 1024}
        ratios.append(per_s["compacted"] / per_s["masked"])
    print(f"{records[0].run.id}: compacted / masked samples per second", [round(ratio, 2) for ratio in ratios])
    return mean(ratios)


@pytest.fixture(scope="module")
def mnist():
    return study("mnist", seeds=5)


@pytest.fixture(scope="module")
def cifar10():
    return study("cifar10", seeds=3)


def test_mnist_is_pruned_to_a_tenth_and_a_twentieth_without_loss(mnist):
    assert {rec.data["level"] for rec in mnist["baseline/default"]} == {"official"}
    assert quality(mnist["baseline/default"], "test_accuracy") >= 0.975
    assert gain(mnist["pruning/weight-s0.90"], reference(mnist)) >= -0.002
    assert gain(mnist["pruning/weight-s0.95"], reference(mnist)) >= -0.001
    assert mnist["pruning/weight-s0.95"][0].model.parameters_nonzero < 0.06 * 483_482


def test_mnist_with_an_eighth_of_the_parameters_beats_its_shape_from_scratch(mnist):
    small, scratch = mnist["pruning/unit-s0.84-distilled"], mnist["scratch/unit-s0.84-distilled"]
    assert all(rec.model.parameters >= 8 * rec.model.parameters_compacted for rec in small)
    assert all(rec.model.compaction_error <= 1e-5 for rec in small)
    assert gain(small, reference(mnist)) >= -0.006
    assert gain(small, scratch) >= 0.002
    speedup(small)


def test_cifar10_with_two_fifths_of_the_operations_loses_nothing(cifar10):
    assert cifar10["baseline/default"][0].run.recipe.epochs <= 15
    assert quality(cifar10["baseline/default"], "test_accuracy") >= 0.66
    small, scratch = cifar10["pruning/unit-s0.45-distilled"], cifar10["scratch/unit-s0.45-distilled"]
    assert all(rec.model.macs >= 2.5 * rec.model.macs_compacted for rec in small)
    assert gain(small, reference(cifar10)) >= 0
    assert gain(small, scratch) > 0
    speedup(small)


def test_housing_is_predicted_within_36_000_dollars():
    found = study("california_housing", seeds=3)
    assert {rec.data["level"] for rec in found["baseline/default"]} <= {"official", "equivalent"}
    assert quality(found["baseline/default"], "test_mae") <= 0.36
    quality(found["pruning/weight-s0.90"], "test_mae")


def test_sat6_file_that_is_a_subset_goes_through_as_such():
    found = study("sat6", 1, "data={allow_subset: true}", "datasets={sat6: {recipe: {epochs: 20, batch_size: 16}}}")
    assert {rec.data["level"] for records in found.values() for rec in records} <= {"official", "subset"}
    for rec in (records[0] for records in found.values()):
        assert rec.quality["train_accuracy"] > 0.37, "the share of the most frequent class is 0.37 (water)"
    assert found["pruning/weight-s0.90"][0].model.parameters_nonzero < 0.12 * 184_454
