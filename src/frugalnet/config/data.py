"""Where the data come from."""

from typing import Literal

from frugalnet.config.section import Section, anything


class Data(Section):
    """Where the data come from."""

    source: Literal["sample", "official"] = "sample"
    """`sample`: small stand-ins made offline; `official`: the real files."""
    mirror: str | None = anything("path")
    """Folder or URL prefix with the official files (`<mirror>/<dataset>/<file>`), tried before the official addresses. If null, the environment variable `FRUGALNET_MIRROR` is used."""
    allow_subset: bool = False
    """Accept a SAT-6 file that has the right layout but not the official class counts (level `subset`)."""
