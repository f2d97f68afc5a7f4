"""The folder of one dataset's raw files, and the part of the mirror beside it."""

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from frugalnet.datasets.source import Entry, Level
from frugalnet.datasets.transfer import get
from frugalnet.files import replacing

Judge = Callable[[Path, str], Level]
"""Tells the level of a file that was brought from an address, or refuses it with an error."""


@dataclass(frozen=True)
class Shelf:
    """Where the files of one dataset are put; `mirror` is a folder or URL prefix that is asked first."""

    folder: Path
    mirror: str | None

    def find(self, name: str, judge: Judge) -> Entry | None:
        """Return the file as it is in the folder or, once copied, in the mirror; None where neither has it."""
        present = self.folder / name
        if present.is_file():
            return Entry.of(present, self.folder, judge(present, str(present)), "already there")
        return self.land(name, f"{self.mirror}/{name}", "mirror", judge) if self.mirror else None

    def land(self, name: str, address: str, origin: str, judge: Judge, checksum: str | None = None) -> Entry | None:
        """Bring a file and have it judged before it takes its name; return None where nothing is at the address."""
        target = self.folder / name
        try:
            with replacing(target) as new:
                get(address, new, target.with_name(f"{target.name}.partial"), checksum)
                level = judge(new, address)
        except FileNotFoundError:
            return None
        return Entry.of(target, self.folder, level, origin)
