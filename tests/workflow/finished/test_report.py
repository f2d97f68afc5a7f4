"""The report of Snakemake: the same figures by category, with their captions, and the page."""

import json

import pytest

from frugalnet import catalogue, figures

FIGURES = catalogue.STUDIES["compression"].figures
RESULTS = "results/tiny/compression"


@pytest.fixture(scope="module")
def report(finished):
    """Return the text of the report of a finished study."""
    workspace = finished[0]
    status, output = workspace.snakemake("--report", "report.html")
    assert status == 0, output
    path = workspace.folder / "report.html"
    text = path.read_text()
    path.unlink()
    return text


def told(report, name):
    """Return a variable of the report's script."""
    start = f"var {name} = "
    _, _, rest = report.partition(f'{start}{{"')
    return json.JSONDecoder().raw_decode(f'{{"{rest}')[0]


def test_report_has_every_figure_by_its_topic(report):
    categories = told(report, "categories")
    for figure in FIGURES:
        files = [file for group in categories[figures.topic(figure)].values() for file in group]
        assert f"{RESULTS}/figures/{figure}.svg" in files
    assert categories["The whole page"] == {"Other": [f"{RESULTS}/analysis.html"]}


def test_report_has_the_captions_and_labels_of_the_figures(report):
    results = told(report, "results")
    for figure in FIGURES:
        entry = results[f"{RESULTS}/figures/{figure}.svg"]
        first = figures.caption(figure).partition(".")[0].split("*")[0].replace("'", "")
        assert first[:30] in entry["caption"].replace("&#x27;", "").replace("'", "")
        assert entry["labels"] == {"study": "compression", "result": figure.replace("_", " ")}
