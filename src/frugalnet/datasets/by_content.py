"""Take a MATLAB file that the user provides; it has no direct address and no published checksum, so its content is checked."""

from functools import partial
from pathlib import Path

from frugalnet.datasets.folder_and_mirror import Judge, Shelf
from frugalnet.datasets.mirror import is_url
from frugalnet.datasets.source import Check, Entry
from frugalnet.datasets.transfer import extract
from frugalnet.errors import FrugalNetError
from frugalnet.files import replacing


def bring(check: Check, shelf: Shelf, allow_subset: bool) -> list[Entry]:
    """Take the one file of a dataset: any single .mat file, or the official one from its archive.

    Raises:
        FrugalNetError: there is no file, there are several, or `check` refuses it.
    """
    judge = partial(check.level_of, allow_subset=allow_subset)
    places = [shelf.folder] if shelf.mirror is None or is_url(shelf.mirror) else [shelf.folder, Path(shelf.mirror)]
    entry = shelf.find(_name(places) or check.name, judge) or _unpack(check, places, shelf, judge)
    if entry is None:
        raise FrugalNetError(
            f"{check.name}: not in {shelf.folder}"
            + (f" nor in {shelf.mirror}" if shelf.mirror else "")
            + ". It has no direct address: "
            f"get {check.archive} from {check.page} and put it, or {check.name} from it, there or in {shelf.folder.name}/ "
            "below the folder that data.mirror or the environment variable FRUGALNET_MIRROR names. Then run again."
        )
    return [entry]


def _name(places: list[Path]) -> str | None:
    """Return the name of the .mat file in the first place that has one."""
    for place in places:
        names = sorted(path.name for path in place.glob("*.mat"))
        if len(names) > 1:
            raise FrugalNetError(
                f"{place}: expected one .mat file, found {', '.join(names)}. Leave only the one to be used."
            )
        if names:
            return names[0]
    return None


def _unpack(check: Check, places: list[Path], shelf: Shelf, judge: Judge) -> Entry | None:
    """Extract the file from the archive in its place: the archive is too large to copy for one member."""
    archive = next((place / check.archive for place in places if (place / check.archive).is_file()), None)
    if archive is None:
        return None
    target = shelf.folder / check.name
    with replacing(target) as new:
        extract(archive, {check.name: new})
        level = judge(new, f"{archive}:{check.name}")
    return Entry.of(target, shelf.folder, level, check.archive)
