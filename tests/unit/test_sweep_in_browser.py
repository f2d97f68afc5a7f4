"""The parallel coordinates of a sweep in a real browser: brushed axes filter the table below them."""

from pathlib import Path

import nbformat
import pytest
from nbformat.v4 import new_code_cell, new_notebook, new_output

from frugalnet.page import notebook
from frugalnet.page.blocks import scrolling
from frugalnet.page.cells import as_html
from frugalnet.page.charts.sweep import sweep
from tests.browsers import needs_browser
from tests.unit.made_sweep import made_sweep

playwright = pytest.importorskip("playwright.sync_api", reason="playwright is not installed")
axe = pytest.importorskip("axe_playwright_python.sync_playwright", reason="axe-playwright-python is not installed")

pytestmark = [pytest.mark.browser, pytest.mark.long, needs_browser]
TEMPLATE = Path(__file__).parents[2] / "workflow" / "notebooks" / "page.html"
RUNS = made_sweep(30)
NARROW = {"width": 390, "height": 800}
WIDE = {"width": 1280, "height": 1000}
BESIDE_PX, AROUND_PX = 8, 14
"""How far an axis is left of its labels, and how far around a label is brushed."""


@pytest.fixture(scope="module")
def address(tmp_path_factory):
    """Return the address of a page with a sweep alone."""
    folder = tmp_path_factory.mktemp("sweep")
    (found,) = sweep({"all_runs": RUNS})
    html = f'<div class="sweep">{found.chart.as_html()}{scrolling(as_html(found.table, "Runs"), "Runs")}</div>'
    shown = new_code_cell("", outputs=[new_output("display_data", {"text/html": html})])
    nbformat.write(new_notebook(cells=[shown]), folder / "sweep.ipynb")
    notebook.render(folder / "sweep.ipynb", TEMPLATE, folder / "sweep.html")
    return (folder / "sweep.html").as_uri()


@pytest.fixture
def opened(windows, address):
    """Return a function that opens the page in a new window, its chart and its table drawn."""

    def open_page(viewport=WIDE, **settings):
        page = windows(address, viewport=viewport, **settings)
        page.locator(".chart svg").wait_for()
        page.locator(".dt-container table").wait_for()
        return page

    return open_page


def brush(page, label):
    """Brush with the mouse around the first label of this text, on the axis beside it."""
    box = page.locator(".chart svg text", has_text=label).first.bounding_box()
    x, y = box["x"] - BESIDE_PX, box["y"] + box["height"] / 2
    page.mouse.move(x, y - AROUND_PX)
    page.mouse.down()
    page.mouse.move(x, y, steps=4)
    page.mouse.move(x, y + AROUND_PX, steps=4)
    page.mouse.up()


def variants(runs):
    return runs["variant"].tolist()


def expect_shown(page, runs, told=""):
    """Wait until the table has the rows of these runs alone, and the count above it says so."""
    playwright.expect(page.locator(".count")).to_have_text(f"{len(runs)} of {len(RUNS)} runs shown{told}")
    playwright.expect(page.locator("tbody tr[id] td:first-child")).to_have_text(variants(runs))


def test_table_has_all_runs_until_an_axis_is_brushed(opened):
    expect_shown(opened(), RUNS)


def test_brushed_axes_leave_the_runs_inside_all_intervals_and_the_button_brings_all_back(opened):
    page, cosine = opened(), RUNS[RUNS["factor.schedule"] == "cosine"]
    brush(page, "cosine")
    expect_shown(page, cosine, " · schedule: cosine")
    brush(page, "adamw")
    both = cosine[cosine["factor.optimizer"] == "adamw"]
    assert 0 < len(both) < len(cosine) < len(RUNS)
    expect_shown(page, both, " · schedule: cosine · optimizer: adamw")
    page.get_by_role("button", name="Show all runs").focus()
    page.keyboard.press("Enter")
    expect_shown(page, RUNS)


def test_click_on_a_brushed_axis_ends_its_interval(opened):
    page = opened()
    brush(page, "cosine")
    expect_shown(page, RUNS[RUNS["factor.schedule"] == "cosine"], " · schedule: cosine")
    label = page.locator(".chart svg text", has_text="polynomial").bounding_box()
    page.mouse.click(label["x"] - BESIDE_PX, label["y"] + 5)
    expect_shown(page, RUNS)


def test_runs_without_a_quality_are_found_where_it_is_not_known(opened):
    page, lacking = opened(), RUNS[RUNS["test_quality"].isna()]
    brush(page, "not known")
    playwright.expect(page.locator("tbody tr[id] td:first-child")).to_have_text(variants(lacking))
    assert set(lacking["status"]) == {"diverged", "out_of_memory"}
    assert page.locator("tbody tr[id] td:nth-child(3)").all_inner_texts() == [
        status.replace("_", " ") for status in lacking["status"]
    ]


def test_search_works_among_the_brushed_runs(opened):
    page = opened()
    brush(page, "cosine")
    page.get_by_label("Search").fill("only-")
    rows = page.locator("tbody tr[id] td:first-child")
    playwright.expect(rows).to_have_text(["only-schedule"])


def test_brushes_stay_when_the_scheme_changes(opened):
    page, cosine = opened(), RUNS[RUNS["factor.schedule"] == "cosine"]
    brush(page, "cosine")
    expect_shown(page, cosine, " · schedule: cosine")
    page.emulate_media(color_scheme="dark")
    intervals = (
        "place => echarts.getInstanceByDom(place).getModel().getComponent('parallelAxis', 6).activeIntervals.length"
    )
    assert page.locator(".chart").evaluate(intervals) == 1
    expect_shown(page, cosine, " · schedule: cosine")


def test_row_that_is_asked_for_ends_the_brushes_that_hide_it(opened):
    page = opened()
    brush(page, "cosine")
    expect_shown(page, RUNS[RUNS["factor.schedule"] == "cosine"], " · schedule: cosine")
    page.evaluate("location.hash = 'runs-0'")
    page.wait_for_function("document.activeElement.id === 'runs-0'")
    expect_shown(page, RUNS)


def test_line_tells_its_run_its_levels_and_its_numbers(opened):
    page = opened()
    first = "place => echarts.getInstanceByDom(place).getOption().series[1].data[0].about"
    about = page.locator(".chart").evaluate(first)
    assert about[0] == "draw0001"
    assert f"schedule: {RUNS.set_index('variant').loc['draw0001', 'factor.schedule']}" in about
    assert len(about) == 15


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_narrow_screen_scrolls_the_chart_in_its_own_box_and_axe_finds_no_fault(opened, scheme):
    page = opened(NARROW, color_scheme=scheme)
    assert page.evaluate("document.documentElement.scrollWidth") <= NARROW["width"]
    assert page.locator(".wide").evaluate("box => box.scrollWidth > box.clientWidth")
    found = axe.Axe().run(page, context={"include": [[".sweep"]]})
    assert [(fault["id"], fault["nodes"][0]["html"]) for fault in found.response["violations"]] == []


def test_page_without_scripts_has_the_table_of_all_runs(chromium, address):
    context = chromium.new_context(offline=True, java_script_enabled=False)
    page = context.new_page()
    page.goto(address)
    assert page.locator(".without").inner_text().endswith("The table below has the same numbers.")
    assert page.locator("tbody tr").count() == len(RUNS)
    context.close()
