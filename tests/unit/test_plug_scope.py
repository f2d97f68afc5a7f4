"""The joules of a wall plug are those of the whole machine: a total of their own, added to no other."""

import time

import pytest

from frugalnet.config.measure import Measure
from frugalnet.energy import Ledger, MeterError, open_meters, statement
from frugalnet.energy.meters import nvml, rapl
from frugalnet.energy.meters import plug as plugs
from frugalnet.energy.meters.plug import open_plug
from frugalnet.errors import FrugalNetError
from frugalnet.page import readable
from snakemake_logger_plugin_frugalnet.outcome import SCOPES, Outcome, total
from tests.unit.steady import SteadyMeter, entries, totals


@pytest.fixture
def quick(monkeypatch):
    monkeypatch.setattr("frugalnet.energy.ledger.GPU_SETTLE_S", 0)


def closed(plug, *others):
    """Return a ledger with a plug and other meters, closed."""
    (meter,) = open_plug(plug.url)
    with Ledger([meter, *others]) as ledger, ledger.window("train"):
        time.sleep(0.1)
    return ledger


def test_plug_alone_gives_totals_of_the_machine(plug, quick):
    ledger = closed(plug)
    energy = totals(ledger)
    (total,) = energy.totals
    assert (energy.scope, energy.source, total.scope) == ("machine", "integrated", "machine")
    window = entries(ledger)["run/train", "plug"]
    assert window.energy_uj == pytest.approx(100e6 * (window.end_s - window.start_s), rel=0.02)
    assert total.energy_uj == entries(ledger)["run", "plug"].energy_uj


@pytest.mark.parametrize(("on_gpu", "scope"), [(True, "gpu+cpu"), (False, "cpu")])
def test_machine_stands_beside_the_devices_in_it_and_is_added_to_none(plug, quick, on_gpu, scope):
    ledger = closed(plug, SteadyMeter(60), SteadyMeter(30, "package-0", "cpu"))
    energy = totals(ledger, on_gpu)
    by_scope = {total.scope: total.energy_uj for total in energy.totals}
    assert energy.scope == scope
    assert energy.source == "measured"
    assert set(by_scope) == {"gpu", "cpu", "gpu+cpu", "machine"}
    assert by_scope["gpu+cpu"] == by_scope["gpu"] + by_scope["cpu"]
    assert by_scope["machine"] == entries(ledger)["run", "plug"].energy_uj


def test_idle_gpu_does_not_stand_for_work_on_the_cpu_where_the_machine_is_read(plug, quick):
    assert totals(closed(plug, SteadyMeter(60)), on_gpu=False).scope == "machine"


def test_windows_are_as_long_as_the_devices_need_not_as_the_plug_beside_them_does(plug, quick):
    assert closed(plug, SteadyMeter(60)).resolvable_s(0.02) < 1
    assert closed(plug).resolvable_s(0.02) > 10


def test_plug_that_fails_leaves_the_energy_of_the_machine_unknown_and_no_other(plug, quick, monkeypatch):
    monkeypatch.setattr(plugs, "STALE_S", 0.3)
    (meter,) = open_plug(plug.url)
    with Ledger([meter, SteadyMeter(60)]) as ledger:
        plug.answer = "gone"
        time.sleep(0.8)
    windows = entries(ledger)
    assert windows["run", "plug"].energy_uj is None
    assert windows["run", "plug"].flags == [
        f"unknown: meter plug: {plug.url}: answered 'gone'; expected {plugs.EXPECTED}"
    ]
    assert windows["run", "GPU-0"].energy_uj > 0


def test_edges_do_not_wait_for_a_plug_that_hangs_and_other_meters_are_read_on(plug, quick):
    (meter,) = open_plug(plug.url)
    card = SteadyMeter(60)
    with Ledger([meter, card]) as ledger:
        plug.hold()
        asked, readings = plug.asked, card.readings
        for number in range(100):
            with ledger.window(f"step{number}"):
                pass
        assert (plug.asked, card.readings >= readings + 200) == (asked, True)
        plug.free.set()


def test_page_and_terminal_have_the_same_words_for_it():
    assert total([Outcome(energy_uj=2_500_000_000, source="integrated", scope="machine")], long=True) == (
        "2.50 kJ (integrated, of the whole machine)"
    )
    assert readable.SCOPES == SCOPES


# When it is opened


@pytest.fixture
def alone(monkeypatch):
    """No other meter measures."""

    def missing():
        raise MeterError("not on this machine")

    monkeypatch.setattr(nvml, "open_nvml", missing)
    monkeypatch.setattr(rapl, "open_rapl", missing)


def opened(**measure):
    meters, missing = open_meters(Measure(**measure), on_gpu=False)
    for meter in meters:
        meter.close()
    return [meter.device.meter for meter in meters], list(missing)


def test_auto_takes_the_plug_only_where_it_is_configured(plug, alone):
    assert opened() == (["estimate"], ["nvml", "rapl"])
    assert opened(plug=plug.url) == (["plug"], ["nvml", "rapl"])


def test_plug_that_is_named_is_taken_and_no_other(plug):
    assert opened(meters="plug", plug=plug.url) == (["plug"], [])


def test_plug_that_is_configured_and_not_named_is_not_taken():
    assert opened(meters="estimate", plug="http://127.0.0.1:9/report") == (["estimate"], [])


def test_plug_that_is_named_and_not_there_is_an_error(plug):
    plug.unplug()
    with pytest.raises(FrugalNetError, match=r"measure\.meters = 'plug': meter plug: http://.*refused"):
        opened(meters="plug", plug=plug.url)


@pytest.mark.parametrize("address", ["192.168.0.9", "ftp://192.168.0.9/", "http://", "http://me:secret@192.168.0.9/"])
def test_address_of_a_plug_is_checked(address):
    with pytest.raises(ValueError, match="expected an address without a password"):
        Measure(plug=address)


def test_plug_needs_its_address():
    with pytest.raises(ValueError, match="meters names plug; expected its address in plug"):
        Measure(meters="nvml+plug")


def test_work_on_a_gpu_that_nothing_reads_is_that_of_the_machine():
    ledger = Ledger(
        [SteadyMeter(40, "package-0", "cpu"), SteadyMeter(300, "plug", "machine", cumulative=False, averaging_s=0.0)]
    )
    assert (statement.scope_of(ledger, on_gpu=True), statement.scope_of(ledger, on_gpu=False)) == ("machine", "cpu")
