"""TensorBoard: event files with curves, final numbers, hyperparameters and how each number is known; without TensorFlow."""

import json
import shutil
from collections.abc import Collection, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from frugalnet.errors import FrugalNetError
from frugalnet.files import scratch
from frugalnet.record import paths
from frugalnet.tracking.content import Content
from frugalnet.tracking.where import Where, origin_of

STAMP = "frugalnet.json"
EVENTS = "events.out.tfevents.{started}.frugalnet"
IMAGES = (".png",)


def check(where: Where, secrets: Mapping[str, str]) -> None:
    """There is no server that could be away."""


def to_open(where: Where) -> str:
    """Return what to do to see the runs."""
    return f"tensorboard --logdir {where.place or where.results / paths.TENSORBOARD}"


@contextmanager
def opened(where: Where, secrets: Mapping[str, str]) -> Iterator["Tracker"]:
    """Give the folder of event files."""
    yield Tracker(where)


class Tracker:
    """A folder with a folder for each run; of one that several results may have in common, a folder of the experiment."""

    def __init__(self, where: Where) -> None:
        self._is_shared, self._experiment = bool(where.place), where.name
        self._folder = Path(where.place) / where.name if where.place else where.results / paths.TENSORBOARD
        self._origin = origin_of(where.results)

    def _stamps(self, keys: Collection[str]) -> dict[str, dict[str, str]]:
        stamps = {key: self._folder / key / STAMP for key in keys}
        return {key: json.loads(path.read_text()) for key, path in stamps.items() if path.exists()}

    def exported(self, keys: Collection[str]) -> dict[str, set[str]]:
        """Return the marks of the runs that are there, by key."""
        return {key: {stamp["mark"]} for key, stamp in self._stamps(keys).items()}

    def export(self, content: Content) -> None:
        """Write the folder of a run, in one piece; a hidden folder, which TensorBoard does not read, takes it meanwhile.

        Raises FrugalNetError where that of other results is there.
        """
        place = self._folder / content.key
        before = self._stamps([content.key]).get(content.key, {})
        if self._is_shared and before.get("results", self._origin) != self._origin:
            raise FrugalNetError(f"{place}: has this run of other results; expected another --experiment or --uri")
        place.parent.mkdir(parents=True, exist_ok=True)
        with scratch(self._folder, ".new-") as temporary:
            new = temporary / "run"
            new.mkdir()
            name = EVENTS.format(started=round(content.started.timestamp()))
            _write(content, new / name, f"{self._experiment}/{content.key}")
            stamp = {"run": content.key, "mark": content.mark, "results": self._origin}
            (new / STAMP).write_text(json.dumps(stamp) + "\n")
            if place.exists():
                place.rename(temporary / "before")
            new.rename(place)
            shutil.rmtree(temporary / "before", ignore_errors=True)


def _write(content: Content, path: Path, group: str) -> None:
    from tensorboard.compat.proto.event_pb2 import Event
    from tensorboard.compat.proto.summary_pb2 import Summary
    from tensorboard.summary.writer.record_writer import RecordWriter

    end_s = content.ended.timestamp()
    with path.open("wb") as stream:
        writer = RecordWriter(stream)

        def write(wall_s: float, step: int, value: Any) -> None:
            event = Event(wall_time=wall_s, step=step, summary=Summary(value=[value]))
            writer.write(event.SerializeToString())

        writer.write(Event(wall_time=content.started.timestamp(), file_version="brain.Event:2").SerializeToString())
        if content.numbers or content.curves:
            for value in _hyperparameters(content, group):
                write(content.started.timestamp(), 0, value)
        for curve in content.curves:
            for step, number, seconds in zip(curve.steps, curve.values, curve.times_s, strict=True):
                write(content.at(seconds).timestamp(), step, Summary.Value(tag=curve.name, simple_value=number))
        for name, number in content.numbers.items():
            write(end_s, 0, Summary.Value(tag=name, simple_value=number))
        for value in (*_texts(content), *_images(content)):
            write(end_s, 0, value)
        writer.flush()


def _hyperparameters(content: Content, group: str) -> Iterator[Any]:
    """Yield what the page of hyperparameters needs: parameters with the texts that say how numbers are known, and the status.

    The page puts runs of the same `group` into one mean.
    """
    from tensorboard.plugins.hparams import api_pb2, metadata, plugin_data_pb2

    start = plugin_data_pb2.SessionStartInfo(
        start_time_secs=content.started.timestamp(), group_name=group, model_uri=content.key
    )
    told = {
        name: content.known[name]
        for name in ("status", "data_level", "energy_source", "energy_scope")
        if name in content.known
    }
    for name, value in (dict(content.parameters) | told).items():
        if isinstance(value, bool):
            start.hparams[name].bool_value = value
        elif isinstance(value, int | float):
            start.hparams[name].number_value = value
        else:
            start.hparams[name].string_value = value
    status = api_pb2.STATUS_SUCCESS if content.complete else api_pb2.STATUS_FAILURE
    end = plugin_data_pb2.SessionEndInfo(status=status, end_time_secs=content.ended.timestamp())
    for tag, given in (
        (metadata.SESSION_START_INFO_TAG, {"session_start_info": start}),
        (metadata.SESSION_END_INFO_TAG, {"session_end_info": end}),
    ):
        about = metadata.create_summary_metadata(plugin_data_pb2.HParamsPluginData(**given))
        yield _summary_value(tag, about, tensor=metadata.NULL_TENSOR)


def _texts(content: Content) -> Iterator[Any]:
    """Yield a table of all that is known of the numbers."""
    from tensorboard.compat.proto.tensor_pb2 import TensorProto
    from tensorboard.compat.proto.types_pb2 import DT_STRING
    from tensorboard.plugins.text import metadata

    if content.known:
        rows = "\n".join(
            f"| {name} | {' '.join(value.split()).replace('|', '/')} |" for name, value in content.known.items()
        )
        text = f"| what | is |\n|---|---|\n{rows}"
        about = metadata.create_summary_metadata(display_name=None, description=None)
        yield _summary_value("known", about, tensor=TensorProto(dtype=DT_STRING, string_val=[text.encode()]))


def _images(content: Content) -> Iterator[Any]:
    """Yield the files that are pictures; TensorBoard keeps no others."""
    from PIL import Image
    from tensorboard.compat.proto.summary_pb2 import Summary

    for path in content.files.values():
        if path.suffix in IMAGES:
            with Image.open(path) as picture:
                (width, height), bands = picture.size, len(picture.getbands())
            image = Summary.Image(height=height, width=width, colorspace=bands, encoded_image_string=path.read_bytes())
            yield Summary.Value(tag=f"figures/{path.stem}", image=image)


def _summary_value(tag: str, about: Any, tensor: Any) -> Any:
    from tensorboard.compat.proto.summary_pb2 import Summary

    return Summary.Value(tag=tag, metadata=about, tensor=tensor)
