"""Results with a few made runs, for commands that read records alone."""

from functools import cache

import pytest

from frugalnet.config.run import Run
from frugalnet.record import record
from tests.unit.conftest import ESTIMATE, leave, made_record

NVML = ESTIMATE.model_copy(
    update={"device": "gpu0", "meter": "nvml", "scope": "gpu", "source": "measured", "assumptions": {}}
)
MEASURED = record.Energy(scope="gpu", source="measured", devices=[NVML])
UNKNOWN = record.Energy(reason="no meter is here")


def varied(rec, variant="default", network=None, threads=None, factors=None, **recipe):
    """Return the record as of a run of another variant, network or number of threads, with other keys of the recipe."""
    values = rec.run.model_dump(mode="json", exclude_defaults=True)
    values |= {"variant": variant, "recipe": values["recipe"] | recipe}
    values |= {"factors": factors or {}} | ({"network": network} if network else {})
    if threads:
        values["measure"] = values["measure"] | {"threads": threads}
    return rec.model_copy(update={"run": Run.model_validate(values)})


def measured(rec, energy=MEASURED):
    """Return the record with another energy: measured on a GPU, by default."""
    known = energy.source is not None
    of = {"device": "gpu0", "scope": "gpu", "source": energy.source} if known else {
        "energy_uj": None, "gap_uj": None, "energy_net_uj": None, "source": None, "flags": ["unknown: no meter is here"],
    }  # fmt: skip
    windows = [window.model_copy(update=of) for window in rec.windows]
    return rec.model_copy(update={"energy": energy, "windows": windows})


@pytest.fixture
def results(tmp_path):
    """Return a function that writes records into a folder of results, and returns the folder."""

    def write(*records):
        for rec in records:
            leave(rec, tmp_path / "results" / rec.run.study / "raw" / rec.run.id)
        return tmp_path / "results"

    return write


@cache
def grid():
    """Return records of four baselines: two learning rates by two schedules; the higher rate is better and costs more."""
    return [
        varied(
            made_record(quality=quality, train_uj=train_uj),
            f"lr{rate}-{schedule}",
            learning_rate=rate,
            schedule=schedule,
        )
        for rate, schedule, quality, train_uj in (
            (0.1, "constant", 0.90, 9_000_000),
            (0.1, "cosine", 0.95, 8_000_000),
            (0.05, "constant", 0.80, 4_000_000),
            (0.05, "cosine", 0.85, 5_000_000),
        )
    ]
