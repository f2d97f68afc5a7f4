"""The whole study on sample data, as a user gets it."""

import json
import re
from datetime import datetime

import pandas as pd
import pytest

from frugalnet import catalogue
from frugalnet.config.reading import read_settings
from frugalnet.jobs.order import measured_order
from frugalnet.record.paths import CARBON_HOURS, COMPLETE, METER_PROBE, RECORD, SETTINGS
from frugalnet.record.probe import read_probe
from frugalnet.record.record import read_record
from frugalnet.studies.compression.sheet import run_sheet

DATASETS = ["mnist", "california_housing"]
ROWS = [
    ("baseline", "default"),
    ("continued", "default"),
    ("pruning", "weight-s0.90"),
    ("pruning", "unit-s0.75"),
    ("random", "weight-s0.90"),
    ("random", "unit-s0.75"),
    ("scratch", "unit-s0.75"),
    ("nas", "default"),
    ("random_search", "default"),
    ("nas_continued", "default"),
    ("width_scaled", "default"),
    ("nas_pruning", "weight-s0.90"),
    ("nas_pruning", "unit-s0.75"),
    ("nas_random", "weight-s0.90"),
    ("nas_random", "unit-s0.75"),
    ("nas_scratch", "unit-s0.75"),
    ("joint", "default"),
    ("joint_random", "default"),
    ("joint_scratch", "default"),
]
WITHOUT = {"mnist": ("random_search", "nas_random", "nas_scratch", "joint_random", "joint_scratch")}
KEYS = [(dataset, *row) for dataset in DATASETS for row in ROWS if row[0] not in WITHOUT.get(dataset, ())]
SEARCHES = ["nas", "random_search", "joint"]
CONTRACT = [
    *(
        "dataset",
        "method",
        "variant",
        "seeds",
        "metric",
        "quality_mean",
        "quality_std",
        "parameters",
        "parameters_nonzero",
    ),
    *("parameters_compacted", "gzip_bytes", "gzip_bytes_compacted", "compacted_bytes", "macs", "macs_compacted"),
    *("latency_batch1_ms", "latency_batch1_ms_compacted", "throughput_per_s", "throughput_per_s_compacted"),
    *(
        "model_bytes",
        "train_energy_j",
        "energy_to_solution_j",
        "energy_source",
        "train_duration_s",
        "threads",
        "data_level",
    ),
]


@pytest.fixture(scope="module")
def results(finished):
    return finished[0].results


@pytest.fixture(scope="module")
def comparison(results):
    return pd.read_csv(results / "processed" / "comparison.csv")


def test_every_run_has_its_raw_files(results):
    folders = [path.parent for path in (results / "raw").rglob(RECORD)]
    assert {str(folder.relative_to(results / "raw")) for folder in folders} == {
        f"{dataset}/{method}/{variant}/seed0" for dataset, method, variant in KEYS
    }
    for folder in folders:
        extra = {"trials.csv"} if folder.parts[-3] in SEARCHES else set()
        assert {path.name for path in folder.iterdir()} == set(COMPLETE) | extra


def test_comparison_has_one_row_per_dataset_method_and_variant(comparison):
    keys = list(comparison[["dataset", "method", "variant"]].itertuples(index=False, name=None))
    assert keys == KEYS


def test_comparison_has_the_columns_that_are_promised(comparison):
    assert set(CONTRACT) <= set(comparison.columns)
    assert comparison[[column for column in CONTRACT if column != "quality_std"]].notna().all(axis=None)


def test_comparison_is_the_same_as_parquet(results, comparison):
    parquet = pd.read_parquet(results / "processed" / "comparison.parquet")
    assert list(parquet.columns) == list(comparison.columns)
    known = [table.dropna(axis="columns", how="all").convert_dtypes() for table in (parquet, comparison)]
    pd.testing.assert_frame_equal(*known, check_dtype=False)


