"""What each part of a recipe does to the loss, the time and the energy of a training on CIFAR-10.

    python benchmarks/recipe_parts.py [PART ...] [--official] [--mirror FOLDER] [--into FOLDER] [--epochs 2]

It does the baseline plainly, twice to show how far equal runs differ, and once with each part, by `frugalnet run`, on made samples or on the
official images; on these a run takes about half a minute on 2 cores, a residual network minutes. Runs that are in the folder are not done
again, so that it goes on where it was stopped. The last lines are a table in Markdown; seconds and joules are those of the window `train`,
and CPU seconds are beside them, because other load of the machine affects those least.
"""

import argparse
import csv
import json
import re
import subprocess
import sys
import time
from pathlib import Path

COMMAND = "from frugalnet.cli import app; app()"
RAW = "compression/raw/cifar10/baseline/default/seed0"
DATASET = "compression.per_dataset.cifar10"
NARROW = "{name: resnet8, width: 0.0625}"
"""For types of numbers that no processor multiplies by itself: an image takes 90 times as long as in float32."""
PARTS: dict[str, dict[str, str]] = {
    "plain": {},
    "plain again": {},
    "adamw": {"optimizer": "adamw"},
    "sgd": {
        "optimizer": "{name: sgd, momentum: 0.9, nesterov: true, weight_decay: 0.0005}",
        "learning_rate": "0.05",
    },
    "rmsprop": {"optimizer": "rmsprop"},
    "clipping": {"optimizer": "{name: adam, clipnorm: 1.0}"},
    "exponential": {"schedule": "exponential"},
    "polynomial": {"schedule": "polynomial"},
    "cosine": {"schedule": "cosine"},
    "cosine, warm-up": {"schedule": "{name: cosine, warmup_epochs: 0.5}"},
    "step": {"schedule": "step"},
    "plateau": {"schedule": "{name: plateau, patience: 1}"},
    "scaling none": {"scaling": "none"},
    "scaling standard": {"scaling": "standard"},
    "scaling robust": {"scaling": "robust"},
    "scaling min_max": {"scaling": "min_max"},
    "scaling fixed": {"scaling": "{name: fixed, mean: [125.3, 123.0, 113.9], deviation: [63.0, 62.1, 66.7]}"},
    "resize": {"resize": "{to: 40, crop: 36}"},
    "random": {"augmentation": "random"},
    "mixup": {"augmentation": "mixup"},
    "cutmix": {"augmentation": "cutmix"},
    "random, mixup": {"augmentation": "[random, mixup]"},
    "label smoothing": {"label_smoothing": "0.1"},
    "plain, resnet8 / 16": {"network": NARROW},
    "float16, resnet8 / 16": {"network": NARROW, "precision": "float16"},
    "mixed_float16, resnet8 / 16": {"network": NARROW, "precision": "mixed_float16"},
    "bfloat16": {"precision": "bfloat16"},
    "float64": {"precision": "float64"},
    "mixed_bfloat16": {"precision": "mixed_bfloat16"},
    "batch 32": {"batch_size": "32"},
    "batch 512": {"batch_size": "512"},
    "batch growth": {"batch_growth": "2"},
    "60-20-20": {"split": "60-20-20"},
    "70-15-15": {"split": "70-15-15"},
    "80-10-10": {"split": "80-10-10"},
    "90-5-5": {"split": "90-5-5"},
    "from disk": {"input": "disk"},
    "early stopping": {"early_stopping": "1", "epochs": "5", "learning_rate": "0.01"},
    "test time": {"test_time": "2"},
    "layer groups": {"layer_groups": "0.8"},
    "layer groups by name": {"layer_groups": "{'conv*': 0.1}"},
    "jit": {"internal": "jit"},
    "quantization-aware": {"internal": "quantization_aware"},
    "post-training quantization": {"internal": "post_training_quantization"},
    "diverges": {"optimizer": "sgd", "learning_rate": "1000"},
    "weights": {"weights": f"{{into}}/plain/{RAW}/model.keras"},
    "resnet8": {"network": "resnet8"},
    "resnet20": {"network": "resnet20"},
    "resnet18 / 8": {"network": "{name: resnet18, width: 0.125}"},
    "resnet50 / 8": {"network": "{name: resnet50, width: 0.125}"},
    "resnet50 / 8, ImageNet stem": {"network": "{name: resnet50, width: 0.125, stem: imagenet}"},
}
"""Keys of the recipe, or the network, by the name of what they show."""
MEASURE = {"measure.idle_s": "1", "measure.inference_s": "1", "measure.memory": "none"}


