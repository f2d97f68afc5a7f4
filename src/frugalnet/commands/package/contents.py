"""The finished studies in a folder of results that may be packed: complete, with tables made from the records that are there."""

import csv
import logging
from collections.abc import Collection
from dataclasses import dataclass
from pathlib import Path

from frugalnet import catalogue
from frugalnet.analysis import selection
from frugalnet.config.reading import read_settings
from frugalnet.config.whole import Config
from frugalnet.errors import FrugalNetError, listed
from frugalnet.files import digest, reading
from frugalnet.record import paths
from frugalnet.record.record import FINISHED, Record, read_record
from frugalnet.record.seal import is_as_written

log = logging.getLogger(__name__)

BESIDE = {
    paths.SETTINGS: "the configuration",
    paths.CARBON_HOURS: "hourly carbon intensities, named in the configuration",
    paths.METER_PROBE: "what the probe found about the meters",
    paths.CALIBRATION: "how the meters compare with a plug",
}
"""Files beside the studies, and what they are."""
TABLE = "a table as `make analysis` makes it"


@dataclass(frozen=True)
class Study:
    """A finished study in a folder of results, and the records of its runs and failed tries, without their windows."""

    folder: Path
    records: dict[Path, Record]
    failed: dict[Path, Record]

    @property
    def name(self) -> str:
        """Return the study's name."""
        return self.folder.name

    @property
    def left_out(self) -> tuple[str, ...]:
        """Return the raw files that runs lack because the study was unpacked from a light package."""
        return paths.HEAVY if (self.folder / paths.LIGHT).exists() else ()


def studies_of(results: Path, light: bool = False) -> list[Study]:
    """Return the finished studies of a folder of results; `light`: without the page.

    Raises FrugalNetError where there is none, where tables are missing or made from other raw files, where raw files
    are not as they were written, and where raw files of a light package would be packed as a whole package.
    """
    if not results.is_dir():
        raise FrugalNetError(f"{results}: no such folder; expected a folder of results, as results/quick")
    folders = [results / name for name in catalogue.STUDIES if any((results / name / paths.RAW).rglob(paths.RECORD))]
    if not folders:
        raise FrugalNetError(
            f"{results}: no study with finished runs (<study>/raw/<run>/{paths.RECORD}); nothing to pack"
        )
    made = [path for folder in folders for path in _made(folder) if not (light and path.name == paths.PAGE)]
    if missing := [path.relative_to(results).as_posix() for path in made if not path.is_file()]:
        raise FrugalNetError(
            f"{results}: tables or page are missing: {', '.join(missing)}; run `make analysis RESULTS={results}` first"
        )
    studies = [Study(folder, _records(folder / paths.RAW), _records(folder / paths.FAILED)) for folder in folders]
    if gone := [f"{study.folder}: {run}" for study in studies for run in _without_record(study)]:
        raise FrugalNetError(f"runs that are in the tables but have no record:{listed(gone)}")
    if not light and (lacking := [str(study.folder) for study in studies if study.left_out]):
        raise FrugalNetError(
            f"{', '.join(lacking)}: raw files of a light package; `frugalnet package --light` packs them"
        )
    settings = read_settings(results / paths.SETTINGS, results / paths.CARBON_HOURS)
    if stale := [f"{study.folder}: {run}" for study in studies for run in _unlike_tables(study, settings)]:
        raise FrugalNetError(
            f"the tables are not made from these raw files; run `make analysis RESULTS={results}` first:{listed(stale)}"
        )
    return studies


def _made(study: Path) -> list[Path]:
    """Return the files that a finished study has beside its raw files."""
    files = paths.tables(study)
    tables = [files[name].with_suffix(".csv") for name in ("runs", *paths.processed_tables(study.name))]
    return [*tables, study / paths.PROCESSED / f"{paths.DICTIONARY}.csv", study / paths.PAGE]


def runs_of_tables(study: Study) -> dict[str, tuple[str, str]]:
    """Return the runs in a study's tables: when each started, and the checksum of its record if the table has that column."""
    path = paths.tables(study.folder)["runs"].with_suffix(".csv")
    with reading(path, TABLE), path.open(newline="", encoding="utf-8") as stream:
        return {row["run"]: (row["started"], row.get("record_sha256") or "") for row in csv.DictReader(stream)}


def _without_record(study: Study) -> list[str]:
    return [run for run in runs_of_tables(study) if paths.raw(study.folder, run) not in study.records]


def _unlike_tables(study: Study, settings: Config | None) -> list[str]:
    """Return, in words, the runs whose raw files are not those that the tables are made from.

    Raises FrugalNetError for damaged runs that are not in the tables: making the tables again would not help.
    """
    tabled = runs_of_tables(study)
    sheet = catalogue.resolve(catalogue.STUDIES[study.name].sheet)(settings) if settings else None
    records = selection.of_study(study.folder, sheet)[0]
    runs = [record.run.id for record in study.records.values()]
    fitting = {paths.raw(study.folder, run): run for run in runs}  # without copies
    taken = {fitting[path]: path for path in records if path in fitting and path in study.records}
    absent = {path: study.records[path] for run, path in taken.items() if run not in tabled}
    beside = [path.with_name(name) for path, record in absent.items() for name in record.files]
    refuse_damaged(absent, {file: digest(file) for file in beside if file.is_file()}, study.left_out)
    return [
        *(f"{run}: not in the tables" for run in taken if run not in tabled),
        *(f"{run}: not as {paths.SETTINGS} says, but in the tables" for run in tabled if run not in taken),
        *(
            f"{run}: measured anew, not as in the tables"
            for run, path in taken.items()
            if run in tabled and not _is_of_row(study.records[path], *tabled[run])
        ),
    ]


def _is_of_row(record: Record, started: str, seal: str) -> bool:
    """Tell whether a row of the table of runs is made from a record."""
    return record.started == started and seal in ("", record.sha256)


def _records(folder: Path) -> dict[Path, Record]:
    files = [path for path in sorted(folder.rglob(paths.RECORD)) if not path.is_symlink()]
    if edited := [str(path) for path in files if not is_as_written(path)]:
        raise FrugalNetError(
            f"records that are not as they were written:{listed(edited)}\nwere they edited or cut off?"
        )
    records = {
        path: read_record(path).model_copy(update={"windows": []}) for path in files
    }  # windows would fill the memory
    if folder.name == paths.RAW:
        refuse_unfinished(records)
    if unsealed := [str(path) for path, record in records.items() if record.sha256 is None]:
        log.warning(
            "records of an earlier version without a checksum, so that edits cannot be detected:%s", listed(unsealed)
        )
    return records


def refuse_unfinished(records: dict[Path, Record]) -> None:
    """Raise FrugalNetError for records of tries that did not end properly."""
    if found := [f"{path}: {record.status}" for path, record in records.items() if record.status not in FINISHED]:
        raise FrugalNetError(f"records of tries that did not finish, where finished runs belong:{listed(found)}")


def refuse_damaged(records: dict[Path, Record], checksums: dict[Path, str], left_out: Collection[str] = ()) -> None:
    """Raise FrugalNetError with the files beside records that are missing or not as recorded, but for those `left_out`."""
    found = []
    for path, record in records.items():
        for name, expected in record.files.items():
            file = path.parent / name
            if name not in left_out and checksums.get(file) != expected:
                found.append(f"{file}: {'not as its record says' if file in checksums else 'missing'}")
    if found:
        raise FrugalNetError(f"raw files that do not fit their records:{listed(found)}")
