"""Make the site good to read from files, on narrow screens and by keyboard, where the theme does not."""

import re
from itertools import count

from mkdocs.config.defaults import MkDocsConfig

WIDE = re.compile(r'<div class="scrolls">|<table>.*?</table>', re.DOTALL)
BOX = '<div class="scrolls" tabindex="0" role="region" aria-label="{} {}, scrolls sideways">'
SEARCH = 'data-md-component="search" role="dialog"'
"""The dialog of the search, which the theme gives no name."""


def on_config(config: MkDocsConfig) -> None:
    """Leave out the page that a server shows for what is not there: its links do not hold in files."""
    config.theme.static_templates.discard("404.html")


def on_page_content(html: str, **_: object) -> str:
    """Return the HTML of a page with a box around each table, and boxes of tables, figures and code in reach of the keyboard."""
    numbers = count(1)

    def boxed(wide: re.Match[str]) -> str:
        is_table = wide[0].startswith("<table>")
        box = BOX.format("Table" if is_table else "Figure", next(numbers))
        return f"{box}{wide[0]}</div>" if is_table else box

    return WIDE.sub(boxed, html).replace("<pre><span></span><code>", '<pre><span></span><code tabindex="0">')


def on_post_page(output: str, **_: object) -> str:
    """Return a whole page in which the dialog of the search has a name."""
    assert SEARCH in output
    return output.replace(SEARCH, f'{SEARCH} aria-label="Search"')