def folder_of(name: str, given: argparse.Namespace) -> Path:
    """Return the folder of the run of a part."""
    return given.into / re.sub(r"\W+", "_", name)


def do(name: str, given: argparse.Namespace) -> None:
    """Do the run of a part, unless it is there."""
    keys = {"network": "cifar_cnn", "epochs": str(given.epochs), "batch_size": "128"} | PARTS[name]
    settings = {"data.source": "official" if given.official else "sample"} | MEASURE
    for key, value in keys.items():
        settings[f"{DATASET}.{key if key == 'network' else f'recipe.{key}'}"] = value.replace("{into}", str(given.into))
    if given.mirror:
        settings["data.mirror"] = str(given.mirror.resolve())
    arguments = [part for key, value in settings.items() for part in ("--set", f"{key}={value}")]
    command = [
        sys.executable,
        "-c",
        COMMAND,
        "run",
        "cifar10/baseline",
        "--into",
        str(folder_of(name, given)),
        *arguments,
    ]
    start_s = time.monotonic()
    done = subprocess.run(command, capture_output=True, text=True)
    if done.returncode:
        sys.exit(f"{name}: {done.stdout}{done.stderr}")
    print(f"{name}: {time.monotonic() - start_s:.0f} s", flush=True)


def row(name: str, folder: Path) -> str:
    """Return a line of the table."""
    raw = folder / RAW
    record = json.loads((raw / "record.json").read_text())
    with (raw / "epochs.csv").open() as file:
        *_, last = csv.DictReader(file)
    entries = [window for window in record["windows"] if window["name"].startswith("run/train")]
    train = next(window for window in entries if window["name"] == "run/train")
    joules = sum(window["gap_uj"] or 0 for window in entries) / 1e6 if train["energy_uj"] is not None else None
    quality = record["quality"].get("test_accuracy")
    cells = [
        name,
        f"{float(last['loss']):.3f}",
        f"{float(last['validation_loss']):.3f}",
        "" if quality is None else f"{quality:.4f}",
        f"{train['end_s'] - train['start_s']:.1f}",
        f"{train['cpu_s']:.0f}",
        "" if joules is None else f"{joules:.0f}",
        "; ".join(filter(None, [*_remarks(record)])),
    ]
    return "| " + " | ".join(cells) + " |"


def _remarks(record: dict) -> list[str]:
    deployed = record.get("deployed")
    return [
        "" if record["status"] == "complete" else record["status"],
        f"resolved {record['resolved']}" if record.get("resolved") else "",
        f"int8 {deployed['quality']['test_accuracy']:.4f}, {deployed['bytes'] / deployed['float_bytes']:.3f} of the bytes"
        if deployed
        else "",
    ]


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("parts", nargs="*", metavar="PART", help=f"of {', '.join(PARTS)} (default all)")
    parser.add_argument("--official", action="store_true", help="train on the official images")
    parser.add_argument("--mirror", type=Path, help="folder with the official files")
    parser.add_argument("--into", type=Path, default=Path("results/recipe_parts"), help="folder for the runs")
    parser.add_argument("--epochs", type=int, default=2)
    given = parser.parse_args()
    names = given.parts or list(PARTS)
    if unknown := set(names) - PARTS.keys():
        parser.error(f"unknown: {', '.join(sorted(unknown))}")
    for name in names:
        do(name, given)
    print("| part | loss | validation loss | test accuracy | s | CPU s | J | |\n|---|---|---|---|---|---|---|---|")
    for name in names:
        print(row(name, folder_of(name, given)))
