"""Levels of factors as shades: the lightest is the level without the technique, and a key says which shade is which level."""

from collections.abc import Mapping, Sequence
from typing import Any

import pandas as pd
from matplotlib import colormaps
from matplotlib.artist import Artist
from matplotlib.axes import Axes
from matplotlib.colors import to_hex
from matplotlib.offsetbox import AnchoredOffsetbox, DrawingArea, HPacker, TextArea, VPacker
from matplotlib.patches import Rectangle

from frugalnet.analysis.factors import LEVEL
from frugalnet.config.levels import NONE
from frugalnet.config.varied import OFF
from frugalnet.drawing.layout import narrow, width_in

IDLE_COLOUR, OFF_COLOUR = "#ffffff", "#e3e3e3"
"""Of a number that had no effect, as the momentum of an optimizer without one, and of the level without the technique."""
LIGHTEST, DARKEST = 0.4, 1.0
KEY_SIZE = 6.0
SWATCH_PT = 5.5
LINE_PT = 8.6
"""Height of a line of the key."""
CHARACTER_PT = 0.56 * KEY_SIZE
MOST_LEVELS = 12
"""Levels of a factor that the key names, at most."""
COLUMNS = 2
"""Columns of the key in two columns of print; in one there is one."""
GAP_PT = 10.0


def shades(count: int) -> list[str]:
    """Return the colours of codes: no effect, without the technique, and so many other levels, ever darker."""
    step = (DARKEST - LIGHTEST) / max(1, count - 1)
    others = [to_hex(colormaps["Blues"](LIGHTEST + step * place if count > 1 else 0.75)) for place in range(count)]
    return [IDLE_COLOUR, OFF_COLOUR, *others]


def coded(rows: pd.DataFrame, factors: Sequence[str]) -> dict[str, dict[str, int]]:
    """Return the code of each level of each factor: 0 without effect, 1 that of the base case with all off, 2 and on others.

    Numbers are in their order, words in that of the alphabet.
    """
    off = rows[rows["variant"] == OFF]
    found = {}
    for name in factors:
        levels = [str(level) for level in rows[LEVEL + name].dropna().unique()]
        numbers = {level: _number(level) for level in levels if level != NONE}
        of_numbers = bool(numbers) and all(number is not None for number in numbers.values())
        codes = {NONE: 0} if of_numbers and NONE in levels else {}
        first = [str(level) for level in off[LEVEL + name].iloc[:1] if str(level) not in codes]
        codes |= dict.fromkeys(first, 1)
        others = sorted(set(levels) - set(codes), key=lambda level: (numbers.get(level) or 0.0, level))
        found[name] = codes | {level: place for place, level in enumerate(others, 2)}
    return found


def key_height_in(codes: Mapping[str, Mapping[str, int]]) -> float:
    """Return how much height the key takes."""
    return max(map(len, _columns(codes))) * LINE_PT / 72 + 0.05


def draw_key(axes: Axes, codes: Mapping[str, Mapping[str, int]], colours: Sequence[str]) -> None:
    """Write a key into a panel: for each factor its levels, each beside its shade."""
    axes.set_axis_off()
    columns: list[Artist] = []
    for lines in _columns(codes):
        packed: list[Artist] = [HPacker(children=_line(line, colours), pad=0, sep=3, align="center") for line in lines]
        columns.append(VPacker(children=packed, pad=0, sep=LINE_PT - KEY_SIZE - 1.4, align="left"))
    box = HPacker(children=columns, pad=0, sep=GAP_PT, align="top")
    place: dict[str, Any] = {"bbox_to_anchor": (0.5, 1.0), "bbox_transform": axes.transAxes}
    axes.add_artist(AnchoredOffsetbox("upper center", child=box, frameon=False, pad=0, borderpad=0, **place))


def _columns(codes: Mapping[str, Mapping[str, int]]) -> list[list[list[tuple[int | None, str]]]]:
    """Return the lines of each column of the key: names of factors without a code, and levels with theirs."""
    count = 1 if narrow() else COLUMNS
    width_pt = 0.96 * width_in() * 72 / count - GAP_PT
    of_factors = [_wrapped(name, levels, width_pt) for name, levels in codes.items()]
    half = -(-len(of_factors) // count)
    return [
        [line for lines in of_factors[start : start + half] for line in lines]
        for start in range(0, len(of_factors), half)
    ]


def _wrapped(name: str, levels: Mapping[str, int], width_pt: float) -> list[list[tuple[int | None, str]]]:
    """Return the lines that a factor takes: its name, and its levels in the order of their codes."""
    known = sorted(levels.items(), key=lambda item: item[1])
    entries: list[tuple[int | None, str]] = [(code, level) for level, code in known[:MOST_LEVELS]]
    if len(known) > MOST_LEVELS:
        entries.append((None, f"and {len(known) - MOST_LEVELS} more"))
    lines: list[list[tuple[int | None, str]]] = [[(None, f"{name}:")]]
    used = _width_pt(lines[0][0])
    for entry in entries:
        if used + _width_pt(entry) > width_pt:
            lines.append([(None, "   ")])
            used = _width_pt(lines[-1][0])
        lines[-1].append(entry)
        used += _width_pt(entry)
    return lines


def _width_pt(entry: tuple[int | None, str]) -> float:
    code, text = entry
    return CHARACTER_PT * len(text) + 3 + (0 if code is None else SWATCH_PT + 3)


def _line(entries: Sequence[tuple[int | None, str]], colours: Sequence[str]) -> list[Artist]:
    """Return the boxes of a line: swatches and texts."""
    found: list[Artist] = []
    for place, (code, text) in enumerate(entries):
        if code is not None:
            swatch = DrawingArea(SWATCH_PT, SWATCH_PT)
            style: dict[str, Any] = {"facecolor": colours[code], "edgecolor": "#777777", "linewidth": 0.4}
            swatch.add_artist(Rectangle((0, 0), SWATCH_PT, SWATCH_PT, **style))
            found.append(swatch)
        weight = "bold" if place == 0 else "normal"
        found.append(TextArea(text, textprops={"fontsize": KEY_SIZE, "fontweight": weight}))
    return found


def _number(level: str) -> float | None:
    try:
        return float(level)
    except ValueError:
        return None
