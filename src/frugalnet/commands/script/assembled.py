"""Code out of `pieces`: the definitions that other code needs, and the imports of the whole."""

import ast
from pathlib import Path

PIECES = ("data.py", "training.py", "augmentation.py", "masking.py", "int8.py")


def needed(code: str) -> list[str]:
    """Return the text of the pieces that code names, and of those that they name in turn, in the order of their files."""
    definitions, found = _definitions(), set[str]()
    left = [code]
    while left:
        new = (_names(left.pop()) & definitions.keys()) - found
        found |= new
        left += [definitions[name] for name in new]
    return [text for name, text in definitions.items() if name in found]


def imports(text: str) -> str:
    """Return the imports of a script; some are there only if it needs them."""
    named = _names(text)
    abstract = ", ".join(sorted(named & {"Callable", "Sequence"}))
    lines = [
        "import argparse",
        *(["import math"] if "math" in named else []),
        "import os",
        *(["import random"] if "random" in named else []),
        *([f"from collections.abc import {abstract}"] if abstract else []),
        "from pathlib import Path",
        *(["from typing import Any"] if "Any" in named else []),
        "",
        'os.environ["KERAS_BACKEND"] = "tensorflow"',
        "",
        "import keras",
        "import numpy as np",
        *(["import tensorflow as tf"] if "tf" in named else []),
        "from keras import layers",
    ]
    return "\n".join(lines)


def _definitions() -> dict[str, str]:
    """Return the text of each function and class of the pieces, in their order."""
    found: dict[str, str] = {}
    for name in PIECES:
        text = (Path(__file__).with_name("pieces") / name).read_text()
        nodes = [node for node in ast.parse(text).body if isinstance(node, ast.FunctionDef | ast.ClassDef)]
        found |= {node.name: ast.get_source_segment(text, node) or "" for node in nodes}
    return found


def _names(code: str) -> set[str]:
    return {node.id for node in ast.walk(ast.parse(code)) if isinstance(node, ast.Name)}
