"""Where runs are exported to, and the errors of trackers."""

from dataclasses import dataclass
from importlib.util import find_spec
from pathlib import Path
from uuid import uuid4

from frugalnet.errors import FrugalNetError
from frugalnet.files import replacing

MODULES = {
    "mlflow": ("mlflow", "sqlalchemy", "alembic"),
    "wandb": ("wandb",),
    "tensorboard": ("tensorboard",),
}
"""Modules that the export to each tracker imports."""
WARM = {"mlflow": ("frugalnet.tracking.client",)}
"""What a warm process imports for the exports of a workflow: MLflow takes seconds."""
ORIGIN = ".tracking.id"
"""File in a folder of results that tells it from all others, also after it was moved."""
TRACKERS = "FRUGALNET_TRACKERS"
"""Variable with the trackers of a workflow."""
EXTRAS = {"mlflow": "mlflow", "wandb": "wandb", "tensorboard": "measuring"}


@dataclass(frozen=True)
class Where:
    """A tracker, and where it keeps the runs of a folder of results.

    `place` is an address or a file of MLflow, `offline` or `online` for W&B, or a folder for TensorBoard; empty: beside the
    results.
    """

    tracker: str
    results: Path
    place: str = ""
    experiment: str = ""
    artifacts: tuple[str, ...] = ()

    @property
    def name(self) -> str:
        """Return the name of the experiment: by default, that of the results."""
        return self.experiment or self.results.resolve().name


def origin_of(results: Path) -> str:
    """Return what is in ORIGIN; the first export makes it. The caller holds the lock of exports."""
    path = results / ORIGIN
    known = path.read_text().strip() if path.exists() else ""
    if known:
        return known
    made = uuid4().hex
    with replacing(path) as new:
        new.write_text(f"{made}\n")
    return made


class AwayError(FrugalNetError):
    """A server that cannot be reached now: the export is delayed. The message says which, and why."""


class RefusedByServerError(FrugalNetError):
    """A server that refuses user, password, token or key."""


def need(tracker: str) -> None:
    """Raise FrugalNetError where the packages of a tracker are not installed."""
    if missing := [name for name in MODULES[tracker] if find_spec(name) is None]:
        raise FrugalNetError(
            f"{', '.join(missing)}: not installed here; the export to {tracker} needs the packages of the extra "
            f"`{EXTRAS[tracker]}`. Install the whole environment by `make env`, or these packages by "
            f"`pip install 'frugalnet[{EXTRAS[tracker]}]'`"
        )
