"""The official file formats, as tiny files made by hand."""

import gzip
import os
import pickle

import numpy as np
import pytest

from frugalnet.datasets import california_housing, cifar10, cifar100, mnist, pneumoniamnist
from frugalnet.datasets.cifar import read_batch
from frugalnet.errors import FrugalNetError


def test_mnist_skips_the_headers_and_puts_test_samples_last(tmp_path):
    for prefix, values in {"train": [1, 2, 3], "t10k": [7]}.items():
        images = b"".join(bytes([value]) * 784 for value in values)
        (tmp_path / f"{prefix}-images-idx3-ubyte.gz").write_bytes(gzip.compress(b"h" * 16 + images))
        (tmp_path / f"{prefix}-labels-idx1-ubyte.gz").write_bytes(gzip.compress(b"h" * 8 + bytes(values)))
    arrays = mnist.read(tmp_path)
    assert (arrays.x.shape, arrays.x.dtype, arrays.y.dtype) == ((4, 28, 28), np.uint8, np.int64)
    assert arrays.x[:, 27, 27].tolist() == [1, 2, 3, 7]
    assert arrays.y.tolist() == [1, 2, 3, 7]
    assert arrays.test.tolist() == [3]


def test_cifar10_planes_become_the_last_axis(tmp_path):
    (tmp_path / "cifar-10-batches-py").mkdir()
    planes = np.repeat(np.array([10, 20, 30], np.uint8), 1024)
    planes[1] = 99  # red, row 0, column 1
    for number, file in enumerate(cifar10.SOURCE.files):
        (tmp_path / file.name).write_bytes(pickle.dumps({b"data": planes[None], b"labels": [number]}))
    arrays = cifar10.read(tmp_path)
    assert arrays.x.shape == (6, 32, 32, 3)
    assert arrays.x[0, 0, 0].tolist() == [10, 20, 30]
    assert arrays.x[0, 0, 1].tolist() == [99, 20, 30]
    assert (arrays.y.tolist(), arrays.test.tolist()) == ([0, 1, 2, 3, 4, 5], [5])


def test_cifar100_has_fine_labels_and_the_test_part_last(tmp_path):
    (tmp_path / "cifar-100-python").mkdir()
    for name, labels in {"train": [99, 0], "test": [41]}.items():
        data = np.full((len(labels), 3072), len(labels), np.uint8)
        part = {b"data": data, b"fine_labels": labels, b"coarse_labels": [3] * len(labels)}
        (tmp_path / "cifar-100-python" / name).write_bytes(pickle.dumps(part))
    arrays = cifar100.read(tmp_path)
    assert (arrays.x.shape, arrays.x.dtype, arrays.y.dtype) == ((3, 32, 32, 3), np.uint8, np.int64)
    assert (arrays.x[:, 0, 0, 0].tolist(), arrays.y.tolist(), arrays.test.tolist()) == ([2, 2, 1], [99, 0, 41], [2])


def test_cifar100_names_its_classes_in_the_order_of_their_numbers():
    names = cifar100.SOURCE.classes
    assert (len(names), len(set(names)), sorted(names)) == (100, 100, list(names))
    assert (names[0], names[41], names[99]) == ("apple", "lawn_mower", "worm")


def test_housing_columns_become_the_features_of_scikit_learn(tmp_path):
    line = "-122.23,37.88,41,880,129,322,126,8.3252,452600\n"
    (tmp_path / "cal_housing.data").write_text(line * 2)
    arrays = california_housing.read(tmp_path)
    assert arrays.x[0].round(3).tolist() == np.float32([8.325, 41, 6.984, 1.024, 322, 2.556, 37.88, -122.23]).tolist()
    assert arrays.y.tolist() == np.float32([4.526, 4.526]).tolist()
    assert arrays.test is None


def test_pneumoniamnist_keeps_its_own_validation_part(tmp_path):
    sizes = {"train": 3, "val": 2, "test": 1}
    parts = {f"{part}_images": np.full((n, 28, 28), n, np.uint8) for part, n in sizes.items()}
    parts |= {f"{part}_labels": np.ones((n, 1), np.uint8) for part, n in sizes.items()}
    np.savez(tmp_path / "pneumoniamnist.npz", **parts)
    arrays = pneumoniamnist.read(tmp_path)
    assert arrays.x[:, 0, 0].tolist() == [3, 3, 3, 2, 2, 1]
    assert (arrays.validation.tolist(), arrays.test.tolist()) == ([3, 4], [5])
    assert (arrays.y.shape, arrays.y.dtype) == ((6,), np.int64)


class Runs:
    """An object whose pickle runs a function."""

    def __reduce__(self):
        return os.mkdir, ("executed",)


def batch(**changes):
    found = {b"data": np.zeros((2, 3072), np.uint8), b"labels": [0, 1]}
    return found | {name.encode(): value for name, value in changes.items()}


@pytest.mark.parametrize(
    ("content", "told"),
    [
        (batch(labels=Runs()), "names posix.mkdir"),
        (Runs(), "names posix.mkdir"),
        ([1], "TypeError"),
        ({}, "KeyError"),
        (batch(labels=[0]), "ValueError"),
        (batch(labels=[0, 10]), "ValueError"),
        (batch(data=np.zeros((2, 3072))), "ValueError"),
        (batch(data=np.zeros((2, 7), np.uint8)), "ValueError"),
    ],
)
def test_cifar10_batch_that_is_none_is_refused_and_runs_nothing(tmp_path, monkeypatch, content, told):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "cifar-10-batches-py").mkdir()
    for file in cifar10.SOURCE.files:
        (tmp_path / file.name).write_bytes(pickle.dumps(content))
    with pytest.raises(FrugalNetError, match=rf"data_batch_1: not a batch of CIFAR-10 \(.*{told}"):
        cifar10.read(tmp_path)
    assert not (tmp_path / "executed").exists()


def test_cifar100_part_with_coarse_labels_alone_is_refused(tmp_path):
    (tmp_path / "cifar-100-python").mkdir()
    (tmp_path / "cifar-100-python" / "train").write_bytes(pickle.dumps(batch(coarse_labels=[0, 1])))
    with pytest.raises(FrugalNetError, match=r"train: not a batch of CIFAR-100 \(KeyError.*fine_labels"):
        cifar100.read(tmp_path)


def test_batch_of_python_2_is_read(tmp_path):
    (tmp_path / "batch").write_bytes(pickle.dumps(batch(), protocol=2))
    assert read_batch(tmp_path / "batch", "labels", 10, "CIFAR-10")[1].tolist() == [0, 1]
