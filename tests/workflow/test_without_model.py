"""A study of which one training diverges: the others go on, and tables, figures and page are made without it."""

import pandas as pd
import yaml

from frugalnet.record import paths
from frugalnet.record.record import read_record
from tests.workflow.conftest import TINY

LOST, CHILD = "mnist/baseline/default/seed0", "mnist/continued/default/seed0"
DIVERGING = TINY | {
    "compression": TINY["compression"]
    | {
        "methods": ["baseline", "continued"],
        "per_dataset": {
            "mnist": {"recipe": {"epochs": 1, "optimizer": "sgd", "learning_rate": 1000}},
            "california_housing": {"recipe": {"epochs": 1}},
        },
    }
}


def test_training_that_diverges_stops_no_other_and_the_study_is_finished(supplied):
    (supplied.folder / "tiny.yaml").write_text(yaml.safe_dump(DIVERGING))
    status, output = supplied.snakemake()
    assert status == 0, output
    assert f"{LOST}: diverged" in output
    assert f"{CHILD}: done (its parent {LOST} diverged)" in output
    assert "2 runs without a model" in output

    lost, child = (read_record(paths.raw(supplied.results, run)) for run in (LOST, CHILD))
    assert (lost.status, child.status) == ("diverged", "diverged")
    assert lost.energy.totals[0].energy_uj > 0
    assert {path.name for path in paths.raw(supplied.results, CHILD).parent.iterdir()} == set(paths.ALWAYS)
    assert pd.read_csv(supplied.results / "processed/comparison.csv")["dataset"].unique() == ["california_housing"]
    page = (supplied.results / paths.PAGE).read_text()
    assert "Of 4 runs, 2 diverged, or needed a model of such a run." in page
    assert f"mnist/baseline/default is compared without 1 of 1 seeds (seed0: {lost.error})" in page

    status, output = supplied.idle()
    assert "Nothing to be done" in output
    deleted = paths.raw(supplied.results, "california_housing/baseline/default/seed0", paths.MODEL)
    deleted.unlink()
    assert supplied.measured() == {"california_housing/baseline", "california_housing/continued"}
