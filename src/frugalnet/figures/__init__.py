"""Figures: one module each, with a function of the same name: tables in, Figure out; its docstring is the caption.

Importing this package loads no matplotlib, so that the workflow can ask for captions while it is parsed.
"""

from __future__ import annotations

import ast
from collections.abc import Mapping
from functools import cache
from importlib import import_module
from importlib.util import find_spec
from pathlib import Path
from typing import IO, TYPE_CHECKING

from frugalnet import catalogue
from frugalnet.errors import FrugalNetError

if TYPE_CHECKING:
    import pandas as pd
    from matplotlib.figure import Figure

TOPICS = {
    "comparison": "Methods compared",
    "windows": "Energy of the runs",
    "timelines": "Energy of the runs",
    "epochs": "Training",
    "trials": "Architecture search",
    "break_even": "Pay-back",
    "effects": "Training choices",
    "importance": "Training choices",
    "ranking": "Training choices",
    "ranks": "Training choices",
    "configurations": "Configurations",
    "sensitivity": "Training choices",
    "efficiency": "Energy of the runs",
    "probe": "Meters",
}
"""What a figure is about, by the first table that it draws."""
PAGE_WIDTH_PX = 840
"""Width of a figure on the page of a study: the print width, a little enlarged."""


def columns(name: str) -> dict[str, list[str]]:
    """Return the columns that a figure reads of some tables, those with the windows of all runs; of others, it is given all."""
    found: dict[str, list[str]] = getattr(import_module(f"{__name__}.{name}"), "READ", {})
    return found


def draw(name: str, tables: Mapping[str, pd.DataFrame], column: bool = False) -> Figure:
    """Draw a figure of the catalogue, for two columns of print or for one `column`; its layout is final.

    Its function gets the tables that its arguments are named after.
    """
    _source(name)
    function = catalogue.resolve(f"{__name__}.{name}:{name}")

    import matplotlib

    from frugalnet.analysis.tables import called
    from frugalnet.drawing.layout import settle
    from frugalnet.drawing.style import COLUMN_RC, RC

    with matplotlib.rc_context(COLUMN_RC if column else RC):
        figure: Figure = called(function, f"figure {name}", tables)
        settle(figure)
    return figure


def caption(name: str) -> str:
    """Return how a figure is read: the docstring of its module, without importing it."""
    return " ".join((ast.get_docstring(_parsed(name)) or "").split())


def topic(name: str) -> str:
    """Return what a figure is about, without importing it: its category in a report."""
    first = needed(name)[0]
    return TOPICS.get(first, first)


def needed(name: str) -> list[str]:
    """Return the tables that a figure is drawn of, without importing it."""
    functions = [each for each in _parsed(name).body if isinstance(each, ast.FunctionDef)]
    return [argument.arg for each in functions if each.name == name for argument in each.args.args]


def save(figure: Figure, path: Path) -> None:
    """Write a figure as svg or png, after the suffix."""
    path.parent.mkdir(parents=True, exist_ok=True)
    with path.open("wb") as file:
        write(figure, file, path.suffix.removeprefix("."))


def write(figure: Figure, file: IO[bytes], kind: str) -> None:
    """Write a figure to an open file; equal figures give equal bytes."""
    import matplotlib

    from frugalnet.drawing.style import RC

    dated = {"svg": {"Date": None}, "png": {"Software": None}}
    with matplotlib.rc_context(RC):
        figure.savefig(file, format=kind, dpi="figure", metadata=dated[kind])


@cache
def _parsed(name: str) -> ast.Module:
    return ast.parse(_source(name).read_text())


def _source(name: str) -> Path:
    """Return the file of a figure; raises FrugalNetError for one that no study has."""
    known = list(dict.fromkeys(figure for study in catalogue.STUDIES.values() for figure in study.figures))
    spec = find_spec(f"{__name__}.{name}") if name in known else None
    if spec is None or spec.origin is None:
        raise FrugalNetError(f"unknown figure {name!r}; known are {', '.join(known)}")
    return Path(spec.origin)
