"""The run sheets of all studies, and the run that a name stands for."""

from collections.abc import Mapping
from difflib import get_close_matches

from frugalnet import catalogue
from frugalnet.config.run import Run
from frugalnet.config.whole import Config
from frugalnet.errors import FrugalNetError

Sheets = Mapping[str, Mapping[str, Run]]
"""Rows by study and id."""


def run_sheet(study: str, config: Config) -> list[Run]:
    """Return the rows of a study's sheet exactly as the workflow hands them to its jobs."""
    sheet = catalogue.resolve(catalogue.STUDIES[study].sheet)(config)
    return [Run.model_validate(run.model_dump(mode="json", exclude_defaults=True)) for run in sheet]


def run_sheets(config: Config) -> dict[str, dict[str, Run]]:
    """Return the rows of every study."""
    return {study: {run.id: run for run in run_sheet(study, config)} for study in catalogue.STUDIES}


def named(name: str, sheets: Sheets) -> Run:
    """Return the first run that `[study/]dataset/method[/variant[/seed<k>]]` stands for; raises FrugalNetError for none."""
    parts = name.strip("/").split("/")
    studies = [parts.pop(0)] if parts[0] in sheets else list(sheets)
    ids = {run: sheets[study][run] for study in reversed(studies) for run in sheets[study]}
    found = [run for study in studies for run in sheets[study] if run.split("/")[: len(parts)] == parts]
    if found and len(parts) >= 2:
        return ids[found[0]]
    known = list(dict.fromkeys("/".join(run.split("/")[: max(2, min(len(parts), 4))]) for run in ids))
    close = get_close_matches("/".join(parts), known, n=3)
    raise FrugalNetError(
        f"{name}: not on the run sheet of this configuration; expected [study/]dataset/method[/variant[/seed<k>]]. "
        + (f"Did you mean {' or '.join(close)}?" if close else f"Known are {', '.join(known)}")
    )
