"""Files that are written whole or not at all, their checksums, locks that end with their process, and scratch folders."""

import fcntl
import hashlib
import json
import shutil
import stat
import tempfile
import time
import zipfile
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any, TextIO

from frugalnet.errors import FrugalNetError

SCRATCH, IN_USE = "frugalnet-", ".in_use"
"""Prefix of the names of scratch folders, and the file inside that is locked while a folder is in use."""

SAID = 100
"""Maximum number of characters that are quoted from a parser's message."""


def digest(path: Path, algorithm: str = "sha256") -> str:
    """Return the checksum of a file in hexadecimal; raises FrugalNetError for a missing file."""
    with reading(path, "a file"), path.open("rb") as stream:
        return hashlib.file_digest(stream, algorithm).hexdigest()


@contextmanager
def reading(path: Path | zipfile.Path, expected: str) -> Iterator[None]:
    """Raise FrugalNetError, with the file and what was `expected`, if it is not a file or if reading it in the block fails.

    A pipe or a device is not opened, because it may have no end. A FrugalNetError of the block is passed on.
    """
    with understanding(path, expected):
        if isinstance(path, Path) and not stat.S_ISREG(path.stat().st_mode):
            raise FrugalNetError(f"{path}: is a folder, a pipe or a device; expected {expected}")
        yield


@contextmanager
def understanding(source: object, expected: str) -> Iterator[None]:
    """Raise FrugalNetError, with the source of values and what was `expected`, if the block fails."""
    try:
        yield
    except FrugalNetError:
        raise
    except Exception as error:  # a damaged file makes its reader raise anything
        raise FrugalNetError(f"{source}: {_told(error)}; expected {expected}") from None


def _told(error: Exception) -> str:
    """Return briefly why a file could not be read."""
    if isinstance(error, OSError) and error.strerror:
        return error.strerror
    if isinstance(error, UnicodeDecodeError):
        return "not UTF-8 text"
    said = " ".join(str(error).split())
    said = said if len(said) <= SAID else f"{said[:SAID]} ..."
    return f"torn, or of another kind ({type(error).__name__}{said and ': '}{said})"


def read_json(path: Path, expected: str) -> dict[str, Any]:
    """Return the object in a JSON file; raises FrugalNetError, with what is `expected`, if there is none."""
    with reading(path, expected):
        found = json.loads(path.read_text(encoding="utf-8"))
    if not isinstance(found, dict):
        raise FrugalNetError(f"{path}: is not a JSON object; expected {expected}")
    return found


@contextmanager
def replacing(path: Path) -> Iterator[Path]:
    """Yield a temporary path; its file is renamed to `path` if the block succeeds, and deleted otherwise."""
    path.parent.mkdir(parents=True, exist_ok=True)
    temporary = path.with_name(f"{path.name}.new")
    temporary.unlink(missing_ok=True)  # left by a killed process
    try:
        with _writing(path):
            yield temporary
            temporary.replace(path)
    finally:
        temporary.unlink(missing_ok=True)


@contextmanager
def _writing(place: Path) -> Iterator[None]:
    """Add the place that is written to to errors of the file system that name no file, as for a full disk."""
    try:
        yield
    except OSError as error:
        if error.filename is None:
            error.filename = str(place)
        raise


def hold_lock(path: Path, held: str, patience_s: int = 0) -> TextIO:
    """Lock a file until the returned stream is closed or the process ends.

    Raises FrugalNetError with the text `held` if another process still has the lock after `patience_s` seconds.
    """
    path.parent.mkdir(parents=True, exist_ok=True)
    stream = path.open("w")
    for second in range(patience_s + 1):
        try:
            fcntl.flock(stream, fcntl.LOCK_EX | fcntl.LOCK_NB)
            return stream
        except BlockingIOError:
            time.sleep(1 if second < patience_s else 0)
    stream.close()
    raise FrugalNetError(f"{held} (lock: {path}); wait for it or stop it, then start again")


@contextmanager
def scratch(within: Path | None = None, prefix: str = SCRATCH) -> Iterator[Path]:
    """Yield a private folder that is deleted at the end of the block; it is in `within` or in the folder for temporary files."""
    folder, in_use = make_scratch(within, prefix)
    try:
        with in_use, _writing(folder.parent):
            yield folder
    finally:
        delete_scratch(folder)


def make_scratch(within: Path | None = None, prefix: str = SCRATCH) -> tuple[Path, TextIO]:
    """Return a new private folder, and a stream that marks it as in use until the stream is closed or this process and its forks end.

    Folders with the same place and prefix that are no longer in use, as of killed processes, are deleted.
    """
    top = within or Path(tempfile.gettempdir())
    for left in top.glob(f"{prefix}*"):
        with suppress(OSError), (left / IN_USE).open("r+") as stream:  # it may be in use, or belong to another user
            fcntl.flock(stream, fcntl.LOCK_EX | fcntl.LOCK_NB)
            delete_scratch(left)
    new = Path(
        tempfile.mkdtemp(prefix=f".{prefix}", dir=top)
    )  # without the prefix, so that no other process touches it
    in_use = (new / IN_USE).open("w")
    fcntl.flock(in_use, fcntl.LOCK_EX)
    return new.rename(top / new.name[1:]), in_use


def delete_scratch(folder: Path) -> None:
    """Delete a scratch folder, its lock file last: if this process is killed, another one can delete the rest."""
    with suppress(OSError):
        for inside in [path for path in folder.iterdir() if path.name != IN_USE]:
            shutil.rmtree(inside, ignore_errors=True) if inside.is_dir() else inside.unlink(missing_ok=True)
    shutil.rmtree(folder, ignore_errors=True)
