"""One trial of a search as a job of its own, so that a cluster can run trials in parallel."""

from pathlib import Path

from frugalnet.beginning import Inputs, lacking, open_ledger, start
from frugalnet.config.run import Run
from frugalnet.errors import FrugalNetError
from frugalnet.measure.reference import reference_of
from frugalnet.record.probe import Probe
from frugalnet.record.record import read_record
from frugalnet.search.search import task_of
from frugalnet.search.trial import not_tried, try_network
from frugalnet.search.tuner import proposals


def do_trial(run: Run, number: int, inputs: Inputs, probe: Probe | None, path: Path) -> None:
    """Do a trial of the run's search, and write it with its windows; a failed one is written too.

    Where trials are compared with a run that got no model, nothing is tried. Raises FrugalNetError where the space has
    fewer networks.
    """
    compared = {"reference": read_record(inputs.reference)} if inputs.reference else {}
    if found := lacking(run, compared):
        not_tried(number, found["error"]).write(path)
        return
    data = start(run, inputs.data)
    task = task_of(run, data, reference_of(inputs.reference))
    proposed = proposals(task, number + 1)
    if number >= len(proposed):
        raise FrugalNetError(
            f"{task.nas.tuner} search finds only {len(proposed)} networks in the space {task.space}; expected nas.trials to be no more"
        )
    ledger, _ = open_ledger(run.measure, probe)
    with ledger:
        with ledger.window("load"):
            _ = data.train, data.validation
        with ledger.window("search"):
            kept = try_network(task, number, proposed[number], ledger)
    kept.write(path)
