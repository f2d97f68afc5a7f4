"""`frugalnet diff`: two runs side by side: in what they differ, and what came out."""

from collections.abc import Iterator, Mapping, Sequence
from contextlib import ExitStack
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import pandas as pd
from rich.console import Console

from frugalnet.analysis.factors import FIELDS, LEVEL, factors
from frugalnet.analysis.groups import energy_kind
from frugalnet.analysis.integrity import traits
from frugalnet.analysis.runs import run_row
from frugalnet.commands import lookup
from frugalnet.commands.compare.differences import PARTS, flat
from frugalnet.commands.compare.report import CHECKSUM
from frugalnet.commands.outcomes import Outcome, outcomes
from frugalnet.commands.show.printed import console, print_table, wrapped
from frugalnet.commands.show.shown import Column
from frugalnet.config.combinations import told
from frugalnet.config.levels import NONE
from frugalnet.errors import FrugalNetError
from frugalnet.page.cells import DASH
from frugalnet.record import paths, rows
from frugalnet.record.record import COMPLETE, Record

NO_INTERVAL = (
    "One run against one run: no interval, so that any difference may be chance. Intervals over seeds are in the tables "
    "`comparison` and `statistics` of a study."
)
OF_TWO_PROCESSES = (
    "Latency and energy of one sample are those of two processes, which differ for the same model too: they are compared "
    "only where one run was measured in turn with the other as its reference."
)
BRACKETS = "In brackets: 95 % interval over repeated measurements of the same two models in turn."
AGAINST = "B against A"
WORDS = {part: f"items of {part}" for part in PARTS}
Values = dict[str, str]
Row = tuple[str, str, str, str]
"""A name, what A has, what B has, and B against A."""


@dataclass(frozen=True)
class Side:
    """One of the two runs: its name, its record, and its row as in the table `runs`."""

    name: str
    record: Record
    row: Mapping[str, Any]


def print_diff(first: str, second: str, results: Path) -> None:
    """Print in what two runs differ, and what came out of both.

    They are named as in `frugalnet run`, or by a part of that, and are in `results`; or by the folder of their raw files.
    Raises FrugalNetError for a name of no run, and of several.
    """
    one, other = _sides((first, second), results)
    if one.record.sha256 and one.record.sha256 == other.record.sha256:
        raise FrugalNetError(f"{first} and {second} are the same run, {one.name}; expected two runs")
    differing, same = _differences(one.record, other.record)
    found, reasons = outcomes(one.row, other.row)
    to = console()
    for letter, side in (("A", one), ("B", other)):
        to.print(f"{letter}: {side.name}{'' if side.record.status == COMPLETE else f' ({_state(side.record)})'}")
    for reason in reasons:
        to.print(f"! Different {reason}. Where that matters, there is no `{AGAINST}`.")
    shown = [each for each in found if not each.may_be_hidden]
    came_out = [(f"  {each.name}", each.first, each.second, each.change) for each in shown]
    _print_sections({**differing, _what_came_out(one, other): came_out}, to)
    to.print(f"\nThe same in both: {_same(same, found)}.")
    to.print(NO_INTERVAL)
    if any("[" in each.change for each in shown):
        to.print(BRACKETS)
    if any(each.is_of_inference and each.change == DASH for each in shown):
        to.print(OF_TWO_PROCESSES)


def _print_sections(sections: Mapping[str, Sequence[Row]], to: Console) -> None:
    """Print the rows of all sections in one table, each below its title."""
    columns = wrapped(_columns([row for found in sections.values() for row in found]), to.width)
    to.print()
    print_table([replace(column, cells=[]) for column in columns], to)
    begin = 0
    for title, found in sections.items():
        to.print(title, style="bold")
        part = slice(begin, begin + len(found))
        print_table([replace(column, heading="", cells=column.cells[part]) for column in columns], to)
        begin += len(found)


def _what_came_out(one: Side, other: Side) -> str:
    """Return the heading of the numbers, with how energies are known where that is the same for both."""
    kinds = dict.fromkeys(energy_kind(side.row) for side in (one, other))
    return "what came out" if len(kinds) > 1 else f"what came out; energies: {', '.join(kinds)}"


def _state(rec: Record) -> str:
    return f"{rec.status.replace('_', ' ')}: {rec.error}"


def _sides(names: Sequence[str], results: Path) -> list[Side]:
    with ExitStack() as stack:
        folders = [_folder(name) for name in names]
        if not all(folders) and not results.exists():
            raise FrugalNetError(
                f"--results {results}: no such folder or file; expected the results with {' and '.join(names)}"
            )
        files = {} if all(folders) else stack.enter_context(lookup.opened(results))
        return [
            _side(folder / paths.RECORD if folder else files[lookup.find(name, files, results)])
            for name, folder in zip(names, folders, strict=True)
        ]


