"""A made study with all of its tables, and the light package of it."""

import io
import lzma
import shutil
import tarfile
import zipfile
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from frugalnet import catalogue
from frugalnet.commands import rebuild
from frugalnet.commands.package import package
from frugalnet.config.reading import write_settings
from frugalnet.config.whole import Config
from frugalnet.record import paths
from frugalnet.studies.compression.sheet import run_sheet
from tests.unit.conftest import leave, made_record
from tests.unit.here import Here
from tests.unit.made_package import CARD, SOFTWARE, fill_working

SETTINGS = {"compression": {"datasets": ["mnist"], "methods": ["baseline", "continued"], "seeds": 2}}
SHEET = run_sheet(Config.model_validate(SETTINGS))
FIGURES = ("memory", "run_timeline")


@pytest.fixture(scope="session")
def once(tmp_path_factory):
    """Return a working folder with the results of a study of four runs, one of which failed once, and their light package."""
    folder = tmp_path_factory.mktemp("light")
    with pytest.MonkeyPatch.context() as patch:
        fill_working(folder)
        patch.chdir(folder)
        without_drawing(patch)
        study = Path("results/made/compression")
        for number, run in enumerate(SHEET):
            rec = made_record(seed=run.seed, quality=0.97 + 0.001 * number, data=CARD, software=SOFTWARE)
            rec = rec.model_copy(update={"run": run})
            (study / "raw" / run.id).mkdir(parents=True)
            np.save(study / "raw" / run.id / paths.TEST_SCORES, np.arange(10_000) >= 300 - 10 * number)
            leave(rec, study / "raw" / run.id)
        leave(rec.model_copy(update={"status": "failed"}), study / "failed" / rec.run.id / "1")
        write_settings(SETTINGS, study.parent / paths.SETTINGS)
        for name in ("compression.ipynb", "page.html"):
            (rebuild.NOTEBOOKS / name).parent.mkdir(parents=True, exist_ok=True)
            (rebuild.NOTEBOOKS / name).touch()
        rebuild.remake(study.parent)
        (study / paths.FIGURES).mkdir()
        for name in FIGURES:
            for column in (False, True):
                for kind in ("svg", "png"):
                    paths.figure(study, name, kind, column).write_text("a figure")
        package(study.parent, Path("light.zip"), light=True)
    return folder


@pytest.fixture
def made(once, tmp_path, monkeypatch):
    """Return the folder of results, in a copy of that folder, which is worked in."""
    shutil.copytree(once, tmp_path / "working")
    monkeypatch.chdir(tmp_path / "working")
    without_drawing(monkeypatch)
    return Path("results/made")


@pytest.fixture
def light(made):
    """Return the light package of the results."""
    return Path("light.zip")


def without_drawing(monkeypatch):
    """Let a rebuild draw nothing, make no page and start no processes, which takes long."""
    monkeypatch.setattr(rebuild, "ProcessPoolExecutor", Here)
    monkeypatch.setattr(rebuild, "_draw", lambda name, folder: name)
    monkeypatch.setattr(rebuild.notebook, "execute", lambda *_: None)
    monkeypatch.setattr(rebuild.notebook, "render", lambda *_: None)
    monkeypatch.setitem(catalogue.STUDIES, "compression", replace(catalogue.STUDIES["compression"], figures=FIGURES))


def raw_files(archive):
    """Return the names and the contents of the raw files in a light package or in its folder."""
    name = "results/made/compression/raw.tar.xz"
    packed = (archive / name).read_bytes() if archive.is_dir() else zipfile.ZipFile(archive).read(name)
    with tarfile.open(fileobj=io.BytesIO(packed)) as opened:
        return {entry.name: opened.extractfile(entry).read() for entry in opened}


def packed_raw(files):
    """Return an archive of raw files by their names; one may be there twice."""
    stream = io.BytesIO()
    with tarfile.open(fileobj=stream, mode="w", format=tarfile.USTAR_FORMAT) as archive:
        for name, content in files:
            entry = tarfile.TarInfo(name)
            entry.size = len(content)
            archive.addfile(entry, io.BytesIO(content))
    return lzma.compress(stream.getvalue())
