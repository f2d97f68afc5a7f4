"""What a study's notebook shows: a summary, figures and tables, all made from the study's interim and processed tables."""

# mypy: disable-error-code="no-untyped-call"
# (IPython.display has no types)

import io
from collections.abc import Callable, Mapping
from html import escape
from pathlib import Path

import pandas as pd
from IPython.display import HTML, Markdown, display

from frugalnet import catalogue, figures
from frugalnet.analysis import tables
from frugalnet.analysis.statistics.wording import counted
from frugalnet.config.run import DEFAULT
from frugalnet.drawing.estimate_panels import common_remarks
from frugalnet.drawing.layout import provenance
from frugalnet.drawing.quantities import origin
from frugalnet.page import best, blocks, cells, charts, compared, configured, readable, summary, swept, tested
from frugalnet.page.charts.sweep import sweep
from frugalnet.record import paths
from frugalnet.record.paths import METER_PROBE
from frugalnet.record.probe import read_probe

PICTURE = "gain_for_energy"
"""Figure that stands beside the findings of each dataset, in a study that has it."""
SHOWN = 5
"""Sentences that stand beside the picture; further ones are folded."""
FOLDED_ROWS = 30
"""Rows from which on a table is folded."""


class Page:
    """The page of one study; `results` is its folder `results/<name>/<study>`, in which the page lies."""

    def __init__(self, results: str) -> None:
        folder = self._folder = Path(results).resolve()
        self._name, self._study = folder.parts[-2:]
        self._files = paths.tables(folder)
        self._tables = tables.read(self._files.values())
        self._probe = read_probe(folder.parent / METER_PROBE)
        self._drawn = 0

    def title(self) -> None:
        """Show the title, data and machine in one line, and what is wrong with the data or the raw files."""
        runs, problems = self._tables.whole("runs"), self._tables["problems"]
        left_out = problems["problem"] == "without_model"
        display(Markdown(f"# {catalogue.STUDIES[self._study].title}"))
        _show(f'<p class="about">{escape(summary.line(runs))}</p>')
        made = summary.made_data(runs)
        if made:
            _show(blocks.warning(escape(made)))
        for what, texts in {
            "Raw files that do not fit": problems["text"][~left_out].tolist(),
            summary.without_model(runs): problems["text"][left_out].tolist(),
        }.items():
            if texts:
                _show(blocks.warning(f"{what} ({_link('interim/problems.csv')})", texts))

    def summary(self) -> None:
        """Show what was found: per dataset a picture beside at most five sentences, and further ones folded."""
        findings = catalogue.resolve(catalogue.STUDIES[self._study].findings)(self._tables)
        self._bullets(findings.pop("", []))
        rows = dict(summary.alike(self._tables["comparison"]))
        for heading, sentences in findings.items():
            told = blocks.bullets(sentences[:SHOWN])
            if sentences[SHOWN:]:
                told += blocks.fold(f"More on {heading}", blocks.bullets(sentences[SHOWN:]))
            known = heading in rows and PICTURE in catalogue.STUDIES[self._study].figures
            picture = self._picture(heading, rows[heading].iloc[0]) if known else ""
            _show(
                f'{blocks.heading("found", heading)}<div class="finding">{picture}<div class="told">{told}</div></div>'
            )

    def limits(self) -> None:
        """Show what cannot be said."""
        self._bullets(summary.unknown(self._tables))

    def about(self) -> None:
        """Show what was run, on which data, what it took, and where the energies come from."""
        runs = self._tables.whole("runs")
        first = [f"Results `{self._name}`, study `{self._study}`.", summary.taken(runs), summary.ledger(runs)]
        self._bullets([*first, *readable.about(runs)])

    def comparison(self) -> None:
        """Show four tables per dataset, folded: quality and energy, sizes, operations and time, memory."""
        comparison = self._tables["comparison"]
        for dataset in comparison["dataset"].unique():
            rows, name = comparison[comparison["dataset"] == dataset], catalogue.DATASETS[dataset].title
            parts = compared.tables(rows).items()
            html = [self._table(part, "comparison", what, name, note) for what, (part, note) in parts]
            self._folded("compared", name, html, "Four tables: quality and energy, sizes, operations and time, memory")

    def statistics(self) -> None:
        """Show two tables per dataset, folded: tests of quality against the reference, costs against the baseline."""
        for heading, own in summary.alike(self._tables["statistics"]):
            rows, costs, html = tested.qualities(own), tested.against_baseline(own), []
            remarks = tested.remarks(rows)
            if rows["difference_low"].notna().any():
                note = f"{tested.quality_note(rows)} · {provenance(rows)}"
                html.append(self._table(tested.quality(rows), "statistics", "Quality", heading, note))
                remarks.insert(0, tested.explained(rows))
            html += [blocks.bullets(remarks)] if remarks else []
            if len(costs):
                note = f"multiples of {_of_what(costs)}, of compacted models · {provenance(costs, None, energy=True)}"
                html.append(self._table(tested.costs(costs), "statistics", "Costs", heading, note))
            self._folded("tested", heading, html, "Tests of quality, and costs as multiples")

    def show(self, figure: str) -> None:
        """Show a figure that was drawn, with its caption and links to its files below."""
        number, png = self._number(), paths.figure(self._folder, figure).read_bytes()
        alt = f"Figure {number}: {figure.replace('_', ' ')}; its caption follows"
        caption = blocks.markdown(f"**Figure {number}.** {figures.caption(figure)} ({_files(figure)})")
        _show(blocks.picture(png, alt, caption, f"figures/{figure}.svg", figures.PAGE_WIDTH_PX))

    def explore(self, chart: str) -> None:
        """Show an interactive chart of the same tables as the print figure above it."""
        if html := charts.chart(chart, self._tables):
            _show(html)

    def sweep(self) -> None:
        """Show the runs of a sweep in parallel coordinates, each chart with the table of runs that its brushed axes filter."""
        own = {"configurations": self._tables["configurations"]} if "configurations" in self._tables else {}
        for found in sweep({"all_runs": self._tables.whole("runs")} | own):
            html = self._table(found.table, "runs", "Runs", found.chart.heading, found.chart.note)
            _show(f'<div class="sweep">{found.chart.as_html()}{html}</div>')

    def effects(self) -> None:
        """Show what each level changes, folded."""
        note = "differences in quality, ratios of costs; 95 % intervals in brackets; * p < 0.05 after Holm's correction"
        self._compared("effects", swept.effects, "What each level changes, in numbers", note)

    def ranking(self) -> None:
        """Show the combinations in the order of their scores, folded."""
        note = "means over runs; 95 % intervals in brackets; ranks are those of all combinations together"
        self._compared("ranking", swept.ranking, "All combinations in order", note)

    def fixed(self) -> None:
        """Show what equal costs buy and what equal qualities cost, folded."""
        note = (
            "best validation quality so far, between epochs linearly interpolated; means over the seeds that reached it"
        )
        self._compared("fixed", swept.fixed, "Every combination at equal cost and at equal quality", note)

    def best(self) -> None:
        """Show the card of the best configuration, and how to get it."""
        for heading, rows in summary.alike(self._tables["configurations"]):
            if html := best.card(rows, self._tables["runs"], self._study, self._name):
                _show(blocks.heading("best", heading) + html)

    def configurations(self) -> None:
        """Show all configurations by rank."""
        note = "means over runs; 95 % intervals in brackets; ranked on validation data"
        self._compared("configurations", configured.configurations, "All configurations by rank", note, folded=False)

    def sensitivity(self) -> None:
        """Show what each level of each axis changes in each network, folded."""
        note = "differences, or ratios (\N{MULTIPLICATION SIGN}); 95 % intervals in brackets; * p < 0.05 after Holm's correction"
        self._compared("sensitivity", configured.sensitivity, "What each level changes, in numbers", note)

    def efficiency(self) -> None:
        """Show memory, time and energy with and without each technique."""
        note = "means over all runs with and without; 95 % intervals in brackets; * p < 0.05 after Holm's correction"
        self._compared("efficiency", configured.efficiency, "With and without each technique", note, folded=False)
        self._bullets(list(dict.fromkeys(f"{told}." for told in common_remarks(self._tables["efficiency"]))))

    def _compared(
        self,
        name: str,
        readable_rows: Callable[[pd.DataFrame], pd.DataFrame],
        what: str,
        note: str,
        folded: bool = True,
    ) -> None:
        """Show a table, folded or not, once for all rows that may be compared."""
        for heading, rows in summary.alike(self._tables[name]):
            told = f"{note} · {origin(rows, counted(len(rows), 'row'))}"
            html = self._table(readable_rows(rows), name, name.capitalize(), heading, told)
            _show(blocks.fold(f"{what} ({heading})", html) if folded else html)

    def trials(self) -> None:
        """Show the trials of the searches."""
        trials = self._tables["trials"]
        if len(trials):
            html = self._table(readable.trials(trials), "trials", "Trials", "", provenance(trials, energy=True))
            _show(blocks.fold(f"All {len(trials)} trials", html) if len(trials) >= FOLDED_ROWS else html)

    def claims(self) -> None:
        """Show what others reported beside what was measured."""
        claims = self._tables["claims"]
        if len(claims):
            table = self._table(tested.claims(claims), "claims", "Claims", "", "95 % intervals over seeds in brackets")
            _show(blocks.fold("Reported, measured, and the verdict", table + blocks.bullets(tested.sources(claims))))

    def meters(self) -> None:
        """Show what the meters can tell, and which differences they resolve."""
        if self._probe is None:
            self._bullets([f"What the meters can tell is not known: `{METER_PROBE}` is not there."])
            return
        self._bullets(readable.meters(self._probe))
        differences = readable.smallest_differences(self._probe)
        if len(differences):
            note = "smallest difference in energy between two runs that the meter resolves (95 %)"
            _show(self._table(differences, "probe", "Meters", "", note))

    def machines(self) -> None:
        """Show which machines and which code the runs were made with."""
        _show(self._table(readable.machines(self._tables.whole("runs")), "runs", "Machines and code"))

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

    def _number(self) -> int:
        self._drawn += 1
        return self._drawn

    def _picture(self, heading: str, row: pd.Series) -> str:
        """Return the picture of what may be compared with a row, drawn for one column of print."""
        own: Mapping[str, pd.DataFrame] = {
            name: summary.like(self._tables[name], row) for name in figures.needed(PICTURE)
        }
        image, number = io.BytesIO(), self._number()
        figures.write(figures.draw(PICTURE, own, column=True), image, "png")
        name = PICTURE.replace("_", " ")
        caption = blocks.markdown(f"{figures.caption(PICTURE)} ({_files(PICTURE)})")
        alt = f"Figure {number}: {name}, {heading}; the sentences beside it say what was found"
        folded = blocks.fold(f"Figure {number}: how to read it", caption)
        return blocks.picture(image.getvalue(), alt, folded, f"figures/{PICTURE}.svg")

    def _folded(self, part: str, name: str, html: list[str], what: str) -> None:
        """Show a heading, and what belongs to it folded."""
        _show(blocks.heading(part, name) + (blocks.fold(f"{what} ({name})", "\n".join(html)) if html else ""))

    def _bullets(self, lines: list[str]) -> None:
        if lines:
            _show(blocks.bullets(lines))

    def _table(self, rows: pd.DataFrame, table: str, what: str, of: str = "", note: str = "") -> str:
        """Return a table in a frame that scrolls, with a link to the file of the table that it is a part of.

        `what` stands in it, and `of` is the heading that it stands below.
        """
        link = _link(dict(self._paths())[table])
        html = cells.as_html(rows, " · ".join(filter(None, [escape(what), escape(note), link])))
        return blocks.scrolling(html, f"{what}, {of}" if of else what)


def _of_what(costs: pd.DataFrame) -> str:
    """Return whose costs others are multiples of."""
    return "the baseline's" if costs["against_variant"].eq(DEFAULT).all() else "those of what each is compared with"


def _show(html: str) -> None:
    display(HTML(html))


def _files(figure: str) -> str:
    return " · ".join(f"[{kind}](figures/{figure}.{kind})" for kind in ("svg", "png"))


def _link(path: str) -> str:
    return f'<a href="{path}">{Path(path).name}</a>'
