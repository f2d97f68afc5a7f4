"""The page of a finished study in a real browser, without a network; skipped where there is no Chromium."""

import pytest

from tests.browsers import needs_browser

axe = pytest.importorskip("axe_playwright_python.sync_playwright", reason="axe-playwright-python is not installed")

pytestmark = [pytest.mark.browser, needs_browser]
SIZES = "table:has(caption:has-text('Sizes'))"


@pytest.fixture(scope="module")
def study(finished):
    """Return the folder of the study that the page is of."""
    return finished[0].results


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
    """Return the page as it is when it has just been opened, with all that is folded open."""
    seen[0].reload()
    unfold(seen[0])
    return seen[0]


@pytest.fixture
def opened(windows, study):
    """Return a function that opens the page anew: `width`, `scheme`, `scripts`."""

    def new(width=1280, scheme="light", scripts=True):
        size = {"width": width, "height": 800}
        address = (study / "analysis.html").as_uri()
        return windows(address, viewport=size, color_scheme=scheme, java_script_enabled=scripts)

    return new


def unfold(page):
    page.evaluate("document.querySelectorAll('details').forEach(each => { each.open = true; })")


def test_page_asks_for_nothing_but_itself_and_has_no_errors(seen, study):
    _, asked, wrong = seen
    address = (study / "analysis.html").as_uri()
    assert asked[0] == address
    assert {url for url in asked if not url.startswith(("data:", "blob:"))} == {address}
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


def test_every_heading_is_a_link_to_itself(page):
    links = page.locator("h1, h2, h3").evaluate_all(
        "all => all.map(each => [each.id, decodeURIComponent(each.querySelector('a').hash.slice(1))])"
    )
    assert len(links) > 15
    assert [name for name, target in links if name != target] == []


def test_first_screen_holds_title_picture_and_findings_of_the_first_dataset(opened):
    page = opened()
    assert page.locator("h1").bounding_box()["y"] > 0
    picture, told = (page.locator(f".finding {part}").first.bounding_box() for part in ("img", ".told"))
    assert picture["x"] + picture["width"] < told["x"]
    assert max(box["y"] + box["height"] for box in (picture, told)) <= 800


def test_picture_and_findings_stand_below_each_other_on_a_narrow_screen(opened):
    page = opened(390)
    picture, told = (page.locator(f".finding {part}").first.bounding_box() for part in ("img", ".told"))
    assert picture["y"] + picture["height"] < told["y"]


def test_tables_and_explanations_are_folded_and_contents_only_where_there_is_no_room(opened):
    narrow, wide = opened(390), opened(1920)
    assert narrow.locator("main details[open]").count() == 0
    assert narrow.locator("main details").count() > 10
    assert narrow.locator("nav details[open]").count() == 0
    assert wide.locator("nav details[open]").count() == 1


def test_what_is_folded_is_printed(opened):
    page = opened()
    page.evaluate("dispatchEvent(new Event('beforeprint'))")
    assert page.locator("details:not([open])").count() == 0


def test_dark_scheme_is_dark_and_figures_keep_a_white_card(opened):
    page = opened(scheme="dark")
    colour = "(name) => getComputedStyle(document.querySelector(name)).backgroundColor"
    assert page.evaluate(colour, "body") == "rgb(22, 24, 27)"
    assert page.evaluate(colour, "main img") == "rgb(255, 255, 255)"


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("width", [390, 1280])
def test_axe_finds_no_fault(opened, width, scheme):
    page = opened(width, scheme)
    assert faults(page) == {}
    unfold(page)
    assert faults(page) == {}


def faults(page):
    """Return the rules that are broken, with the first place of each."""
    return {rule["id"]: rule["nodes"][0]["html"] for rule in axe.Axe().run(page).response["violations"]}


def test_summary_is_the_first_part_and_says_that_made_data_are_no_result(page):
    assert page.locator("h2").first.inner_text() == "Summary"
    assert "nothing here is a result" in page.locator(".warning").inner_text()


def test_every_linked_file_is_there(page, study):
    links = page.locator("main a[href]").evaluate_all("all => all.map(each => each.getAttribute('href'))")
    files = {link for link in links if not link.startswith("#")}
    assert {"processed/comparison.csv", "processed/data_dictionary.csv", "figures/three_sizes.svg"} <= files
    assert [name for name in sorted(files) if not (study / name).is_file()] == []


def test_page_can_be_read_without_scripts(opened):
    page = opened(scripts=False)
    assert page.locator("table.dataTable").count() == 0
    assert page.locator(SIZES).first.locator("th").first.text_content() == "method"


def test_page_of_a_narrow_screen_is_no_wider_than_the_screen(opened):
    page = opened(390)
    unfold(page)
    assert page.evaluate("document.documentElement.scrollWidth") <= 390
