"""The recipes that are chosen from the results of a study."""

from collections.abc import Sequence
from pathlib import Path

from frugalnet import catalogue
from frugalnet.analysis.interim import read_study
from frugalnet.config.checks import Checks
from frugalnet.config.section import Section
from frugalnet.record.chosen import write_chosen


def choose(study: str, section: Section, checks: Checks, records: Sequence[Path], path: Path) -> None:
    """Write the recipes that a study chooses from the results in some records, as its own function says.

    Raises FrugalNetError with the problems of records that `checks` refuses.
    """
    function = catalogue.STUDIES[study].chosen
    assert function is not None
    runs = read_study(path.parent, records, checks)["runs"]
    write_chosen(catalogue.resolve(function)(runs, section), path)
