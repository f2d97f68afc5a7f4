"""Get files with known checksums: from the folder itself, the mirror, or the official addresses."""

from functools import partial
from pathlib import Path

from frugalnet.datasets.folder_and_mirror import Shelf
from frugalnet.datasets.source import LEVELS, Entry, File, Level, Source
from frugalnet.datasets.transfer import extract
from frugalnet.errors import FrugalNetError
from frugalnet.files import digest, scratch


def bring(source: Source, shelf: Shelf) -> list[Entry]:
    """Get all files of a source, one by one or from their archive.

    Raises:
        FrugalNetError: a file has none of the known checksums, or no address has it.
    """
    if source.archive is None:
        return [_within_reach(file, shelf) or _download(file, shelf, wanted=file.name) for file in source.files]
    archive = _within_reach(source.archive, shelf)
    if archive is None:
        members = [member for file in source.files if (member := _within_reach(file, shelf))]
        if len(members) == len(source.files):
            return members
        names = ", ".join(file.name for file in source.files)
        archive = _download(source.archive, shelf, wanted=f"{source.archive.name} or all of {names}")
    return [archive, *_unpack(archive, source.files, shelf)]


def level_of(path: Path, address: str, file: File) -> Level:
    """Return the level of the content of `path`, which came from `address`.

    Raises:
        FrugalNetError: its checksum is not a known one.
    """
    for known, level in file.checksums.items():
        algorithm, _, checksum = known.partition(":")
        if digest(path, algorithm) == checksum:
            return level
    expected = " or ".join(f"{known} ({level})" for known, level in file.checksums.items())
    raise FrugalNetError(
        f"{address}: wrong checksum. Expected {expected}; got sha256:{digest(path)}, {path.stat().st_size} bytes. "
        "It is truncated, damaged or another file: replace or delete it and run again."
    )


def level_in(source: Source, folder: Path) -> Level:
    """Return the level of raw files by the checksum of their archive if it is there, or else by their own checksums.

    Raises:
        FrugalNetError: a file has none of the known checksums and is not the one in the archive.
    """
    archive = source.archive if source.archive and (folder / source.archive.name).is_file() else None
    unknown = []
    levels = [level_of(folder / archive.name, str(folder / archive.name), archive)] if archive else []
    for file in source.files:
        try:
            levels.append(level_of(folder / file.name, str(folder / file.name), file))
        except FrugalNetError:
            if archive is None:
                raise
            unknown.append(folder / file.name)
    if archive is None:
        return max(levels, key=LEVELS.index)
    if unknown:
        _refuse_others(folder / archive.name, unknown)
    return levels[0]


def _refuse_others(archive: Path, files: list[Path]) -> None:
    """Raise FrugalNetError for files that differ from those in an archive."""
    with scratch() as temporary:
        extract(archive, {file.name: temporary / file.name for file in files})
        if other := [str(file) for file in files if digest(file) != digest(temporary / file.name)]:
            raise FrugalNetError(f"{', '.join(other)}: differs from the file in {archive}; delete it and run again")


def _within_reach(file: File, shelf: Shelf) -> Entry | None:
    return shelf.find(file.name, partial(level_of, file=file))


def _download(file: File, shelf: Shelf, wanted: str) -> Entry:
    """Get a file from the first official address that has it whole; `wanted` is what a mirror would need to hold."""
    checksum = next(known for known, level in file.checksums.items() if level == "official")
    problems = []
    for url in file.urls:
        try:
            if entry := shelf.land(file.name, url, url, partial(level_of, file=file), checksum):
                return entry
            problems.append(f"{url}: nothing there")
        except FrugalNetError as problem:
            problems.append(str(problem))
    raise FrugalNetError(
        "\n  ".join([f"{file.name}: none of its official addresses gave it:", *problems])
        + "\nCheck the network and run again "
        "(an interrupted download continues where it stopped), or let data.mirror or the environment variable FRUGALNET_MIRROR "
        f"name a folder that holds {shelf.folder.name}/ with {wanted}."
    )


def _unpack(archive: Entry, files: tuple[File, ...], shelf: Shelf) -> list[Entry]:
    """Extract files from an archive in the folder; its checksum covers them, so they have its level."""
    extract(shelf.folder / archive.name, {Path(file.name).name: shelf.folder / file.name for file in files})
    return [Entry.of(shelf.folder / file.name, shelf.folder, archive.level, archive.name) for file in files]
