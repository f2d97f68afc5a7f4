"""One trial of a search as a job of its own, so that a cluster can run trials in parallel."""

from pathlib import Path

from frugalnet.config.run import Run
from frugalnet.errors import FrugalNetError
from frugalnet.measure.reference import Reference
from frugalnet.record.probe import Probe
from frugalnet.run import Inputs, open_ledger, start
from frugalnet.search.search import task_of
from frugalnet.search.trial import try_network
from frugalnet.search.tuner import proposals


def do_trial(run: Run, number: int, inputs: Inputs, probe: Probe | None, path: Path) -> None:
    """Do a trial of the run's search, and write it with its windows; a failed one is written too.

    Raises FrugalNetError where the space has fewer networks.
    """
    data = start(run, inputs.data)
    task = task_of(run, data, Reference(inputs.reference) if inputs.reference else None)
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
