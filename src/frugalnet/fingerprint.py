"""A digest of code that docstrings, comments and layout do not change."""

import ast
import hashlib
from importlib.util import find_spec
from pathlib import Path


def fingerprint(*names: str) -> str:
    """Return the digest of modules, and of packages with all that is in them, without importing them."""
    digest = hashlib.sha256()
    for path in sorted(path for name in names for path in _files(name)):
        digest.update(path.name.encode())
        digest.update(repr(_essence(ast.parse(path.read_text()))).encode())
    return digest.hexdigest()[:16]


def _files(name: str) -> list[Path]:
    spec = find_spec(name)
    assert spec is not None and spec.origin is not None, f"no module {name}"
    origin = Path(spec.origin)
    return list(origin.parent.rglob("*.py")) if spec.submodule_search_locations else [origin]


def _essence(node: object) -> object:
    """Return a syntax tree as nested tuples, without positions, docstrings and empty fields (which differ between Pythons)."""
    if isinstance(node, list):
        return tuple(_essence(item) for item in node if not _is_docstring(item))
    if isinstance(node, ast.AST):
        fields = ((field, _essence(value)) for field, value in ast.iter_fields(node))
        return type(node).__name__, tuple((field, value) for field, value in fields if value not in (None, ()))
    return node


def _is_docstring(node: object) -> bool:
    return isinstance(node, ast.Expr) and isinstance(node.value, ast.Constant) and isinstance(node.value.value, str)
