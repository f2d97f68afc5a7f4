"""The run that others are measured in turn with: the baseline of the same dataset and seed."""

from functools import cached_property
from pathlib import Path

from frugalnet.backend import keras
from frugalnet.measure.costs import compaction
from frugalnet.record import paths
from frugalnet.record.record import read_record


class Reference:
    """A finished run, given by its record; its compacted model is loaded at first use."""

    def __init__(self, path: Path) -> None:
        self.record = read_record(path)
        self._path = path.with_name(paths.MODEL)

    @cached_property
    def model(self) -> keras.Model:
        """Return the compacted model, or the model itself where that is no smaller or does not exist."""
        model = keras.models.load_model(self._path, compile=False)
        found = self.record.model
        if found is not None and found.weight_bytes is not None and found.weight_bytes == found.weight_bytes_compacted:
            return model
        return compaction(model) or model


def reference_of(path: Path | None) -> Reference | None:
    """Return the run with a record, to measure models beside its own; None without one, and for one that got no model."""
    found = Reference(path) if path else None
    return found if found and found.record.model else None


def copied(model: keras.Model) -> keras.Model:
    """Return a copy of a model, to measure a model beside where there is no other; their ratio shows the error of measuring."""
    copy = keras.models.clone_model(model)
    copy.set_weights(model.get_weights())
    return copy
