"""The runs that are compared: those that round to int8 as they would be deployed, and what is said of disturbed ones."""

import pandas as pd

from frugalnet.studies.techniques.effects import effects
from frugalnet.studies.techniques.ranking import ranking
from frugalnet.studies.techniques.swept import swept_runs
from tests.unit.made_techniques import made_runs, made_study

ROUNDED = {
    "deployed_bytes": 30_000,
    "deployed_test_quality": 0.4,
    "deployed_validation_quality": 0.35,
    "latency_batch1_ms_deployed": 0.2,
}
STUDY = made_study()


def test_quality_and_latency_of_a_run_that_rounds_are_those_of_its_file():
    runs = made_runs(STUDY, {"variant": "all-off"}, {"variant": "draw0001", **ROUNDED})
    off, rounded = swept_runs(runs).to_dict("records")
    assert (off["test_quality"], off["validation_quality"]) == (0.7, 0.5)
    assert (rounded["test_quality"], rounded["validation_quality"], rounded["latency_batch1_ms"]) == (0.4, 0.35, 0.2)
    assert rounded["train_energy_j"] == 1000.0


def test_ranking_knows_a_run_that_rounds_as_it_is_deployed():
    runs = made_runs(STUDY, {"variant": "all-off"}, {"variant": "draw0001", **ROUNDED})
    assert ranking(runs, STUDY).set_index("variant")["test_quality"].to_dict() == {"all-off": 0.7, "draw0001": 0.4}


def test_effects_say_which_runs_are_files_and_which_were_disturbed():
    runs = made_runs(
        STUDY,
        {"variant": "all-off"},
        {"variant": "draw0001", **ROUNDED},
        {"variant": "draw0002", "train_flags": "other_load: 40 %"},
    )
    notes = effects(runs, STUDY).groupby("quantity")["note"].first()
    assert "1 run as int8 files in TensorFlow Lite, the others in TensorFlow" in notes["test_quality"]
    assert "1 of 3 runs disturbed, or shorter than a meter resolves (train_flags)" in notes["train_energy_j"]
    assert "disturbed" not in notes["test_quality"] and "int8" not in notes["train_energy_j"]


def test_runs_of_a_study_without_rounding_are_as_they_are():
    runs = made_runs(STUDY, {"variant": "all-off"}, {"variant": "best-run", "method": "best"})
    pd.testing.assert_frame_equal(swept_runs(runs), runs[:1])
