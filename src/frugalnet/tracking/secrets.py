"""User, password and keys of trackers: from the environment, `.env` or `secrets.yaml`. No message holds a value."""

import os
import stat
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from importlib.util import find_spec
from pathlib import Path

from frugalnet.config.yaml_files import read_source
from frugalnet.errors import FrugalNetError

MLFLOW = ("MLFLOW_TRACKING_USERNAME", "MLFLOW_TRACKING_PASSWORD", "MLFLOW_TRACKING_TOKEN")
WANDB = ("WANDB_API_KEY",)
KNOWN = (*MLFLOW, *WANDB)
DOTENV, YAML = Path(".env"), Path("secrets.yaml")
"""Files in the working folder; both are in `.gitignore`."""
OTHERS = stat.S_IRWXG | stat.S_IRWXO


def read_secrets() -> dict[str, str]:
    """Return the values of the KNOWN names that the environment, `.env` or `secrets.yaml` set; earlier ones win.

    Raises FrugalNetError for a file that other users can read, for unknown names in `secrets.yaml`, and for a file that
    cannot be read.
    """
    found = _of_yaml(YAML) | _of_dotenv(DOTENV)
    return found | {name: os.environ[name] for name in KNOWN if os.environ.get(name)}


@contextmanager
def in_environment(secrets: Mapping[str, str]) -> Iterator[None]:
    """Have secrets in the environment of this process, where trackers look for them, for the block."""
    before = {name: os.environ.get(name) for name in secrets}
    os.environ |= secrets
    try:
        yield
    finally:
        for name, value in before.items():
            if value is None:
                os.environ.pop(name, None)
            else:
                os.environ[name] = value


def _of_yaml(path: Path) -> dict[str, str]:
    if not path.exists():
        return {}
    _refuse_readers(path)
    expected = f"one or more of {', '.join(KNOWN)}, each with a text"
    try:
        values = read_source(path, str(path), expected).values
    except FrugalNetError:  # its message may quote the file
        raise FrugalNetError(f"{path}: cannot be read as YAML; expected {expected}") from None
    if unknown := sorted(str(name) for name in values.keys() - set(KNOWN)):
        raise FrugalNetError(f"{path}: unknown key {', '.join(unknown)}; expected {expected}")
    if wrong := [name for name, value in values.items() if not (isinstance(value, str) and value)]:
        raise FrugalNetError(
            f"{path}: {', '.join(wrong)} is no text; expected {expected}, in quotes if it looks like a number"
        )
    return {str(name): str(value) for name, value in values.items()}


def _of_dotenv(path: Path) -> dict[str, str]:
    """Return the known names that the file sets; other programs keep other names there."""
    if not path.exists():
        return {}
    try:
        text = path.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError):
        raise FrugalNetError(f"{path}: cannot be read; expected lines like {KNOWN[0]}=...") from None
    if not any(name in text for name in KNOWN):
        return {}
    _refuse_readers(path)
    if find_spec("dotenv") is None:
        raise FrugalNetError(
            f"{path}: python-dotenv, which reads it, is not installed here; `pip install python-dotenv`"
        )
    from dotenv import dotenv_values

    found = dotenv_values(path, interpolate=False)
    return {name: value for name in KNOWN if (value := found.get(name))}


def _refuse_readers(path: Path) -> None:
    """Raise FrugalNetError for a file that group or others can read or write."""
    mode = stat.S_IMODE(path.stat().st_mode)
    if mode & OTHERS:
        raise FrugalNetError(
            f"{path}: holds secrets, and others can read or change it (mode {mode:o}); expected mode 600: `chmod 600 {path}`"
        )
