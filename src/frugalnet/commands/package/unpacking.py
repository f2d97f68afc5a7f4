"""The results in a package as a folder of results."""

import shutil
import zipfile
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path, PurePosixPath

from frugalnet.commands.package import raw_archive
from frugalnet.commands.package.packing import MANIFEST
from frugalnet.commands.package.verifying import is_of_results, name_of_results, names_in, verify
from frugalnet.files import scratch
from frugalnet.record import paths


def is_package(path: Path) -> bool:
    """Tell whether a path is a package, packed or unpacked, and not a folder of results."""
    return path.is_file() or (path / MANIFEST).exists()


def unpack(package: Path, folder: Path, wanted: Callable[[PurePosixPath], bool] = lambda _: True) -> Path:
    """Put the results in a package, or only the `wanted` files, into `<folder>/<name>`, and return that folder.

    The package is checked first. Raises FrugalNetError for one that is not whole, and where it has several results.
    """
    verify(package)
    with ExitStack() as stack:
        root: Path | zipfile.Path
        if package.is_dir():
            root = package
            names = names_in(package)
        else:
            archive = stack.enter_context(zipfile.ZipFile(package))
            names = archive.namelist()  # read before zipfile.Path, which adds folders
            root = zipfile.Path(archive)
        inside = {name: PurePosixPath(name) for name in sorted(names) if is_of_results(name)}
        for name, path in inside.items():
            if not wanted(path):
                continue
            target = folder.joinpath(*path.parts[1:])
            target.parent.mkdir(parents=True, exist_ok=True)
            with root.joinpath(name).open("rb") as stream:
                if path.name == paths.RAW_ARCHIVE:
                    raw_archive.unpack(stream, f"{package}: {name}", target.parent)
                else:
                    with target.open("xb") as copy:
                        shutil.copyfileobj(stream, copy)
        return folder / name_of_results(package, names)


@contextmanager
def as_folder(path: Path, wanted: Callable[[PurePosixPath], bool]) -> Iterator[Path]:
    """Give the folder of results; for a package, which is checked, a temporary one with the `wanted` files."""
    if path.is_dir() and not is_package(path):
        yield path
    else:
        with scratch() as temporary:
            yield unpack(path, temporary, wanted)
