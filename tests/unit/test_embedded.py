"""What a page carries inside: libraries as they were published, packed, only where they are used, and no network address."""

import base64
import gzip
import hashlib
import re
from importlib.resources import files

import pytest

from frugalnet.page import embedded

ECHARTS_SHA256 = "b66b25aeb4df84e33199dc21694014d336d222cbd9deb0e5a7c14bd6aa0d0fd0"
"""Of dist/echarts.min.js of the package echarts 6.1.0 of the npm registry."""
TABLE, CHART = '<table class="sortable">', '<figure class="explore">'


def unpacked(text, name):
    """Return a library as it is in scripts of a page."""
    (packed,) = re.findall(f'<script type="text/plain" id="library-{name}">(.*?)</script>', text)
    return gzip.decompress(base64.b64decode(packed))


def test_libraries_are_in_the_page_as_they_were_published():
    text = embedded.scripts(TABLE + CHART)
    assert hashlib.sha256(unpacked(text, "echarts")).hexdigest() == ECHARTS_SHA256
    assert unpacked(text, "datatables") == (files("itables") / "html" / "dt_bundle.js").read_bytes()


@pytest.mark.parametrize(
    ("body", "libraries"),
    [("", []), (TABLE, ["datatables"]), (CHART, ["echarts"]), (TABLE + CHART, ["datatables", "echarts"])],
)
def test_page_carries_the_libraries_that_it_uses(body, libraries):
    assert re.findall('id="library-([a-z]+)"', embedded.scripts(body)) == libraries


def test_all_that_a_page_carries_is_less_than_a_megabyte_and_has_no_address():
    text = embedded.styles() + embedded.scripts(TABLE + CHART)
    assert len(text) < 1_000_000
    assert not re.search(r"""(src|href)=["'](?!#)|url\(|@import|https?://|\bfetch\(|XMLHttpRequest""", text)


def test_equal_libraries_give_equal_pages():
    assert embedded.scripts(TABLE + CHART) == embedded.scripts(TABLE + CHART)


def test_licences_of_what_is_kept_here_lie_beside_it_and_are_named_in_the_page():
    kept = files("frugalnet.page") / "vendor" / "echarts-6.1.0"
    assert "Apache License" in (kept / "LICENSE").read_text()
    assert "Apache ECharts" in (kept / "NOTICE").read_text()
    comments = re.findall("<!-- (.*?) -->", embedded.scripts(TABLE + CHART))
    assert comments == ["DataTables with extensions, as in itables; MIT", "Apache ECharts 6.1.0; Apache-2.0"]
