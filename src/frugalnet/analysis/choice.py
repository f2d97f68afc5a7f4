"""The recipes that are chosen from the results of a study."""

import logging
from collections.abc import Sequence
from pathlib import Path

from frugalnet import catalogue
from frugalnet.analysis.interim import read_study
from frugalnet.config.checks import Checks
from frugalnet.config.section import Section
from frugalnet.errors import NothingToChooseError
from frugalnet.record.chosen import ChosenRecipes, write_chosen

log = logging.getLogger(__name__)


def choose(study: str, section: Section, checks: Checks, records: Sequence[Path], path: Path) -> None:
    """Write the recipes that a study chooses from the results in some records, as its own function says.

    Where there is nothing to choose by, the file says why. Raises FrugalNetError with the problems of records that
    `checks` refuses.
    """
    function = catalogue.STUDIES[study].chosen
    assert function is not None
    runs = read_study(path.parent, records, checks)["runs"]
    try:
        found = ChosenRecipes(recipes=catalogue.resolve(function)(runs, section))
    except NothingToChooseError as error:
        log.warning("%s", error)
        found = ChosenRecipes(nothing=str(error))
    write_chosen(found, path)
