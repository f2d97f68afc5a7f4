"""Where the data come from."""

from typing import Literal

from frugalnet.config.section import Section, anything


class Data(Section):
    """Where the data come from."""

    source: Literal["sample", "official"] = "sample"
    """`sample`: small made stand-ins, offline; `official`: the real files."""
    mirror: str | None = anything("path")
    """Folder or URL prefix with the official files (`<mirror>/<dataset>/<file>`), asked before the official addresses; also `FRUGALNET_MIRROR`."""
    allow_subset: bool = False
    """Accept a SAT-6 file of the right layout with other class counts than the official ones (level `subset`)."""
