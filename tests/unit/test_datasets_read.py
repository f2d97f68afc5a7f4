"""The official file formats, as tiny files made by hand."""

import gzip
import pickle

import numpy as np

from frugalnet.datasets import california_housing, cifar10, mnist, pneumoniamnist


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
