"""The documentation as `make docs` builds it, opened from its files in a real browser, without a network."""

import os
import subprocess
import sys
from pathlib import Path
from urllib.parse import unquote, urlsplit

import pytest

from tests.browsers import needs_browser
from tests.workflow.forks import ROOT

AS_OPENED = [("light", 1280), ("dark", 390)]
VIOLATIONS = {"resultTypes": ["violations"]}
"""What axe reports in full: all else only takes time."""


@pytest.fixture(scope="module")
def site(tmp_path_factory):
    """Return the folder of the documentation, built anew."""
    folder = tmp_path_factory.mktemp("docs") / "site"
    build = [sys.executable, "-m", "mkdocs", "build", "--quiet", "--site-dir", str(folder)]
    environment = os.environ | {"PYTHONPATH": str(ROOT / "src"), "NO_MKDOCS_2_WARNING": "1"}
    done = subprocess.run(build, cwd=ROOT, env=environment, capture_output=True, text=True)
    assert (done.returncode, done.stderr) == (0, "")
    return folder


@pytest.fixture(scope="module")
def pages(site):
    return sorted(site.glob("*.html"))


def test_documentation_has_a_page_for_each_part(pages):
    assert {page.stem for page in pages} >= {"index", "study", "energy", "extend", "architecture", "api", "faults"}


def test_reference_documents_what_is_public(site):
    reference = (site / "api.html").read_text()
    for name in ("compact", "cost", "Ledger", "Device", "Reading", "open_results"):
        assert f">{name}</span>" in reference


@pytest.mark.browser
@needs_browser
class TestInBrowser:
    @pytest.mark.parametrize(("scheme", "width"), AS_OPENED)
    def test_no_page_has_faults_for_who_reads_it_otherwise_or_asks_for_an_address(self, chromium, pages, scheme, width):
        from axe_playwright_python.sync_playwright import Axe

        context = chromium.new_context(offline=True, color_scheme=scheme, viewport={"width": width, "height": 800})
        page, axe, asked, faults = context.new_page(), Axe(), [], {}
        page.on("request", lambda request: asked.append(request.url))
        for file in pages:
            page.goto(file.as_uri(), wait_until="load")
            found = [
                (each["id"], node["html"][:150], node["failureSummary"][:200])
                for each in axe.run(page, options=VIOLATIONS).response["violations"]
                for node in each["nodes"]
            ]
            if found:
                faults[file.name] = found
            assert page.evaluate("document.documentElement.scrollWidth") <= width, file.name
        context.close()
        assert [url for url in asked if urlsplit(url).scheme not in ("file", "data", "blob")] == []
        assert faults == {}

    def test_every_file_that_a_page_asks_for_is_there(self, chromium, pages):
        context = chromium.new_context(offline=True)
        page, asked = context.new_page(), set()
        page.on("request", lambda request: asked.add(request.url))
        for file in pages:
            page.goto(file.as_uri(), wait_until="load")
        context.close()
        files = [Path(unquote(urlsplit(url).path)) for url in asked if url.startswith("file:")]
        assert [path for path in files if not path.is_file()] == []

    def test_search_finds_a_page_from_its_file(self, chromium, site):
        context = chromium.new_context(offline=True, viewport={"width": 1280, "height": 800})
        page = context.new_page()
        page.goto((site / "index.html").as_uri())
        page.get_by_role("textbox", name="Search").fill("rapl")
        page.locator(
            ".md-search-result__item a[href*='energy.html'], .md-search-result__item a[href*='configuration.html']"
        ).first.wait_for()
        context.close()
