"""A package of made results, and the folder that it is packed in."""

import hashlib
import json
import zipfile
from pathlib import Path

import pandas as pd
import pytest

from frugalnet.analysis import tables
from frugalnet.analysis.dictionary import data_dictionary
from frugalnet.commands.package import package
from frugalnet.record import paths
from frugalnet.record.paths import SETTINGS
from frugalnet.record.rows import write_parquet
from frugalnet.studies.compression.tables import MEANINGS
from tests.unit.conftest import made_record

CITATION = """\
cff-version: 1.2.0
title: A title
authors:
  - {given-names: Ada, family-names: Lovelace, orcid: "https://orcid.org/0000-0000-0000-0001"}
  - name: The others
license: Apache-2.0
keywords: [energy]
"""
SOFTWARE = {
    "frugalnet": "0.1.0", "python": "3.12.1", "packages": {"keras": "3.12.4", "snakemake": None},
    "git": {"commit": "abc", "dirty": False},
}  # fmt: skip
CARD = {
    "title": "MNIST", "level": "official", "samples": {"train": 54000, "test": 10000}, "licence": "CC BY-SA 3.0",
    "citation": "LeCun 1998", "files": [{"name": "x.gz", "sha256": "1" * 64, "origin": "https://example.org/x.gz"}],
}  # fmt: skip


@pytest.fixture
def working(tmp_path, monkeypatch):
    """Return a folder that has what a package takes of the code, and work in it."""
    folder = tmp_path / "working"
    fill_working(folder)
    monkeypatch.chdir(folder)
    return folder


def fill_working(folder):
    """Write the files of the code that a package takes."""
    for name, text in {
        "CITATION.cff": CITATION, "LICENSE": "Apache", "LICENSE-DATA": "CC BY", "pyproject.toml": "[project]",
        "config/config.yaml": "name: made", "requirements.lock": "numpy", "requirements-analysis.lock": "numpy",
        "src/frugalnet/run.py": "pass", "src/frugalnet/__pycache__/run.pyc": "bytes", "tests/test_run.py": "pass",
    }.items():  # fmt: skip
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)


def write_run(folder, rec):
    """Write a raw folder whose checksums fit."""
    folder.mkdir(parents=True)
    (folder / paths.EPOCHS).write_text("window,epoch\nrun/train/epoch1,1\n")
    write_parquet({"time_s": [0.1, 0.2]}, folder / paths.TIMELINE)
    files = {name: hashlib.sha256((folder / name).read_bytes()).hexdigest() for name in (paths.EPOCHS, paths.TIMELINE)}
    rec.model_copy(update={"files": files}).write(folder)


@pytest.fixture
def results(working):
    """Return a folder of results with a finished study: two runs, one try that failed, its tables and its page."""
    study = working / "results" / "made" / "compression"
    for method in ("baseline", "continued"):
        rec = made_record(method=method, data=CARD, software=SOFTWARE)
        write_run(study / "raw" / rec.run.id, rec)
    failed = made_record(method="continued", data=CARD, software=SOFTWARE, status="failed")
    write_run(study / "failed" / failed.run.id / "1", failed)
    runs = pd.DataFrame(
        {
            "run": ["mnist/baseline/default/seed0", "mnist/continued/default/seed0"],
            "started": ["2026-01-01T00:00:00+00:00"] * 2,
            "seed": [0, 0],
            "test_quality": [0.97, float("inf")],
            "parameters": pd.array([1000, None], dtype="Int64"),
            "energy_reason": [None, "away, for \"long\""],
        }
    )  # fmt: skip
    comparison = pd.DataFrame({"method": ["baseline"], "seeds": [1], "quality_mean": [0.97]})
    statistics = pd.DataFrame({"method": ["continued"], "against": ["baseline"], "seeds": [1]})
    claims = pd.DataFrame({"claim": ["a"], "verdict": ["not comparable"]})
    processed = {"comparison": comparison, "statistics": statistics, "claims": claims}
    processed |= {"pareto": pd.DataFrame({"run": ["a"]}), "break_even": pd.DataFrame({"batch": [1]})}
    tables.write({"runs": runs}, study / "interim")
    tables.write(processed, study / "processed")
    described = data_dictionary({"runs": runs} | processed, MEANINGS)
    described.to_csv(study / "processed/data_dictionary.csv", index=False)
    (study / "figures").mkdir()
    for name in ("analysis.html", "analysis.ipynb", "figures/pay_back.svg", "work/scratch.bin", "logs/a.log"):
        (study / name).parent.mkdir(exist_ok=True)
        (study / name).write_text(f"made {name}")
    (study.parent / SETTINGS).write_text("compression: {seeds: 1, datasets: [mnist], methods: [baseline, continued]}\n")
    (study.parent / "meter_probe.json").write_text("{}")
    return study.parent


@pytest.fixture
def archive(results):
    """Return a package of the results."""
    path = results.parent / "made.zip"
    package(Path("results/made"), path)
    return path


@pytest.fixture
def unpacked(archive, tmp_path):
    """Return the folder of an unpacked package."""
    with zipfile.ZipFile(archive) as opened:
        opened.extractall(tmp_path / "unpacked")
    return tmp_path / "unpacked"


def content(archive, name):
    """Return the JSON in a file of a package."""
    with zipfile.ZipFile(archive) as opened:
        return json.loads(opened.read(name))


def renew_manifest(folder):
    """Write checksums that fit, as one would who changes a package on purpose."""
    names = [path.relative_to(folder).as_posix() for path in sorted(folder.rglob("*")) if path.is_file()]
    lines = [
        f"{hashlib.sha256((folder / name).read_bytes()).hexdigest()}  {name}\n"
        for name in names
        if "manifest" not in name
    ]
    (folder / "manifest-sha256.txt").write_text("".join(lines))
    checksum = hashlib.sha256((folder / "manifest-sha256.txt").read_bytes()).hexdigest()
    (folder / "tagmanifest-sha256.txt").write_text(f"{checksum}  manifest-sha256.txt\n")
