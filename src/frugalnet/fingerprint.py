"""Digests of code that docstrings, comments and layout do not change, and the versions that must go up with them.

`python -m frugalnet.fingerprint FILE` renews the file that a test compares with; it refuses where code changed and its
version in the catalogue did not.
"""

import ast
import hashlib
import json
import sys
from collections.abc import Iterable
from importlib.util import find_spec
from pathlib import Path

from frugalnet import catalogue

SHARED = ("frugalnet.pruning", "frugalnet.search", "frugalnet.networks.widths")
"""What belongs to the methods that import it."""
DATA = ("frugalnet.datasets.prepared", "frugalnet.datasets.made", "frugalnet.datasets.source")
"""Modules that belong to every dataset."""
SPACES = ("frugalnet.search.spaces.dense",)
"""Modules that belong to the search spaces that import them."""


def fingerprint(*names: str, without: Iterable[str] = ()) -> str:
    """Return the digest of modules, and of packages with all that is in them but `without`, without importing them."""
    digest = hashlib.sha256()
    left_out = {path for name in without for path in _files(name)}
    for path in sorted({path for name in names for path in _files(name)} - left_out):
        digest.update(path.name.encode())
        digest.update(repr(_essence(ast.parse(path.read_text()))).encode())
    return digest.hexdigest()[:16]


Versions = dict[str, dict[str, str | int]]


def code_versions() -> Versions:
    """Return version and digest of all code that decides what a run gives: the recipes, each method, network, space and dataset."""
    spaces = {name: _module(entry.builder) for name, entry in catalogue.SPACES.items()}
    recipe: Versions = {
        "recipe": {
            "version": catalogue.RECIPE_VERSION,
            "code": fingerprint("frugalnet.recipes", "frugalnet.networks.__init__"),
        }
    }
    methods: Versions = {
        f"method {name}": {
            "version": entry.version,
            "code": fingerprint(*_with_shared(_module(entry.function), SHARED), without=spaces.values()),
        }
        for name, entry in catalogue.METHODS.items()
    }
    datasets: Versions = {
        f"dataset {name}": {"version": entry.version, "code": fingerprint(entry.module, *DATA)}
        for name, entry in catalogue.DATASETS.items()
    }
    networks: Versions = {
        f"network {name}": {"version": entry.version, "code": fingerprint(_module(entry.builder))}
        for name, entry in catalogue.NETWORKS.items()
    }
    of_search: Versions = {
        f"space {name}": {"version": catalogue.SPACES[name].version, "code": fingerprint(*_with_shared(module, SPACES))}
        for name, module in spaces.items()
    }
    return recipe | methods | networks | of_search | datasets


def unversioned_changes(known: Versions) -> list[str]:
    """Return the names whose code is not the known one although their version is."""
    now = code_versions()
    return [
        name
        for name, entry in known.items()
        if name in now and entry["code"] != now[name]["code"] and entry["version"] == now[name]["version"]
    ]


def _module(path: str) -> str:
    """Return the module of `module:attribute`."""
    return path.partition(":")[0]


def _with_shared(module: str, shared: Iterable[str]) -> list[str]:
    """Return a module, those of the shared packages and modules that it imports from, and the same of methods that it imports."""
    (path,) = _files(module)
    imports = [node for node in ast.walk(ast.parse(path.read_text())) if isinstance(node, ast.ImportFrom)]
    imported = {f"{node.module}.{alias.name}" for node in imports for alias in node.names}
    methods = {node.module for node in imports if node.module and node.module.startswith("frugalnet.methods.")}
    own = [module, *(package for package in shared if any(name.startswith(package) for name in imported))]
    return sorted({*own, *(name for method in methods for name in _with_shared(method, shared))})


def _files(name: str) -> list[Path]:
    package, *inner = name.split(".")
    spec = find_spec(package)  # of the top only: that of `a.b` would import `a`
    assert spec is not None and spec.origin is not None, f"no package {package}"
    path = Path(spec.origin).parent.joinpath(*inner)
    return list(path.rglob("*.py")) if path.is_dir() else [path.with_suffix(".py")]


def _essence(node: object) -> object:
    """Return a syntax tree as nested tuples, without positions, docstrings and empty fields (which differ by Python)."""
    if isinstance(node, list):
        return tuple(_essence(item) for item in node if not _is_docstring(item))
    if isinstance(node, ast.AST):
        fields = ((field, _essence(value)) for field, value in ast.iter_fields(node))
        return type(node).__name__, tuple((field, value) for field, value in fields if value not in (None, ()))
    return node


def _is_docstring(node: object) -> bool:
    return isinstance(node, ast.Expr) and isinstance(node.value, ast.Constant) and isinstance(node.value.value, str)


if __name__ == "__main__":
    file = Path(sys.argv[1])
    if changed := unversioned_changes(json.loads(file.read_text())) if file.exists() else []:
        sys.exit(f"the code of {', '.join(changed)} changed: raise its version in src/frugalnet/catalogue.py first")
    file.write_text(json.dumps(code_versions(), indent=1) + "\n")
