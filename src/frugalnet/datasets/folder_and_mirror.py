"""The folder of one dataset's raw files, and the dataset's part of the mirror."""

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from frugalnet.datasets.source import Entry, Level
from frugalnet.datasets.transfer import get
from frugalnet.files import replacing

Judge = Callable[[Path, str], Level]
"""Return the level of a file that came from an address, or refuse it with an error."""


@dataclass(frozen=True)
class Shelf:
    """The folder that takes the files of one dataset; `mirror` is a folder or URL prefix that is tried first."""

    folder: Path
    mirror: str | None

    def find(self, name: str, judge: Judge) -> Entry | None:
        """Return the file in the folder, or copy it there from the mirror; None if neither has it."""
        present = self.folder / name
        if present.is_file():
            return Entry.of(present, self.folder, judge(present, str(present)), "already there")
        return self.land(name, f"{self.mirror}/{name}", "mirror", judge) if self.mirror else None

    def land(self, name: str, address: str, origin: str, judge: Judge, checksum: str | None = None) -> Entry | None:
        """Copy or download a file, and let `judge` check it before it takes its name; return None if the address has no file."""
        target = self.folder / name
        try:
            with replacing(target) as new:
                get(address, new, target.with_name(f"{target.name}.partial"), checksum)
                level = judge(new, address)
        except FileNotFoundError:
            return None
        return Entry.of(target, self.folder, level, origin)
