"""Ways to draw the figures of the techniques study and to look at them, and few rows whose places are known."""

import importlib

import matplotlib
import matplotlib.text
import numpy as np
import pandas as pd
from matplotlib.figure import Figure

from frugalnet.drawing.layout import settle
from frugalnet.drawing.style import COLUMN_RC, RC
from tests.unit.made_techniques_tables import (
    about,
)  # fmt: skip


def draw(name: str, *tables: pd.DataFrame, column: bool = False) -> Figure:
    """Draw a figure of some tables, for two columns of print or for one."""
    with matplotlib.rc_context(COLUMN_RC if column else RC):
        figure = getattr(importlib.import_module(f"frugalnet.figures.{name}"), name)(*tables)
        settle(figure)
        figure.draw_without_rendering()
    return figure


def panel(figure: Figure, title: str):
    """Return the one panel with this title."""
    (found,) = [axes for axes in figure.axes if title in (axes.get_title(), axes.get_title("left"))]
    return found


def marks(axes, marker: str = "o") -> list[tuple[float, float]]:
    """Return where marks of a kind are in a panel."""
    lines = [line for line in axes.get_lines() if line.get_marker() == marker]
    return [(float(x), float(y)) for line in lines for x, y in line.get_xydata()]


def row(axes, name: str) -> float:
    """Return where a named row is."""
    return dict(zip([text.get_text() for text in axes.get_yticklabels()], axes.get_yticks(), strict=True))[name]


def effects(**changed) -> pd.DataFrame:
    """Return the effects of two levels of a factor on quality and energy."""
    rows = [
        {"quantity": "test_quality", "level": "adam", "estimate": 0.04, "low": 0.02, "high": 0.06, "p_holm": 0.01},
        {"quantity": "test_quality", "level": "adamw", "estimate": -0.01, "low": -0.03, "high": 0.01, "p_holm": 0.8},
        {"quantity": "train_energy_j", "level": "adam", "estimate": 1.2, "low": 1.1, "high": 1.3, "p_holm": 0.02},
        {"quantity": "train_energy_j", "level": "adamw", "estimate": 0.9, "low": 0.7, "high": 1.1, "p_holm": 1.0},
    ]
    common = {"kind": "main", "factor": "optimizer", "against": "sgd", "runs": 9, "runs_in_all": 24, "parameters": 3}
    none = pd.array([None] * len(rows), dtype="str")
    second = dict.fromkeys(("factor2", "level2", "against2"), none)
    frame = pd.DataFrame(rows).assign(**about(), **common, **second, aliased_with="", note="")
    return frame.assign(scale=np.where(frame["quantity"] == "test_quality", "difference", "ratio"), **changed)


def few_runs(**changed) -> pd.DataFrame:
    """Return four ranked runs, two of them on the front, and one that diverged."""
    columns = {
        "variant": ["draw0002", "all-on", "all-off", "draw0001", "draw0003"],
        "status": ["complete"] * 4 + ["diverged"],
        "rank": pd.array([1, 2, 3, 4, None], dtype="Int64"),
        "test_quality": [0.70, 0.80, 0.60, 0.65, np.nan],
        "validation_quality": [0.72, 0.78, 0.61, 0.66, np.nan],
        "train_energy_j": [1000.0, 3000.0, 2000.0, 4000.0, 2500.0],
        "train_cpu_s": [50.0, 150.0, 100.0, 200.0, 125.0],
        "score": [60.0, 58.0, 50.0, 48.0, np.nan],
        "score_low": [59.0, 57.0, 49.0, 47.0, np.nan],
        "score_high": [61.0, 59.0, 51.0, 49.0, np.nan],
        "on_front": pd.array([True, True, False, False, None], dtype="boolean"),
        "factor.optimizer": ["sgd", "adamw", "sgd", "adam", "sgd"],
        "factor.momentum": ["0.9", "none", "0", "none", "0.5"],
    }
    return pd.DataFrame(columns).assign(**about(source="measured", scope="gpu") | {"runs": 1} | changed)
