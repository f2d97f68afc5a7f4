"""What a reader can do on the page of a finished study: sort, search, choose columns, ask charts back; in a real browser."""

import re
from functools import partial

import pytest

from tests.browsers import needs_browser

playwright = pytest.importorskip("playwright.sync_api", reason="playwright is not installed")
axe = pytest.importorskip("axe_playwright_python.sync_playwright", reason="axe-playwright-python is not installed")

pytestmark = [pytest.mark.browser, needs_browser]
SIZES = "table:has(caption:has-text('Sizes'))"
POINT = """(place, name) => {
  const chart = echarts.getInstanceByDom(place), { series } = chart.getOption();
  const seriesIndex = series.findIndex(each => each.name === name), point = series[seriesIndex].data[0];
  const [x, y] = chart.convertToPixel({ seriesIndex }, point.value), box = place.getBoundingClientRect();
  return { x: box.x + x, y: box.y + y, ...point };
}"""
"""Where the first point of a series is on the screen, and what it knows."""
NARROW = {"width": 390, "height": 800}


@pytest.fixture(scope="module")
def address(finished):
    """Return the address of the study's page."""
    return (finished[0].results / "analysis.html").as_uri()


@pytest.fixture
def opened(windows, address):
    """Return a function that opens the page in a new window."""
    return partial(windows, address)


@pytest.fixture
def page(opened):
    return opened()


def shown(page, selector=SIZES):
    """Return the first of such tables, unfolded, in reach of the screen, and so with its tools."""
    table = page.locator(selector).first
    table.evaluate(
        "table => { for (let fold = table; fold; fold = fold.parentElement) if ('open' in fold) fold.open = true; }"
    )
    table.scroll_into_view_if_needed()
    page.locator(f".dt-container {selector}").first.wait_for()
    return table


def column(table, heading):
    """Return the texts of a column."""
    place = [text.strip() for text in table.locator("thead th").all_inner_texts()].index(heading)
    return table.evaluate("(table, place) => [...table.tBodies[0].rows].map(row => row.cells[place].innerText)", place)


def head(table, heading):
    return table.locator("thead th").filter(has_text=heading)


def sort(table, heading, direction):
    """Click on a heading, and wait until the table is sorted in this direction; None: as it was made."""
    head(table, heading).click()
    wait_for_order(table, heading, direction)


def wait_for_order(table, heading, direction):
    column_is = playwright.expect(head(table, heading))
    if direction:
        column_is.to_have_attribute("aria-sort", direction)
    else:
        column_is.not_to_have_attribute("aria-sort", re.compile("."))


def chart(page, number, choice):
    """Return the first chart of a figure, drawn with this choice."""
    figure = page.locator("figure.explore").nth(number)
    figure.scroll_into_view_if_needed()
    figure.get_by_role("combobox").select_option(choice)
    place = figure.locator(".chart").first
    place.locator("svg").wait_for()
    place.scroll_into_view_if_needed()
    return place


def test_click_on_a_heading_sorts_by_value_a_second_one_reverses_and_a_third_one_restores(page):
    table = shown(page)
    made = column(table, "not zero")
    values = [int(text.replace(",", "")) for text in made]
    assert values != sorted(values)
    assert sorted(made) != sorted(made, key=lambda text: int(text.replace(",", "")))
    for direction, expected in (
        ("ascending", sorted(values)),
        ("descending", sorted(values, reverse=True)),
        (None, values),
    ):
        sort(table, "not zero", direction)
        assert [int(text.replace(",", "")) for text in column(table, "not zero")] == expected


def test_what_is_not_known_comes_last_in_either_direction(page):
    cell = page.locator(SIZES).first.locator("tbody tr").first.locator("td").nth(2)
    cell.evaluate("cell => { cell.textContent = '?'; cell.dataset.order = ''; }")
    table = shown(page)
    for direction in ("ascending", "descending"):
        sort(table, "not zero", direction)
        assert column(table, "not zero")[-1] == "?"


def test_tables_are_sorted_from_the_keyboard(page):
    table = shown(page)
    head(table, "method").get_by_role("button", name="sort").focus()
    page.keyboard.press("Enter")
    wait_for_order(table, "method", "ascending")
    names = column(table, "method")
    assert names == sorted(names, key=str.casefold)


def test_search_keeps_the_rows_that_have_the_words_and_says_how_many(page):
    table = shown(page)
    every, tools = len(column(table, "method")), page.locator(f".dt-container:has({SIZES})").first
    tools.get_by_label("Search").fill("pruning")
    playwright.expect(tools.locator(".dt-info")).to_contain_text(f"of {every}")
    names = column(table, "method")
    assert 0 < len(names) < every
    assert all("pruning" in name for name in names)
    assert tools.locator(".dt-info").inner_text() == f"{len(names)} rows of {every}"