def _folder(name: str) -> Path | None:
    """Return the folder of raw files that a name is the path of; None for the name of a run."""
    path = Path(name)
    folder = path.parent if path.name == paths.RECORD else path
    return folder if (folder / paths.RECORD).is_file() else None


def _side(path: Path) -> Side:
    rec = lookup.read(path)
    epochs = path.with_name(paths.EPOCHS)
    number = len(rows.read_csv(epochs, rows.Epoch)["epoch"]) if epochs.exists() else None
    return Side(
        f"{rec.run.study}/{rec.run.id}",
        rec,
        run_row(rec, ()) | {"epochs": number, "reference": rec.reference.id if rec.reference else None},
    )


def _parameters(rec: Record) -> Values:
    """Return all that decides what a run does, by the keys of the configuration, but for what its name says."""
    done = rec.done
    own = {name: value for name, value in factors(done).items() if name != "family" and not _is_told(name)}
    cells = {
        name: (NONE if name.startswith("recipe.") else DASH) if _is_empty(cell) else cell for name, cell in own.items()
    }
    names = {"network": done.network_label, "parent": done.parent, "reference": done.reference, "teacher": done.teacher}
    instead = told(done.resolved, done.because)
    nas = flat({"nas": done.nas.model_dump(mode="json")}) if done.nas else {}
    measure = flat({"measure": done.measure.model_dump(mode="json")})
    return _as_text(names | cells | nas | measure | {"not as asked for": instead})


def _is_told(factor: str) -> bool:
    """Tell whether the level of a factor stands in a key of the recipe too."""
    own = factor.removeprefix(LEVEL)
    return factor.startswith(LEVEL) and (own == "network" or any(name.rpartition(".")[2] == own for name in FIELDS))


def _is_empty(cell: Any) -> bool:
    return cell is None or cell is pd.NA


def _as_text(values: Mapping[str, Any]) -> Values:
    return {name: CHECKSUM.sub(r"\1...", _text(value)) for name, value in values.items()}


def _text(value: Any) -> str:
    if _is_empty(value):
        return DASH
    return str(value).lower() if isinstance(value, bool) else f"{value:g}" if isinstance(value, float) else str(value)


def _parts(one: Record, other: Record) -> Iterator[tuple[str, Values, Values]]:
    """Yield what two runs were made with: a part's name, and its items in both."""
    yield "parameters", _parameters(one), _parameters(other)
    for part, of in PARTS.items():
        first, second = (_as_text(of(each)) for each in (one, other))
        if part == "code":
            versions = [_versions(each) for each in (one, other)]
            first, second = first | versions[0], second | versions[1]
            alike = first.keys() & second.keys()  # a method of one run alone has no version in the other
            first, second = ({name: each[name] for name in each if name in alike} for each in (first, second))
        if part == "data" and one.run.dataset != other.run.dataset:
            first, second = ({"dataset": each.run.dataset, "level": str(each.data["level"])} for each in (one, other))
        yield part, first, second


def _versions(rec: Record) -> Values:
    packages = [f"version of {name}" for name in rec.software["packages"]]
    return {name: str(version) for name, version in traits(rec).versions.items() if name not in (*packages, "commit")}


def _differences(one: Record, other: Record) -> tuple[dict[str, list[Row]], list[str]]:
    """Return the rows of what differs by part, and what is the same."""
    found: dict[str, list[Row]] = {}
    same: list[str] = []
    for part, first, second in _parts(one, other):
        names = list(dict.fromkeys([*first, *second]))
        pairs = [(name, first.get(name, DASH), second.get(name, DASH)) for name in names]
        differing = [(f"  {name}", a, b, "") for name, a, b in pairs if a != b]
        equal = len(names) - len(differing)
        if differing:
            found[part] = differing
        if equal:
            same.append(f"{equal} of {len(names)} {WORDS.get(part, part)}" if differing else part)
    return found, same


def _same(parts: Sequence[str], found: Sequence[Outcome]) -> str:
    hidden = [each.name.partition(",")[0] for each in found if each.may_be_hidden]
    came_out = [f"of what came out {', '.join(hidden)}"] if hidden else []
    return "; ".join([*parts, *came_out])


def _columns(found: Sequence[Row]) -> list[Column]:
    names, first, second, change = (list(cells) for cells in zip(*found, strict=True))
    return [
        Column("", names, right=False),
        Column("A", first, right=False),
        Column("B", second, right=False),
        Column(AGAINST, change, right=False),
    ]
