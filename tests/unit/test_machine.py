"""How a machine is set stands in each record: power limits, clocks, governor, turbo, SMT, limits of control groups."""

import pytest

from frugalnet.record import host
from frugalnet.record.machine import machine


@pytest.fixture
def linux(tmp_path, monkeypatch):
    """Return a function that writes files below a /sys and a /proc of the test."""
    monkeypatch.setattr(host, "SYS", tmp_path / "sys")
    monkeypatch.setattr(host, "PROC", tmp_path / "proc")

    def write(**files):
        for path, text in files.items():
            place = tmp_path / path
            place.parent.mkdir(parents=True, exist_ok=True)
            place.write_text(f"{text}\n")

    return write


CPU = "sys/devices/system/cpu"
V2, V1_CPU, V1_MEMORY = "sys/fs/cgroup", "sys/fs/cgroup/cpu,cpuacct", "sys/fs/cgroup/memory"


def limits():
    found = host.host()
    return found["cgroup_cores"], found["cgroup_memory_mib"]


def test_machine_that_tells_nothing_is_not_known(linux):
    found = host.host()
    assert found.pop("cores_usable") > 0
    assert found == dict.fromkeys(["governor", "turbo", "smt", "cgroup_cores", "cgroup_memory_mib"])


def test_governors_of_all_cores_are_named_once(linux):
    linux(**{f"{CPU}/cpu{core}/cpufreq/scaling_governor": "schedutil" for core in range(12)})
    assert host.host()["governor"] == "schedutil"
    linux(**{f"{CPU}/cpu11/cpufreq/scaling_governor": "performance"})
    assert host.host()["governor"] == "performance+schedutil"


@pytest.mark.parametrize(
    ("file", "text", "turbo"),
    [
        ("intel_pstate/no_turbo", "0", True),
        ("intel_pstate/no_turbo", "1", False),
        ("cpufreq/boost", "1", True),
        ("cpufreq/boost", "0", False),
        ("cpufreq/boost", "?", None),
    ],
)
def test_turbo_is_told_by_intel_or_by_the_others(linux, file, text, turbo):
    linux(**{f"{CPU}/{file}": text})
    assert host.host()["turbo"] is turbo


@pytest.mark.parametrize(("text", "smt"), [("0", False), ("1", True)])
def test_smt_is_as_linux_says(linux, text, smt):
    linux(**{f"{CPU}/smt/active": text})
    assert host.host()["smt"] is smt


def test_least_limit_of_a_control_group_and_those_around_it_holds(linux):
    linux(
        **{
            "proc/self/cgroup": "0::/job/step", f"{V2}/cgroup.controllers": "cpu memory",
            f"{V2}/job/cpu.max": "150000 100000", f"{V2}/job/step/cpu.max": "max 100000",
            f"{V2}/job/memory.max": "max", f"{V2}/job/step/memory.max": str(4 * 2**30),
        }
    )  # fmt: skip
    assert limits() == (1.5, 4096)


def test_container_shows_the_limit_of_its_own_group_as_the_root(linux):
    linux(**{"proc/self/cgroup": "0::/", f"{V2}/cgroup.controllers": "cpu", f"{V2}/cpu.max": "50000 100000"})
    assert limits() == (0.5, "max")


def test_group_without_limits_is_told_apart_from_groups_that_cannot_be_seen(linux):
    linux(**{"proc/self/cgroup": "0::/job"})
    assert limits() == (None, None)
    linux(**{f"{V2}/cgroup.controllers": "cpu memory"})
    assert limits() == ("max", "max")


def test_control_groups_of_version_1_are_read(linux):
    linux(
        **{
            "proc/self/cgroup": "5:memory:/docker/1\n4:cpu,cpuacct:/docker/1\n0::/docker/1",
            f"{V1_CPU}/tasks": "1", f"{V1_CPU}/docker/1/cpu.cfs_quota_us": "200000",
            f"{V1_CPU}/docker/1/cpu.cfs_period_us": "100000",
            f"{V1_MEMORY}/tasks": "1", f"{V1_MEMORY}/docker/1/memory.limit_in_bytes": str(2**63 - 4096),
        }
    )  # fmt: skip
    assert limits() == (2.0, "max")


@pytest.mark.parametrize(("quota", "cores"), [("-1", "max"), ("50000", 0.5)])
def test_container_of_version_1_shows_its_limit_at_the_root(linux, quota, cores):
    linux(
        **{
            "proc/self/cgroup": "4:cpu,cpuacct:/docker/1", f"{V1_CPU}/tasks": "1", f"{V1_CPU}/cpu.cfs_quota_us": quota,
            f"{V1_CPU}/cpu.cfs_period_us": "100000",
        }
    )  # fmt: skip
    assert limits() == (cores, None)


SETTINGS = (
    "power_limit_w", "default_power_limit_w", "application_clock_mhz", "application_memory_clock_mhz", "persistence", "ecc",
)  # fmt: skip


def test_settings_of_a_card_are_told(fake_nvml):
    fake_nvml.cards(
        "power_limit_w=200 default_power_limit_w=250.5 application_clock_mhz=1410 application_memory_clock_mhz=1593 "
        "persistence=0 ecc=1"
    )
    (card,) = machine()["gpus"]
    assert [card[name] for name in SETTINGS] == [200.0, 250.5, 1410, 1593, False, True]
    assert (card["name"], card["memory_mib"], card["driver"]) == ("Fake GPU", 16384, "fake")


@pytest.mark.parametrize("name", SETTINGS)
def test_setting_that_a_card_does_not_have_is_not_known(fake_nvml, name):
    fake_nvml.cards(f"{name}=-1")
    (card,) = machine()["gpus"]
    assert {each for each in SETTINGS if card[each] is None} == {name}
