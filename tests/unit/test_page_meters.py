"""What the page and `frugalnet probe` say of the meters, and of how the machine is set."""

import pytest

from frugalnet.page import readable
from frugalnet.record.probe import Probe, ProbedMeter, SmallestDifference


def probed(**changed):
    """Return the probe of a card whose counter and power agree."""
    values = {
        "device": "GPU-0", "meter": "nvml", "model": "A card", "scope": "gpu", "source": "measured", "reading_us": 12.3,
        "tick_s": 0.1, "idle_w": 50.2, "idle_noise_w": 0.5, "idle_temperature_c": 35.0, "load_w": 251.0, "load_noise_w": 2.04,
        "idle_counter_to_power": 1.0, "load_counter_to_power": 0.99, "contradiction": False, "gain": 0.034,
        "gain_source": "a paper", "edge_reading_error": 0.27,
        "smallest_differences": [SmallestDifference(run_s=60, fraction=0.0123), SmallestDifference(run_s=3600, fraction=0.001)],
    }  # fmt: skip
    meter = ProbedMeter(**values | changed)
    return Probe(
        machine={}, started="2026-01-01T00:00:00+00:00", on_gpu=True, meters=[meter], missing={"rapl": "meter rapl: no"}
    )


def test_page_says_what_a_meter_can_tell():
    meter, missing = readable.meters(probed())
    assert (
        "`nvml` reads A card (measured); its readings are renewed every 100 ms, and one takes 12.3 µs. It reads 50.2 W at rest and "
        "251 W under load, with 2.04 W of noise." in meter
    )
    assert "agree: ratio 1.000 at rest, 0.990 under load" in meter
    assert "Systematic uncertainty 3.4 % (a paper)." in meter
    assert "was wrong by 27 % here" in meter
    assert missing == "Not used: meter rapl: no."


@pytest.mark.parametrize(
    ("tick_s", "averaging_s", "said"),
    [
        (0, 0.98, "its readings are means over 0.980 s, and"),
        (0, 0, "its readings are of the moment, and"),
        (0, None, "its readings are of the moment, and"),
        (0.1, 1, "renewed every 100 ms, means over 1 s, and"),
        (0.1, 0, "renewed every 100 ms, and"),
    ],
)
def test_page_says_over_how_long_power_is_a_mean(tick_s, averaging_s, said):
    assert said in readable.meters(probed(tick_s=tick_s, averaging_s=averaging_s))[0]


CARD = {
    "name": "A card", "driver": "550.54", "power_limit_w": 250.0, "default_power_limit_w": 300.0, "application_clock_mhz": 1410,
    "application_memory_clock_mhz": 1593, "persistence": True, "ecc": False,
}  # fmt: skip
HOST = {
    "cores_usable": 4,
    "governor": "performance",
    "turbo": False,
    "smt": True,
    "cgroup_cores": 2.5,
    "cgroup_memory_mib": "max",
}


def test_page_says_how_processor_and_card_are_set():
    machine = {"processor": "A processor", "cores": 8, "host": HOST, "gpus": [CARD]}
    *_, host, card = readable.meters(probed().model_copy(update={"machine": machine}))
    assert host == (
        "Processor A processor: 4 of 8 cores may be used; governor performance, turbo off, SMT on; "
        "control group: cores 2.50, memory without limit."
    )
    assert card == (
        "A card: power limit 250 W (by default 300 W), application clocks 1,410 MHz, of the memory 1,593 MHz; "
        "persistence on, ECC off, driver 550.54."
    )


def test_page_says_which_settings_are_not_known():
    unknown = {"name": "A card", "driver": "390.1"}
    machine = {"processor": None, "cores": 8, "host": dict.fromkeys(HOST), "gpus": [dict.fromkeys(CARD) | unknown]}
    *_, host, card = readable.meters(probed().model_copy(update={"machine": machine}))
    assert (host.count("not known"), card.count("not known")) == (7, 6)


def test_page_says_that_a_meter_contradicts_itself():
    meter, _ = readable.meters(probed(contradiction=True, load_counter_to_power=1.5))
    assert "contradict each other: ratio 1.000 at rest, 1.500 under load" in meter


def test_page_says_which_differences_runs_of_a_length_resolve():
    (row,) = readable.smallest_differences(probed()).to_dict("records")
    assert row == {"meter": "nvml", "device": "A card", "runs of 60 s": "1.2 %", "runs of 3,600 s": "0.1 %"}


def test_page_without_a_meter_says_so():
    nothing = probed().model_copy(update={"meters": [], "missing": {}})
    assert readable.meters(nothing) == ["No meter was asked for: no energy is known."]
    assert readable.smallest_differences(nothing).empty
