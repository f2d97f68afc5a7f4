"""Made results that are compared with each other."""

import pandas as pd

from frugalnet.analysis import tables
from frugalnet.analysis.break_even import break_even
from frugalnet.analysis.comparison import comparison
from frugalnet.analysis.interim import read_study
from frugalnet.config.carbon import Carbon
from frugalnet.config.checks import Checks
from frugalnet.record import paths
from frugalnet.record.rows import write_parquet
from tests.unit.conftest import REFERENCES, made_record

SOFTWARE = {
    "frugalnet": "0.1.0",
    "python": "3.12.1",
    "packages": {"keras": "3.12.4"},
    "git": {"commit": "abc", "dirty": False},
}


def made(qualities, joules, method="baseline", **changes):
    """Return the records of a method, one per seed."""
    return [
        made_record(
            method=method, seed=seed, quality=quality, train_uj=round(joule * 1e6), **{"software": SOFTWARE} | changes
        )
        for seed, (quality, joule) in enumerate(zip(qualities, joules, strict=True))
    ]


def written(folder, records):
    """Write results of some runs, with the tables that a comparison needs."""
    study = folder / "compression"
    for rec in records:
        place = study / "raw" / rec.run.id
        place.mkdir(parents=True)
        write_parquet({"time_s": [0.1]}, place / paths.TIMELINE)
        rec.write(place)
    interim = read_study(study, sorted(study.rglob(paths.RECORD)), Checks())
    tables.write({"runs": interim["runs"]}, study / "interim")
    made_tables = {
        "comparison": comparison(interim["runs"], Carbon(), REFERENCES),
        "break_even": break_even(interim["runs"]),
    }
    tables.write(made_tables, study / "processed")
    return folder


def runs_of(tmp_path, name, records):
    """Return the table `runs` of some records."""
    return pd.read_parquet(written(tmp_path / name, records) / "compression/interim/runs.parquet")


def number(rows, quantity):
    """Return the row of a quantity."""
    return rows.set_index("quantity").loc[quantity]
