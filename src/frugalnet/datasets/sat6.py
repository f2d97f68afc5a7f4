"""SAT-6: aerial photographs of six kinds of land cover, 28x28 with bands R, G, B and near infrared (uint8), 324,000 + 81,000.

There is no direct address and no published checksum: the user provides the file, and its content decides its level.
"""

from pathlib import Path
from typing import Any

import numpy as np

from frugalnet.datasets import made
from frugalnet.datasets.source import Arrays, Check, Level, Source, joined
from frugalnet.errors import FrugalNetError

CLASSES = ("building", "barren_land", "trees", "grassland", "road", "water")
TRAIN_COUNTS = [14923, 73397, 56809, 50347, 8192, 120332]
N_TEST = 81_000
LAYOUT = "train_x and test_x uint8 (28, 28, 4, n), train_y and test_y one-hot (6, n), as in sat-6-full.mat"


def level_of(path: Path, address: str, allow_subset: bool) -> Level:
    """Return the level of a .mat file from its layout, range of values and class counts.

    Raises:
        FrugalNetError: it has another layout, or it lacks the official counts and `allow_subset` is false.
    """
    content = _load(path, address)
    for part in ("train", "test"):
        _check_part(content, part, address)
    counts = content["train_y"].sum(axis=1).astype(int).tolist()
    n_test = content["test_y"].shape[1]
    if counts == TRAIN_COUNTS and n_test == N_TEST:
        return "official"
    if allow_subset:
        return "subset"
    raise FrugalNetError(
        f"{address}: not the whole of SAT-6. Expected {sum(TRAIN_COUNTS)} training samples, by class {TRAIN_COUNTS} "
        f"({', '.join(CLASSES)}), and {N_TEST} test samples; got {counts} and {n_test}. "
        "Bring the official file in its place, or accept it for a trial with data.allow_subset: true."
    )


def _load(path: Path, address: str) -> dict[str, Any]:
    from scipy.io import loadmat

    try:
        return dict(loadmat(path, variable_names=["train_x", "train_y", "test_x", "test_y"]))
    except Exception as error:  # a damaged file makes loadmat raise anything
        raise _refusal(address, f"a file that cannot be read ({type(error).__name__}: {error})") from error


def _check_part(content: dict[str, Any], part: str, address: str) -> None:
    """Refuse a part that is missing, or whose shapes, types or ranges of values are not those of SAT-6."""
    try:
        x, y = content[f"{part}_x"], content[f"{part}_y"]
    except KeyError as missing:
        raise _refusal(address, f"no variable {missing}") from missing
    for name, array in ((f"{part}_x", x), (f"{part}_y", y)):
        if not isinstance(array, np.ndarray) or array.dtype.kind not in "buif":
            raise _refusal(address, f"{name} of type {getattr(array, 'dtype', type(array).__name__)}")
    if x.dtype != np.uint8 or x.ndim != 4 or x.shape[:3] != (28, 28, 4):
        raise _refusal(address, f"{part}_x {x.dtype} {x.shape}")
    if y.shape != (6, x.shape[3]) or not np.isin(y, (0, 1)).all() or not (y.sum(axis=0) == 1).all():
        raise _refusal(address, f"{part}_y {y.dtype} {y.shape} that is not one-hot for {x.shape[3]} samples")
    if x.size == 0 or x.max() <= 1 or x.min() == x.max():
        raise _refusal(
            address, f"{part}_x without values above 1, or all equal, where bytes from 0 to 255 are expected"
        )


def _refusal(address: str, got: str) -> FrugalNetError:
    return FrugalNetError(
        f"{address}: not a SAT-6 file. Expected {LAYOUT}; got {got}. Replace or delete it and run again."
    )


SOURCE = Source(
    licence="none written; made from public NAIP photographs of the US Department of Agriculture",
    citation="Basu et al.: DeepSat, a learning framework for satellite imagery. ACM SIGSPATIAL, 2015.",
    check=Check("sat-6-full.mat", "SAT-4_and_SAT-6_datasets.tar.gz", "https://csc.lsu.edu/~saikat/deepsat/", level_of),
    classes=CLASSES,
)


def read(folder: Path) -> Arrays:
    """Read the one .mat file of the folder: x (n, 28, 28, 4) uint8."""
    (path,) = folder.glob("*.mat")
    content = _load(path, str(path))

    def part(name: str) -> tuple[np.ndarray, np.ndarray]:
        return np.moveaxis(content[f"{name}_x"], -1, 0), content[f"{name}_y"].argmax(axis=0)

    return joined(part("train"), part("test"))


def sample() -> Arrays:
    """Make 800 patches in the proportions of the real classes, with typical colours and coarse or fine texture."""
    generator = np.random.default_rng(6)
    y = made.labels([round(count * 800 / sum(TRAIN_COUNTS)) for count in TRAIN_COUNTS], generator)
    n = len(y)
    bands = np.array(
        [
            [205, 205, 210, 147],
            [172, 159, 138, 175],
            [96, 96, 88, 146],
            [113, 113, 97, 167],
            [147, 150, 140, 99],
            [65, 80, 103, 15],
        ]
    )
    cycles = np.array([3, 2, 8, 5, 2, 1])[y] + generator.normal(0, 0.5, n)
    contrast = np.array([40, 15, 25, 15, 30, 5])[y] * generator.uniform(0.5, 1.5, n)
    texture = contrast[:, None, None] * made.gratings(generator.uniform(0, np.pi, n), cycles, 28, generator)
    light = generator.normal(0, 20, (n, 1)) + generator.normal(0, 12, (n, 4))
    x = (bands[y] + light)[:, None, None] + texture[..., None] + generator.normal(0, 10, (n, 28, 28, 4))
    return Arrays(made.to_bytes(x), y)
