"""Digests of what code does, and the versions that must go up with them.

Docstrings, comments, layout, and the order and place of definitions change no digest: a file that is moved, split or
renamed is the same code. `python -m frugalnet.fingerprint FILE` renews the file that a test compares with; it refuses
where code changed and its version in the catalogue did not.
"""

import ast
import hashlib
import json
import sys
import time
from collections.abc import Iterable, Mapping
from contextlib import suppress
from dataclasses import dataclass
from functools import cache
from importlib.util import find_spec
from pathlib import Path
from typing import Any

from frugalnet import catalogue
from frugalnet.catalogue.entries import Network
from frugalnet.catalogue.recipes import Level, RecipePart, Setting
from frugalnet.files import replacing

METHODS = (
    "frugalnet.methods",
    "frugalnet.pruning",
    "frugalnet.search",
    "frugalnet.networks.widths",
    "frugalnet.networks.graph",
)
"""Packages and modules whose code counts for the methods that import them."""
SPACES = ("frugalnet.search.spaces",)
"""Packages whose code counts for the search spaces that import them."""
DATA = tuple(f"frugalnet.datasets.{name}" for name in ("prepared", "raw", "made", "source"))
"""Modules whose code counts for every dataset."""
READERS = ("frugalnet.datasets.cifar",)
"""Modules whose code counts for the datasets that import them."""
SETTLED_NS = 2_000_000_000
"""Age from which a file's times reliably show later writes: the clocks of file systems tick slowly."""

Versions = dict[str, dict[str, str | int]]


def fingerprint(*modules: str, within: Iterable[str] = ()) -> str:
    """Return the digest of modules and of all that they import, directly or not, from the packages `within`; nothing is imported."""
    statements = [text for module in needed(modules, within) for text in _code(module).statements]
    return hashlib.sha256("\n".join(sorted(statements)).encode()).hexdigest()[:16]


class FingerprintCache:
    """Fingerprints of modules of this package, kept in a file for as long as no file of the package changes.

    Changes are detected by path, inode, size and times; the time of an inode's last change cannot be set back. Where
    the cache cannot be read or written, the code is parsed again; nothing else is lost.
    """

    def __init__(self, file: Path) -> None:
        self._file = file
        self._state, changed_ns = _state(_folder(_top(__name__)))
        self._settled = time.time_ns() - changed_ns > SETTLED_NS
        self._known = self._read()

    def fingerprint(self, *modules: str, within: Iterable[str] = ()) -> str:
        """Return what the function `fingerprint` returns."""
        key = " ".join([*modules, "within", *within])
        if key not in self._known:
            self._known[key] = fingerprint(*modules, within=within)
            self._write()
        return self._known[key]

    def _read(self) -> dict[str, str]:
        with suppress(OSError, ValueError, TypeError, KeyError):
            found = json.loads(self._file.read_text())
            if found["state"] == self._state:
                return dict(found["fingerprints"])
        return {}

    def _write(self) -> None:
        if self._settled:
            with suppress(OSError), replacing(self._file) as new:
                new.write_text(json.dumps({"state": self._state, "fingerprints": self._known}))


def _state(folder: Path) -> tuple[str, int]:
    """Return a digest that identifies the files of a package, and the time of their last change."""
    files = sorted((str(path), path.stat()) for path in folder.rglob("*.py"))
    told = [(path, of.st_ino, of.st_size, of.st_mtime_ns, of.st_ctime_ns) for path, of in files]
    return hashlib.sha256(repr((sys.version, told)).encode()).hexdigest(), max(of.st_ctime_ns for _, of in files)


def needed(modules: Iterable[str], within: Iterable[str]) -> set[str]:
    """Return modules with all that they import, directly or not, from some packages."""
    found: set[str] = set()
    rooms, left = tuple(within), list(modules)
    while left:
        module = left.pop()
        if module not in found:
            found.add(module)
            left += [name for name in _code(module).imports if any(f"{name}.".startswith(f"{room}.") for room in rooms)]
    return found


def code_versions() -> Versions:
    """Return version and digest of all code that determines the result of a run: recipe parts and their levels, methods, networks, spaces, datasets."""
    spaces = {name: _module(entry.builder) for name, entry in catalogue.SPACES.items()}
    named: dict[str, tuple[int, str]] = {
        **{f"recipe {name}": (part.version, _of_part(part)) for name, part in catalogue.RECIPE_PARTS.items()},
        **{
            f"recipe {name} {level}": (entry.version, _of_level(entry, part))
            for name, part in catalogue.RECIPE_PARTS.items()
            for level, entry in part.levels.items()
        },
        **{
            f"method {name}": (entry.version, fingerprint(_module(entry.function), within=METHODS))
            for name, entry in catalogue.METHODS.items()
        },
        **{f"network {name}": (entry.version, _of_network(entry)) for name, entry in catalogue.NETWORKS.items()},
        **{
            f"space {name}": (catalogue.SPACES[name].version, fingerprint(module, within=SPACES))
            for name, module in spaces.items()
        },
        **{
            f"dataset {name}": (entry.version, fingerprint(entry.module, *DATA, within=READERS))
            for name, entry in catalogue.DATASETS.items()
        },
    }
    return {name: {"version": version, "code": code} for name, (version, code) in named.items()}


