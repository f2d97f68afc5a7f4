"""The result of a finished run, from its record, and the total cost of runs."""

from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

from frugalnet import catalogue
from frugalnet.errors import FrugalNetError
from snakemake_logger_plugin_frugalnet.words import UNKNOWN, count, joules

MEASURED_BEFORE = "its files are older than this call"
SCOPES = {
    "cpu": "of the CPU alone",
    "gpu": "of the GPU alone",
    "gpu+cpu": "of GPU and CPU",
    "machine": "of the whole machine",
}
"""Scopes in the words of the page."""


@dataclass(frozen=True)
class Outcome:
    """A finished run: its quality on test data, its duration, and its energy over the devices of `scope`.

    None: not known; `reason` then says why, for the energy or for everything. `ended` says in words why there is no
    model; a run that measured nothing because of another one has no more.
    """

    quality: float | None = None
    duration_s: float | None = None
    energy_uj: int | None = None
    source: str | None = None
    scope: str | None = None
    reason: str | None = None
    ended: str | None = None

    @property
    def is_read(self) -> bool:
        """Tell whether the record could be read."""
        return self.duration_s is not None

    @property
    def energy(self) -> str:
        """Return the energy with its source and scope: `58.1 J (estimated, cpu)`."""
        if self.energy_uj is None:
            return UNKNOWN + (f": {self.reason}" if self.reason else "")
        return f"{joules(self.energy_uj)} ({self.source}, {self.scope})"


def read_outcome(path: Path | None, dataset: str, longest_s: float) -> Outcome:
    """Return what a run's record says, if the run was made within `longest_s`."""
    from frugalnet.record.record import WITHOUT_MODEL, read_record
    from frugalnet.record.windows import RUN

    if path is None:
        return Outcome(reason="no record is among its files")
    try:
        record = read_record(path)
    except (FrugalNetError, OSError) as error:
        return Outcome(reason=str(error))
    ended = WITHOUT_MODEL.get(record.status)
    if ended and not record.windows:
        return Outcome(reason=record.error, ended=ended)
    duration_s = next((each.end_s - each.start_s for each in record.windows if each.name == RUN), None)
    if duration_s is None:
        return Outcome(reason=f"{path}: no window of the whole run")
    if duration_s > longest_s:  # `snakemake --touch`
        return Outcome(reason=MEASURED_BEFORE)
    energy = record.energy
    total = next((each for each in energy.totals if each.scope == energy.scope), None)
    known = total is not None and total.energy_uj is not None and total.source is not None
    flags = (flag for each in record.windows if each.name == RUN for flag in each.flags if flag.startswith("unknown: "))
    return Outcome(
        quality=record.quality.get(f"test_{catalogue.DATASETS[dataset].metric}"),
        duration_s=duration_s,
        energy_uj=total.energy_uj if total and known else None,
        source=total.source if total and known else None,
        scope=energy.scope,
        ended=ended,
        reason=None if known else energy.reason or next((flag.removeprefix("unknown: ") for flag in flags), None),
    )


def together(outcomes: Iterable[Outcome]) -> list[Outcome]:
    """Return the energy of all runs over each scope, with the source of its weakest part; scopes are not added up."""
    from frugalnet.energy.statement import weakest

    known = [each for each in outcomes if each.energy_uj is not None]
    sums = []
    for scope in dict.fromkeys(each.scope for each in known):
        own = [each for each in known if each.scope == scope]
        source = weakest(str(each.source) for each in own)
        sums.append(Outcome(energy_uj=sum(each.energy_uj or 0 for each in own), source=source, scope=scope))
    return sums


def total(outcomes: Iterable[Outcome], long: bool = False) -> str:
    """Return the total cost of runs, its source, and for how many runs it is not known."""
    given = list(outcomes)
    texts = [
        f"{joules(each.energy_uj or 0)} ({each.source}, {SCOPES.get(str(each.scope), each.scope) if long else each.scope})"
        for each in together(given)
    ]
    missing = sum(each.energy_uj is None and (each.is_read or not each.ended) for each in given)
    if not texts:
        return UNKNOWN
    return " and ".join(texts) + (f", not known for {count(missing, 'run')}" if missing else "")
