"""MLflow's client, imported so that it sends nothing about its use, waits for seconds and not for minutes, and logs warnings only."""

import logging
import os

SETTINGS = {
    "MLFLOW_HTTP_REQUEST_MAX_RETRIES": "1",
    "MLFLOW_HTTP_REQUEST_BACKOFF_FACTOR": "0",
    "MLFLOW_HTTP_REQUEST_BACKOFF_JITTER": "0",
    "MLFLOW_HTTP_REQUEST_TIMEOUT": "10",
    "MLFLOW_DISABLE_TELEMETRY": "true",
    "MLFLOW_SUPPRESS_PRINTING_URL_TO_STDOUT": "true",
}
"""Variables of MLflow, where the environment does not set them; it reads some of them when it is imported."""


def configure() -> None:
    """Set the variables in the environment of this process."""
    os.environ.update({name: value for name, value in SETTINGS.items() if name not in os.environ})


configure()

import alembic.command as alembic  # noqa: E402
from mlflow import MlflowClient  # noqa: E402
from mlflow.entities import Metric, Param  # noqa: E402
from mlflow.exceptions import MlflowException  # noqa: E402
from mlflow.store.tracking import sqlalchemy_store  # noqa: E402

for name in ("mlflow", "alembic"):
    logging.getLogger(name).setLevel(logging.WARNING)

__all__ = ["Metric", "MlflowClient", "MlflowException", "Param", "alembic", "configure", "sqlalchemy_store"]
