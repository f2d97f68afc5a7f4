"""Building blocks of the made stand-ins. The same seed gives the same arrays."""

import numpy as np

Generator = np.random.Generator


def labels(counts: list[int], generator: Generator) -> np.ndarray:
    """Return class numbers (int64) in random order; `counts` is the number of samples of each class."""
    return generator.permutation(np.repeat(np.arange(len(counts)), counts))


def gratings(angle_rad: np.ndarray, cycles: np.ndarray, side_px: int, generator: Generator) -> np.ndarray:
    """Return sine gratings (n, side, side) in -1 to 1, one for each angle and number of cycles per image, with random phases."""
    along = np.linspace(0, 2 * np.pi, side_px, endpoint=False)
    angle, cycles = (np.reshape(value, (-1, 1, 1)) for value in (angle_rad, cycles))
    phase = generator.uniform(0, 2 * np.pi, angle.shape)
    return np.sin(cycles * (np.cos(angle) * along + np.sin(angle) * along[:, None]) + phase)


def blobs(centre: np.ndarray, width: np.ndarray, side_px: int) -> np.ndarray:
    """Return Gaussian blobs (n, side, side) with peak 1; centres (n, 2) and widths (n, 2) are fractions of the side, down and across."""
    along = np.linspace(0, 1, side_px)
    down, across = (np.exp(-(((along - centre[:, [axis]]) / width[:, [axis]]) ** 2)) for axis in (0, 1))
    return down[:, :, None] * across[:, None, :]


def to_bytes(x: np.ndarray) -> np.ndarray:
    """Return grey values as uint8, cut off at 0 and 255."""
    return np.clip(np.rint(x), 0, 255).astype(np.uint8)
