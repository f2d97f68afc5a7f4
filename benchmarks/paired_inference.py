"""Does a model take as long as a copy of itself? New processes measure inference as a run does.

    python benchmarks/paired_inference.py [--processes 10] [--configfile config/paper.yaml]

Each process builds the baseline's network of a dataset, copies it, and measures both in turn within the configured
budget (without --configfile, that of the quick study). `held` counts the 95 % intervals of the ratio that contain 1;
half widths are relative: the median and the widest one. The last line is one JSON object.
"""

import argparse
import json
import subprocess
import sys

import numpy as np
from _alone import alone

NETWORKS = {
    "mnist": ("softmax_big", (28, 28), 10),
    "cifar10": ("cifar_cnn", (32, 32, 3), 10),
    "california_housing": ("housing_mlp", (8,), None),
}


def one(dataset: str, files: list[str]) -> None:
    """Print the ratios of a network to its copy as JSON."""
    from frugalnet import backend, networks
    from frugalnet.config.reading import read_files
    from frugalnet.energy import Ledger, open_meters
    from frugalnet.measure.inference import inference, rows
    from frugalnet.measure.reference import copied

    measure = read_files(["config/config.yaml", *files]).measure
    backend.configure(measure.threads, seed=0)
    network, shape, classes = NETWORKS[dataset]
    model = networks.build(network, backend.keras.layers.Rescaling(1 / 255), shape, "float32", classes)
    x = np.random.default_rng(0).uniform(0, 255, (measure.inference_batch, *shape)).astype("float32")
    ledger = Ledger(open_meters(measure, backend.on_gpu())[0], measure.sampling_hz, measure.idle_s, backend.synchronize)
    with ledger, ledger.window("inference"):
        measured = inference(model, None, copied(model), x, measure, ledger)
    found = [row for row in rows(measured, ledger, backend.on_gpu()) if row.model == "masked"]
    ratios = {
        f"{what}, batch of {row.batch_size}": [getattr(row, f"{what}_ratio{end}") for end in ("", "_low", "_high")]
        for row in found
        for what in ("latency", "energy")
    }
    print(json.dumps(ratios))


def main() -> None:
    """Print how often intervals contain 1, and how wide they are."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--processes", type=int, default=10)
    parser.add_argument("--configfile", nargs="*", default=[])
    parser.add_argument("--one", choices=NETWORKS, help=argparse.SUPPRESS)
    given = parser.parse_args()
    alone()
    if given.one:
        one(given.one, given.configfile)
        return
    table = []
    for dataset in NETWORKS:
        command = [sys.executable, __file__, "--one", dataset, "--configfile", *given.configfile]
        done = [
            json.loads(subprocess.run(command, check=True, capture_output=True, text=True).stdout.splitlines()[-1])
            for _ in range(given.processes)
        ]
        for what in done[0]:
            ends = np.array([each[what][1:] for each in done], dtype=float)
            half = (ends[:, 1] - ends[:, 0]) / (ends[:, 1] + ends[:, 0])
            held = int(((ends[:, 0] <= 1) & (ends[:, 1] >= 1)).sum())
            widths = {"half_width": float(np.median(half)), "widest": float(half.max())}
            table.append({"dataset": dataset, "what": what, "held": held, "of": given.processes} | widths)
            print(f"{dataset}, {what}: {held} of {given.processes}, half width {widths['half_width']:.3f}", flush=True)
    print(json.dumps(table))


if __name__ == "__main__":
    main()