def test_columns_are_chosen_in_a_menu_that_escape_closes(page):
    table, tools = shown(page), page.locator(f".dt-container:has({SIZES})").first
    tools.get_by_text("Columns").click()
    assert tools.get_by_role("checkbox", name="method").count() == 0
    tools.get_by_role("checkbox", name="not zero").uncheck()
    heads = [text.strip() for text in table.locator("thead th").all_inner_texts()]
    assert "method" in heads and "not zero" not in heads
    page.keyboard.press("Escape")
    assert not tools.get_by_role("checkbox", name="parameters").is_visible()


def test_wide_table_scrolls_below_its_tools_and_from_the_keyboard(opened):
    page = opened(viewport=NARROW)
    table = shown(page, "table:has(caption:has-text('Quality and energy'))")
    frame = page.locator(".dt-container .scroll").first
    assert frame.get_attribute("tabindex") == "0"
    assert frame.evaluate("frame => frame.scrollWidth > frame.clientWidth")
    assert frame.locator("table").count() == 1 and frame.locator("input").count() == 0
    assert table.locator("caption span").evaluate("caption => caption.getBoundingClientRect().right") <= NARROW["width"]


@pytest.mark.parametrize(
    ("number", "choice", "series", "table", "told"),
    [
        (0, "multiply-accumulates", "pruning", "comparison", "counted"),
        (0, "energy to solution", "baseline", "comparison", "J, "),
        (1, "energy of the training", "NAS", "trials", "run "),
    ],
)
def test_point_of_a_chart_tells_its_numbers_and_leads_to_its_row(page, number, choice, series, table, told):
    point = chart(page, number, choice).evaluate(POINT, series)
    page.mouse.move(point["x"], point["y"])
    hover = page.locator(".chart div:has(> strong)").first
    hover.wait_for()
    assert told in hover.inner_text()
    page.mouse.click(point["x"], point["y"])
    page.wait_for_function("document.activeElement.matches('tr.asked')")
    name = page.evaluate("document.activeElement.id")
    assert name.startswith(f"{table}-")
    assert page.evaluate("decodeURIComponent(location.hash)") == f"#{name}"
    row = page.locator("tr.asked")
    assert row.is_visible()
    assert row.locator("xpath=ancestor::table").evaluate("table => table.classList.contains('dataTable')")


def test_row_is_found_although_a_search_hides_it(page):
    name = page.locator("tr[id^=trials-]").last.get_attribute("id")
    shown(page, "table:has(tr[id^=trials-])")
    page.locator(".dt-container:has(tr[id^=trials-])").get_by_label("Search").fill("no row has this")
    playwright.expect(page.locator(f"#{name}")).to_have_count(0)
    page.evaluate("name => { location.hash = name; }", name)
    page.wait_for_function("name => document.activeElement.id === name", arg=name)


def test_link_to_a_row_unfolds_its_table(opened, address):
    page = opened()
    page.goto("about:blank")
    page.goto(f"{address}#comparison-0")
    page.wait_for_function("document.activeElement.id === 'comparison-0'")
    assert page.locator("#comparison-0").is_visible()


def test_charts_have_a_name_for_screen_readers(page):
    label = chart(page, 0, "parameters").get_attribute("aria-label")
    assert "against parameters after compaction" in label
    assert label.endswith("has the numbers.")


def test_finger_gets_a_link_instead_of_a_jump(opened):
    page = opened(viewport=NARROW, has_touch=True, is_mobile=True)
    point = chart(page, 0, "parameters").evaluate(POINT, "baseline")
    page.touchscreen.tap(point["x"], point["y"])
    link = page.locator(".chart a")
    link.wait_for()
    assert page.evaluate("location.hash") == ""
    link.click()
    page.wait_for_function("document.activeElement.matches('tr.asked')")


def test_charts_follow_the_scheme_and_the_width_of_the_screen(page):
    place = chart(page, 0, "parameters")
    axis = "place => echarts.getInstanceByDom(place).getOption().series[0].itemStyle.color"
    light = place.evaluate(axis)
    page.emulate_media(color_scheme="dark")
    assert place.evaluate(axis) != light
    page.set_viewport_size(NARROW)
    page.wait_for_function("document.querySelector('.chart svg').clientWidth < 390")
    assert page.evaluate("document.documentElement.scrollWidth") <= NARROW["width"]


def test_charts_do_not_move(page):
    assert (
        chart(page, 0, "parameters").evaluate("place => echarts.getInstanceByDom(place).getOption().animation") is False
    )


def test_page_without_scripts_says_where_the_numbers_of_a_chart_stand(opened):
    page = opened(java_script_enabled=False)
    assert page.locator(".chart").count() == 0
    assert page.locator(".without").first.inner_text().startswith("The interactive chart needs scripts.")


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_tools_of_tables_and_charts_have_no_fault_that_axe_finds(opened, scheme):
    page = opened(color_scheme=scheme)
    shown(page)
    page.get_by_text("Columns").first.click()
    chart(page, 0, "parameters")
    parts = {"include": [[".dt-container"], [".explore"]]}
    found = axe.Axe().run(page, context=parts)
    assert [(fault["id"], fault["nodes"][0]["html"]) for fault in found.response["violations"]] == []
