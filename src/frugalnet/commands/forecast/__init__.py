"""What a study will take, before it is run: reckoned from one short probe of each network, on this machine.

No results are read. `probing` does the parts of runs once, each dataset in a process of its own; `reckoning` adds them up.
"""

import logging
import os
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path

from frugalnet.commands.forecast.printed import print_forecast_table
from frugalnet.commands.forecast.reckoning import Probed, Reckoned, reckon
from frugalnet.commands.inputs import configuration, need_measuring, prepared, run_sheet
from frugalnet.config.run import Run
from frugalnet.config.whole import Config
from frugalnet.jobs.child import in_own_process

log = logging.getLogger(__name__)

LOGS = Path("results") / "logs"
BUSY = 0.5
"""Load of the machine above which the forecast says so."""


def print_forecast(config_files: Iterable[Path], settings: Sequence[str]) -> None:
    """Print what the runs of a configuration will take; their data are fetched and prepared where they are not there."""
    config = configuration(config_files, settings)
    need_measuring()
    load = os.getloadavg()[0]
    probed = probe(config)
    found = reckoned(config, probed)
    about = ", ".join(dict.fromkeys(each.energy or "not known" for each in probed.values()))
    print_forecast_table(found, config, about, busy=load if load > BUSY else None)


def forecast(config: Config) -> list[tuple[Run, Reckoned]]:
    """Return the runs of the main study, each with what it is expected to take."""
    return reckoned(config, probe(config))


def reckoned(config: Config, probed: Mapping[str, Probed]) -> list[tuple[Run, Reckoned]]:
    """Return the runs of the main study, each with what it is expected to take by what was probed of its dataset."""
    return [(run, reckon(run, probed[run.dataset])) for run in run_sheet(config)]


def probe(config: Config) -> dict[str, Probed]:
    """Return what the parts of runs take here, by dataset, each found in a process of its own."""
    sheet = run_sheet(config)
    found = {}
    for dataset in dict.fromkeys(run.dataset for run in sheet):
        own = [run.model_dump(mode="json", exclude_defaults=True) for run in sheet if run.dataset == dataset]
        log.info("%s: %d runs", dataset, len(own))
        given = {"runs": own, "data": str(prepared(dataset, config))}
        path = LOGS / f"forecast_{dataset}.log"
        answer = in_own_process("frugalnet.commands.forecast.probing:probe_dataset", given, f"forecast {dataset}", path)
        found[dataset] = Probed.model_validate(answer)
    return found
