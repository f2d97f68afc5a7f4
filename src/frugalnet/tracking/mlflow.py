"""MLflow: a store in a SQLite file beside the results, or a server."""

from collections.abc import Collection, Iterator, Mapping
from contextlib import contextmanager
from datetime import datetime
from pathlib import Path
from typing import Any

from frugalnet.config.tracking import SQLITE
from frugalnet.errors import FrugalNetError
from frugalnet.record import paths
from frugalnet.tracking import servers
from frugalnet.tracking.content import FIGURES, Content
from frugalnet.tracking.secrets import MLFLOW
from frugalnet.tracking.where import AwayError, Where, origin_of

RUN, MARK, RESULTS = "frugalnet.run", "frugalnet.record", "frugalnet.results"
"""Tags by which a run is known again, and the results whose export may replace it: several may have an experiment in common."""
BATCH, PAGE, LONGEST = 1000, 500, 5000
"""Entries of one request, runs of one answer, and characters of a text."""
KIND = {"mlflow.experimentKind": "custom_model_development"}
"""Has MLflow's page show runs of trainings, and not of language models."""
ENDED = ("FINISHED", "FAILED")


def store_of(where: Where) -> str:
    """Return the address of the server or of the store in a file."""
    return where.place or f"{SQLITE}{where.results.resolve() / paths.MLFLOW_STORE}"


def check(where: Where, secrets: Mapping[str, str]) -> None:
    """Raise AwayError or RefusedByServerError where a server does not answer."""
    if where.place.startswith("http"):
        user, password, token = (secrets.get(name) for name in MLFLOW)
        given = {"user": user, "password": password} if user and password else {"token": token} if token else {}
        address = f"{where.place}/api/2.0/mlflow/experiments/search"
        servers.ask(
            address, _what(where), _names(), {"max_results": 1}, {key: str(value) for key, value in given.items()}
        )


def to_open(where: Where) -> str:
    """Return what to do to see the runs."""
    if where.place.startswith("http"):
        return f"open {where.place}"
    store = where.place or f"{SQLITE}{where.results / paths.MLFLOW_STORE}"
    return f"mlflow ui --backend-store-uri {store}"


@contextmanager
def opened(where: Where, secrets: Mapping[str, str]) -> Iterator["Tracker"]:
    """Give the experiment of MLflow; errors of the server become AwayError and its like."""
    check(where, secrets)
    from frugalnet.tracking.client import configure

    configure()  # a forked process has the environment of its job
    with told(where):
        yield Tracker(where)


@contextmanager
def told(where: Where) -> Iterator[None]:
    """Turn what MLflow raises into errors for the reader."""
    from frugalnet.tracking.client import MlflowException

    try:
        yield
    except MlflowException as error:
        said = str(error)
        if where.place.startswith("http"):
            if "failed with exception" in said or "failed with timeout" in said:
                raise AwayError(f"{_what(where)} is away ({servers.reason(error)})") from None
            servers.check_status(error.get_http_status_code(), _what(where), _names())
        raise FrugalNetError(f"{_what(where)}: {' '.join(said.split())[:300]}") from None


