"""Published trainings, from their raw logs: FRUGALNET_TRACES=<folder seaa2023_ect> pytest tests/real/test_traces.py.

The folder is that of DOI 10.5281/zenodo.7828518: `processed_rows.csv`, and `raw/<environment>/<architecture>/gpu-power-*.csv`.
"""

import json
import os
import subprocess
import sys
from pathlib import Path

import pandas as pd
import pytest

pytestmark = [
    pytest.mark.real,
    pytest.mark.skipif(
        not os.environ.get("FRUGALNET_TRACES"), reason="FRUGALNET_TRACES names no folder with the published traces"
    ),
]

FOLDERS = {"Cloud": "cloud", "Local ML Engineer/Gamer": "local-v2"}
TRUE_J = {
    ("cloud", "vgg16"): [1228867.24901, 847228.03637, 1206181.72639],
    ("cloud", "resnet50"): [1402017.692725, 370116.08336, 343700.744625],
    ("local-v2", "mobilenet_v2"): [100130.35143, 252859.98904, 299701.21351],
    ("local-v2", "xception"): [528609.93177, 606500.43443, 616741.226535],
}
"""Of the logs with three samples less at each end, and the watts as they are logged: trapezoid rule, by NumPy alone."""
RUNS = [(*place, run) for place in TRUE_J for run in range(3)]


def command(environment, architecture, run, *options):
    logs = sorted((Path(os.environ["FRUGALNET_TRACES"]) / "raw" / environment / architecture).glob("gpu-power-*.csv"))
    done = subprocess.run(
        [sys.executable, "-m", "frugalnet.energy.trace", str(logs[run]), "--drop", "3", *options],
        capture_output=True, text=True, check=True,
    )  # fmt: skip
    return json.loads(done.stdout)


@pytest.mark.parametrize(("environment", "architecture", "run"), RUNS)
def test_whole_watts_come_to_what_was_published(environment, architecture, run):
    rows = pd.read_csv(Path(os.environ["FRUGALNET_TRACES"]) / "processed_rows.csv")
    here = rows["training environment"].map(FOLDERS).eq(environment) & rows["architecture"].eq(architecture)
    published = rows[here & rows["run"].eq(run)].squeeze()
    found = command(environment, architecture, run, "--whole-watts")
    assert round(found["energy_j"] / 1e6, 4) == round(published["energy (MJ)"], 4)
    assert round(found["duration_s"] / 3600, 4) == round(published["training duration (h)"], 4)
    assert found["samples"] == round(published["total power (W)"] / published["average power draw (W)"])
    assert found["model"] == published["gpu model"]


@pytest.mark.parametrize(("environment", "architecture", "run"), RUNS)
def test_true_watts_are_a_little_more(environment, architecture, run):
    true, cut = command(environment, architecture, run), command(environment, architecture, run, "--whole-watts")
    assert true["energy_j"] == pytest.approx(TRUE_J[environment, architecture][run], abs=1e-5)
    assert 0.4 < (true["energy_j"] - cut["energy_j"]) / true["duration_s"] < 0.6  # watts: what cutting takes away
    assert true["samples"] == cut["samples"]
