"""What a study's notebook shows: a summary, tables and figures, all made from the study's interim and processed tables."""

# mypy: disable-error-code="no-untyped-call"
# (IPython.display has no types)

from html import escape
from pathlib import Path

import pandas as pd
from IPython.display import HTML, Image, Markdown, display

from frugalnet import catalogue, figures
from frugalnet.analysis import tables
from frugalnet.drawing.layout import provenance
from frugalnet.page import cells, compared, readable, summary, tested
from frugalnet.record import paths
from frugalnet.record.paths import METER_PROBE
from frugalnet.record.probe import read_probe

FOLDED_ROWS = 30
"""Rows from which on a table is folded."""


class Page:
    """The page of one study; `results` is its folder `results/<name>/<study>`, in which the page lies."""

    def __init__(self, results: str) -> None:
        folder = self._folder = Path(results)
        self._name, self._study = folder.parts[-2:]
        self._files = paths.tables(folder)
        self._tables = tables.read(self._files.values())
        self._probe = read_probe(folder.parent / METER_PROBE)
        self._drawn = 0

    def title(self) -> None:
        """Show the title."""
        display(Markdown(f"# {catalogue.STUDIES[self._study].title}"))

    def summary(self) -> None:
        """Show what is wrong with the raw files, what was found, and what cannot be said."""
        made, problems = summary.made_data(self._tables["runs"]), self._tables["problems"]["text"].tolist()
        if made:
            self._warn(escape(made), [])
        if problems:
            self._warn(f"Raw files that do not fit ({_link('interim/problems.csv')}):", problems)
        findings = catalogue.resolve(catalogue.STUDIES[self._study].findings)(self._tables)
        runs = self._tables["runs"]
        self._bullets([summary.taken(runs), summary.ledger(runs), *findings.pop("", [])])
        for heading, sentences in findings.items():
            self._heading("found", heading)
            self._bullets(sentences)
        self._heading("found", "What cannot be said")
        self._bullets(summary.unknown(self._tables))

    def about(self) -> None:
        """Show what was run, on which data, and where the energies come from."""
        self._bullets([f"Results `{self._name}`, study `{self._study}`.", *readable.about(self._tables["runs"])])

    def comparison(self) -> None:
        """Show four tables per dataset: quality and energy, sizes, operations and time, memory."""
        comparison = self._tables["comparison"]
        for dataset in comparison["dataset"].unique():
            rows = comparison[comparison["dataset"] == dataset]
            self._heading("compared", catalogue.DATASETS[dataset].title)
            energy = provenance(rows, energy=True) + compared.gain_note(rows) + compared.carbon_note(rows)
            work = provenance(rows, "times", energy=True) + compared.flagged_note(rows)
            self._table(compared.quality_and_energy(rows), "comparison", f"Quality and energy · {energy}")
            self._table(compared.sizes(rows), "comparison", f"Sizes · {provenance(rows, 'sizes')}")
            self._table(compared.operations(rows), "comparison", f"Operations and time · {work}")
            self._table(compared.memory(rows), "comparison", f"Memory · {provenance(rows, 'memory')}")

    def statistics(self) -> None:
        """Show two tables per dataset: tests of quality against the reference, costs against the baseline."""
        statistics = self._tables["statistics"]
        for heading, own in summary.alike(statistics):
            self._heading("tested", heading)
            rows = tested.against_reference(own)
            if rows["difference_low"].notna().any():
                note = f"{tested.quality_note(rows)} · {provenance(rows)}"
                self._table(tested.quality(rows), "statistics", f"Quality · {note}")
                self._bullets(tested.explained(rows))
            self._bullets(tested.remarks(rows))
            rows = tested.against_baseline(own)
            if len(rows):
                note = f"multiples of the baseline's, of compacted models · {provenance(rows, None, energy=True)}"
                self._table(tested.costs(rows), "statistics", f"Costs · {note}")

    def show(self, figure: str) -> None:
        """Show a figure that was drawn, with its caption and links to its files below."""
        self._drawn += 1
        drawn = paths.figure(self._folder, figure)
        name = f"Figure {self._drawn}: {figure.replace('_', ' ')}; its caption follows"
        display(Image(drawn.read_bytes(), width=figures.PAGE_WIDTH_PX, alt=name))
        links = " · ".join(f"[{kind}](figures/{figure}.{kind})" for kind in ("svg", "png"))
        display(Markdown(f"**Figure {self._drawn}.** {figures.caption(figure)} ({links})"))

    def trials(self) -> None:
        """Show the trials of the searches."""
        trials = self._tables["trials"]
        if len(trials):
            self._table(readable.trials(trials), "trials", f"Trials · {provenance(trials, energy=True)}")

    def claims(self) -> None:
        """Show what others reported beside what was measured."""
        claims = self._tables["claims"]
        if len(claims):
            self._table(tested.claims(claims), "claims", "95 % intervals over seeds in brackets")
            self._bullets(tested.sources(claims))

    def meters(self) -> None:
        """Show what the meters can tell, and which differences they resolve."""
        if self._probe is None:
            self._bullets([f"What the meters can tell is not known: `{METER_PROBE}` is not there."])
            return
        self._bullets(readable.meters(self._probe))
        differences = readable.smallest_differences(self._probe)
        if len(differences):
            note = "smallest difference in energy between two runs that the meter resolves (95 %)"
            self._table(differences, "probe", note)

    def machines(self) -> None:
        """Show which machines and which code the runs were made with."""
        self._table(readable.machines(self._tables["runs"]), "runs")

    def files(self) -> None:
        """Show links to all tables, and to what describes them."""
        lines = [f"[{path}]({path}): {self._tables.rows(name):,} rows" for name, path in self._paths()]
        dictionary = f"{paths.PROCESSED}/{paths.DICTIONARY}.csv"
        self._bullets([*lines, f"[{dictionary}]({dictionary}): unit and meaning of every column of every table"])

    def _paths(self) -> list[tuple[str, str]]:
        """Return the names of all tables, and where they stand for people, from the page."""
        return [
            (name, file.relative_to(self._folder).with_suffix(".csv").as_posix()) for name, file in self._files.items()
        ]

    def _heading(self, part: str, text: str) -> None:
        """Show a heading of the third level, whose name is its own although other parts have headings alike."""
        name = "-".join([part, *"".join(sign if sign.isalnum() else " " for sign in text.lower()).split()])
        display(HTML(f'<h3 id="{name}">{escape(text)}</h3>'))

    def _warn(self, heading: str, lines: list[str]) -> None:
        """Show a warning that is not overlooked; `heading` is HTML."""
        items = "".join(f"<li>{escape(line)}</li>" for line in lines)
        inside = f"<ul>{items}</ul>" if lines else ""
        display(HTML(f'<div class="warning" role="note"><p>{heading}</p>{inside}</div>'))

    def _bullets(self, lines: list[str]) -> None:
        if lines:
            display(Markdown("\n".join(f"- {line}" for line in lines)))

    def _table(self, rows: pd.DataFrame, table: str, note: str = "") -> None:
        """Show a table, with a link to the file of the table that it is a part of; a long one folded."""
        link = _link(dict(self._paths())[table])
        html = cells.as_html(rows, f"{escape(note)} · {link}" if note else link)
        if len(rows) >= FOLDED_ROWS:
            html = f"<details><summary>All {len(rows)} rows</summary>{html}</details>"
        display(HTML(html))


def _link(path: str) -> str:
    return f'<a href="{path}">{Path(path).name}</a>'
