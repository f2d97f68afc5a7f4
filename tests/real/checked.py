"""Studies on real data that tests look at, and what they compare in them."""

import os
import subprocess
import sys
from collections import defaultdict
from pathlib import Path
from statistics import mean, stdev

import pytest
from scipy import stats

from frugalnet import catalogue
from frugalnet.record.paths import RECORD
from frugalnet.record.record import read_record

ON_REAL_DATA = [
    pytest.mark.real,
    pytest.mark.slow,
    pytest.mark.skipif(
        not os.environ.get("FRUGALNET_MIRROR"), reason="FRUGALNET_MIRROR names no folder with the real data"
    ),
]
ROOT = Path(__file__).parents[2]
REFERENCES = ("baseline/default", "continued/default")


def folder(overlay):
    """Return the results of the study that an overlay beside this file names: it has the file's name."""
    return ROOT / "results" / Path(overlay).stem / "compression"


def study(overlay, dataset, seeds, *config):
    """Do the runs of a dataset, and return their records, in the order of seeds, by `method/variant`."""
    files = ["config/paper.yaml", f"tests/real/{overlay}"]
    command = [sys.executable, "-m", "snakemake", "--cores", "1", dataset, "--configfile", *files]
    subprocess.run([*command, "--config", f"compression={{seeds: {seeds}}}", *config], cwd=ROOT, check=True)
    found = defaultdict(list)
    for seed in range(seeds):
        for path in sorted((folder(overlay) / "raw" / dataset).glob(f"*/*/seed{seed}/{RECORD}")):
            found["/".join(path.parts[-4:-2])].append(read_record(path))
    return found


def metric(records):
    """Return the metric of a dataset, and 1 where more of it is better, -1 where less is."""
    name = catalogue.DATASETS[records[0].run.dataset].metric
    return name, 1 if name == "accuracy" else -1


def quality(records, part="test"):
    """Return the mean over seeds, and print what was found: it goes into the notes of a release."""
    key = f"{part}_{metric(records)[0]}"
    values = [rec.quality[key] for rec in records]
    spread = f" ± {stdev(values):.4f}" if len(values) > 1 else ""
    print(records[0].run.id, f"{key}: {mean(values):.4f}{spread} of", [round(value, 4) for value in values])
    return mean(values)


def reference(found):
    """Return the records of the better of baseline and continued on validation data."""
    sign = metric(found["baseline/default"])[1]
    return found[max(REFERENCES, key=lambda name: sign * quality(found[name], "validation"))]


def gain(records, others):
    """Return by how much the quality on test data is better than that of others, with its 95 % interval, paired by seed; print it."""
    name, sign = metric(records)
    pairs = zip(records, others, strict=True)
    differences = [sign * (one.quality[f"test_{name}"] - other.quality[f"test_{name}"]) for one, other in pairs]
    low, high = stats.t.interval(0.95, len(differences) - 1, mean(differences), stats.sem(differences))
    print(f"{records[0].run.id} - {others[0].run.id}: {mean(differences):+.4f} [{low:+.4f}, {high:+.4f}]")
    return mean(differences), low, high
