"""Studies on meters that die, that are several, and that are not there."""

import pandas as pd
import pytest

from frugalnet.record.paths import RECORD
from frugalnet.record.record import read_record
from tests.unit.fake_nvml import fake_nvml_environment, fake_nvml_folder

__all__ = ["fake_nvml_environment", "fake_nvml_folder"]

TABLE = "results/tiny/compression/processed/comparison.csv"
ONE_RUN = "compression={datasets: [mnist], methods: [baseline]}"


def finished_run(workspace, *config, **environment):
    """Do one run with its tables, and return its record and its row of the comparison."""
    status, output = workspace.snakemake(TABLE, "--config", ONE_RUN, *config, **environment)
    assert status == 0, output
    record = read_record(workspace.results / "raw/mnist/baseline/default/seed0" / RECORD)
    return record, pd.read_csv(workspace.folder / TABLE).iloc[0]


def test_card_that_falls_off_the_bus_leaves_null_and_the_other_card_as_it_is(supplied, fake_nvml_environment):
    cards = fake_nvml_environment("watts=250", "watts=70 counter_error=3", "watts=30 lost_after_s=2")
    known = {name: cards[name] for name in ("LD_LIBRARY_PATH", "FAKE_NVML")}
    record, row = finished_run(supplied, "measure={meters: nvml, inference_s: 1, idle_s: 0.5}", **known)
    roots = {window.device[-1]: window for window in record.windows if window.name == "run"}
    seconds = roots["0"].end_s - roots["0"].start_s
    assert roots["0"].energy_uj == pytest.approx(250e6 * seconds, abs=6e6 * roots["0"].u_stat_j)
    assert roots["1"].energy_uj == pytest.approx(70e6 * seconds, rel=1e-3)
    assert [device.source for device in record.energy.devices] == ["measured", "integrated", "measured"]
    assert (roots["2"].energy_uj, roots["2"].gap_uj) == (None, None)
    assert roots["2"].flags[0].endswith("GPU is lost")
    assert pd.isna(row["train_energy_j"])
    runs = pd.read_csv(supplied.results / "interim/runs.csv")
    assert "GPU is lost" in runs["energy_reason"][0]


def test_study_without_a_meter_runs_and_the_page_says_so(supplied):
    record, row = finished_run(supplied, "measure={meters: none, inference_s: 0.05}")
    assert {window.energy_uj for window in record.windows} == {None}
    assert row[["train_energy_j", "energy_to_solution_j", "energy_per_inference_j", "energy_source"]].isna().all()
    assert pd.read_csv(supplied.results / "interim/runs.csv")["energy_reason"][0] == "measure.meters is none"
