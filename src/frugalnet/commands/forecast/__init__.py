"""What a study will take, before it is run: reckoned from one short probe of each network, on this machine.

No results are read. `probing` does the parts of runs once, each dataset in a process of its own; `reckoning` adds them up.
"""

import logging
import os
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path

from frugalnet import catalogue
from frugalnet.commands.forecast.printed import print_forecast_table
from frugalnet.commands.forecast.reckoning import Probed, Reckoned, reckon
from frugalnet.commands.inputs import configuration, need_measuring, prepared
from frugalnet.config.run import Run
from frugalnet.config.whole import Config
from frugalnet.errors import FrugalNetError
from frugalnet.jobs.door import in_own_process
from frugalnet.jobs.sheets import run_sheet
from frugalnet.jobs.warm import MEASURING, processes
from frugalnet.record import paths

log = logging.getLogger(__name__)

PROBING = "frugalnet.commands.forecast.probing"

BUSY = 0.5
"""Load of the machine above which the forecast says so."""


def print_forecast(study: str | None, config_files: Iterable[Path], settings: Sequence[str]) -> None:
    """Print what the runs of a study will take, of the first where none is named.

    Their data are fetched and prepared where they are not there. Raises FrugalNetError for an unknown study.
    """
    study = study or catalogue.first_study()
    if study not in catalogue.STUDIES:
        raise FrugalNetError(f"unknown study {study!r}; known are {', '.join(catalogue.STUDIES)}")
    config = configuration(config_files, settings)
    need_measuring()
    load = os.getloadavg()[0]
    probed = probe(study, config)
    found = reckoned(study, config, probed)
    about = ", ".join(dict.fromkeys(each.energy or "not known" for each in probed.values()))
    print_forecast_table(found, config, about, busy=load if load > BUSY else None)


def forecast(study: str, config: Config) -> list[tuple[Run, Reckoned]]:
    """Return the runs of a study, each with what it is expected to take."""
    return reckoned(study, config, probe(study, config))


def reckoned(study: str, config: Config, probed: Mapping[str, Probed]) -> list[tuple[Run, Reckoned]]:
    """Return the runs of a study, each with what it is expected to take by what was probed of its dataset."""
    return [(run, reckon(run, probed[run.dataset])) for run in run_sheet(study, config)]


def probe(study: str, config: Config) -> dict[str, Probed]:
    """Return what the parts of runs take here, by dataset, each found in a process of its own."""
    sheet = run_sheet(study, config)
    found = {}
    with processes(MEASURING, wanted=config.measure.warm):
        for dataset in dict.fromkeys(run.dataset for run in sheet):
            own = [run.model_dump(mode="json", exclude_defaults=True) for run in sheet if run.dataset == dataset]
            log.info("%s: %d runs", dataset, len(own))
            given = {"runs": own, "data": str(prepared(dataset, config))}
            name, path = f"forecast {dataset}", paths.log(paths.RESULTS, f"forecast_{dataset}")
            answer = in_own_process(MEASURING, f"{PROBING}:probe_dataset", given, name, path)
            found[dataset] = Probed.model_validate(answer)
    return found