def test_pruned_models_have_a_tenth_of_the_weights_of_all_but_the_output_layer(comparison):
    for dataset in DATASETS:
        rows = comparison[comparison["dataset"] == dataset].set_index(["method", "variant"])
        pruned, continued = rows.loc[("pruning", "weight-s0.90")], rows.loc[("continued", "default")]
        assert pruned["parameters"] == continued["parameters"]
        assert pruned["parameters_nonzero"] < 0.16 * pruned["parameters"]
        assert continued["parameters_nonzero"] > 0.9 * continued["parameters"]


def test_models_without_most_of_their_units_are_smaller_in_every_way(comparison):
    for dataset in DATASETS:
        row = comparison.set_index(["dataset", "method", "variant"]).loc[(dataset, "pruning", "unit-s0.75")]
        assert row["parameters_compacted"] < 0.4 * row["parameters"]
        assert row["macs_compacted"] < 0.5 * row["macs"]
        assert row["compacted_bytes"] < 0.6 * row["model_bytes"]
        assert row["gzip_bytes_compacted"] < row["gzip_bytes"] < row["model_bytes"]
        assert row["compaction_error"] <= 1e-5


def test_scratch_has_the_shape_that_pruning_left(comparison):
    for dataset in DATASETS:
        rows = comparison.set_index(["dataset", "method", "variant"])["parameters_compacted"]
        assert rows[dataset, "scratch", "unit-s0.75"] == rows[dataset, "pruning", "unit-s0.75"]


def test_numbers_of_the_table_are_those_of_the_records(results, comparison):
    row = comparison.set_index(["dataset", "method", "variant"]).loc[("mnist", "pruning", "unit-s0.75")]
    own = read_record(results / "raw/mnist/pruning/unit-s0.75/seed0" / RECORD)
    parent = read_record(results / "raw/mnist/baseline/default/seed0" / RECORD)
    spent = ("run/masks", "run/train")
    energy_uj = [w.energy_uj for rec in (own, parent) for w in rec.windows if w.name in spent]
    assert row["quality_mean"] == own.quality["test_accuracy"]
    assert row["energy_to_solution_j"] == pytest.approx(sum(energy_uj) / 1e6)
    assert row["energy_source"] == own.energy.source


def test_ledger_of_every_run_adds_up(results):
    windows = pd.read_parquet(results / "interim" / "windows.parquet")
    keys = ["run", "device", "name"]
    inside = windows.groupby(["run", "device", "parent"])["energy_uj"].sum().rename_axis(keys).rename("inside")
    parents = windows.set_index(keys).join(inside, how="left").fillna({"inside": 0})
    assert (parents["inside"] + parents["gap_uj"] == parents["energy_uj"]).all()


def test_records_hold_windows_down_to_epochs_validations_and_trials(results):
    names = {window.name for window in read_record(results / "raw/mnist/nas/default/seed0" / RECORD).windows}
    assert {
        "run", "run/load", "run/search", "run/search/trial0", "run/search/trial0/train/epoch1/validation", "run/build",
        "run/train", "run/train/epoch1", "run/train/epoch1/first_step", "run/train/epoch1/validation",
        "run/inference", "run/inference/batch1",
    } <= names  # fmt: skip


def test_probe_was_made_once_and_before_all_runs(finished, results):
    found = read_probe(results.parent / METER_PROBE)
    started = min(read_record(path).started for path in (results / "raw").rglob(RECORD))
    assert found.started < started
    assert finished[1].count("Finding out what the meters of this machine can tell.") == 1
    (meter,) = found.meters
    assert 0 < meter.idle_w < meter.load_w
    assert meter.edge_reading_error > 0
    assert [each.run_s for each in meter.smallest_differences] == [1, 10, 60, 600, 3600]


def test_page_says_what_the_meters_resolve(results):
    assert "runs of 3,600 s" in (results / "analysis.html").read_text()


