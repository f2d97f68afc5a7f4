"""The page of a finished study in a real browser, without a network; skipped where there is no Chromium."""

import shutil

import pytest

playwright = pytest.importorskip("playwright.sync_api", reason="playwright is not installed")
BROWSERS = ("chromium", "chromium-browser", "google-chrome")
BROWSER = next(filter(None, map(shutil.which, BROWSERS)), None)
QUIET = (
    "--no-sandbox",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--no-first-run",
)

pytestmark = [
    pytest.mark.browser,
    pytest.mark.skipif(BROWSER is None, reason=f"no browser: none of {', '.join(BROWSERS)} is installed"),
]
SIZES = "table:has(caption:text('Sizes'))"


@pytest.fixture(scope="module")
def study(finished):
    """Return the folder of the study that the page is of."""
    return finished[0].results


@pytest.fixture(scope="module")
def chromium():
    with playwright.sync_playwright() as started:
        browser = started.chromium.launch(executable_path=BROWSER, args=list(QUIET))
        yield browser
        browser.close()


@pytest.fixture(scope="module")
def seen(chromium, study):
    """Return the open page, the addresses that were asked for, and what went wrong."""
    context = chromium.new_context(offline=True)
    page, asked, wrong = context.new_page(), [], []
    page.on("request", lambda request: asked.append(request.url))
    page.on("console", lambda message: wrong.append(message.text) if message.type in ("error", "warning") else None)
    page.on("pageerror", lambda error: wrong.append(str(error)))
    page.goto((study / "analysis.html").as_uri(), wait_until="load")
    yield page, asked, wrong
    context.close()


@pytest.fixture
def page(seen):
    """Return the page as it is when it has just been opened."""
    seen[0].reload()
    return seen[0]


def column(page, heading):
    """Return the texts of a column of the first table of sizes."""
    table = page.locator(SIZES).first
    place = table.locator("th").all_inner_texts().index(heading)
    return [row.locator("td").nth(place).inner_text() for row in table.locator("tbody tr").all()]


def head(page, heading):
    return page.locator(SIZES).first.locator("th").filter(has_text=heading)


def test_page_asks_for_nothing_but_itself_and_has_no_errors(seen, study):
    _, asked, wrong = seen
    address = (study / "analysis.html").as_uri()
    assert asked[0] == address
    assert {url for url in asked if not url.startswith("data:")} == {address}
    assert wrong == []


def test_every_image_is_drawn_and_described(page):
    images = page.locator("img").evaluate_all("all => all.map(each => [each.naturalWidth, each.alt])")
    assert len(images) >= 11
    assert all(width > 0 and alt.startswith("Figure") for width, alt in images)


def test_every_entry_of_the_contents_leads_to_a_heading(page):
    targets = page.locator("nav a").evaluate_all("all => all.map(each => decodeURIComponent(each.hash.slice(1)))")
    names = page.locator("h2, h3").evaluate_all("all => all.map(each => each.id)")
    assert len(targets) > 10
    assert targets == names
    assert len(set(names)) == len(names)


def test_summary_is_the_first_part_and_says_that_made_data_are_no_result(page):
    assert page.locator("h2").first.inner_text() == "Summary"
    assert "nothing here is a result" in page.locator(".warning").inner_text()


def test_click_on_a_heading_sorts_by_value_a_second_one_reverses_and_a_third_one_restores(page):
    made = column(page, "not zero")
    values = [int(text.replace(",", "")) for text in made]
    assert values != sorted(values)
    assert sorted(made) != sorted(made, key=lambda text: int(text.replace(",", "")))
    for direction, expected in (
        ("ascending", sorted(values)),
        ("descending", sorted(values, reverse=True)),
        (None, values),
    ):
        head(page, "not zero").get_by_role("button").click()
        assert head(page, "not zero").get_attribute("aria-sort") == direction
        assert [int(text.replace(",", "")) for text in column(page, "not zero")] == expected


def test_what_is_not_known_comes_last_in_either_direction(page):
    first = page.locator(SIZES).first.locator("tbody tr").first.locator("td").nth(2)
    first.evaluate("cell => { cell.textContent = '?'; cell.dataset.order = ''; }")
    for _ in range(2):
        head(page, "not zero").get_by_role("button").click()
        assert column(page, "not zero")[-1] == "?"


def test_tables_are_sorted_from_the_keyboard(page):
    head(page, "method").get_by_role("button").focus()
    page.keyboard.press("Enter")
    names = column(page, "method")
    assert names == sorted(names, key=str.casefold)


def test_every_linked_file_is_there(page, study):
    links = page.locator("main a[href]").evaluate_all("all => all.map(each => each.getAttribute('href'))")
    files = {link for link in links if not link.startswith("#")}
    assert {"processed/comparison.csv", "processed/data_dictionary.csv", "figures/three_sizes.svg"} <= files
    assert [name for name in sorted(files) if not (study / name).is_file()] == []


def test_page_can_be_read_without_scripts(chromium, study):
    context = chromium.new_context(offline=True, java_script_enabled=False)
    page = context.new_page()
    page.goto((study / "analysis.html").as_uri())
    assert page.locator("th button").count() == 0
    assert page.locator(SIZES).first.locator("th").first.inner_text() == "method"
    context.close()


def test_page_of_a_narrow_screen_is_no_wider_than_the_screen(chromium, study):
    context = chromium.new_context(offline=True, viewport={"width": 390, "height": 800})
    page = context.new_page()
    page.goto((study / "analysis.html").as_uri())
    assert page.evaluate("document.documentElement.scrollWidth") <= 390
    context.close()
