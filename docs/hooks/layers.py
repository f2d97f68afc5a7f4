"""The drawing of the architecture: the layers that pyproject.toml's contracts on imports name, with what each room is for."""

import ast
import textwrap
import tomllib
from html import escape
from pathlib import Path

from frugalnet import catalogue

ROOT = Path(__file__).parents[2]
PACKAGE = "frugalnet."
WIDE, NARROW, GAP, PADDING = 700, 360, 14, 8
LINE, TITLE, LETTER = 16, 18, 6.0
"""Heights of a line of text and of a name, and the mean width of a letter, in the drawing's units."""
MEASURED, READ, BOTH = "What is measured", "What is read", "What both stand on"


def contracts() -> tuple[list[list[str]], list[list[str]]]:
    """Return the layers up to what is measured and up to what is read, the upper first; a layer is a list of modules."""
    settings = tomllib.loads((ROOT / "pyproject.toml").read_text())["tool"]["importlinter"]["contracts"]
    of_layers = [contract["layers"] for contract in settings if contract["type"] == "layers"]
    measured, read = ([layer.split(" | ") for layer in layers] for layers in of_layers)
    return measured, read


def parts() -> tuple[list[list[str]], list[list[str]], list[list[str]], list[list[str]]]:
    """Return the layers above both branches, those of each branch alone, and those below both."""
    measured, read = contracts()
    first, last = measured.index(read[0]), measured.index(read[-1])
    return measured[: first + 1], measured[first + 1 : last], read[1:-1], measured[last:]


def first_line(module: str) -> str:
    """Return the first line of a module's docstring, without importing it."""
    path = ROOT / "src" / Path(*module.split("."))
    file = path / "__init__.py" if path.is_dir() else path.with_suffix(".py")
    return (ast.get_docstring(ast.parse(file.read_text())) or "").partition("\n")[0].replace("`", "")


def drawing() -> str:
    """Return the drawing as HTML, once for wide screens and once for narrow ones."""
    return f'<div class="layers">{_wide()}{_narrow()}</div>'


def _wide() -> str:
    above, measured, read, below = parts()
    half = (WIDE - GAP) // 2
    top, y = _stack(above, 0, 0, WIDE)
    left, left_y = _stack(measured, 0, _headed(y), half)
    right, right_y = _stack(read, half + GAP, _headed(y), half)
    foot = max(left_y, right_y)
    headings = _heading(MEASURED, 0, y) + _heading(READ, half + GAP, y) + _heading(BOTH, 0, foot)
    bottom, end = _stack(below, 0, _headed(foot), WIDE)
    return _svg("wide", WIDE, end, top + headings + left + right + bottom)


def _narrow() -> str:
    above, measured, read, below = parts()
    shapes, y = _stack(above, 0, 0, NARROW)
    for name, layers in ((MEASURED, measured), (READ, read), (BOTH, below)):
        shapes += _heading(name, 0, y)
        more, y = _stack(layers, 0, _headed(y), NARROW)
        shapes += more
    return _svg("narrow", NARROW, y, shapes)


def _svg(name: str, width: int, height: int, shapes: str) -> str:
    label = "Layers of the package, the upper of which import from the lower"
    return f'<svg class="{name}" role="img" aria-label="{label}" viewBox="0 0 {width} {height}">{shapes}</svg>'


def _headed(y: int) -> int:
    return y + TITLE + GAP


def _heading(text: str, x: int, y: int) -> str:
    return f'<text class="branch" x="{x}" y="{y + GAP + 4}">{text}</text>'


def _stack(layers: list[list[str]], x: int, y: int, width: int) -> tuple[str, int]:
    """Return boxes below each other, one for each layer, and where the next one may begin."""
    shapes = ""
    for layer in layers:
        texts, end = "", y + PADDING
        for module in layer:
            texts += f'<text class="room" x="{x + PADDING}" y="{end + 13}">{module.removeprefix(PACKAGE)}</text>'
            end += TITLE
            for line in textwrap.wrap(first_line(module), int((width - 2 * PADDING) / LETTER)):
                texts += f'<text x="{x + PADDING}" y="{end + 12}">{escape(line)}</text>'
                end += LINE
            end += 4
        end += PADDING - 4
        shapes += f'<rect x="{x + 0.5}" y="{y + 0.5}" width="{width - 1}" height="{end - y - 1}" rx="4"/>{texts}'
        y = end + PADDING
    return shapes, y


def methods() -> str:
    """Return the methods as a list, each below the one whose model it starts from."""
    return "\n".join(_below(None, ""))


def _below(parent: str | None, indent: str) -> list[str]:
    lines = []
    for name, method in catalogue.METHODS.items():
        if method.parent == parent:
            lines += [f"{indent}- `{name}`: {method.title}", *_below(name, indent + "    ")]
    return lines