def test_every_table_is_in_the_data_dictionary(results):
    dictionary = pd.read_csv(results / "processed" / "data_dictionary.csv")
    tables = [*results.glob("interim/*.csv"), *results.glob("processed/*.csv")]
    assert len(tables) == 8 + 6
    for path in tables:
        if path.stem != "data_dictionary":
            columns = pd.read_csv(path, nrows=1).columns
            assert list(dictionary[dictionary["table"] == path.stem]["column"]) == list(columns)
    assert dictionary["meaning"].notna().all()


def test_every_figure_is_there_for_two_columns_and_for_one_as_svg_and_png(results):
    figures = catalogue.STUDIES["compression"].figures
    names = {f"{name}{width}.{kind}" for name in figures for width in ("", "_column") for kind in ("svg", "png")}
    assert {path.name for path in (results / "figures").iterdir()} == names


def test_page_holds_its_figures_and_asks_no_network_address(results):
    page = (results / "analysis.html").read_text()
    sources = re.findall(r"<(?:img|script|link|iframe)\b[^>]*?(?:src|href)=[\"']?([^\"' >]+)", page)
    images = [source for source in sources if source.startswith("data:image/")]
    assert len(images) >= len(catalogue.STUDIES["compression"].figures)
    assert [source for source in sources if not source.startswith("data:")] == []


def test_notebook_and_page_name_no_place_on_this_machine(finished):
    workspace, _ = finished
    for file in ("analysis.ipynb", "analysis.html"):
        text = (workspace.results / file).read_text()
        assert str(workspace.folder) not in text
        assert "/site-packages/" not in text


def test_notebook_ran_without_an_error(results):
    cells = json.loads((results / "analysis.ipynb").read_text())["cells"]
    outputs = [output for cell in cells for output in cell.get("outputs", [])]
    assert outputs
    assert not [output for output in outputs if output["output_type"] == "error"]


def test_runs_are_measured_one_after_the_other_in_their_shuffled_order_although_there_are_two_cores(results):
    sheet = run_sheet(read_settings(results.parent / SETTINGS, results.parent / CARBON_HOURS))
    order = measured_order(sheet, seed=0)
    assert order != [run.id for run in sheet]
    records = [read_record(results / "raw" / run / RECORD) for run in order]
    starts_s = [datetime.fromisoformat(rec.started).timestamp() for rec in records]
    ends_s = [start_s + rec.windows[0].end_s for start_s, rec in zip(starts_s, records, strict=True)]
    # `started` is in whole seconds
    assert starts_s == sorted(starts_s)
    assert all(start_s > end_s - 1 for end_s, start_s in zip(ends_s, starts_s[1:], strict=False))


def test_default_profile_is_used_without_being_named(finished):
    assert "Using workflow specific profile profiles/default" in finished[1]


def test_a_person_sees_what_is_going_on_and_no_lists_of_files(finished, results):
    said = finished[1]
    runs = re.findall(
        r"^\d\d:\d\d:\d\d (\S+/seed0): test \w+ [\d.]+(?: %)?, [\d.]+ (?:s|min), [\d.]+ k?J \(estimated, cpu\); ",
        said,
        re.MULTILINE,
    )
    assert set(runs) == {f"{dataset}/{method}/{variant}/seed0" for dataset, method, variant in KEYS}
    assert re.search(r" to go$", said, re.MULTILINE)
    assert not re.search(r"parquet|\.csv|Reason|Job stats", said)
    *_, runs_made, page = said.splitlines()
    assert re.fullmatch(rf"{len(runs)} runs in .+, .+ k?J \(estimated, of the CPU alone\)\.", runs_made)
    assert page == "Open results/tiny/compression/analysis.html"
    log = (results / "logs/mnist/baseline/default/seed0.log").read_text()
    assert re.search(r"train: epoch 1/1, accuracy", log)


def test_terminal_shows_no_walls_of_library_messages(finished):
    assert not re.search(r"oneDNN|cuda|WARNING|DeprecationWarning|absl", finished[1])
