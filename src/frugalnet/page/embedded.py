"""What a page carries inside so that it needs no network: its styles, its scripts, and the libraries that they use.

A library is packed (gzip, base64) into a script element that the browser does not run; `load` of `scripts/base.js` unpacks it
when something on the page first needs it.
"""

import base64
import gzip
import hashlib
from dataclasses import dataclass
from importlib.resources import files

OWN = files("frugalnet.page") / "scripts"
STYLES = ("tables.css", "charts.css")
SCRIPTS = ("base.js", "tables.js", "charts.js", "parallel.js")


@dataclass(frozen=True)
class Library:
    """A library: its package and file, its licence, and the text in a page that shows that the page uses it."""

    package: str
    file: str
    licence: str
    used_by: str


LIBRARIES = {
    "datatables": Library(
        "itables", "html/dt_bundle.js", "DataTables with extensions, as in itables; MIT", 'class="sortable"'
    ),
    "echarts": Library(
        "frugalnet.page",
        "vendor/echarts-6.1.0/echarts.min.js",
        "Apache ECharts 6.1.0; Apache-2.0",
        'class="explore"',
    ),
}


def styles() -> str:
    """Return the CSS of tables and charts."""
    return "\n".join(_text(name) for name in STYLES)


def scripts(body: str) -> str:
    """Return the script elements of a page with this body: the libraries that it uses, then the page's own script."""
    used = [_packed(name, library) for name, library in LIBRARIES.items() if library.used_by in body]
    own = "\n".join(_text(name) for name in SCRIPTS)
    return "\n".join([*used, f'<script type="module">\n{own}</script>'])


def digest() -> str:
    """Return a digest of the page's own styles and scripts: a page is made again where it changed."""
    return hashlib.sha256("\n".join(map(_text, (*STYLES, *SCRIPTS))).encode()).hexdigest()[:16]


def _packed(name: str, library: Library) -> str:
    code = files(library.package).joinpath(library.file).read_bytes()
    packed = base64.b64encode(gzip.compress(code, mtime=0)).decode("ascii")
    return f'<!-- {library.licence} -->\n<script type="text/plain" id="library-{name}">{packed}</script>'


def _text(name: str) -> str:
    return (OWN / name).read_text(encoding="utf-8")
