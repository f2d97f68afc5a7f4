"""The numbers that the real study must reach, by its own configuration; resumed where it was stopped."""

import os
import subprocess
import sys
from pathlib import Path
from statistics import mean

import pytest

from frugalnet.record import RECORD, read_record

ROOT = Path(__file__).parents[2]
RAW = ROOT / "results" / "check" / "compression" / "raw"
METHODS = ("baseline", "continued", "pruning")

pytestmark = [
    pytest.mark.real,
    pytest.mark.slow,
    pytest.mark.skipif(
        not os.environ.get("FRUGALNET_MIRROR"), reason="FRUGALNET_MIRROR names no folder with the real data"
    ),
]


def study(dataset, seeds, *config):
    """Do the runs of a dataset with the settings of the real study, and return their records by method."""
    command = [sys.executable, "-m", "snakemake", "--cores", "1", dataset, "--configfile", "config/paper.yaml"]
    values = ["name=check", f"compression={{seeds: {seeds}, methods: [{', '.join(METHODS)}]}}", *config]
    subprocess.run([*command, "--config", *values], cwd=ROOT, check=True)
    folders = {method: [RAW / dataset / method / f"default/seed{seed}" for seed in range(seeds)] for method in METHODS}
    return {method: [read_record(folder / RECORD) for folder in own] for method, own in folders.items()}


def quality(records, key):
    """Return the mean over seeds, and print what was found: it goes into the notes of a release."""
    values = [rec.quality[key] for rec in records]
    print(
        f"{records[0].run.dataset}/{records[0].run.method} {key}: {mean(values):.4f} of",
        [round(value, 4) for value in values],
    )
    return mean(values)


def test_mnist_is_pruned_to_a_tenth_without_loss():
    found = study("mnist", seeds=3)
    reference = max(
        (found["baseline"], found["continued"]), key=lambda records: quality(records, "validation_accuracy")
    )
    assert {rec.data["level"] for rec in found["baseline"]} == {"official"}
    assert quality(found["baseline"], "test_accuracy") >= 0.975
    assert quality(found["pruning"], "test_accuracy") >= quality(reference, "test_accuracy") - 0.002
    assert found["pruning"][0].model.parameters_nonzero < 0.11 * found["pruning"][0].model.parameters


def test_housing_is_predicted_within_36_000_dollars():
    found = study("california_housing", seeds=3)
    assert {rec.data["level"] for rec in found["baseline"]} <= {"official", "equivalent"}
    assert quality(found["baseline"], "test_mae") <= 0.36
    quality(found["pruning"], "test_mae")


def test_cifar10_reaches_two_thirds_in_fifteen_epochs():
    found = study("cifar10", seeds=1)
    assert found["baseline"][0].run.recipe.epochs <= 15
    assert quality(found["baseline"], "test_accuracy") >= 0.66
    quality(found["continued"], "test_accuracy"), quality(found["pruning"], "test_accuracy")


def test_sat6_file_that_is_a_subset_goes_through_as_such():
    found = study("sat6", 1, "data={allow_subset: true}", "datasets={sat6: {recipe: {epochs: 20, batch_size: 16}}}")
    assert {rec.data["level"] for records in found.values() for rec in records} <= {"official", "subset"}
    for rec in (records[0] for records in found.values()):
        assert rec.quality["train_accuracy"] > 0.37, "the share of the most frequent class is 0.37 (water)"
    assert found["pruning"][0].model.parameters_nonzero < 0.12 * found["pruning"][0].model.parameters
