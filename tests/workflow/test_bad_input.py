"""Bad input stops before anything is made, with one message that says key, value, expectation and place."""

import numpy as np
import pytest
import scipy.io

from frugalnet.record.paths import RECORD
from frugalnet.record.record import read_record


@pytest.mark.parametrize(
    ("config", "message"),
    [
        (
            "compression={pruning: {sparsty: 0.5}}",
            "compression.pruning.sparsty (--config): unknown key; did you mean sparsity?",
        ),
        (
            "compression={pruning: {sparsity: 1.5}}",
            "compression.pruning.sparsity = '1.5' (--config): expected less than 1",
        ),
        ("compression={datasets: [mnits]}", "unknown dataset; known are mnist, cifar10, sat6, california_housing"),
        ("compression={methods: []}", "compression.methods = [] (--config)"),
        (
            "compression={nas: {tuner: gredy}}",
            "compression.nas.tuner = 'gredy' (--config): expected 'greedy', 'bayesian', 'hyperband', 'random' or 'grid'",
        ),
        (
            "compression={nas: {epochs: 0}}",
            "compression.nas.epochs = '0' (--config): expected greater than or equal to 1",
        ),
        (
            "compression={nas: {space: tiny}}",
            "nas.space 'tiny' is none for mnist; known are small, wide, mnist_small, mnist_wide",
        ),
        (
            "compression={nas: {weights: {size: 1}}}",
            "compression.nas.weights.size (--config): unknown key; known here are parameters, macs",
        ),
        ("compression={nas: {jobs: true}}", "jobs with tuner greedy, which learns from earlier trials"),
        ("compression={methods: [nas]}", "nas.weights compares with the record of baseline: add baseline to"),
        (
            ["compression={nas: {weights: {energy: 0.01}}}", "measure={meters: none}"],
            "compression.nas.weights.energy needs energies, but measure.meters is none",
        ),
        ("data={source: official, mirror: /no/such/folder}", "data.mirror: there is no folder '/no/such/folder'"),
        (
            "measure={meters: nvlm}",
            "measure.meters = 'nvlm' (--config): expected auto, none, or one or more of nvml, rapl",
        ),
        ("measure={meters: replay}", "meters names replay and replay names its file: expected both or neither"),
        ("carbon={intensity_g_per_kwh: 250}", "expected intensity_g_per_kwh with its source and its year"),
        ("nonsense=1", "nonsense (--config): unknown key; known here are name, data, compression"),
    ],
)
def test_wrong_configuration_stops_before_anything_is_made(fresh, config, message):
    status, output = fresh.snakemake("--config", *([config] if isinstance(config, str) else config))
    assert status != 0
    assert message in output
    assert "Traceback" not in output
    assert not (fresh.folder / "data").exists()
    assert not (fresh.folder / "results").exists()


def test_nested_text_of_the_command_line_is_accepted(fresh):
    assert len(fresh.measured("--config", "compression={pruning: {sparsity: 0.75}, nas: {max_parameters: null}}")) == 20


def test_place_of_a_wrong_key_is_its_file(fresh):
    (fresh.folder / "mine.yaml").write_text("measure: {thread: 4}\n")
    status, output = fresh.snakemake("--configfile", "mine.yaml", config=None)
    assert status != 0
    assert "measure.thread (mine.yaml): unknown key; did you mean threads?" in output


def test_environment_variable_with_a_mirror_that_is_not_there(fresh):
    status, output = fresh.snakemake("--config", "data={source: official}", FRUGALNET_MIRROR="/no/such/folder")
    assert status != 0
    assert "FRUGALNET_MIRROR" in output
    assert "/no/such/folder" in output


def test_wrong_checksum_stops_before_training(fresh, tmp_path):
    folder = tmp_path / "mirror" / "mnist"
    folder.mkdir(parents=True)
    for name in ("train-images", "t10k-images"):
        (folder / f"{name}-idx3-ubyte.gz").write_bytes(b"not this")
    for name in ("train-labels", "t10k-labels"):
        (folder / f"{name}-idx1-ubyte.gz").write_bytes(b"not this")
    config = f"data={{source: official, mirror: {folder.parent}}}"
    status, output = fresh.snakemake("mnist", "--config", config)
    assert status != 0
    assert "train-images-idx3-ubyte.gz" in output
    assert "440fcabf" in output, "the checksum that was expected"
    assert not (fresh.results / "raw").exists()


@pytest.mark.parametrize(
    ("shape", "message"),
    [((28, 28, 3, 12), "not a SAT-6 file"), ((28, 28, 4, 12), "data.allow_subset")],
)
def test_other_sat6_file_stops_before_training(fresh, tmp_path, shape, message):
    folder = tmp_path / "mirror" / "sat6"
    folder.mkdir(parents=True)
    pixels = np.arange(np.prod(shape), dtype="uint32").astype("uint8").reshape(shape)
    labels = np.eye(6, dtype="uint8")[:, np.arange(12) % 6]
    arrays = {"train_x": pixels, "train_y": labels, "test_x": pixels, "test_y": labels}
    scipy.io.savemat(folder / "mine.mat", arrays)
    config = ["compression={datasets: [sat6]}", f"data={{source: official, mirror: {folder.parent}}}"]
    status, output = fresh.snakemake("sat6", "--config", *config)
    assert status != 0
    assert message in output
    assert not (fresh.results / "raw").exists()


def test_meter_that_is_named_but_not_there_stops_before_anything_is_downloaded(fresh):
    status, output = fresh.snakemake("mnist", "--config", "measure={meters: replay, replay: nowhere.csv}")
    assert status != 0
    assert "probe: error: measure.meters = 'replay': meter replay: nowhere.csv: there is no such file" in output
    assert not (fresh.folder / "data").exists()


def test_search_in_which_all_trials_are_too_large_says_so_and_is_booked(fresh):
    run = "california_housing/nas/default/seed0"
    target = f"results/tiny/compression/raw/{run}/{RECORD}"
    status, output = fresh.snakemake(
        target, "--config", "compression={nas: {max_parameters: 50, weights: {parameters: 0}}}"
    )
    assert status != 0
    assert f"{run}: error: all trials of the search failed (trial 0: too large: " in output
    assert "Is nas.max_parameters = 50 too small for the space 'small'?" in output
    assert not (fresh.folder / target).exists()
    failed = read_record(fresh.results / "failed" / run / "0" / RECORD)
    energy_uj = {window.name: window.energy_uj for window in failed.windows}
    assert failed.energy.totals[0].energy_uj == energy_uj["run"]
    assert energy_uj["run/search"] > energy_uj["run/search/trial0"] + energy_uj["run/search/trial1"] > 0


def test_run_that_is_not_on_the_sheet(fresh):
    status, output = fresh.snakemake("results/tiny/compression/raw/mnist/nas/default/seed9/record.json")
    assert status != 0
    assert "mnist/nas/default/seed9 is not on the run sheet of compression" in output
