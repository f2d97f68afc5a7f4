"""PneumoniaMNIST: chest X-rays of children, 28x28 grey values (uint8): 4,708 for training, 524 for validation, 624 for testing."""

from pathlib import Path

import numpy as np

from frugalnet.datasets import made
from frugalnet.datasets.source import AGAIN, Arrays, File, Source
from frugalnet.files import reading

NAME = "pneumoniamnist.npz"
SOURCE = Source(
    licence="CC BY 4.0",
    citation="Yang et al.: MedMNIST v2, a large-scale lightweight benchmark for 2D and 3D biomedical image classification. Sci Data, 2023.",
    files=(
        File(
            NAME,
            {
                "md5:28209eda62fecd6e6a2d98b1501bb15f": "official",
                "sha256:ce8250bf5debc3c389b89affcc1d9feac579b26e875a848301e9f937bb0c2eee": "equivalent",
            },
            (f"https://zenodo.org/record/6496656/files/{NAME}",),
        ),
    ),
    classes=("normal", "pneumonia"),
)


def read(folder: Path) -> Arrays:
    """Read the archive, which has its own validation part: x (5856, 28, 28) uint8."""
    with reading(folder / NAME, f"images and labels of three parts; {AGAIN}"), np.load(folder / NAME) as archive:
        parts = [(archive[f"{part}_images"], archive[f"{part}_labels"]) for part in ("train", "val", "test")]
    x, y = (np.concatenate(arrays) for arrays in zip(*parts, strict=True))
    n_train, n_validation, n_test = (len(images) for images, _ in parts)
    validation = np.arange(n_train, n_train + n_validation)
    return Arrays(x, y.ravel().astype(np.int64), test=validation[-1] + 1 + np.arange(n_test), validation=validation)


def sample() -> Arrays:
    """Make 2,000 chest images, with cloudy spots in the dark lungs of sick ones; classes 26 : 74 as in the real data."""
    generator = np.random.default_rng(28)
    y = made.labels([520, 1480], generator)
    n = len(y)

    def around(centre: tuple[float, float], spread: float) -> np.ndarray:
        return centre + generator.normal(0, spread, (n, 2))

    lungs = sum(made.blobs(around((0.5, across), 0.03), around((0.3, 0.13), 0.02), 28) for across in (0.28, 0.72))
    spots = sum(
        made.blobs(around((0.55, across), 0.09), generator.uniform(0.08, 0.16, (n, 2)), 28) for across in (0.28, 0.72)
    )
    cloud = (y * generator.uniform(40, 110, n) + generator.uniform(0, 25, n))[:, None, None]
    brightness = generator.normal(165, 18, (n, 1, 1))
    return Arrays(made.to_bytes(brightness - 90 * lungs + cloud * spots + generator.normal(0, 14, (n, 28, 28))), y)
