"""Results as one archive that explains and checks itself: an RO-Crate, with checksums and a described schema of every table."""

from frugalnet.commands.package.packing import package
from frugalnet.commands.package.verifying import verify

__all__ = ["package", "verify"]
