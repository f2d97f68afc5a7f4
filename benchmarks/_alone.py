"""Keep everything else of the project from measuring on this machine while a benchmark runs."""

import sys
from pathlib import Path

from frugalnet.jobs.measuring_lock import held_to_the_end


def alone() -> None:
    """Hold the measuring lock from now to the end of this process."""
    _held.append(held_to_the_end(f"the benchmark {Path(sys.argv[0]).stem}"))


_held: list[object] = []
