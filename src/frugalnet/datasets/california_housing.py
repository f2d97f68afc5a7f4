"""California housing: predict the median house value (100,000 $) of 20,640 block groups in the 1990 census from 8 features."""

from pathlib import Path

import numpy as np

from frugalnet.datasets.source import AGAIN, Arrays, File, Source
from frugalnet.files import reading

SOURCE = Source(
    licence="public domain (US census)",
    citation="Pace and Barry: Sparse spatial autoregressions. Statistics and Probability Letters 33, 1997.",
    archive=File(
        "cal_housing.tgz",
        {"sha256:aaa5c9a6afe2225cc2aed2723682ae403280c4a3695a2ddda4ffb5d8215ea681": "official"},
        (
            "https://ndownloader.figshare.com/files/5976036",
            "https://www.dcc.fc.up.pt/~ltorgo/Regression/cal_housing.tgz",
        ),
    ),
    files=(
        File(
            "cal_housing.data",
            {"sha256:a2b44dcc7e1c9091b43c4f458b25cbd1f7e8068d08edd26bc4703108d3fa6214": "equivalent"},
        ),
    ),
    features=("MedInc", "HouseAge", "AveRooms", "AveBedrms", "Population", "AveOccup", "Latitude", "Longitude"),
)


def read(folder: Path) -> Arrays:
    """Read the table and make the ratios per household, as scikit-learn does: x (20640, 8), y (20640,), both float32."""
    path = folder / "cal_housing.data"
    with reading(path, f"lines of nine numbers; {AGAIN}"):
        table = np.loadtxt(path, delimiter=",", ndmin=2)
        longitude, latitude, age, rooms, bedrooms, population, households, income, value = table.T
    columns = (
        income,
        age,
        rooms / households,
        bedrooms / households,
        population,
        population / households,
        latitude,
        longitude,
    )
    return Arrays(np.stack(columns, axis=1).astype(np.float32), (value / 100_000).astype(np.float32))


def sample() -> Arrays:
    """Make 2,010 block groups with plausible features, and values that rise with income and towards the coast, with noise."""
    n = 2010
    generator = np.random.default_rng(1990)
    income = np.clip(generator.lognormal(1.25, 0.45, n), 0.5, 15)
    age = generator.integers(1, 53, n)
    rooms = np.clip(3 + 0.6 * income + generator.normal(0, 0.8, n), 0.9, 20)
    bedrooms = np.clip(generator.normal(1.07, 0.08, n), 0.4, 3)
    population = np.rint(np.clip(generator.lognormal(7, 0.7, n), 3, 35_000))
    occupancy = np.clip(generator.lognormal(1.03, 0.25, n), 1, 15)
    latitude = generator.uniform(32.6, 41.9, n)
    inland_deg = generator.exponential(1, n)
    longitude = -117.2 - 0.8 * (latitude - 32.6) + np.minimum(inland_deg, 3)
    value = 5 * np.tanh(income / 8) + 1.2 * np.exp(-2 * inland_deg) - 0.4 * (occupancy - 2.8) + 0.008 * age
    value += 0.5 * np.sin(latitude) + generator.normal(0, 0.3, n) - 0.5
    x = np.stack((income, age, rooms, bedrooms, population, occupancy, latitude, longitude), axis=1)
    return Arrays(x.astype(np.float32), np.clip(value, 0.15, 5).astype(np.float32))
