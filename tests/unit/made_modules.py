"""Modules that are written for a test."""

from importlib import invalidate_caches


def write(folder, **files):
    """Write modules by name into a package; `a_in_b` is the module b of its package a."""
    for name, source in ({"__init__": ""} | files).items():
        path = folder / f"{name.replace('_in_', '/')}.py"
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(source)
    invalidate_caches()