class Tracker:
    """An experiment of MLflow."""

    def __init__(self, where: Where) -> None:
        from frugalnet.tracking.client import MlflowClient

        uri = store_of(where)
        if uri.startswith(SQLITE):
            Path(uri.removeprefix(SQLITE)).parent.mkdir(parents=True, exist_ok=True)
        self._client: Any = MlflowClient(tracking_uri=uri, registry_uri=uri)
        self._experiment = self._experiment_of(where)
        self._origin = origin_of(where.results)
        self._own: dict[str, list[str]] = {}
        """Ids of the runs that these results exported, by key: one that is exported again is out of date or was not finished."""

    def exported(self, keys: Collection[str]) -> dict[str, set[str]]:
        """Return the marks of finished runs that are there, by key; those of all runs in as few requests as there are pages."""
        only = f"tags.`{RUN}` = '{next(iter(keys))}'" if len(keys) == 1 else f"tags.`{RUN}` LIKE '%'"
        found: dict[str, set[str]] = {}
        token = None
        while True:
            page = self._client.search_runs([self._experiment], only, max_results=PAGE, page_token=token)
            for run in page:
                key, mark = run.data.tags[RUN], run.data.tags.get(MARK, "")
                if run.info.status in ENDED:
                    found.setdefault(key, set()).add(mark)
                if run.data.tags.get(RESULTS) == self._origin:
                    self._own.setdefault(key, []).append(run.info.run_id)
            token = page.token
            if not token:
                return found

    def export(self, content: Content) -> None:
        """Export a run in place of what these results exported of it before."""
        from frugalnet.tracking.client import Param

        for own in self._own.pop(content.key, []):
            self._client.delete_run(own)
        texts = {name: _text(value) for name, value in content.known.items()}
        tags = {RUN: content.key, MARK: content.mark, RESULTS: self._origin, **_about(content), **texts}
        run = self._client.create_run(self._experiment, _ms(content.started), tags, content.name).info.run_id
        entries: list[tuple[str, Any]] = [
            *(("params", Param(name, _text(value))) for name, value in content.parameters.items()),
            *(("metrics", metric) for metric in _metrics(content)),
        ]
        for at in range(0, len(entries), BATCH):
            part = entries[at : at + BATCH]
            self._client.log_batch(
                run, **{kind: [one for of, one in part if of == kind] for kind in ("metrics", "params")}
            )
        for path in content.files.values():
            self._client.log_artifact(run, str(path), FIGURES if content.key.endswith(f"/{FIGURES}") else None)
        self._client.set_terminated(run, ENDED[0] if content.complete else ENDED[1], _ms(content.ended))

    def _experiment_of(self, where: Where) -> str:
        found = self._client.get_experiment_by_name(where.name)
        if found is not None and found.lifecycle_stage != "active":
            raise FrugalNetError(
                f"{_what(where)}: its experiment {where.name} was deleted; expected it restored (`mlflow experiments restore "
                f"--experiment-id {found.experiment_id}`), or another name in tracking.experiment"
            )
        if found is not None:
            return str(found.experiment_id)
        beside = (where.results.resolve() / paths.MLFLOW_ARTIFACTS).as_uri()
        place = None if where.place.startswith("http") else beside
        return str(self._client.create_experiment(where.name, place, KIND))


def _metrics(content: Content) -> Iterator[Any]:
    """Yield the points of all curves at their times, and the final numbers at the end of the run."""
    from frugalnet.tracking.client import Metric

    end_ms = _ms(content.ended)
    start_ms = _ms(content.started)
    for curve in content.curves:
        for step, value, seconds in zip(curve.steps, curve.values, curve.times_s, strict=True):
            yield Metric(curve.name, value, start_ms + round(1000 * seconds), step)
    for name, number in content.numbers.items():
        yield Metric(name, number, end_ms, 0)


def _about(content: Content) -> dict[str, str]:
    """Return the tags that MLflow's own page shows in places of their own."""
    known = content.known
    energies = f"{known.get('energy_source', 'not known')} ({known.get('energy_scope', 'no device')})"
    lines = [
        f"Energies: {energies}. Data: {known.get('data_level', 'not known')}.",
        *(known[name] for name in ("error", "energy_reason") if name in known),
        "Curves are below `by_epoch/` and `by_trial/`; all other metrics are columns of the table `runs`. What is missing is not known.",
    ]
    tags = {"mlflow.source.name": "frugalnet", "mlflow.source.type": "LOCAL"}
    if content.parameters.keys() - {"study"}:
        tags["mlflow.note.content"] = "\n\n".join(lines)
    if commit := known.get("git_commit"):
        tags["mlflow.source.git.commit"] = commit
    return tags


def _text(value: Any) -> str:
    text = str(value).lower() if isinstance(value, bool) else str(value)
    return text if len(text) <= LONGEST else f"{text[: LONGEST - 1]}…"


def _ms(when: datetime) -> int:
    return round(1000 * when.timestamp())


def _what(where: Where) -> str:
    return (
        f"the MLflow server at {where.place}" if where.place.startswith("http") else f"MLflow's store {store_of(where)}"
    )


def _names() -> str:
    return f"{MLFLOW[0]} with {MLFLOW[1]}, or {MLFLOW[2]}"
