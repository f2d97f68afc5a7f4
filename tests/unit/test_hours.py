"""Carbon intensities by the hour: what a file of them must be, and what is said of one that is not."""

import json
import os
import re
from datetime import UTC, datetime

import pytest

from frugalnet.config.carbon import Carbon
from frugalnet.config.hours import read_hours
from frugalnet.config.reading import read_config, read_settings, write_settings
from frugalnet.config.yaml_files import Source
from frugalnet.errors import FrugalNetError
from frugalnet.jobs import tasks
from frugalnet.record.co2e import co2e_g

HEAD = "hour_utc,g_per_kwh\n"


@pytest.fixture
def file(tmp_path):
    """Return a function that writes a file, and returns its path."""

    def write(text):
        path = tmp_path / "grid.csv"
        path.write_text(text)
        read_hours.cache_clear()
        return str(path)

    return write


def test_hours_are_utc_in_whatever_way_that_is_written(file):
    rows = ["2026-01-01T22:00Z,100", "2026-01-01T23,200.5", "2026-01-02T00:00:00,0", "2026-01-02T02:00+01:00,50", ""]
    hours = read_hours(file(HEAD + "\n".join(rows)))
    assert [f"{hour:%dT%H}" for hour in hours.g_per_kwh] == ["01T22", "01T23", "02T00", "02T01"]
    assert list(hours.g_per_kwh.values()) == [100, 200.5, 0, 50]
    assert (hours.mean_g_per_kwh, hours.span) == (87.625, "2026-01-01T22 to 2026-01-02T01, UTC")


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("", "its first line is missing; expected CSV with the columns hour_utc,g_per_kwh"),
        ("time,value\n2026-01-01T00Z,1\n", "its first line is 'time,value'; expected CSV with the columns hour_utc,g_"),
        (HEAD, "has no hours; expected CSV"),
        (f"{HEAD}2026-01-01T00:00Z,1\n2026-01-01T01:00Z\n", "line 3: '2026-01-01T01:00Z'; expected CSV"),
        (f"{HEAD}2026-01-01T00:00Z,1\nyesterday,1\n", "line 3: hour_utc = 'yesterday'; expected the start of an hour"),
        (f"{HEAD}2026-01-01T00:30Z,1\n", "line 2: hour_utc = '2026-01-01T00:30Z'; expected the start of an hour"),
        (f"{HEAD}2026-01-01T00:00Z,-1\n", "line 2: g_per_kwh = '-1'; expected a number of at least 0"),
        (f"{HEAD}2026-01-01T00:00Z,\n", "line 2: g_per_kwh = ''; expected a number of at least 0"),
        (f"{HEAD}2026-01-01T00:00Z,inf\n", "line 2: g_per_kwh = 'inf'; expected a number of at least 0"),
        (
            f"{HEAD}2026-01-01T00:00Z,1e308\n",
            "line 2: g_per_kwh = '1e308'; expected a number of at least 0 and at most 10,000",
        ),
        (f"{HEAD}2026-01-01T00:00Z,1_0\n", "line 2: g_per_kwh = '1_0'; expected a number"),
        (f"{HEAD}2026-01-01T00:00Z,\x1b[1m\n", r'line 2: g_per_kwh = "\x1b[1m"; expected a number'),
        (
            f"{HEAD}0001-01-01T00:00+05:00,3\n",
            "line 2: hour_utc = '0001-01-01T00:00+05:00'; expected the start of an hour",
        ),
        (
            f"{HEAD}9999-12-31T23:00-05:00,3\n",
            "line 2: hour_utc = '9999-12-31T23:00-05:00'; expected the start of an hour",
        ),
        (
            f"{HEAD}2026-01-01T00:00Z,1\n2026-01-01T02:00Z,1\n",
            "line 3: 2026-01-01T02 comes after 2026-01-01T00; expected the next hour",
        ),
        (
            f"{HEAD}2026-01-01T01:00Z,1\n2026-01-01T01:00Z,1\n",
            "line 3: 2026-01-01T01 comes after 2026-01-01T01; expected the next hour",
        ),
    ],
)
def test_file_that_cannot_be_used_is_refused_with_the_place(file, text, expected):
    with pytest.raises(FrugalNetError, match=rf"grid\.csv'.*{re.escape(expected)}"):
        read_hours(file(text))


