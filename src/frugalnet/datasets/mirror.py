"""The mirror: a folder or URL prefix with the official files, tried before the official addresses."""

import os
from pathlib import Path

from frugalnet.config.data import Data
from frugalnet.errors import FrugalNetError

VARIABLE = "FRUGALNET_MIRROR"


def is_url(address: str) -> bool:
    """Tell a URL from a path."""
    return address.startswith(("http://", "https://"))


def mirror_of(data: Data) -> str | None:
    """Return the mirror in `data.mirror` or else in the environment variable; None without either."""
    mirror = data.mirror or os.environ.get(VARIABLE)
    if not mirror or is_url(mirror):
        return mirror or None
    return str(Path(mirror).expanduser())


def check_mirror(data: Data) -> None:
    """Stop if the official files should come from a folder that does not exist.

    Raises:
        FrugalNetError: the mirror is neither a URL nor a folder.
    """
    mirror = mirror_of(data)
    if data.source != "official" or mirror is None or is_url(mirror) or Path(mirror).is_dir():
        return
    key = "data.mirror" if data.mirror else f"environment variable {VARIABLE}"
    raise FrugalNetError(
        f"{key}: there is no folder {mirror!r}. Expected a folder, or a URL prefix that begins with http:// or https://, "
        "that holds <dataset>/<file>. Correct it, or leave it out to use the official addresses."
    )
