"""Peak memory of inference and training, measured in a process of its own: `python -m frugalnet.measure.peaks JOB`.

The process loads libraries, then data, then the model; does some batches of inference; then some steps of training with Adam
on the squared error. Its peak is Linux' VmHWM, which writing 5 to /proc/self/clear_refs sets back (proc(5)); what loading
the data added is taken off. `host_runtime_mib` is the process before data and model, which every peak contains.
"""

import json
import logging
import re
import subprocess
import sys
import tempfile
from collections.abc import Callable
from importlib import import_module
from pathlib import Path
from typing import Any

import numpy as np

from frugalnet import backend
from frugalnet.backend import keras, tf

log = logging.getLogger(__name__)

PEAKS = ("host_peak_inference_mib", "host_peak_training_mib", "device_peak_inference_mib", "device_peak_training_mib")
NAMES = (*PEAKS, "host_runtime_mib")
SAMPLES, REPORT = "samples.npz", "peaks.json"
STEPS = 2
"""The first one makes what is kept, like the state of Adam; the second one has it beside its own."""
TIMEOUT_S = 600
STATUS, CLEAR_REFS = Path("/proc/self/status"), Path("/proc/self/clear_refs")

Peaks = dict[str, float | None]


def peaks(model: keras.Model, path: Path, batch: list[np.ndarray]) -> Peaks:
    """Return peaks of a model that is saved at `path`, in MiB; None, with a line in the log, for what cannot be measured.

    `batch` is one batch of unscaled samples: an array for each of the model's inputs.
    """
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        np.savez(folder / SAMPLES, *batch)
        job = {
            "folder": name,
            "model": str(path.resolve()),
            "threads": tf.config.threading.get_intra_op_parallelism_threads(),
            "modules": sorted({type(layer).__module__ for layer in model._flatten_layers()}),
        }
        command = [sys.executable, "-m", __name__, json.dumps(job)]
        try:
            subprocess.run(command, check=True, capture_output=True, text=True, timeout=TIMEOUT_S)
            found: Peaks = json.loads((folder / REPORT).read_text())
        except (OSError, ValueError, subprocess.SubprocessError) as error:
            said = str(getattr(error, "stderr", "") or error).strip().splitlines()
            log.warning("peak memory of %s is not measured: %s", model.name, said[-1] if said else error)
            return dict.fromkeys(NAMES)
    return found


def measure(folder: Path, path: Path) -> Peaks:
    """Return the peaks of this process, which has done nothing else yet."""
    backend.warm_up(0)
    runtime_mib = _resident_mib("VmRSS")
    samples = list(np.load(folder / SAMPLES).values())
    before = (runtime_mib, _resident_mib("VmRSS"))
    data_mib = None if None in before else before[1] - before[0]  # type: ignore[operator]
    model = keras.models.load_model(path, compile=False)
    inputs = samples if len(samples) > 1 else samples[0]
    inference = _peaks(lambda: model.predict_on_batch(inputs), data_mib)
    targets = keras.tree.map_structure(np.zeros_like, model.predict_on_batch(inputs))
    model.compile("adam", keras.tree.map_structure(lambda _: "mse", targets))
    training = _peaks(lambda: model.train_on_batch(inputs, targets), data_mib)
    return dict(zip(NAMES, (inference[0], training[0], inference[1], training[1], runtime_mib), strict=True))


def _peaks(step: Callable[[], Any], data_mib: float | None) -> tuple[float | None, float | None]:
    """Return the peaks of host and device while a step is repeated, in MiB."""
    devices = [device.name.removeprefix("/device:") for device in tf.config.list_logical_devices("GPU")]
    for device in devices:
        tf.config.experimental.reset_memory_stats(device)
    can_reset = _reset()
    for _ in range(STEPS):
        step()
    peak_mib = _resident_mib("VmHWM") if can_reset else None
    host_mib = None if peak_mib is None or data_mib is None else peak_mib - data_mib
    on_device = [tf.config.experimental.get_memory_info(device)["peak"] / 2**20 for device in devices]
    return host_mib, max(on_device, default=None)


def _reset() -> bool:
    """Set the peak back to what is resident now; tell whether that was possible."""
    try:
        CLEAR_REFS.write_text("5")
    except OSError:
        return False
    return True


def _resident_mib(key: str) -> float | None:
    """Return a value of the process' status (`VmRSS`, `VmHWM`) in MiB; None where the system does not tell."""
    try:
        found = re.search(rf"^{key}:\s+(\d+) kB", STATUS.read_text(), re.MULTILINE)
    except OSError:
        return None
    return int(found[1]) / 1024 if found else None


def main(job: dict[str, Any]) -> None:
    """Do the job that `peaks` of another process wrote, and leave its report in the folder."""
    for module in job["modules"]:
        import_module(module)
    backend.configure(job["threads"], seed=0)
    folder = Path(job["folder"])
    (folder / REPORT).write_text(json.dumps(measure(folder, Path(job["model"]))))


if __name__ == "__main__":
    main(json.loads(sys.argv[1]))
