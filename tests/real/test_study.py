"""The numbers that pruning must reach on real data, by the configuration of the real study; resumed where it was stopped."""

from statistics import mean

import pytest

from tests.real.checked import ON_REAL_DATA, gain, quality, reference, study

pytestmark = ON_REAL_DATA


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
    return study("check.yaml", "mnist", seeds=5)


@pytest.fixture(scope="module")
def cifar10():
    return study("check.yaml", "cifar10", seeds=3)


def test_mnist_is_pruned_to_a_tenth_and_a_twentieth_without_loss(mnist):
    assert {rec.data["level"] for rec in mnist["baseline/default"]} == {"official"}
    assert quality(mnist["baseline/default"]) >= 0.975
    assert gain(mnist["pruning/weight-s0.90"], reference(mnist))[0] >= -0.002
    assert gain(mnist["pruning/weight-s0.95"], reference(mnist))[0] >= -0.001
    assert mnist["pruning/weight-s0.95"][0].model.parameters_nonzero < 0.06 * 483_482


def test_mnist_with_an_eighth_of_the_parameters_beats_its_shape_from_scratch(mnist):
    small, scratch = mnist["pruning/unit-s0.84-distilled"], mnist["scratch/unit-s0.84-distilled"]
    assert all(rec.model.parameters >= 8 * rec.model.parameters_compacted for rec in small)
    assert all(rec.model.compaction_error <= 1e-5 for rec in small)
    assert gain(small, reference(mnist))[0] >= -0.006
    assert gain(small, scratch)[0] >= 0.002
    speedup(small)


def test_cifar10_with_two_fifths_of_the_operations_loses_nothing(cifar10):
    assert cifar10["baseline/default"][0].run.recipe.epochs <= 15
    assert quality(cifar10["baseline/default"]) >= 0.66
    small, scratch = cifar10["pruning/unit-s0.45-distilled"], cifar10["scratch/unit-s0.45-distilled"]
    assert all(rec.model.macs >= 2.5 * rec.model.macs_compacted for rec in small)
    assert gain(small, reference(cifar10))[0] >= 0
    assert gain(small, scratch)[0] > 0
    speedup(small)


def test_housing_is_predicted_within_36_000_dollars():
    found = study("check.yaml", "california_housing", seeds=3)
    assert {rec.data["level"] for rec in found["baseline/default"]} <= {"official", "equivalent"}
    assert quality(found["baseline/default"]) <= 0.36
    quality(found["pruning/weight-s0.90"])


def test_sat6_file_that_is_a_subset_goes_through_as_such():
    found = study(
        "check.yaml",
        "sat6",
        1,
        "data={allow_subset: true}",
        "compression={per_dataset: {sat6: {recipe: {epochs: 20, batch_size: 16}}}}",
    )
    assert {rec.data["level"] for records in found.values() for rec in records} <= {"official", "subset"}
    for rec in (records[0] for records in found.values()):
        assert rec.quality["train_accuracy"] > 0.37, "the share of the most frequent class is 0.37 (water)"
    assert found["pruning/weight-s0.90"][0].model.parameters_nonzero < 0.12 * 184_454
