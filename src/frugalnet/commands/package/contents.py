"""What goes into a package: which files of the results, and which of the code that made them; and what must not be packed."""

import csv
from collections.abc import Collection, Iterable
from dataclasses import dataclass
from pathlib import Path

from frugalnet import catalogue
from frugalnet.analysis import selection
from frugalnet.config.reading import read_settings
from frugalnet.config.whole import Config
from frugalnet.errors import FrugalNetError
from frugalnet.files import digest
from frugalnet.record import paths
from frugalnet.record.record import Record, is_as_written, read_record

STUDY = (
    *(paths.RAW, paths.FAILED, paths.TRIALS_OF_JOBS, paths.INTERIM, paths.PROCESSED, paths.FIGURES),
    *(paths.NOTEBOOK, paths.PAGE),
)
"""Files and folders of a study that are packed; its scratch, locks and logs are not."""
CODE = (
    *("src/frugalnet", "workflow", "profiles", "config", "Snakefile", "Makefile", "pyproject.toml", "environment.yml"),
    *("requirements.lock", "requirements-analysis.lock", "LICENSE", "LICENSE-DATA", "CITATION.cff", "data/README.md"),
)
"""What of the working folder is packed, so that the tables can be rebuilt, and the study repeated, from the package alone."""
BESIDE = {
    paths.SETTINGS: "the configuration",
    paths.CARBON_HOURS: "carbon intensity by the hour, as the configuration names it",
    paths.METER_PROBE: "what was found out about the meters",
    paths.CALIBRATION: "how the meters compare with a plug",
}
"""Files beside the studies, and what they are."""
NEEDED = ("CITATION.cff", "LICENSE", "LICENSE-DATA", "config/config.yaml", "requirements.lock", "pyproject.toml")
LEFT_OUT = ("__pycache__", ".ipynb_checkpoints", ".snakemake")
SHOWN = 10


@dataclass(frozen=True)
class Study:
    """A finished study in a folder of results, and the records of its runs and of tries that failed, without their windows."""

    folder: Path
    records: dict[Path, Record]
    failed: dict[Path, Record]

    @property
    def name(self) -> str:
        """Return the study's name."""
        return self.folder.name

    @property
    def left_out(self) -> tuple[str, ...]:
        """Return the raw files that runs lack, as the study is out of a light package."""
        return paths.HEAVY if (self.folder / paths.LIGHT).exists() else ()


def listed(lines: list[str]) -> str:
    """Return lines below each other, the first ones where there are many."""
    more = [f"and {len(lines) - SHOWN} more"] if len(lines) > SHOWN else []
    return "\n  ".join(["", *lines[:SHOWN], *more])


def studies_of(results: Path, light: bool = False) -> list[Study]:
    """Return the finished studies of a folder of results; `light`: without the page.

    Raises FrugalNetError where there is none, where tables are missing or not of the raw files that are there, where raw files
    are not as they were written, and where those of a light package should be packed whole.
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
        raise FrugalNetError(f"runs that are in the tables and have no record:{listed(gone)}")
    if not light and (lacking := [str(study.folder) for study in studies if study.left_out]):
        raise FrugalNetError(
            f"{', '.join(lacking)}: raw files of a light package; `frugalnet package --light` packs them"
        )
    settings = read_settings(results / paths.SETTINGS, results / paths.CARBON_HOURS)
    if stale := [f"{study.folder}: {run}" for study in studies for run in _unlike_tables(study, settings)]:
        raise FrugalNetError(
            f"raw files are newer than the tables, or others: run `make analysis RESULTS={results}` first:{listed(stale)}"
        )
    return studies


def _made(study: Path) -> list[Path]:
    """Return what a finished study has beside its raw files."""
    files = paths.tables(study)
    tables = [files[name].with_suffix(".csv") for name in ("runs", *paths.processed_tables(study.name))]
    return [*tables, study / paths.PROCESSED / f"{paths.DICTIONARY}.csv", study / paths.PAGE]


def runs_of_tables(study: Study) -> dict[str, str]:
    """Return the runs in the tables of a study, and when they were started."""
    with paths.tables(study.folder)["runs"].with_suffix(".csv").open(newline="", encoding="utf-8") as stream:
        return {row["run"]: row["started"] for row in csv.DictReader(stream)}


def _without_record(study: Study) -> list[str]:
    return [run for run in runs_of_tables(study) if paths.raw(study.folder, run) not in study.records]


def _unlike_tables(study: Study, settings: Config | None) -> list[str]:
    """Return, in words, the runs whose raw files are not those that the tables are made of.

    Raises FrugalNetError for damaged ones that are not in the tables: to make these anew would not help.
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
            if run in tabled and study.records[path].started != tabled[run]
        ),
    ]


def _records(folder: Path) -> dict[Path, Record]:
    files = sorted(folder.rglob(paths.RECORD))
    edited = [str(path) for path in files if not _fits(path)]
    if edited:
        raise FrugalNetError(
            f"records that are not as they were written:{listed(edited)}\nwere they edited or cut off?"
        )
    return {path: read_record(path).model_copy(update={"windows": []}) for path in files}  # which would fill the memory


def _fits(path: Path) -> bool:
    try:
        return is_as_written(path)
    except ValueError:
        return False


def refuse_damaged(records: dict[Path, Record], checksums: dict[Path, str], left_out: Collection[str] = ()) -> None:
    """Raise FrugalNetError with the files beside records, but those `left_out`, that are missing or not as their record says."""
    found = []
    for path, record in records.items():
        for name, expected in record.files.items():
            file = path.parent / name
            if name not in left_out and checksums.get(file) != expected:
                found.append(f"{file}: {'not as its record says' if file in checksums else 'missing'}")
    if found:
        raise FrugalNetError(f"raw files that do not fit their records:{listed(found)}")


def files_of(results: Path, studies: list[Study], working: Path) -> dict[str, Path]:
    """Return the files to be packed by their names in the package: the results below `results/<name>`, the code as it lies."""
    refuse_elsewhere(working, NEEDED)
    top = results.resolve()
    within = [
        *(top / name for name in BESIDE),
        *(top / study.name / part for study in studies for part in STUDY),
    ]
    packed = {f"results/{top.name}/{path.relative_to(top).as_posix()}": path for path in _files(within)}
    code = {path.relative_to(working).as_posix(): path for path in _files([working / name for name in CODE])}
    return dict(sorted((packed | code).items()))


def refuse_elsewhere(working: Path, needed: Iterable[str]) -> None:
    """Raise FrugalNetError where a working folder lacks files that a package needs."""
    if missing := [name for name in needed if not (working / name).is_file()]:
        raise FrugalNetError(
            f"{working.resolve()}: no {', '.join(missing)} here; expected the folder of FrugalNet, whose code, licences "
            "and locks go into the package: start the command there"
        )


def _files(places: list[Path]) -> list[Path]:
    alone = [place for place in places if place.is_file()]
    inside = [(place, path) for place in places for path in place.rglob("*") if path.is_file()]
    return alone + [path for place, path in inside if not set(path.relative_to(place).parts) & set(LEFT_OUT)]
