"""The profile that Snakemake uses without being told: `profiles/default`."""

from pathlib import Path

import yaml
from snakemake.resources import Resources

PROFILE = Path(__file__).parents[2] / "profiles/default/config.yaml"
OF_A_MACHINE = {"tmpdir"}


def test_no_default_resource_looks_at_the_inputs_of_a_job():
    given = yaml.safe_load(PROFILE.read_text())["default-resources"]
    usual = Resources.default("full")  # what Snakemake adds to a profile's own
    assert set(usual) == {"mem_mb", "disk_mb", *OF_A_MACHINE}
    found = Resources.parse(given, allow_expressions=True, defaults="full")
    assert {name for name in found if found[name].is_evaluable()} == OF_A_MACHINE
    assert found["meter"].value == 1
