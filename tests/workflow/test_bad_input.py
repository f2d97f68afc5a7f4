"""Bad input stops before anything is made, with one message that says key, value, expectation and place."""

import pytest


@pytest.mark.parametrize(
    ("config", "message"),
    [
        (
            "compression={pruning: {sparsty: 0.5}}",
            "compression.pruning.sparsty (--config): unknown key; did you mean sparsity?",
        ),
        (
            "compression={pruning: {sparsity: 1.5}}",
            "compression.pruning.sparsity = 1.5 (--config): expected less than 1",
        ),
        ("data={source: official, mirror: /no/such/folder}", "data.mirror: there is no folder '/no/such/folder'"),
    ],
)
def test_wrong_configuration_stops_before_anything_is_made(unmade, config, message):
    status, output = unmade.idle("--config", config)
    assert status != 0
    assert message in output
    assert "Traceback" not in output
    assert not (unmade.folder / "data").exists()
    assert not (unmade.folder / "results").exists()


def test_nested_text_of_the_command_line_is_accepted(unmade):
    assert (
        len(unmade.measured("--config", "compression={pruning: {sparsity: 0.75}, nas: {max_parameters: null}}"))
        == 10 + 15
    )


def test_file_of_the_command_line_wins_over_the_usual_one_and_an_entry_over_both(unmade):
    (unmade.folder / "mine.yaml").write_text(
        "name: mine\ncompression: {seeds: 2, datasets: [mnist], methods: [baseline]}\n"
    )
    status, output = unmade.idle("--dry-run", "--configfile", "mine.yaml", config=None)
    assert status == 0, output
    assert output.count("Measured run mnist/baseline/default/seed") == 2
    status, output = unmade.idle(
        "--dry-run", "--config", "compression={seeds: 3}", "--configfile", "mine.yaml", config=None
    )
    assert status == 0, output
    assert output.count("Measured run mnist/baseline/default/seed") == 3


def test_target_behind_a_file_of_settings_is_said_without_a_traceback(unmade):
    status, output = unmade.idle("--configfile", "tiny.yaml", "mnist", config=None)
    assert status != 0
    assert "put `--` in front of targets" in output
    assert "Traceback" not in output


def test_place_of_a_wrong_key_is_its_file(unmade):
    (unmade.folder / "mine.yaml").write_text("measure: {thread: 4}\n")
    status, output = unmade.idle("--configfile", "mine.yaml", config=None)
    assert status != 0
    assert "measure.thread (mine.yaml, line 1): unknown key; did you mean threads?" in output


def test_wrong_checksum_stops_before_training(fresh, tmp_path):
    folder = tmp_path / "mirror" / "mnist"
    folder.mkdir(parents=True)
    for name in ("train-images", "t10k-images"):
        (folder / f"{name}-idx3-ubyte.gz").write_bytes(b"not this")
    for name in ("train-labels", "t10k-labels"):
        (folder / f"{name}-idx1-ubyte.gz").write_bytes(b"not this")
    config = [f"data={{source: official, mirror: {folder.parent}}}", "measure={meters: none, warm: false}"]
    status, output = fresh.snakemake("mnist", "--config", *config)
    assert status != 0
    assert "train-images-idx3-ubyte.gz" in output
    assert "440fcabf" in output, "the checksum that was expected"
    assert not (fresh.results / "raw").exists()


def test_meter_that_is_named_but_not_there_stops_before_anything_is_downloaded(fresh):
    status, output = fresh.snakemake("mnist", "--config", "measure={meters: replay, replay: nowhere.csv, warm: false}")
    assert status != 0
    assert "probe: error: measure.meters = 'replay': meter replay: nowhere.csv: there is no such file" in output
    assert not (fresh.folder / "data").exists()


def test_run_that_is_not_on_the_sheet(unmade):
    status, output = unmade.idle("results/tiny/compression/raw/mnist/nas/default/seed9/record.json")
    assert status != 0
    assert "mnist/nas/default/seed9 is not on the run sheet of compression" in output
