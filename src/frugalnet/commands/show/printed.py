"""A table of runs in a terminal of any width, or in a pipe."""

import re
import textwrap
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import replace

from rich.console import Console

from frugalnet.commands.show.shown import Column, Shown

WIDE = 100_000
"""Width, in characters, of what goes to a file or a pipe: nothing is folded there."""
GAP = "  "
ROOMY = 44
"""Least width of a column that tells parameters; in less room they are told below each run."""
NAME, NARROW = 26, 12
"""Widths below which a column with names, and another one, is not made narrower."""
BREAKS = re.compile(r"(?<=[ _])")


def console() -> Console:
    """Return where commands print their tables: as wide as the terminal; in a pipe without colour, and of any width."""
    found = Console(highlight=False, markup=False)
    return found if found.is_terminal else Console(highlight=False, markup=False, no_color=True, width=WIDE)


def print_shown(found: Shown, left_out: int = 0, to: Console | None = None) -> None:
    """Print a table of runs, of which some more were `left_out`."""
    to = to or console()
    columns, below, said = fitting(found.columns, to.width)
    for line in [*found.heading, *([said] if said else [])]:
        to.print(line)
    to.print()
    print_table(columns, to, below)
    if left_out:
        to.print(f"... and {left_out} more")
    if found.notes:
        to.print()
    for note in found.notes:
        to.print(f"! {note}")


def print_table(columns: Sequence[Column], to: Console, below: Sequence[str] = ()) -> None:
    """Print columns beside each other; `below` has text that stands below each row."""
    heads = _beside([column.heading for column in columns], columns, last=True)
    for line in heads:
        if line:
            to.print(line, style="bold", soft_wrap=True)
    for at, cells in enumerate(zip(*(column.cells for column in columns), strict=True)):
        for line in [*_beside(cells, columns), *(below[at].split("\n") if below and below[at] else [])]:
            to.print(line, soft_wrap=True)


def fitting(columns: Sequence[Column], width: int) -> tuple[list[Column], list[str], str]:
    """Return columns that fit into a width, what stands below each row, and a sentence about both; mostly there is none.

    Headings are folded first. If that is not enough, the parameters in which a run is unlike most others are told: in
    one column, or below each run.
    """
    if _width(columns) <= width:
        return list(columns), [], ""
    folded = [_folded(column) for column in columns]
    parameters = [column for column in columns if column.is_parameter]
    if _width(folded) <= width or len(parameters) < 2:
        return folded, [], ""
    most = {column.heading: Counter(column.cells).most_common(1)[0][0] for column in parameters}
    rows = [dict(zip(most, row, strict=True)) for row in zip(*(column.cells for column in parameters), strict=True)]
    said = f"Most have: {'; '.join(f'{key} {value}' for key, value in most.items())}"
    others = [column for column in folded if not column.is_parameter]
    room = width - _width(others) - len(GAP)
    if room < ROOMY:
        return others, [_told(row, most, width, GAP) for row in rows], f"{said}. What is different stands below a run."
    others.insert(1, Column("unlike most", [_told(row, most, room) or "-" for row in rows], right=False))
    return others, [], said


def _told(own: dict[str, str], most: dict[str, str], room: int, indent: str = "") -> str:
    """Return the parameters of a run that most others have not, each on one line if it fits."""
    pairs = [f"{key} {value}".replace(" ", "\N{NO-BREAK SPACE}") for key, value in own.items() if value != most[key]]
    lines = textwrap.wrap("; ".join(pairs), room, initial_indent=indent, subsequent_indent=indent)
    return "\n".join(lines).replace("\N{NO-BREAK SPACE}", " ")


def _beside(cells: Sequence[str], columns: Sequence[Column], last: bool = False) -> Iterator[str]:
    """Yield the lines of a row; cells with fewer lines are at its top, or at its bottom if their `last` lines are in one."""
    parts = [cell.split("\n") for cell in cells]
    height = max(map(len, parts))
    blank = [[""] * (height - len(lines)) for lines in parts]
    full = [[*empty, *lines] if last else [*lines, *empty] for lines, empty in zip(parts, blank, strict=True)]
    for line in zip(*full, strict=True):
        padded = (
            text.rjust(_own_width(column)) if column.right else text.ljust(_own_width(column))
            for text, column in zip(line, columns, strict=True)
        )
        yield GAP.join(padded).rstrip()


def _own_width(column: Column) -> int:
    return max(column.width, *(len(line) for text in (column.heading, *column.cells) for line in text.split("\n")))


def _width(columns: Sequence[Column]) -> int:
    """Return how wide columns are beside each other."""
    return sum(map(_own_width, columns)) + len(GAP) * (len(columns) - 1)


def _folded(column: Column) -> Column:
    """Return a column whose heading is no wider than its cells, as far as its words allow."""
    parts = [part for part in BREAKS.split(column.heading) if part]
    room = max(
        [*(len(line) for cell in column.cells for line in cell.split("\n")), *(len(part.strip()) for part in parts)]
    )
    lines = [""]
    for part in parts:
        if lines[-1] and len((lines[-1] + part).rstrip()) > room:
            lines.append("")
        lines[-1] += part
    return Column("\n".join(line.strip() for line in lines), column.cells, column.right, column.is_parameter)


def wrapped(columns: Sequence[Column], width: int) -> list[Column]:
    """Return columns that fit into a width: the widest ones are wrapped, but for the last one."""
    widths = [_own_width(column) for column in columns]
    least = [NAME, *[NARROW] * (len(widths) - 2), widths[-1]]
    while sum(widths) + len(GAP) * (len(widths) - 1) > width:
        spare = [at for at in range(len(widths)) if widths[at] > least[at]]
        if not spare:
            break
        widths[max(spare, key=widths.__getitem__)] -= 1
    return [
        replace(column, cells=[_wrap(cell, room) for cell in column.cells], width=room)
        for column, room in zip(columns, widths, strict=True)
    ]


def _wrap(cell: str, room: int) -> str:
    if len(cell) <= room:
        return cell
    indent = cell[: len(cell) - len(cell.lstrip(" "))]
    lines = textwrap.wrap(cell.strip(), room, initial_indent=indent, subsequent_indent=f"{indent}  " if indent else "")
    return "\n".join(lines)
