"""What goes into a light package: tables, figures, and raw files without models, timelines, and windows that records repeat."""

import csv
from collections.abc import Iterable
from dataclasses import replace
from pathlib import Path

from frugalnet import catalogue, figures
from frugalnet.commands.package import raw_archive
from frugalnet.commands.package.contents import BESIDE, Study, runs_of_tables
from frugalnet.commands.package.gathered import refuse_elsewhere, refuse_links
from frugalnet.commands.package.schema import rows_of
from frugalnet.record import paths

NEEDED = ("CITATION.cff", "LICENSE-DATA")
"""Files of the working folder that are packed."""
OF_TIMELINES = "timelines"
"""The table that a light package cannot rebuild; it is left out with all figures drawn from it."""


def of_tables(study: Study) -> Study:
    """Return a study with only the runs that its tables are made from."""
    runs = runs_of_tables(study)
    return replace(
        study,
        records={path: record for path, record in study.records.items() if record.run.id in runs},
        failed={path: record for path, record in study.failed.items() if record.run.id in runs},
    )


def files_of(results: Path, studies: Iterable[Study], working: Path, scratch: Path) -> dict[str, Path]:
    """Return the files to pack by their names in the package; those made for the package are in `scratch`."""
    refuse_elsewhere(working, NEEDED)
    top = results.resolve()
    found = {name: working / name for name in NEEDED}
    found |= {f"results/{top.name}/{name}": top / name for name in BESIDE if (top / name).is_file()}
    for study in studies:
        made = scratch / study.name
        made.mkdir()
        raw_archive.write(study, made / paths.RAW_ARCHIVE)
        tables = [path.with_suffix(".csv") for path in _tables(study)]
        _write_dictionary(study, {path.stem for path in tables}, made / f"{paths.DICTIONARY}.csv")
        prefix = f"results/{top.name}/{study.name}"
        lists = [study.folder / name for name in paths.LISTS if (study.folder / name).is_file()]
        packed = [*lists, *tables, *_figures(study)]
        found |= {f"{prefix}/{path.relative_to(study.folder).as_posix()}": path for path in packed}
        found |= {
            f"{prefix}/{paths.RAW_ARCHIVE}": made / paths.RAW_ARCHIVE,
            f"{prefix}/{paths.PROCESSED}/{paths.DICTIONARY}.csv": made / f"{paths.DICTIONARY}.csv",
        }
    refuse_links(found.values())
    return dict(sorted(found.items()))


def _tables(study: Study) -> list[Path]:
    files = paths.tables(study.folder)
    return [files[name] for name in ("runs", *paths.processed_tables(study.name))]


def _write_dictionary(study: Study, tables: set[str], path: Path) -> None:
    """Write the part of a study's data dictionary that is about some tables."""
    whole = study.folder / paths.PROCESSED / f"{paths.DICTIONARY}.csv"
    columns, *rows = rows_of(whole) or [[]]
    with path.open("w", newline="", encoding="utf-8") as target:
        csv.writer(target, lineterminator="\n").writerows(
            [columns, *(row for row in rows if row[:1] and row[0] in tables)]
        )


def _figures(study: Study) -> list[Path]:
    """Return the figures, as svg for two columns of print, that a light package can redraw."""
    names = [name for name in catalogue.STUDIES[study.name].figures if OF_TIMELINES not in figures.needed(name)]
    return [path for name in names if (path := paths.figure(study.folder, name, "svg")).is_file()]
