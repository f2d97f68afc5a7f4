"""Runs take the calibration that `frugalnet probe --against plug` wrote: what it says of their meters, and nothing else."""

from pathlib import Path

import pytest
from typer.testing import CliRunner

from frugalnet.cli import app
from frugalnet.config.measure import Measure
from frugalnet.energy import open_meters
from frugalnet.energy import probe as probing
from frugalnet.energy.calibration import calibrate
from frugalnet.energy.meters import plug as plugs
from frugalnet.energy.meters.plug import open_plug
from frugalnet.errors import FrugalNetError
from frugalnet.record.calibration import Calibration, read_calibration
from frugalnet.record.machine import machine
from tests.unit.fake_plug import FakeMachine
from tests.unit.steady import SteadyMeter


def made_calibration(**changes):
    device = {"device": "GPU-0", "meter": "nvml", "model": "a card", "scope": "gpu", "source": "measured"}
    values = {
        "machine": machine(), "started": "2026-01-02T00:00:00+00:00", "on_gpu": True, "plug": "Shelly Gen2 plug",
        "address": "http://192.168.0.9/rpc/Switch.GetStatus?id=0", "plug_rise_w": 50.0, "gains": [1.1, 1.12], "gain": 1.11,
        "meters": [device | {"assumptions": {}, "rise_w": 45.0}],
        "gain_sigma": 0.01, "gain_low": 0.98, "gain_high": 1.24,
    }  # fmt: skip
    return Calibration.model_validate(values | changes)


@pytest.fixture
def opened(tmp_path, monkeypatch):
    """Return a function that opens a card with a calibration, and says what was opened."""
    cards = []

    def opened(found=None, **about):
        cards[:] = [SteadyMeter(gain=0.035, gain_source="a paper", **about)]
        monkeypatch.setattr("frugalnet.energy.meters.nvml.open_nvml", lambda: list(cards))
        path = tmp_path / "calibration.json"
        if found is not None:
            found.write(path)
        (meter,), _ = open_meters(Measure(meters="nvml", calibration=str(path)), on_gpu=True)
        return meter

    opened.cards = cards
    return opened


def test_relative_error_of_a_calibrated_meter_is_what_its_gain_is_off_by_and_how_well_that_is_known(opened):
    device = opened(made_calibration()).device
    assert device.gain == pytest.approx((0.11**2 + 0.01**2) ** 0.5)
    assert device.gain_source == (
        "calibration against a Shelly Gen2 plug, 2026-01-02: power at the plug changes by 1.110 (95 % 0.980 to 1.240) of what "
        "the meters read"
    )


def test_energies_are_not_corrected(opened):
    meter = opened(made_calibration())
    first, last = meter.read(), meter.read()
    assert last.energy_uj - first.energy_uj == pytest.approx(100e6 * (last.time_s - first.time_s), abs=2)


def test_calibration_of_another_machine_is_refused_with_what_differs(opened):
    other = machine() | {"cores": 1234}
    with pytest.raises(FrugalNetError, match=r"measure\.calibration = .*of another machine \(cores 1234, here \d+\)"):
        opened(made_calibration(machine=other))
    assert opened.cards[0].closed


def test_calibration_of_other_devices_is_refused(opened):
    with pytest.raises(FrugalNetError, match=r"it includes GPU-0, not read here; expected one of these meters: GPU-1"):
        opened(made_calibration(), name="GPU-1")


def test_calibration_of_two_devices_together_does_not_hold_for_one_of_them(opened):
    both = [
        {"device": name, "meter": "nvml", "model": None, "scope": "gpu", "source": "measured"}
        for name in ("GPU-0", "GPU-1")
    ]
    with pytest.raises(FrugalNetError, match=r"it includes GPU-1, not read here; expected one of these meters: GPU-0"):
        opened(made_calibration(meters=[each | {"assumptions": {}, "rise_w": 20.0} for each in both]))


def test_calibration_of_an_estimate_with_other_watts_is_refused(opened):
    with pytest.raises(FrugalNetError, match=r"GPU-0 had \{\}; expected one with \{'idle_w': 10\}"):
        opened(made_calibration(), assumptions={"idle_w": 10})


def test_calibration_that_is_not_there_is_an_error(opened):
    with pytest.raises(
        FrugalNetError, match=r"calibration\.json: No such file or directory; expected a calibration; as `frugalnet"
    ):
        opened()


