"""Folders of results with made runs, for tests of exports."""

import shutil

from frugalnet.record import paths
from frugalnet.tracking import export
from frugalnet.tracking.where import Where
from tests.unit.conftest import lacking, leave, made_record, without_model

NAME = "made"
BASELINE, LOST, NEEDING = (f"mnist/{method}/default/seed0" for method in ("baseline", "continued", "nas"))
RUNS = [f"compression/{run}" for run in (BASELINE, LOST, NEEDING)]
"""A complete run, one that diverged, and one that measured nothing."""


def made_results(folder):
    """Write the runs into a new folder of results, and return it."""
    results = folder / "results" / NAME
    lost = without_model(made_record(method="continued"))
    for rec in (made_record(), lost, lacking(made_record(method="nas"), lost)):
        leave_run(results, rec)
    return results


def leave_run(results, rec):
    """Write the files of a run into a folder of results, as a finished job does."""
    folder = paths.raw(results / rec.run.study, rec.run.id).parent
    shutil.rmtree(folder, ignore_errors=True)
    leave(rec, folder)


def exported(results, tracker, place="", artifacts=(), experiment=""):
    """Export all runs, and return what became of them."""
    where = Where(tracker, results, place, experiment, artifacts)
    return export.export(export.finished(results, artifacts), where)
