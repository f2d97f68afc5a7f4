"""Event files of TensorBoard, read back by its own reader; TensorFlow is imported for neither."""

import subprocess
import sys
from pathlib import Path

import pytest

pytest.importorskip("tensorboard", reason="the extra measuring is not installed")

from frugalnet.errors import FrugalNetError
from frugalnet.record import paths
from tests.unit.conftest import made_record
from tests.unit.made_exports import BASELINE, LOST, RUNS, exported, leave_run, made_results

READ = """
import json, sys
from types import ModuleType
sys.modules["tensorboard.compat.notf"] = ModuleType("tensorboard.compat.notf")
from tensorboard.backend.event_processing.event_accumulator import EventAccumulator
from tensorboard.plugins.hparams import metadata
found = EventAccumulator(sys.argv[1]).Reload()
scalars = {tag: [(each.step, each.value, each.wall_time) for each in found.Scalars(tag)] for tag in found.Tags()["scalars"]}
hparams = {}
for tag, content in found.summary_metadata.items():
    if tag == metadata.SESSION_START_INFO_TAG:
        start = metadata.parse_session_start_info_plugin_data(content.plugin_data.content)
        hparams = {name: getattr(value, value.WhichOneof("kind")) for name, value in start.hparams.items()}
    if tag == metadata.SESSION_END_INFO_TAG:
        hparams["ended"] = metadata.parse_session_end_info_plugin_data(content.plugin_data.content).status
text = found.Tensors("known/text_summary")[0].tensor_proto.string_val[0].decode() if "known/text_summary" in found.Tags()["tensors"] else ""
text = text or (found.Tensors("known")[0].tensor_proto.string_val[0].decode() if "known" in found.Tags()["tensors"] else "")
print(json.dumps({"scalars": scalars, "hparams": hparams, "text": text, "images": found.Tags()["images"]}))
assert "tensorflow" not in sys.modules
"""


@pytest.fixture(autouse=True)
def results(tmp_path, monkeypatch):
    """Return a folder of results with made runs; the working folder has no secrets."""
    monkeypatch.chdir(tmp_path)
    return made_results(tmp_path)


def read(results, run):
    """Return what TensorBoard reads of a run."""
    import json

    done = subprocess.run(
        [sys.executable, "-c", READ, results / paths.TENSORBOARD / run], capture_output=True, text=True
    )
    assert done.returncode == 0, done.stderr
    return json.loads(done.stdout)


def files(folder):
    return {path.relative_to(folder): path.read_bytes() for path in folder.rglob("*") if path.is_file()}


@pytest.mark.long
def test_runs_have_curves_final_numbers_hyperparameters_and_how_they_are_known(results):
    assert exported(results, "tensorboard").new == RUNS
    found = read(results, f"compression/{BASELINE}")
    step, value, wall_s = found["scalars"]["by_epoch/energy_j"][0]
    assert (step, value) == (1, 5.0) and wall_s == 1767225600 + 6
    assert found["scalars"]["quality/test_quality"][0][1] == pytest.approx(0.97)
    assert found["hparams"]["recipe.optimizer"] == "adam" and found["hparams"]["seed"] == 0
    assert found["hparams"]["energy_source"] == "estimated"
    assert "| energy_source | estimated |" in found["text"]
    lost = read(results, f"compression/{LOST}")
    assert (found["hparams"]["ended"], lost["hparams"]["ended"]) == (1, 2)  # success, failure
    assert "| error | the training diverged |" in lost["text"]


def test_exporting_twice_changes_nothing(results):
    exported(results, "tensorboard")
    before = files(results / paths.TENSORBOARD)
    assert len(before) == 6
    times = {path: (results / paths.TENSORBOARD / path).stat().st_mtime_ns for path in before}
    assert exported(results, "tensorboard").there == RUNS
    assert files(results / paths.TENSORBOARD) == before
    assert {path: (results / paths.TENSORBOARD / path).stat().st_mtime_ns for path in before} == times


def test_folder_of_a_run_that_was_measured_anew_is_replaced(results):
    exported(results, "tensorboard")
    leave_run(results, made_record(quality=0.5, started="2026-02-01T00:00:00+00:00"))
    assert exported(results, "tensorboard").new == [RUNS[0]]
    folder = results / paths.TENSORBOARD / "compression" / BASELINE
    assert len(list(folder.glob("events.*"))) == 1
    assert sorted(path.name for path in (results / paths.TENSORBOARD).iterdir()) == ["compression"]


@pytest.mark.long
def test_figures_are_pictures(results):
    from PIL import Image

    picture = paths.figure(results / "compression", "gain_for_energy")
    picture.parent.mkdir()
    Image.new("RGB", (4, 3)).save(picture)
    exported(results, "tensorboard", artifacts=("figures",))
    assert read(results, "compression/figures")["images"] == ["figures/gain_for_energy"]


def test_export_imports_no_tensorflow(results):
    code = (
        "import sys; from pathlib import Path; from frugalnet.tracking import export; from frugalnet.tracking.where import Where\n"
        f"results = Path({str(results)!r})\n"
        "assert len(export.export(export.finished(results, ()), Where('tensorboard', results)).new) == 3\n"
        "assert not {'tensorflow', 'keras', 'mlflow', 'wandb'} & sys.modules.keys()"
    )
    source = Path(__file__).parents[2] / "src"
    assert subprocess.run([sys.executable, "-c", code], env={"PYTHONPATH": str(source)}).returncode == 0


def test_results_of_several_names_share_a_folder(results, tmp_path):
    shared = tmp_path / "logs"
    leave_run(other := made_results(tmp_path / "elsewhere"), made_record(quality=0.5))
    exported(results, "tensorboard", str(shared))
    exported(other, "tensorboard", str(shared), experiment="other")
    assert {path.name for path in shared.iterdir()} == {"made", "other"}
    assert exported(results, "tensorboard", str(shared)).there == RUNS


def test_other_results_of_the_same_name_are_not_replaced(results, tmp_path):
    shared = tmp_path / "logs"
    leave_run(other := made_results(tmp_path / "elsewhere"), made_record(quality=0.5))
    exported(results, "tensorboard", str(shared))
    before = files(shared)
    with pytest.raises(FrugalNetError, match=r"has this run of other results; expected another --experiment or --uri"):
        exported(other, "tensorboard", str(shared))
    assert files(shared) == before
    leave_run(results, made_record(quality=0.6))
    assert exported(results, "tensorboard", str(shared)).new == [RUNS[0]]
