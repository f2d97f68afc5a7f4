"""The card of the best configuration and the chart of curves in a real browser: names hide lines, and axe finds no fault."""

from pathlib import Path

import nbformat
import pytest
from nbformat.v4 import new_code_cell, new_markdown_cell, new_notebook, new_output

from frugalnet.page import best, blocks, charts, configured, notebook
from frugalnet.page.blocks import scrolling
from frugalnet.page.cells import as_html
from tests.browsers import needs_browser
from tests.unit.made_sweep_tables import made_configurations, made_epochs, made_runs

playwright = pytest.importorskip("playwright.sync_api", reason="playwright is not installed")
axe = pytest.importorskip("axe_playwright_python.sync_playwright", reason="axe-playwright-python is not installed")

pytestmark = [pytest.mark.browser, pytest.mark.long, needs_browser]
TEMPLATE = Path(__file__).parents[2] / "workflow" / "notebooks" / "page.html"
NARROW, WIDE = {"width": 390, "height": 800}, {"width": 1280, "height": 1000}
SERIES = "place => echarts.getInstanceByDom(place).getOption().series.map(each => each.name)"
HIDDEN = (
    "place => Object.values(echarts.getInstanceByDom(place).getOption().legend[0].selected).filter(on => !on).length"
)


@pytest.fixture(scope="module")
def address(tmp_path_factory):
    """Return the address of a page with the card, the table of configurations, and the chart of curves."""
    folder = tmp_path_factory.mktemp("sweep")
    configurations = made_configurations(seeds=2)
    tables = {"configurations": configurations, "runs": made_runs(configurations, 2)}
    tables["epochs"] = made_epochs(configurations, 8, 2)
    table = scrolling(as_html(configured.configurations(configurations), "Configurations"), "Configurations")
    card = blocks.heading("best", "CIFAR-100") + best.card(configurations, tables["runs"], "sweep", "quick")
    shown = [
        new_code_cell("", outputs=[new_output("display_data", {"text/html": html})])
        for html in (card, table, charts.chart("curves", tables))
    ]
    heading = [new_markdown_cell("# A sweep\n\n## The best configuration")]
    nbformat.write(new_notebook(cells=[*heading, *shown]), folder / "page.ipynb")
    notebook.render(folder / "page.ipynb", TEMPLATE, folder / "page.html")
    return (folder / "page.html").as_uri()


@pytest.fixture
def opened(windows, address):
    """Return a function that opens the page in a new window, its chart and its table drawn."""

    def open_page(viewport=WIDE, **settings):
        page = windows(address, viewport=viewport, **settings)
        page.locator(".explore").scroll_into_view_if_needed()
        page.locator(".chart svg").wait_for()
        page.locator(".dt-container table").wait_for()
        return page

    return open_page


@pytest.mark.parametrize("viewport", [NARROW, WIDE], ids=["narrow", "wide"])
@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_page_fits_the_screen_and_axe_finds_no_fault(opened, viewport, scheme):
    page = opened(viewport, color_scheme=scheme)
    assert page.evaluate("document.documentElement.scrollWidth") <= viewport["width"]
    found = axe.Axe().run(page)
    assert [(fault["id"], fault["nodes"][0]["html"]) for fault in found.response["violations"]] == []


def test_click_on_a_name_hides_the_curve_of_its_configuration(opened):
    page = opened()
    chart = page.locator(".chart")
    assert chart.evaluate(SERIES)[:2] == ["pretrained (best)", "strong"]
    assert chart.evaluate(HIDDEN) == 0
    page.locator(".chart svg text", has_text="strong").click()
    assert chart.evaluate(HIDDEN) == 1


def test_other_curves_are_drawn_when_they_are_chosen(opened):
    page = opened()
    page.get_by_label("Show").select_option("learning rate by epoch")
    kind = "place => echarts.getInstanceByDom(place).getOption().yAxis[0].type"
    assert page.locator(".chart").evaluate(kind) == "log"


def test_row_of_the_configuration_is_found_from_the_chart(opened):
    page = opened()
    page.evaluate("location.hash = 'configurations-3'")
    page.wait_for_function("document.activeElement.id === 'configurations-3'")
