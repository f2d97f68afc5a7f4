"""A light package made anew from its own records, without measuring."""

from pathlib import Path

from frugalnet.commands.package.packing import package
from frugalnet.commands.package.unpacking import unpack
from frugalnet.commands.rebuild import remake
from frugalnet.errors import FrugalNetError
from frugalnet.files import scratch
from frugalnet.record import paths


def renew(archive: Path) -> str:
    """Write a light package again, with tables, figures and checksums made by the current code, and return what was packed.

    Its records stay as they are; the old archive stays until the new one is complete. Raises FrugalNetError for a
    package that is not whole, or not light.
    """
    if not archive.is_file():
        raise FrugalNetError(f"{archive}: no such file; expected an archive that `frugalnet package --light` wrote")
    with scratch() as temporary:
        results = unpack(archive, temporary)
        if not all((raw.parent / paths.LIGHT).exists() for raw in results.glob(f"*/{paths.RAW}")):
            raise FrugalNetError(
                f"{archive}: is no light package; expected one: unpack this one, and use `make analysis` and `make package`"
            )
        remake(results)
        return package(results, archive, light=True)
