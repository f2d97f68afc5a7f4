"""What a package is about, in words and as the values that its descriptions share."""

from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import yaml

import frugalnet
from frugalnet.commands.package.contents import Study
from frugalnet.errors import FrugalNetError
from frugalnet.record.machine import git_state
from frugalnet.record.record import Record

DATA_LICENCE = "CC-BY-4.0"
"""Licence of results, tables and figures: see the file LICENSE-DATA."""
LEFT_OUT = "A light package: models, timelines of meters, page and code are left out. "


@dataclass(frozen=True)
class About:
    """Name, people, code and runs of a package."""

    name: str
    studies: list[Study]
    citation: dict[str, Any]
    """The content of CITATION.cff."""
    git: dict[str, Any] | None
    light: bool

    @property
    def records(self) -> list[Record]:
        """Return the records of all finished runs."""
        return [record for study in self.studies for record in study.records.values()]

    @property
    def title(self) -> str:
        """Return a name for people."""
        return f"FrugalNet results: {self.name}"

    @property
    def published(self) -> str:
        """Return the day of the last run; the day of packing would make packages of equal results unequal."""
        return max(record.started for record in self.records)[:10]

    @property
    def code(self) -> str:
        """Return version and commit of the code that packed; a light package has no code, so for it the version alone."""
        if self.light:
            return f"FrugalNet {frugalnet.__version__}"
        commit = "commit not known" if self.git is None else f"commit {self.git['commit']}"
        changed = " and changes after it" if self.git and self.git["dirty"] else ""
        return f"FrugalNet {frugalnet.__version__} ({commit}{changed})"

    @property
    def measured_with(self) -> str:
        """Return the commits of the code that made the runs."""
        states = [record.software["git"] or {"commit": "not known", "dirty": False} for record in self.records]
        return ", ".join(
            unique(state["commit"] + (" and changes after it" if state["dirty"] else "") for state in states)
        )

    def sentence(self) -> str:
        """Return what is in the package."""
        studies = [
            f"{study.name}: {len(study.records)} measured runs of {len(studied)} datasets ({', '.join(studied)}), "
            f"{len(study.failed)} failed tries"
            for study in self.studies
            if (studied := unique(record.run.dataset for record in study.records.values()))
        ]
        levels = ", ".join(unique(str(record.data["level"]) for record in self.records))
        energies = ", ".join(
            unique(f"{r.energy.source or 'not known'} ({r.energy.scope or 'none'})" for r in self.records)
        )
        return (
            f"{'; '.join(studies)}. Data: {levels}. Energies: {energies}. {LEFT_OUT if self.light else ''}"
            f"Measured with code of commit {self.measured_with}; packed with {self.code}."
        )

    def authors(self) -> list[dict[str, str]]:
        """Return the authors of CITATION.cff: `type` (Person or Organization), `id` and `name`."""
        return [
            {
                "type": "Organization" if "name" in author else "Person",
                "id": author.get("orcid") or author.get("website") or f"#{_slug(_full_name(author))}",
                "name": _full_name(author),
            }
            for author in self.citation["authors"]
        ]


def about_of(results: Path, studies: list[Study], working: Path, light: bool) -> About:
    """Return the description of results that are packed by the code of a working folder."""
    path = working / "CITATION.cff"
    try:
        citation = yaml.safe_load(path.read_text(encoding="utf-8"))
        _ = [author.items() for author in citation["authors"]]
    except (yaml.YAMLError, ValueError, LookupError, TypeError, AttributeError) as error:
        raise FrugalNetError(f"{path}: no citation file with authors ({type(error).__name__})") from None
    return About(results.resolve().name, studies, citation, None if light else git_state(working), light)


def unique(values: Iterable[str]) -> list[str]:
    """Return values without repetition, in their order."""
    return list(dict.fromkeys(values))


def _full_name(author: dict[str, str]) -> str:
    given_first = (author.get("given-names"), author.get("name-particle"), author.get("family-names"))
    return author.get("name") or " ".join(part for part in given_first if part)


def _slug(name: str) -> str:
    return "-".join(name.lower().split())
