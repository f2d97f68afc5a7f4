"""What a study's notebook shows: text, tables and figures, all made from the study's interim and processed tables."""

# mypy: disable-error-code="no-untyped-call"
# (IPython.display has no types)

from io import BytesIO
from pathlib import Path

import pandas as pd
from IPython.display import HTML, Image, Markdown, display

from frugalnet import catalogue, figures
from frugalnet.figures import compared, readable
from frugalnet.figures.layout import provenance
from frugalnet.meter_probe import METER_PROBE, read_probe

TABLES = (
    *(f"interim/{name}" for name in ("runs", "windows", "epochs", "trials", "timelines")),
    *(f"processed/{name}" for name in ("comparison", "pareto", "break_even")),
)


class Page:
    """The page of one study; `results` is its folder `results/<name>/<study>`."""

    def __init__(self, results: str) -> None:
        folder = Path(results)
        self._name, self._study = folder.parts[-2:]
        self._tables = {Path(table).name: pd.read_parquet(folder / f"{table}.parquet") for table in TABLES}
        self._probe = read_probe(folder.parent / METER_PROBE)
        self._drawn = 0

    def title(self) -> None:
        """Show the title."""
        display(Markdown(f"# {catalogue.STUDIES[self._study].title}"))

    def about(self) -> None:
        """Show what was run, on which data, and where the energies come from."""
        self._bullets([f"Results `{self._name}`, study `{self._study}`.", *readable.about(self._tables["runs"])])

    def comparison(self) -> None:
        """Show four tables per dataset: quality and energy, sizes, operations and time, memory."""
        comparison = self._tables["comparison"]
        for dataset in comparison["dataset"].unique():
            rows = comparison[comparison["dataset"] == dataset]
            display(Markdown(f"### {catalogue.DATASETS[dataset].title}"))
            energy = provenance(rows, energy=True) + compared.carbon_note(rows)
            self._table(compared.quality_and_energy(rows), energy)
            self._table(compared.sizes(rows), provenance(rows, "sizes"))
            work = provenance(rows, "times", energy=True) + compared.flagged_note(rows)
            self._table(compared.operations(rows), work)
            self._table(compared.memory(rows), provenance(rows, "memory"))

    def show(self, figure: str) -> None:
        """Draw a figure, with its caption below."""
        self._drawn += 1
        file = BytesIO()
        figures.write(figures.draw(figure, self._tables), file, "png")
        caption = figures.caption(figure)
        display(Image(file.getvalue(), width=figures.PAGE_WIDTH_PX, alt=caption))
        display(Markdown(f"**Figure {self._drawn}.** {caption}"))

    def trials(self) -> None:
        """Show the trials of the searches."""
        trials = self._tables["trials"]
        if len(trials):
            self._table(readable.trials(trials), provenance(trials, energy=True))

    def meters(self) -> None:
        """Show what the meters can tell, and which differences they resolve."""
        assert self._probe, "the notebook's rule makes the probe first"
        self._bullets(readable.meters(self._probe))
        differences = readable.smallest_differences(self._probe)
        if len(differences):
            self._table(differences, "smallest difference in energy between two runs that the meter resolves (95 %)")

    def machines(self) -> None:
        """Show which machines and which code the runs were made with."""
        self._table(readable.machines(self._tables["runs"]))

    def limits(self) -> None:
        """Show what these results cannot tell."""
        self._bullets(readable.limits(self._tables["runs"]))

    def _bullets(self, lines: list[str]) -> None:
        display(Markdown("\n".join(f"- {line}" for line in lines)))

    def _table(self, table: pd.DataFrame, note: str = "") -> None:
        html = table.to_html(index=False, border=0, classes="table", justify="unset")
        display(HTML(html.replace("</thead>", f"</thead><caption>{note}</caption>", 1) if note else html))
