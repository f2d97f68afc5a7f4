"""Tables as files: each as CSV for people and parquet for programs."""

from collections.abc import Iterable
from pathlib import Path

import pandas as pd


def write(tables: dict[str, pd.DataFrame], folder: Path) -> None:
    """Write every table to `<folder>/<name>.csv` and `.parquet`."""
    folder.mkdir(parents=True, exist_ok=True)
    for name, table in tables.items():
        table.to_csv(folder / f"{name}.csv", index=False)
        table.to_parquet(folder / f"{name}.parquet", index=False)


def read(paths: Iterable[Path]) -> dict[str, pd.DataFrame]:
    """Return the tables of parquet files by their names."""
    return {path.stem: pd.read_parquet(path) for path in paths}