def _of_part(part: RecipePart) -> str:
    code = fingerprint(*part.modules)
    return _with_defaults(code, part.settings) if part.settings else code


def _of_network(network: Network) -> str:
    """Return the digest of a network: of its builder's module, and of the defaults of its settings."""
    code = fingerprint(_module(network.builder))
    return _with_defaults(code, network.settings) if network.settings else code


def _of_level(level: Level, part: RecipePart) -> str:
    """Return the digest of a level: of its module, and of the defaults of its settings, which leave no trace in a row.

    Of a class of a library the path counts, and of a function in the part's own modules the name: the part covers its code.
    """
    module, _, attribute = level.path.partition(":")
    if module in part.modules:
        return _with_defaults(attribute, level.settings)
    ours = _top(module) == _top(catalogue.__name__)  # `__name__` may be `__main__`
    return _with_defaults(fingerprint(module) if ours else level.path, level.settings)


def _with_defaults(code: str, settings: Mapping[str, Setting]) -> str:
    """Return a digest of code and of the defaults that are passed to it."""
    defaults = sorted((name, setting.default) for name, setting in settings.items() if setting.default is not None)
    return hashlib.sha256(repr((code, defaults)).encode()).hexdigest()[:16]


def unversioned_changes(known: Versions) -> list[str]:
    """Return the names whose code differs from the known one although their version does not."""
    now = code_versions()
    return [
        name
        for name, entry in known.items()
        if name in now and entry["code"] != now[name]["code"] and entry["version"] == now[name]["version"]
    ]


def _module(path: str) -> str:
    """Return the module of `module:attribute`."""
    return path.partition(":")[0]


def _top(name: str) -> str:
    return name.partition(".")[0]


@dataclass(frozen=True)
class _Code:
    """A module: the modules of its own top package that it imports from, and its statements as text."""

    imports: frozenset[str]
    statements: tuple[str, ...]


def _code(module: str) -> _Code:
    file = _file(module)
    return _parsed(module, file, file.stat().st_ctime_ns)


@cache
def _parsed(module: str, file: Path, changed_ns: int) -> _Code:
    tree = ast.parse(file.read_text())
    own = [node for node in ast.walk(tree) if isinstance(node, ast.ImportFrom) and _is_own(node, module)]
    named = {alias: _named(str(node.module), alias.name) for node in own for alias in node.names}
    modules = {alias.asname or alias.name for alias, name in named.items() if name.endswith(f".{alias.name}")}
    return _Code(frozenset(named.values()), tuple(map(repr, _essence(tree.body, module, modules))))


def _named(package: str, name: str) -> str:
    """Return the module that `from package import name` refers to: `package.name` if that is a module, otherwise `package`."""
    inner = f"{package}.{name}"
    return inner if _path(inner).is_dir() or _path(inner).with_suffix(".py").exists() else package


def _file(module: str) -> Path:
    path = _path(module)
    return path / "__init__.py" if path.is_dir() else path.with_suffix(".py")


def _path(name: str) -> Path:
    package, *inner = name.split(".")
    return _folder(package).joinpath(*inner)


def _folder(package: str) -> Path:
    spec = find_spec(package)  # of the top package only: finding `a.b` would import `a`
    assert spec is not None and spec.origin is not None, f"no package {package}"
    return Path(spec.origin).parent


def _is_own(node: ast.ImportFrom, module: str) -> bool:
    return _top(node.module or "") == _top(module)


def _is_left_out(node: ast.AST, module: str) -> bool:
    """Tell whether a statement is a docstring, or an import of the same top package."""
    if isinstance(node, ast.ImportFrom):
        return _is_own(node, module)
    return isinstance(node, ast.Expr) and isinstance(node.value, ast.Constant) and isinstance(node.value.value, str)


def _essence(node: Any, module: str, modules: set[str]) -> Any:
    """Return a syntax tree as nested tuples, without positions and empty fields (which differ by Python).

    Docstrings are left out, and so is where a module's own package stands: its imports, and the name of a module before
    a dot.
    """
    if isinstance(node, list):
        return tuple(_essence(each, module, modules) for each in node if not _is_left_out(each, module))
    if not isinstance(node, ast.AST):
        return node
    if isinstance(node, ast.Attribute) and isinstance(node.value, ast.Name) and node.value.id in modules:
        node = ast.Name(node.attr, node.ctx)
    fields = [(field, _essence(getattr(node, field, None), module, modules)) for field in node._fields]
    return type(node).__name__, tuple((field, value) for field, value in fields if value is not None and value != ())


if __name__ == "__main__":
    file = Path(sys.argv[1])
    if changed := unversioned_changes(json.loads(file.read_text())) if file.exists() else []:
        sys.exit(f"the code of {', '.join(changed)} changed: raise its version in src/frugalnet/catalogue/ first")
    file.write_text(json.dumps(code_versions(), indent=1) + "\n")
