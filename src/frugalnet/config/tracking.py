"""Which trackers finished runs are exported to."""

from pathlib import PurePosixPath
from typing import Annotated, Any, Literal
from urllib.parse import urlsplit

from pydantic import BeforeValidator, Field, WithJsonSchema

from frugalnet.config.section import ONCE, TEXT, Section

SQLITE = "sqlite:///"
OFFLINE, ONLINE = "offline", "online"
ADDRESS = f"the address of a server (http://127.0.0.1:5000) or a file ({SQLITE}mlflow.db)"
NO_PASSWORD = (
    "expected an address without user and password; they come from MLFLOW_TRACKING_USERNAME and "
    "MLFLOW_TRACKING_PASSWORD in the environment, .env or secrets.yaml"
)


def checked_uri(value: str) -> str:
    """Return the address of an MLflow server, or of a file with its store.

    Raises ValueError for another one, or one with a password; its message does not show the value.
    """
    if "@" in value:
        raise ValueError(NO_PASSWORD)
    try:
        parts = urlsplit(value)
        host, _ = parts.hostname, parts.port
    except ValueError:
        raise ValueError(f"expected {ADDRESS}") from None
    if not value.isprintable() or " " in value:
        raise ValueError(f"expected {ADDRESS}")
    if (
        value.startswith(SQLITE)
        and PurePosixPath(value.removeprefix(SQLITE)).name
        and not (parts.query or parts.fragment)
    ):
        return value
    if parts.scheme in ("http", "https") and host and not (parts.query or parts.fragment):
        return value.rstrip("/")
    raise ValueError(f"expected {ADDRESS}")


def _mlflow(value: Any) -> Any:
    if isinstance(value, bool):
        return value
    if not isinstance(value, str):
        raise ValueError(f"expected false, true, {ADDRESS}")
    return checked_uri(value)


def _wandb(value: Any) -> Any:
    if not (isinstance(value, bool) or value in (OFFLINE, ONLINE)):
        raise ValueError(f"expected false, {OFFLINE} or {ONLINE}")
    return OFFLINE if value is True else value


class Tracking(Section):
    """Trackers that each finished run is exported to, after it and outside of all that is measured. `docs/tracking.md` explains them."""

    mlflow: Annotated[
        Any,
        BeforeValidator(_mlflow),
        WithJsonSchema({"anyOf": [{"type": "boolean"}, {"type": "string"}], "default": False}),
    ] = False
    """MLflow: the address of a server, or `true` for a file beside the results, `mlflow.db`. User, password or token come from the environment, `.env` or `secrets.yaml`."""
    wandb: Annotated[
        Any, BeforeValidator(_wandb), WithJsonSchema({"enum": [False, True, OFFLINE, ONLINE], "default": False})
    ] = False
    """Weights & Biases: `offline` (or `true`) writes below `wandb` beside the results, for `wandb sync`; `online` sends each run, with the key in `WANDB_API_KEY`."""
    tensorboard: bool = False
    """TensorBoard: event files below `tensorboard` beside the results."""
    experiment: str | None = Field(None, max_length=100, pattern=TEXT)
    """Name of the experiment (W&B: the project) that the runs are in; null: `name`."""
    artifacts: Annotated[tuple[Literal["model", "figures"], ...], Field(strict=False), ONCE] = ()
    """What is sent beside numbers: the `model` of each run, and the `figures` of each study."""

    @property
    def trackers(self) -> dict[str, str]:
        """Return where each tracker that is on keeps its runs: an address, `offline` or `online`; empty: beside the results."""
        found = {"mlflow": self.mlflow, "wandb": self.wandb, "tensorboard": self.tensorboard}
        return {name: "" if value is True else str(value) for name, value in found.items() if value is not False}
