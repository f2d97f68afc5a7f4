"""Copy or download one file from a path or a URL, and extract members from an archive."""

import logging
import shutil
import tarfile
import time
import zlib
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from frugalnet.datasets.mirror import is_url
from frugalnet.errors import FrugalNetError
from frugalnet.files import replacing

log = logging.getLogger(__name__)

RETRIES = 2
PROGRESS_S = 3
CHUNK_BYTES = 1 << 16
TIMEOUT_S = (10, 60)  # to connect, and between two chunks
ABSENT = (401, 403, 404, 410)  # another try gives the same status


class Resume:
    """Downloader for pooch that keeps what it has in `partial` and continues from there if the server can."""

    def __init__(self, partial: Path) -> None:
        self.partial = partial

    def __call__(self, url: str, output_file: str, pooch: Any, check_only: bool = False) -> None:
        import requests

        done = self.partial.stat().st_size if self.partial.exists() else 0
        # identity: a compressed transfer could not be resumed, and would unpack .gz files on the way
        headers = {"Accept-Encoding": "identity"} | ({"Range": f"bytes={done}-"} if done else {})
        with requests.get(url, headers=headers, stream=True, timeout=TIMEOUT_S) as response:
            if response.status_code in ABSENT:
                raise FileNotFoundError(url)
            if response.status_code == requests.codes.requested_range_not_satisfiable:
                self.partial.unlink()  # longer than the file: the next try starts again
            response.raise_for_status()
            self._store(response, done if response.status_code == requests.codes.partial_content else 0)
        self.partial.replace(output_file)

    def _store(self, response: Any, start: int) -> None:
        """Write the response after the first `start` bytes, and log the progress now and then."""
        total_mb = (start + int(response.headers.get("Content-Length", 0))) / 1e6
        said_s = time.monotonic()
        with self.partial.open("ab" if start else "wb") as stream:
            for chunk in response.iter_content(CHUNK_BYTES):
                stream.write(chunk)
                if time.monotonic() - said_s >= PROGRESS_S:
                    said_s = time.monotonic()
                    log.info("%s: %.1f of %.1f MB", self.partial.stem, stream.tell() / 1e6, total_mb)


def get(address: str, target: Path, partial: Path, checksum: str | None = None) -> None:
    """Copy or download `address` to `target`.

    `partial` keeps the bytes of an interrupted download. With a `checksum`, a download with another one is tried again.

    Raises:
        FileNotFoundError: there is nothing at the address.
        FrugalNetError: the address cannot be reached, or its file has another checksum.
    """
    if not is_url(address):
        shutil.copyfile(address, target)
        return

    import pooch
    from requests.exceptions import RequestException

    store = pooch.create(
        path=target.parent,
        base_url="",
        registry={target.name: checksum},
        urls={target.name: address},
        retry_if_failed=RETRIES,
    )
    try:
        store.fetch(target.name, downloader=Resume(partial))
    except RequestException as error:
        raise FrugalNetError(f"{address}: cannot be downloaded ({error})") from error
    except ValueError as error:
        raise FrugalNetError(f"{address}: {error}") from error


def extract(archive: Path, targets: Mapping[str, Path]) -> None:
    """Write members of a tar archive, found by the last part of their path, to `targets`.

    Raises:
        FrugalNetError: the archive is broken, or a member is not in it.
    """
    missing = dict(targets)
    try:
        with tarfile.open(archive, "r|*") as tar:  # as a stream: one pass over a packed archive
            for member in tar:
                if member.isfile() and (target := missing.pop(Path(member.name).name, None)):
                    content = tar.extractfile(member)
                    assert content is not None  # only links and folders have none
                    with replacing(target) as new, new.open("wb") as stream:
                        shutil.copyfileobj(content, stream)
    except (tarfile.TarError, EOFError, zlib.error) as error:
        raise FrugalNetError(f"{archive}: not a whole tar archive ({error}). Get it again.") from error
    if missing:
        raise FrugalNetError(
            f"{archive}: does not hold {' or '.join(missing)}: it is cut off, or another archive. Get it again."
        )
