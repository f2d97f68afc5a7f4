"""What the reference results say, as Markdown: the sentences, tables and figures that the package makes of them."""

import re
from dataclasses import dataclass
from functools import cache
from pathlib import Path, PurePosixPath

import pandas as pd

from frugalnet import catalogue, figures
from frugalnet.analysis.tables import read_csv
from frugalnet.commands.package.unpacking import unpack
from frugalnet.files import scratch
from frugalnet.page import compared, summary, tested
from frugalnet.page.page import SHOWN
from frugalnet.record import paths

PACKAGES = {path.stem: path for path in (Path(__file__).parents[2] / "results" / "reference").glob("*.zip")}
"""Packages of reference results, by their study."""
LINK_IN_PAGE = re.compile(r"\[([^\]]+)\]\(#[^)]*\)")


@dataclass(frozen=True)
class Reference:
    """The tables and the figures (SVG) in the package of a study's reference results, by their names."""

    tables: dict[str, pd.DataFrame]
    figures: dict[str, bytes]


@cache
def reference(study: str) -> Reference:
    """Return what is in the package of a study's reference results, which is checked."""
    if study not in PACKAGES:
        raise ValueError(f"study {study}: expected one with reference results: {', '.join(PACKAGES)}")
    with scratch() as folder:
        results = unpack(PACKAGES[study], folder, _is_shown) / study
        dictionary = results / paths.PROCESSED / f"{paths.DICTIONARY}.csv"
        files = [file for file in sorted(results.glob("*/*.csv")) if file != dictionary]
        drawn = sorted((results / paths.FIGURES).glob("*.svg"))
        tables = {file.stem: _flagged(read_csv(file, dictionary)) for file in files}
        return Reference(tables, {file.stem: file.read_bytes() for file in drawn})


def _flagged(table: pd.DataFrame) -> pd.DataFrame:
    """Return a table whose empty flags are empty texts: CSV has no difference between these and missing ones."""
    return table.fillna({name: "" for name in table.columns if name.endswith("_flags")})


def _is_shown(path: PurePosixPath) -> bool:
    return path.suffix in (".csv", ".svg") and not path.stem.endswith(paths.COLUMN)


def findings(study: str, dataset: str) -> str:
    """Return the sentences on a dataset as a list; those that the page folds are folded."""
    heading = _heading(study, dataset)
    found = catalogue.resolve(catalogue.STUDIES[study].findings)(reference(study).tables)[heading]
    more = [_folded(f"More on {heading}", _bullets(found[SHOWN:]))] if found[SHOWN:] else []
    return "\n\n".join([_bullets(found[:SHOWN]), *more])


def limits(study: str) -> str:
    """Return what the results cannot tell, as a list."""
    return _bullets(summary.unknown(reference(study).tables))


def claims(study: str) -> str:
    """Return the claims of others, with what was measured and the verdict."""
    return _markdown(tested.claims(reference(study).tables["claims"]))


def tables(study: str) -> str:
    """Return the tables of all datasets, each folded."""
    return "\n\n".join(
        _folded(f"{heading}: {title.lower()}", f"{_markdown(part)}\n\n{_escaped(note)}\n{{: .caption }}")
        for heading, rows in _datasets(study)
        for title, (part, note) in compared.tables(rows).items()
    )


def figure(study: str, name: str) -> str:
    """Return a figure with its caption; a click opens it alone."""
    if name not in reference(study).figures:
        raise ValueError(f"figure {name}: expected one of {', '.join(reference(study).figures)}")
    words = name.replace("_", " ")
    image = f"![Figure: {words}; its caption follows](found/{study}/{name}.svg)"
    caption = figures.caption(name)
    return (
        f'<div class="scrolls" markdown>\n\n[{image}](found/{study}/{name}.svg)\n\n</div>\n\n{caption}\n{{: .caption }}'
    )


def _heading(study: str, dataset: str) -> str:
    found = {rows["dataset"].iloc[0]: heading for heading, rows in _datasets(study)}
    if dataset not in found:
        raise ValueError(f"dataset {dataset}: expected one of {', '.join(found)}")
    return found[dataset]


def _datasets(study: str) -> list[tuple[str, pd.DataFrame]]:
    return list(summary.alike(reference(study).tables["comparison"]))


def _folded(title: str, inside: str) -> str:
    return f"<details markdown>\n<summary>{title}</summary>\n\n{inside}\n\n</details>"


def _bullets(sentences: list[str]) -> str:
    """Return sentences as a list, without their links to other parts of the page that they are of."""
    return "\n".join("- " + LINK_IN_PAGE.sub(r"\1", sentence) for sentence in sentences)


def _escaped(text: str) -> str:
    return re.sub(r"([|*])", r"\\\1", text)


def _markdown(rows: pd.DataFrame) -> str:
    lines = [list(rows.columns), ["---"] * len(rows.columns), *rows.itertuples(index=False)]
    return "\n".join("| " + " | ".join(_escaped(str(cell)) for cell in line) + " |" for line in lines)
