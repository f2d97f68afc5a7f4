"""What a study will take, computed before it is run from one short probe of each network on this machine.

No results are read. `probing` does each part of a run once, each dataset in a process of its own; `reckoning` adds them
up.
"""

import os
import subprocess
import sys
import time
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path

from frugalnet import catalogue
from frugalnet.commands.forecast.printed import print_forecast_table
from frugalnet.commands.forecast.progress import JobProgress
from frugalnet.commands.forecast.reckoning import Probed, Reckoned, chooser, reckon
from frugalnet.commands.heartbeat import Heartbeat, heartbeat
from frugalnet.commands.inputs import configuration, need_measuring, prepared
from frugalnet.config.run import Run
from frugalnet.config.whole import Config
from frugalnet.errors import FrugalNetError
from frugalnet.jobs.door import in_own_process
from frugalnet.jobs.measuring_lock import measuring
from frugalnet.jobs.sheets import run_sheet
from frugalnet.jobs.warm import MEASURING, processes
from frugalnet.record import paths

PROBING = "frugalnet.commands.forecast.probing"
ADAPTER = f"""
import snakemake.script
from frugalnet.jobs.door import do
do("{MEASURING}", "{PROBING}:nothing", {{}}, "nothing", "{os.devnull}")
"""
"""A script that has its job done as a script of the workflow does."""

BUSY = 0.5
"""Load of the machine above which the forecast says so."""
TOO_LARGE = "times, and energies that grow with time, are larger here than on an idle machine."
QUICK = "Quick: the network of each dataset and two of each space were probed; the others are estimated from them by their operations."


def print_forecast(
    study: str | None, config_files: Iterable[Path], settings: Sequence[str], quick: bool, wait: bool = True
) -> None:
    """Print what the runs of a study will take; without a name, of the first study.

    Their data are fetched and prepared if they are missing. Raises FrugalNetError for an unknown study, and for one whose
    runs have many recipes: one of them alone would be probed.
    """
    study = study or catalogue.first_study()
    if study not in catalogue.STUDIES:
        raise FrugalNetError(f"unknown study {study!r}; known are {', '.join(catalogue.STUDIES)}")
    if catalogue.STUDIES[study].listed:
        raise FrugalNetError(
            f"{study}: cannot be forecast, because its runs have many recipes and one of them would be probed; measure one "
            f"run of it with `frugalnet run {study}/...`, and expect the others to take less or more"
        )
    config = configuration(config_files, settings)
    need_measuring()
    load = os.getloadavg()[0]
    with heartbeat() as beats, measuring(f"the forecast of {study}", wait):
        probed = probe(study, config, quick, beats)
    found = reckoned(study, config, probed)
    about = ", ".join(dict.fromkeys(each.energy or "not known" for each in probed.values()))
    notes = [QUICK] if quick else []
    if load > BUSY:
        notes.append(f"Other processes kept this machine busy (load {load:.1f}): {TOO_LARGE}")
    print_forecast_table(found, config, about, notes)


def forecast(study: str, config: Config, quick: bool) -> list[tuple[Run, Reckoned]]:
    """Return the runs of a study, each with what it is expected to take."""
    with heartbeat() as beats:
        return reckoned(study, config, probe(study, config, quick, beats))


def reckoned(study: str, config: Config, probed: Mapping[str, Probed]) -> list[tuple[Run, Reckoned]]:
    """Return the runs of a study, each with what it is expected to take, from the probe of its dataset."""
    return [(run, reckon(run, probed[run.dataset])) for run in run_sheet(study, config)]


def probe(study: str, config: Config, quick: bool, beats: Heartbeat) -> dict[str, Probed]:
    """Return what the parts of runs take here, by dataset, each dataset probed in a process of its own.

    A quick probe trains fewer networks, and estimates the others by their multiply-accumulates.
    """
    sheet = run_sheet(study, config)
    data = {dataset: prepared(dataset, config) for dataset in dict.fromkeys(run.dataset for run in sheet)}
    networks = {(run.dataset, chooser(run.method)) for run in sheet}
    found = {}
    with JobProgress(len(networks), "probing") as progress, processes(MEASURING, wanted=config.measure.warm):
        start_s = min(_start_s() for _ in range(2))  # the first one waits for the warm process
        for dataset, folder in data.items():
            own = [run.model_dump(mode="json", exclude_defaults=True) for run in sheet if run.dataset == dataset]
            given = {"runs": own, "data": str(folder), "start_s": start_s, "quick": quick}
            name, path = f"forecast {dataset}", paths.log(paths.RESULTS, f"forecast_{dataset}")
            progress.follow(catalogue.DATASETS[dataset].title, path)
            beats.follow(name, path)
            answer = in_own_process(MEASURING, f"{PROBING}:probe_dataset", given, name, path)
            found[dataset] = Probed.model_validate(answer)
    return found


def _start_s() -> float:
    """Return the seconds that the workflow takes to start and to end a job."""
    begin_s = time.monotonic()
    if status := subprocess.run([sys.executable, "-c", ADAPTER]).returncode:
        raise FrugalNetError(f"a job that does nothing did not finish (exit code {status})")
    return time.monotonic() - begin_s