def test_what_is_no_regular_file_is_refused_unread(tmp_path):
    os.mkfifo(tmp_path / "grid.csv")
    for path, told in (
        (tmp_path / "grid.csv", "not a regular file"),
        ("/dev/zero", "not a regular file"),
        (tmp_path, "a folder"),
    ):
        with pytest.raises(FrugalNetError, match=f"': {told}; expected CSV"):
            read_hours(str(path))


def test_file_that_is_not_there_is_refused_with_the_key_before_anything_is_done():
    carbon = {"hourly": "nowhere/grid.csv", "source": "a grid", "year": 2026}
    with pytest.raises(FrugalNetError) as refused:
        read_config([Source("mine.yaml", {"carbon": carbon})])
    expected = (
        "carbon.hourly = 'nowhere/grid.csv' (mine.yaml): 'nowhere/grid.csv': No such file or directory; expected CSV"
    )
    assert expected in str(refused.value)


def test_settings_beside_results_are_read_with_the_copy_and_keep_the_name_of_the_file(tmp_path):
    carbon = {"hourly": "/nowhere/grid.csv", "source": "a grid", "year": 2026}
    write_settings({"carbon": carbon}, tmp_path / "settings.yaml")
    with pytest.raises(FrugalNetError, match=r"carbon\.hourly = .*carbon_hours\.csv': No such file"):
        read_settings(tmp_path / "settings.yaml", tmp_path / "carbon_hours.csv")
    read_hours.cache_clear()
    (tmp_path / "carbon_hours.csv").write_text(HEAD + "2026-01-01T00:00Z,100\n")
    found = read_settings(tmp_path / "settings.yaml", tmp_path / "carbon_hours.csv").carbon
    assert found.hourly == "/nowhere/grid.csv"
    assert co2e_g(3.6e6, {datetime(2026, 1, 1, tzinfo=UTC): 3.6e6}, found) == (100, None)
    assert "outside the hours of /nowhere/grid.csv" in co2e_g(1.0, {datetime(2025, 1, 1, tzinfo=UTC): 1.0}, found)[1]


def test_copy_of_the_hours_stands_beside_the_settings_as_long_as_they_name_a_file(file, tmp_path):
    path = tmp_path / "results" / "settings.yaml"
    tasks.settings({"name": "made"}, file(HEAD + "2026-01-01T00:00Z,100\n"), str(path))
    assert path.with_name("carbon_hours.csv").read_text() == HEAD + "2026-01-01T00:00Z,100\n"
    tasks.settings({"name": "made"}, None, str(path))
    assert [each.name for each in path.parent.iterdir()] == ["settings.yaml"]


def test_record_is_read_where_the_file_is_not():
    assert Carbon(hourly="nowhere/grid.csv", source="a grid", year=2026).hourly == "nowhere/grid.csv"


@pytest.mark.parametrize(
    ("written", "expected"),
    [
        ({"hourly": "grid.csv"}, "or hourly with them"),
        (
            {"hourly": "grid.csv", "intensity_g_per_kwh": 1, "source": "a", "year": 2026},
            "expected intensity_g_per_kwh or hourly, not both",
        ),
        ({"pue": 0.9}, "greater than or equal to 1"),
        ({"pue": float("inf")}, "finite number"),
    ],
)
def test_carbon_that_contradicts_itself_is_refused(written, expected):
    with pytest.raises(ValueError, match=expected):
        Carbon(**written)


def test_settings_of_before_have_a_pue_of_1():
    assert Carbon.model_validate(json.loads('{"intensity_g_per_kwh": 1, "source": "a", "year": 2025}')).pue == 1
