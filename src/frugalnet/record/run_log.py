"""What a run of a study with factors leaves for people: its parameters, and a line in the study's list of finished runs."""

import csv
from pathlib import Path

from frugalnet import catalogue
from frugalnet.config.run import Run
from frugalnet.config.shown import bare, some
from frugalnet.config.yaml_files import written
from frugalnet.errors import FrugalNetError
from frugalnet.files import hold_lock, reading, replacing
from frugalnet.record import paths
from frugalnet.record.record import Record, read_record
from frugalnet.record.windows import total_uj

TRAIN = "run/train"
PATIENCE_S = 60
"""How long another process that adds a line is waited for."""


def write_parameters(run: Run, path: Path) -> None:
    """Write what a run is done with: its levels, and its whole recipe."""
    network = {"name": run.network, **run.network_settings}
    about = {"run": run.id, "dataset": run.dataset, "network": network, "seed": run.seed, "factors": run.factors}
    more = {"resolved": run.resolved | {"because": run.because}} if run.resolved else {}
    with replacing(path) as new:
        new.write_text(written(about | {"recipe": run.recipe.model_dump(mode="json")} | more), encoding="utf-8")


def check_list(path: Path) -> None:
    """Raise FrugalNetError for a list of finished runs to which no run can be added."""
    if path.exists():
        _lines(path)


def log_run(rec: Record, path: Path) -> None:
    """Add a finished run to the list in a file, in place of an earlier line of the same run.

    Without the file, all finished runs of the study, whose folder it is in, are listed, the earliest first. Raises
    FrugalNetError for a file that is torn, or is no such list.
    """
    line = _line(rec)
    with hold_lock(path.with_suffix(".lock"), f"another process writes {path}", PATIENCE_S):
        lines = _lines(path) if path.exists() else _all_finished(path.parent)
        lines = [each for each in lines if each["run"] != line["run"]] + [line]
        names = dict.fromkeys(name for each in lines for name in each)
        with replacing(path) as new, new.open("w", newline="", encoding="utf-8") as file:
            writer = csv.DictWriter(file, list(names), restval="")
            writer.writeheader()
            writer.writerows(lines)


def _lines(path: Path) -> list[dict[str, str]]:
    expected = "a list of finished runs, as comma-separated values with a column run; move it away, and the next run lists all anew"
    with reading(path, expected), path.open(newline="", encoding="utf-8") as file:
        head, *rows = [*csv.reader(file, strict=True)] or [["run"]]
        if "run" not in head or len(set(head)) < len(head):
            raise FrugalNetError(f"{path}, line 1: columns {some(map(bare, head)) or 'none'}; expected {expected}")
        for number, row in enumerate(rows, start=1):
            if len(row) != len(head):
                told = f"{path}, run {number}: {len(row)} cells for {len(head)} columns"
                raise FrugalNetError(f"{told}; expected {expected}")
    return [dict(zip(head, row, strict=True)) for row in rows]


def _all_finished(study: Path) -> list[dict[str, str]]:
    found = [read_record(path) for path in study.glob(f"{paths.RAW}/*/*/*/*/{paths.RECORD}")]
    return [_line(rec) for rec in sorted(found, key=lambda rec: (rec.started, rec.done.id))]


def _line(rec: Record) -> dict[str, str]:
    """Return the cells of a run: what it was, how it ended, and what its training took; empty: not known."""
    run, metric = rec.done, catalogue.DATASETS[rec.run.dataset].metric
    train = [window for window in rec.windows if window.name == TRAIN]
    energy_uj = total_uj(rec.windows, [TRAIN], rec.energy.scope) if train else None
    cells = {
        "run": run.id,
        "status": rec.status,
        **run.factors,
        "validation_quality": rec.quality.get(f"validation_{metric}"),
        "test_quality": rec.quality.get(f"test_{metric}"),
        "train_energy_j": None if energy_uj is None else energy_uj / 1e6,
        "energy_source": rec.energy.source,
        "train_duration_s": train[0].end_s - train[0].start_s if train else None,
        "train_cpu_s": train[0].cpu_s if train else None,
        "started": rec.started,
        "error": rec.error,
    }
    return {name: "" if value is None else str(value) for name, value in cells.items()}
