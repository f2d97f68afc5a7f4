"""The meters of this machine are compared with its plug, with TensorFlow as the load."""

from functools import partial

import pytest

from frugalnet.config.measure import Measure
from frugalnet.energy.calibration import calibrate
from frugalnet.energy.meters.estimate import EstimateMeter
from frugalnet.jobs import probe
from frugalnet.record.machine import is_same, machine
from tests.unit.fake_plug import plug, shelly

__all__ = ["plug"]


class AtThePlug:
    """The power of a machine whose estimate is a third too low, and that draws 40 W beside it."""

    def __init__(self):
        self._meter, self._last = EstimateMeter(idle_w=10, tdp_w=65), None

    def __call__(self):
        last, self._last = self._last, self._meter.read()
        if last is None or self._last.time_s <= last.time_s:
            return shelly(55.0)
        return shelly(40 + 1.5 * (self._last.energy_uj - last.energy_uj) / 1e6 / (self._last.time_s - last.time_s))


def test_estimate_is_compared_with_the_plug_under_a_load_of_tensorflow(plug, monkeypatch):
    plug.answer = AtThePlug()
    monkeypatch.setattr("frugalnet.energy.meters.plug.POLL_S", 0.1)
    monkeypatch.setattr("frugalnet.energy.meters.plug.RENEWAL_S", 0.2)
    monkeypatch.setattr("frugalnet.energy.probe.SETTLE_S", 0.2)
    monkeypatch.setattr(probe.backend, "configure", lambda threads, seed: None)
    monkeypatch.setattr(probe, "calibrate", partial(calibrate, times=3, stretch_s=0.8))
    found = probe.calibrate_machine(Measure(meters="plug+estimate", plug=plug.url))
    assert found.gain == pytest.approx(1.5, rel=0.1)
    assert [(each.meter, each.source) for each in found.meters] == [("estimate", "estimated")]
    assert (found.plug, found.address, found.on_gpu) == ("Shelly Gen2 plug", plug.url, False)
    assert is_same(found.machine, machine())
