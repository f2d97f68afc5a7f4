"""Peak memory of inference and training, measured in a process of its own.

The process loads libraries, then data, then the model, does some batches of inference, and then some training steps
with Adam on the squared error. Its peak is that of its resident memory, less what loading the data added. `host_runtime_mib` is the memory of the process before data and model, which is part
of every peak.
"""

import json
import logging
from collections.abc import Callable, Iterator
from importlib import import_module
from pathlib import Path
from typing import Any

import numpy as np

from frugalnet import backend
from frugalnet.backend import keras, tf
from frugalnet.errors import FrugalNetError
from frugalnet.files import replacing, scratch
from frugalnet.jobs.door import in_own_process
from frugalnet.jobs.warm import WEIGHING
from frugalnet.measure import resident
from frugalnet.measure.samples import packed

log = logging.getLogger(__name__)

PEAKS = ("host_peak_inference_mib", "host_peak_training_mib", "device_peak_inference_mib", "device_peak_training_mib")
NAMES = (*PEAKS, "host_runtime_mib")
SAMPLES, REPORT = "samples.npz", "peaks.json"
STEPS = 2
"""The first step allocates what is kept, such as the state of Adam; the second one has that beside its own memory."""
TIMEOUT_S = 600

Peaks = dict[str, float | None]


def peaks(model: keras.Model, path: Path, batch: list[np.ndarray]) -> Peaks:
    """Return the peaks of a model saved at `path`, in MiB; None, with a line in the log, for what cannot be measured.

    Results of inference are kept if training fails. `batch` is one batch of unscaled samples: an array for each input
    of the model.
    """
    with scratch() as folder:
        np.savez(folder / SAMPLES, *batch)
        job = {
            "folder": str(folder),
            "model": str(path.resolve()),
            "threads": tf.config.threading.get_intra_op_parallelism_threads(),
            "modules": sorted({type(layer).__module__ for layer in model._flatten_layers()}),
        }
        report, said = folder / REPORT, folder / "log"
        try:
            in_own_process(WEIGHING, f"{__name__}:main", {"job": job}, "peaks", said, TIMEOUT_S)
        except FrugalNetError as error:
            what = f"{model.name} in training" if report.exists() else model.name
            lines = said.read_text().splitlines() if said.exists() else []
            why = next((line for line in lines if line.startswith("peaks: error: ")), error)
            log.warning("peak memory of %s is not measured: %s", what, why)
        return json.loads(report.read_text()) if report.exists() else dict.fromkeys(NAMES)


def measure(folder: Path, path: Path) -> Iterator[Peaks]:
    """Yield the peaks of this fresh process: first those of inference, then those of training too."""
    backend.warm_up(0)
    runtime_mib = resident.resident_mib()
    samples = list(np.load(folder / SAMPLES).values())
    before = (runtime_mib, resident.resident_mib())
    data_mib = None if None in before else before[1] - before[0]  # type: ignore[operator]
    model = keras.models.load_model(path, compile=False)
    inputs = packed(model, samples)
    found: Peaks = dict.fromkeys(NAMES) | {"host_runtime_mib": runtime_mib}
    found["host_peak_inference_mib"], found["device_peak_inference_mib"] = _peaks(
        lambda: model.predict_on_batch(inputs), data_mib
    )
    yield found
    targets = keras.tree.map_structure(np.zeros_like, model.predict_on_batch(inputs))
    model.compile("adam", keras.tree.map_structure(lambda _: "mse", targets))
    found["host_peak_training_mib"], found["device_peak_training_mib"] = _peaks(
        lambda: model.train_on_batch(inputs, targets), data_mib
    )
    yield found


def _peaks(step: Callable[[], Any], data_mib: float | None) -> tuple[float | None, float | None]:
    """Return the peaks of host and device while a step is repeated, in MiB."""
    _, peak = resident.with_peaks(lambda: [step() for _ in range(STEPS)])
    host_mib = None if peak.host_peak_mib is None or data_mib is None else peak.host_peak_mib - data_mib
    return host_mib, peak.device_peak_mib


def main(job: dict[str, Any]) -> None:
    """Do the job that `peaks` of another process wrote, and write to its folder what is known so far."""
    for module in job["modules"]:
        import_module(module)
    backend.configure(job["threads"], seed=0)
    folder = Path(job["folder"])
    for found in measure(folder, Path(job["model"])):
        with replacing(folder / REPORT) as new:
            new.write_text(json.dumps(found))
