"""Blocks of the page as HTML: headings, lists, folds, warnings, and a picture beside sentences."""

# mypy: disable-error-code="no-untyped-call"
# (nbconvert.filters has no types)

import io
from base64 import b64encode
from collections.abc import Sequence
from html import escape

from nbconvert.filters import markdown2html
from PIL import Image


def anchor(part: str, text: str) -> str:
    """Return the name of a heading, its own although other parts have headings alike: `found-mnist`."""
    return "-".join([part, *"".join(sign if sign.isalnum() else " " for sign in text.lower()).split()])


def heading(part: str, text: str) -> str:
    """Return a heading of the third level."""
    return f'<h3 id="{anchor(part, text)}">{escape(text)}</h3>'


def markdown(text: str) -> str:
    """Return Markdown as HTML; HTML in it stays text, as a record of others may hold some."""
    return str(markdown2html(text.replace("<", "&lt;"))).strip()


def bullets(lines: Sequence[str]) -> str:
    """Return sentences in Markdown as a list."""
    return markdown("\n".join(f"- {line}" for line in lines))


def fold(summary: str, inside: str, kind: str = "") -> str:
    """Return HTML that is folded below one line of text."""
    named = f' class="{kind}"' if kind else ""
    return f"<details{named}><summary>{escape(summary)}</summary>\n{inside}\n</details>"


def warning(text: str, lines: Sequence[str] = ()) -> str:
    """Return a warning that is not overlooked; `text` is HTML, and `lines` are folded below it."""
    items = "".join(f"<li>{escape(line)}</li>" for line in lines)
    inside = fold(f"Show all {len(lines)}", f"<ul>{items}</ul>") if lines else ""
    return f'<div class="warning" role="note"><p>{text}</p>{inside}</div>'


def scrolling(table: str, label: str) -> str:
    """Return a table in a frame that scrolls, also from the keyboard; `label` says what it has."""
    return f'<div class="scroll" role="group" tabindex="0" aria-label="{escape(label)}">{table}</div>'


def picture(png: bytes, alt: str, caption: str, link: str, width_px: int | None = None) -> str:
    """Return a picture that leads to its file, with its caption below; `caption` is HTML.

    It is kept without loss in a third of the size of a png.
    """
    kept = io.BytesIO()
    Image.open(io.BytesIO(png)).convert("RGB").save(kept, "webp", lossless=True)
    source = f"data:image/webp;base64,{b64encode(kept.getvalue()).decode()}"
    width = f' width="{width_px}"' if width_px else ""
    image = f'<img src="{source}" alt="{escape(alt)}"{width}>'
    return f'<figure><a href="{link}">{image}</a><figcaption>{caption}</figcaption></figure>'
