"""`frugalnet show`: the runs in a folder of results as a table: what differs between them, and what came out."""

from frugalnet.commands.show.main import print_runs

__all__ = ["print_runs"]
