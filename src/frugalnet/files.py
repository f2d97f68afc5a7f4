"""Files that are whole or not there, their checksums, locks that end with the process that holds them, and scratch folders."""

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
"""What the names of scratch folders begin with, and the file in them that is locked as long as they are in use."""

SAID = 100
"""Letters of what a parser says of a file, at most."""


def digest(path: Path, algorithm: str = "sha256") -> str:
    """Return the checksum of a file in hexadecimal; raises FrugalNetError where there is none."""
    with reading(path, "a file"), path.open("rb") as stream:
        return hashlib.file_digest(stream, algorithm).hexdigest()


@contextmanager
def reading(path: Path | zipfile.Path, expected: str) -> Iterator[None]:
    """Raise FrugalNetError that names a file, and what was `expected`, where it is none, or what reads it in the block fails.

    A pipe or a device is not opened: it may have no end. A FrugalNetError of the block passes as it is.
    """
    with understanding(path, expected):
        if isinstance(path, Path) and not stat.S_ISREG(path.stat().st_mode):
            raise FrugalNetError(f"{path}: is a folder, a pipe or a device; expected {expected}")
        yield


@contextmanager
def understanding(source: object, expected: str) -> Iterator[None]:
    """Raise FrugalNetError that names the source of values, and what was `expected`, where the block fails at them."""
    try:
        yield
    except FrugalNetError:
        raise
    except Exception as error:  # a damaged file makes its reader raise anything
        raise FrugalNetError(f"{source}: {_told(error)}; expected {expected}") from None


def _told(error: Exception) -> str:
    """Return in short why a file could not be read."""
    if isinstance(error, OSError) and error.strerror:
        return error.strerror
    if isinstance(error, UnicodeDecodeError):
        return "no text in UTF-8"
    said = " ".join(str(error).split())
    said = said if len(said) <= SAID else f"{said[:SAID]} ..."
    return f"torn, or of another kind ({type(error).__name__}{said and ': '}{said})"


def read_json(path: Path, expected: str) -> dict[str, Any]:
    """Return the object in a JSON file; raises FrugalNetError, with what is `expected`, where there is none."""
    with reading(path, expected):
        found = json.loads(path.read_text(encoding="utf-8"))
    if not isinstance(found, dict):
        raise FrugalNetError(f"{path}: holds no object; expected {expected}")
    return found


@contextmanager
def replacing(path: Path) -> Iterator[Path]:
    """Give a temporary path whose file takes the name `path` when the block ends without an error, and is deleted otherwise."""
    path.parent.mkdir(parents=True, exist_ok=True)
    temporary = path.with_name(f"{path.name}.new")
    temporary.unlink(missing_ok=True)  # of a killed process
    try:
        with _writing(path):
            yield temporary
            temporary.replace(path)
    finally:
        temporary.unlink(missing_ok=True)


@contextmanager
def _writing(place: Path) -> Iterator[None]:
    """Give an error of the file system that names no file, as that of a full disk, the place that is written to."""
    try:
        yield
    except OSError as error:
        if error.filename is None:
            error.filename = str(place)
        raise


def hold_lock(path: Path, held: str, patience_s: int = 0) -> TextIO:
    """Lock a file for as long as the returned stream is open, which ends with the process; raise FrugalNetError with `held` if another process has it.

    `patience_s`: seconds to wait for the other process to end.
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
    """Give a private folder that is deleted when the block ends, in that for temporary files or in another one."""
    folder, in_use = make_scratch(within, prefix)
    try:
        with in_use, _writing(folder.parent):
            yield folder
    finally:
        delete_scratch(folder)


def make_scratch(within: Path | None = None, prefix: str = SCRATCH) -> tuple[Path, TextIO]:
    """Return a new private folder, and what keeps it in use until it is closed: at the latest, with this process and its forks.

    Those of the same place and prefix that nobody uses any more, as of killed processes, are deleted.
    """
    top = within or Path(tempfile.gettempdir())
    for left in top.glob(f"{prefix}*"):
        with suppress(OSError), (left / IN_USE).open("r+") as stream:  # in use, or another user's
            fcntl.flock(stream, fcntl.LOCK_EX | fcntl.LOCK_NB)
            delete_scratch(left)
    new = Path(tempfile.mkdtemp(prefix=f".{prefix}", dir=top))  # not yet of that prefix: nobody else looks at it
    in_use = (new / IN_USE).open("w")
    fcntl.flock(in_use, fcntl.LOCK_EX)
    return new.rename(top / new.name[1:]), in_use


def delete_scratch(folder: Path) -> None:
    """Delete a scratch folder, that by which it is known as one at last: where this is killed, the rest is deleted later."""
    with suppress(OSError):
        for inside in [path for path in folder.iterdir() if path.name != IN_USE]:
            shutil.rmtree(inside, ignore_errors=True) if inside.is_dir() else inside.unlink(missing_ok=True)
    shutil.rmtree(folder, ignore_errors=True)
