"""Put what the project itself says in the place of markers in the pages.

A marker is a comment on a line of its own. `found` shows the reference results, `made` the project:

    <!-- found: findings compression mnist -->        what a study found on a dataset, in the sentences of its page
    <!-- found: limits compression -->                what the results cannot tell
    <!-- found: claims compression -->                the claims of others
    <!-- found: tables compression -->                all tables of all datasets, folded
    <!-- found: figure compression three_sizes -->    a figure of the package with its caption
    <!-- made: layers -->                             the layers of the package, drawn from the contracts on imports
    <!-- made: methods -->                            the methods, each below the one whose model it starts from
    <!-- made: recipes -->                            the keys of a recipe, with what each takes and does
    <!-- made: settings optimizer -->                 the names that a key of a recipe takes, and their settings
    <!-- made: combinations -->                       the levels that cannot be used together
    <!-- made: factors -->                            the factors of the techniques study

Each figure is a file of the site too: `found/<study>/<figure>.svg`. Markers of code that a test runs (TESTED) stay. Others fail the build.
"""

import re
from collections.abc import Callable

import factors
import found
import layers
import recipes
from mkdocs.config.defaults import MkDocsConfig
from mkdocs.exceptions import PluginError
from mkdocs.structure.files import File, Files
from mkdocs.structure.pages import Page

MARKER = re.compile(r"^<!-- (\w+)(?:: ([^\n]+?))? -->$", re.MULTILINE)
TESTED = ("snippet", "file", "catalogue", "recipes", "whole", "recipe")
KINDS: dict[tuple[str, str], Callable[..., str]] = {
    ("found", "findings"): found.findings,
    ("found", "limits"): found.limits,
    ("found", "claims"): found.claims,
    ("found", "tables"): found.tables,
    ("found", "figure"): found.figure,
    ("made", "layers"): layers.drawing,
    ("made", "methods"): layers.methods,
    ("made", "recipes"): recipes.keys,
    ("made", "settings"): recipes.settings,
    ("made", "combinations"): recipes.combinations,
    ("made", "factors"): factors.factors,
}


def on_files(files: Files, config: MkDocsConfig) -> Files:
    """Add the figures of the reference results to the site."""
    for study in found.PACKAGES:
        for name, svg in found.reference(study).figures.items():
            files.append(File.generated(config, f"found/{study}/{name}.svg", content=svg))
    return files


def on_page_markdown(markdown: str, page: Page, config: MkDocsConfig, files: Files) -> str:
    """Return a page with its markers replaced."""
    try:
        return replaced(markdown)
    except (KeyError, TypeError, ValueError) as error:
        raise PluginError(f"{page.file.src_uri}: {error}") from error


def replaced(markdown: str) -> str:
    """Return Markdown with its markers replaced; raises KeyError, TypeError or ValueError for one that means nothing."""
    return MARKER.sub(_meant, markdown)


def _meant(marker: re.Match[str]) -> str:
    if marker[1] in TESTED:
        return marker[0]
    what, *arguments = (marker[2] or "").split() or [""]
    if (marker[1], what) not in KINDS:
        raise ValueError(f"{marker[0]}: expected one of {', '.join(f'{kind}: {name}' for kind, name in KINDS)}")
    return KINDS[marker[1], what](*arguments)
