"""`frugalnet compare`: read two results, compare them, print the comparison, and write its tables if asked to."""

from pathlib import Path
from typing import Any

from frugalnet.commands.compare import report
from frugalnet.commands.compare.conclusions import conclusions
from frugalnet.commands.compare.differences import differences
from frugalnet.commands.compare.numbers import margin_in_words, numbers
from frugalnet.commands.compare.opened import Results, open_results
from frugalnet.config.statistics import Margins
from frugalnet.errors import FrugalNetError


def print_comparison(first: Path, second: Path, write: Path | None = None) -> None:
    """Print what changed between two results, how their numbers differ, and which conclusions hold in both.

    Both are folders of results or packages. `write`: folder for `differences.csv`, `numbers.csv` and `conclusions.csv`.
    """
    one, other = open_results(first), open_results(second)
    margins = _margins(one)
    found = {
        "differences": differences((one.settings, other.settings), one.records, other.records),
        "numbers": numbers(one.tables["runs"], other.tables["runs"], margins),
        "conclusions": conclusions(one.tables, other.tables),
    }
    if found["numbers"].empty:
        raise FrugalNetError(
            f"{first} and {second} have no dataset, method and variant in common; expected two results of the same study"
        )
    report.print_heading(one, other, warnings(one, other))
    report.print_differences(found["differences"])
    report.print_numbers(found["numbers"], margin_in_words(margins))
    report.print_conclusions(found["conclusions"])
    if write:
        write.mkdir(parents=True, exist_ok=True)
        for name, table in found.items():
            table.to_csv(write / f"{name}.csv", index=False)
        report.say(f"Every row is in {', '.join(f'{name}.csv' for name in found)} in {write}.")
    else:
        report.say("Every row, also those not printed: frugalnet compare --write FOLDER.")


def warnings(first: Results, second: Results) -> list[str]:
    """Return what a reader must know before any number."""
    said = []
    levels = [_unique(results, "data_level") for results in (first, second)]
    if levels[0] != levels[1]:
        said.append(
            f"The data are not of the same level: {levels[0]} in A, {levels[1]} in B. Where they differ, qualities and costs of "
            "training are not compared."
        )
    energies = [_unique(results, "energy_source", "energy_scope") for results in (first, second)]
    if energies[0] != energies[1]:
        said.append(
            f"Energies are {energies[0]} in A, {energies[1]} in B. Energies of unequal source or scope are not compared; "
            "conclusions are, because each is drawn within one result."
        )
    shared = [run for run, record in first.records.items() if record == second.records.get(run)]
    if shared:
        said.append(f"{len(shared)} runs are the same measurement in both: their agreement means nothing.")
    for name, results in (("A", first), ("B", second)):
        if missing := results.missing:
            said.append(
                f"{name} has no table {' and '.join(missing)}, so conclusions from it are left out: the results are of an earlier version, or of a study without it; "
                "`make analysis` makes it from the raw files."
            )
        if results.settings is None:
            said.append(f"{name} has no settings.yaml: only the settings in the runs are compared.")
        seeds = results.tables["comparison"]["seeds"].max()
        if seeds < 2:
            said.append(f"{name} has one seed: without intervals, little can be told.")
    return said


def _unique(results: Results, *columns: str) -> str:
    rows = results.tables["runs"][list(columns)].drop_duplicates().astype(object)
    kinds = [
        " ".join("not known" if value != value or value is None else str(value) for value in row)
        for row in rows.to_numpy()
    ]
    return ", ".join(sorted(kinds))


def _margins(results: Results) -> Margins:
    """Return the margins in the first result's settings, or the defaults."""
    settings: dict[str, Any] = results.settings or {}
    return Margins.model_validate(settings.get("statistics", {}).get("margins", {}))
