"""How a run begins: what it starts from, checked; its data; and a ledger on the meters."""

import logging
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any

from frugalnet import backend, datasets
from frugalnet.config.measure import Measure
from frugalnet.config.run import Run
from frugalnet.datasets import Data
from frugalnet.energy import Ledger, open_meters
from frugalnet.energy.conditions import cool_down
from frugalnet.errors import FrugalNetError, RefusedError
from frugalnet.files import digest
from frugalnet.recipes.checks import as_told, data_for
from frugalnet.recipes.devices import first_devices
from frugalnet.record import paths, record
from frugalnet.record.chosen import ChosenRecipes
from frugalnet.record.machine import is_same, machine
from frugalnet.record.probe import Probe
from frugalnet.record.seal import is_as_written

log = logging.getLogger(__name__)

NOTHING_MEASURED: dict[str, Any] = {"probed": False, "missing": {}, "conditions": record.Conditions()}
"""What the record says about the meters of a run that measures nothing."""


@dataclass(frozen=True)
class Inputs:
    """What a run starts from: folders of its data, parent and teacher, its reference's record, files of trials done by jobs."""

    data: Path
    parent: Path | None = None
    teacher: Path | None = None
    reference: Path | None = None
    trials: Sequence[Path] = ()
    chosen: Path | None = None


def inputs_of(named: Mapping[str, Any]) -> Inputs:
    """Return the inputs of a job of the workflow from its named input files."""
    parent, teacher, reference = (named.get(name) for name in ("parent", "teacher", "reference"))
    return Inputs(
        data=Path(named["data"]).parent,
        parent=Path(parent).parent if parent else None,
        teacher=Path(teacher).parent if teacher else None,
        reference=Path(reference) if reference else None,
        trials=[Path(path) for path in named.get("trials", ())],
        chosen=Path(named["chosen"]) if "chosen" in named else None,
    )


def data_of(run: Run, folder: Path) -> tuple[Data, dict[str, Any] | None]:
    """Return a run's data, and what the record says of a run that cannot be done here, if it stands for levels of factors.

    Raises FrugalNetError where any other run cannot be done.
    """
    try:
        return start(run, folder), None
    except RefusedError as error:
        if not run.factors:
            raise
        log.warning("%s The run is finished without a model", error)
        return datasets.load(folder, run.dataset), {"status": error.status, "error": str(error)}


def start(run: Run, data_folder: Path) -> Data:
    """Fix threads and seeds, and return the run's data; raises FrugalNetError for a recipe that cannot be used here."""
    backend.configure(run.measure.threads, run.seed)
    if run.recipe.devices > 1:
        first_devices(run.recipe.devices)
    data = data_for(run, datasets.load(data_folder, run.dataset))
    if said := as_told(run):
        log.info("%s", said)
    return data


def open_ledger(measure: Measure, probe: Probe | None) -> tuple[Ledger, dict[str, Any]]:
    """Return a ledger on the configured meters, once devices have cooled down, and what the record says about it."""
    probed = probe.meters if probe and is_same(probe.machine, machine()) else []
    meters, missing = open_meters(measure, backend.on_gpu(), probed)
    conditions = cool_down(meters, probed, measure.cool_down_s)
    conditions.warm_up_s = measure.warm_up_s
    wake = partial(backend.warm_up, measure.warm_up_s)
    ledger = Ledger(meters, measure.sampling_hz, measure.idle_s, backend.synchronize, wake)
    return ledger, {"probed": bool(probed), "missing": missing, "conditions": conditions}


def needed_records(inputs: Inputs) -> dict[str, record.Record]:
    """Return the checked records of the runs that a run needs, by what they are to it."""
    folders = {"parent": inputs.parent, "teacher": inputs.teacher}
    folders["reference"] = inputs.reference.parent if inputs.reference else None
    return {role: _checked(folder) for role, folder in folders.items() if folder}


def lacking(
    run: Run, needed: Mapping[str, record.Record], choice: ChosenRecipes | None = None
) -> dict[str, Any] | None:
    """Return what the record says of a run that needs the model of a run without one, or its numbers; None for any other.

    Also of a run whose recipe is chosen from results, where there are none.
    """
    if choice and choice.nothing:
        return {"status": RefusedError.status, "error": f"there is no recipe to train with: {choice.nothing}"}
    weighted = run.nas is not None and any(run.nas.weights.model_dump().values())
    for role, found in needed.items():
        if found.status in record.WITHOUT_MODEL and (role != "reference" or weighted):
            error = f"its {role} {found.run.id} {record.WITHOUT_MODEL[found.status]}"
            log.info("%s: finished without a model", error)
            return {"status": found.status, "error": error}
    return None


def _checked(folder: Path) -> record.Record:
    """Return the record of a run that another one needs; raises FrugalNetError where it, or its model, is not as it was."""
    found = record.read_record(folder / paths.RECORD)
    if not is_as_written(folder / paths.RECORD):
        raise FrugalNetError(
            f"{folder / paths.RECORD}: was edited; delete that folder, and the same command makes the run anew"
        )
    model = folder / paths.MODEL
    if found.model and not (model.exists() and digest(model) == found.model.sha256):
        raise FrugalNetError(
            f"{model}: {'not the model that' if model.exists() else 'is missing, which'} {paths.RECORD} beside it was "
            "written for; delete that folder, and the same command makes the run anew"
        )
    return found


def named(found: record.Record | None) -> record.Parent | None:
    if found is None:
        return None
    return record.Parent(id=found.run.id, model_sha256=found.model.sha256 if found.model else None)