def test_torn_calibration_is_an_error(tmp_path):
    (tmp_path / "calibration.json").write_text('{"gain": 1.1}')
    with pytest.raises(
        FrugalNetError, match=r"calibration\.json: not a calibration \(plug: Field required\); expected one"
    ):
        read_calibration(tmp_path / "calibration.json")


def test_calibration_is_read_as_it_was_written(tmp_path):
    made_calibration().write(tmp_path / "results" / "calibration.json")
    assert read_calibration(tmp_path / "results" / "calibration.json") == made_calibration()


# The command


@pytest.fixture
def command(tmp_path, monkeypatch):
    """Return a function that does `frugalnet probe --against ...` in an empty folder, and what its process was given."""
    given = {}

    def command(*settings, against="plug", found=made_calibration):
        def in_own_process(kind, function, of_function, name, log):
            assert function == "frugalnet.jobs.tasks:calibration"
            given.update(of_function)
            found().write(Path(given["path"]))

        monkeypatch.setattr("frugalnet.commands.probe.in_own_process", in_own_process)
        arguments = [part for setting in settings for part in ("--set", setting)]
        return CliRunner().invoke(app, ["probe", "--against", against, *arguments])

    monkeypatch.chdir(tmp_path)
    command.given = given
    return command


@pytest.mark.long
def test_machine_is_compared_with_its_plug_and_runs_take_what_was_found(command, plug, monkeypatch):
    monkeypatch.setattr(plugs, "RENEWAL_S", 0.05)
    monkeypatch.setattr(probing, "SETTLE_S", 0.05)
    made = FakeMachine(plug)

    def found():
        meters = [*open_plug(plug.url), made.card]
        gain = calibrate(meters, 50, made.load, times=4, stretch_s=0.4)
        about = {"machine": machine(), "started": "2026-01-02T00:00:00+00:00", "on_gpu": True, "address": plug.url}
        return Calibration(**about, **gain.model_dump())

    done = command(f"measure.plug={plug.url}", "measure.meters=nvml", "name=mine", found=found)
    assert done.exit_code == 0, done.output
    path = Path("results/mine/calibration.json")
    assert read_calibration(path).gain == pytest.approx(1 / 0.9, rel=0.03)
    card = SteadyMeter(assumptions={"made": True})
    monkeypatch.setattr("frugalnet.energy.meters.nvml.open_nvml", lambda: [card])
    open_meters(Measure(meters="nvml", calibration=str(path)), on_gpu=True)
    assert card.device.gain == pytest.approx(0.11, abs=0.03)


def test_command_leaves_the_calibration_among_the_results_and_says_how_to_take_it(command):
    done = command("measure.plug=http://192.168.0.9/report", "measure.meters=nvml", "name=mine")
    assert done.exit_code == 0, done.output
    assert Path("results/mine/calibration.json").is_file()
    assert command.given["measure"]["meters"] == "nvml+plug"
    assert "rises by 50.0 W; that of nvml (a card) by 45.0 W" in done.output
    assert "Gain 1.110 (95 % 0.980 to 1.240) over 2 alternations" in done.output
    assert (
        "measure.calibration=results/mine/calibration.json say that energies of these meters are off by 11.0 %"
        in done.output
    )


def test_meters_are_compared_as_they_are_without_a_calibration(command):
    done = command("measure.plug=http://192.168.0.9/report", "measure.calibration=old.json")
    assert done.exit_code == 0, done.output
    assert (command.given["measure"]["meters"], command.given["measure"]["calibration"]) == ("auto", None)


@pytest.mark.parametrize(
    ("settings", "against", "said"),
    [
        ([], "plug", "measure.plug is null; expected the address of the plug"),
        (["measure.plug=http://127.0.0.1:9/report"], "rapl", "--against rapl: expected plug"),
        (["measure.plug=http://127.0.0.1:9/report", "measure.meters=none"], "plug", "expected meters to compare with"),
        (["measure.plug=http://127.0.0.1:9/report", "measure.meters=plug"], "plug", "expected meters to compare with"),
    ],
)
def test_what_cannot_be_compared_is_refused_at_once(command, settings, against, said):
    done = command(*settings, against=against)
    assert done.exit_code != 0
    assert said in str(done.exception) + done.output
    assert not command.given
