"""MNIST: handwritten digits, 28x28 grey values (uint8), 60,000 for training and 10,000 for testing."""

import gzip
from pathlib import Path

import numpy as np

from frugalnet.datasets.source import AGAIN, Arrays, File, Source, joined
from frugalnet.files import reading

ADDRESSES = ("https://ossci-datasets.s3.amazonaws.com/mnist/", "https://storage.googleapis.com/cvdf-datasets/mnist/")


def _file(name: str, sha256: str) -> File:
    return File(name, {f"sha256:{sha256}": "official"}, tuple(address + name for address in ADDRESSES))


SOURCE = Source(
    licence="CC BY-SA 3.0",
    citation="LeCun, Bottou, Bengio and Haffner: Gradient-based learning applied to document recognition. Proc. IEEE 86(11), 1998.",
    files=(
        _file("train-images-idx3-ubyte.gz", "440fcabf73cc546fa21475e81ea370265605f56be210a4024d2ca8f203523609"),
        _file("train-labels-idx1-ubyte.gz", "3552534a0a558bbed6aed32b30c495cca23d567ec52cac8be1a0730e8010255c"),
        _file("t10k-images-idx3-ubyte.gz", "8d422c7b0a1c1c79245a5bcf07fe86e33eeafee792b84584aec276f5a2dbc4e6"),
        _file("t10k-labels-idx1-ubyte.gz", "f7ae60f92e00ec6debd23a6088c31dbd2371eca3ffa0defaefb259924204aec6"),
    ),
    classes=tuple("0123456789"),
)


def read(folder: Path) -> Arrays:
    """Read the four IDX files: x (70000, 28, 28) uint8."""

    def part(prefix: str) -> tuple[np.ndarray, np.ndarray]:
        images = _idx(folder / f"{prefix}-images-idx3-ubyte.gz", 16, (28, 28))
        return images, _idx(folder / f"{prefix}-labels-idx1-ubyte.gz", 8, ())

    return joined(part("train"), part("t10k"))


def _idx(path: Path, header_bytes: int, shape: tuple[int, ...]) -> np.ndarray:
    with reading(path, f"the bytes of samples of shape {shape} as IDX, packed; {AGAIN}"):
        return np.frombuffer(gzip.decompress(path.read_bytes()), np.uint8, offset=header_bytes).reshape(-1, *shape)


def sample() -> Arrays:
    """Enlarge the 1,797 real handwritten digits, 8x8 with 17 grey values, that come with scikit-learn (UCI optdigits, CC BY 4.0)."""
    from scipy.ndimage import zoom
    from sklearn.datasets import load_digits

    digits = load_digits()
    enlarged = zoom(digits.images, (1, 2.5, 2.5), order=1) * (255 / 16)
    framed = np.pad(enlarged, ((0, 0), (4, 4), (4, 4)))  # as in MNIST: 20x20 in a frame of 4
    return Arrays(np.rint(framed).astype(np.uint8), digits.target.astype(np.int64))
