"""A light package made anew of its own records, without measuring."""

from pathlib import Path

from frugalnet.commands.package.packing import package
from frugalnet.commands.package.unpacking import unpack
from frugalnet.commands.rebuild import remake
from frugalnet.errors import FrugalNetError
from frugalnet.files import scratch
from frugalnet.record import paths


def renew(archive: Path) -> str:
    """Write a light package again, with tables, figures and checksums by the code of now, and return what was packed.

    Its records stay as they are, and the archive too until the new one is whole. Raises FrugalNetError for one that is not
    whole, or not light.
    """
    if not archive.is_file():
        raise FrugalNetError(f"{archive}: no such file; expected an archive that `frugalnet package --light` wrote")
    with scratch() as temporary:
        results = unpack(archive, temporary)
        if not all((raw.parent / paths.LIGHT).exists() for raw in results.glob(f"*/{paths.RAW}")):
            raise FrugalNetError(f"{archive}: is not light; unpack it, and use `make analysis` and `make package`")
        remake(results)
        return package(results, archive, light=True)
