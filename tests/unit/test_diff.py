"""`frugalnet diff`: two runs side by side."""

import re
from pathlib import Path

import pytest
from typer.testing import CliRunner

from frugalnet.cli import app
from frugalnet.record import record
from tests.unit.conftest import made_inference, made_record, without_model
from tests.unit.made_runs import grid, measured, results, varied

__all__ = ["results"]
REFERENCE = Path(__file__).parents[2] / "results/reference/techniques.zip"
DASH = "\N{EN DASH}"
TIMES = "\N{MULTIPLICATION SIGN}"
UP = "\N{UPWARDS ARROW}"


def diff(folder, *names):
    """Return what the command prints, into a pipe."""
    done = CliRunner().invoke(app, ["diff", *map(str, names), "--results", str(folder)])
    assert done.exit_code == 0, done.output
    return done.output


def refused(folder, *names):
    """Return the message of the command that refuses something."""
    done = CliRunner().invoke(app, ["diff", *map(str, names), "--results", str(folder)])
    assert done.exit_code == 1
    return str(done.exception.code)


def rows(text):
    """Return the cells of the indented lines of a text, by their names: columns are two spaces apart."""
    cells = [re.split(r" {2,}", line.strip()) for line in text.splitlines() if line.startswith("  ")]
    return {name: others for name, *others in cells[1:]}


def test_what_differs_is_listed_and_what_is_equal_is_counted(results):
    text = diff(results(*grid()), "lr0.1-constant", "lr0.05-cosine")
    found = rows(text)
    assert text.startswith(
        "A: compression/mnist/baseline/lr0.1-constant/seed0\nB: compression/mnist/baseline/lr0.05-cosine/seed0\n"
    )
    assert found["recipe.learning_rate"] == ["0.1", "0.05"]
    assert found["recipe.schedule"] == ["constant", "cosine"]
    assert [name for name in found if "." in name] == ["recipe.learning_rate", "recipe.schedule"]
    assert re.search(r"The same in both: \d+ of \d+ parameters; code; software; machine; meters; data;", text)


def test_qualities_have_a_difference_and_costs_a_ratio(results):
    found = rows(diff(results(*grid()), "lr0.1-constant", "lr0.05-cosine"))
    assert found[f"test accuracy {UP}"] == ["0.9000", "0.8500", "-0.0500"]
    assert found["energy, J"] == ["9", "5", f"{TIMES} 0.556"]
    assert found["time, s"] == ["10", "10", f"{TIMES} 1"]


def test_one_run_against_one_run_has_no_interval_and_says_so(results):
    text = diff(results(*grid()), "lr0.1-constant", "lr0.05-cosine")
    assert "One run against one run: no interval" in text
    assert "energies: estimated (cpu)" in text


def test_code_software_machine_and_data_that_differ_are_listed(results):
    one, other, *_ = grid()
    changed = other.model_copy(
        update={
            "software": {"packages": {"keras": "3.13.0"}, "git": {"commit": "d" * 40, "dirty": True}},
            "machine": {"processor": "another", "gpus": []},
            "data": {"level": "sample", "version": 7},
        }
    )
    found = rows(diff(results(one, changed), "lr0.1-constant", "lr0.1-cosine"))
    assert found["keras"] == ["3.12.4", "3.13.0"]
    assert found["commit"] == ["abc", "dddddddddddd..."]
    assert found["processor"] == ["made", "another"]
    assert found["mnist.version"] == [DASH, "7"]


def test_energies_of_unequal_source_have_no_ratio(results):
    one, other, *_ = grid()
    text = diff(results(measured(one), other), "lr0.1-constant", "lr0.1-cosine")
    found = rows(text)
    assert (
        "! Different energies: measured (gpu) against estimated (cpu). Where that matters, there is no `B against A`."
        in text
    )
    assert found["energy, J"] == ["9 measured (gpu)", "8 estimated (cpu)", DASH]
    assert found["time, s"][2] == f"{TIMES} 1"


@pytest.mark.parametrize(
    ("change", "said", "without"),
    [
        (lambda rec: varied(rec, "changed", threads=7), "! Different threads: 2 against 7", ["energy, J", "time, s"]),
        (
            lambda rec: varied(rec, "changed").model_copy(update={"data": {"level": "official"}}),
            "! Different data: sample against official",
            [f"test accuracy {UP}", "energy, J", "time, s"],
        ),
    ],
)
def test_runs_under_unequal_conditions_have_no_change(results, change, said, without):
    one, other, *_ = grid()
    text = diff(results(one, change(other)), "lr0.1-constant", "changed")
    assert said in text
    assert [rows(text)[name][2] for name in without] == [DASH] * len(without)


def with_memory(rec, **machine):
    """Return the record with known peaks of memory, of a machine like that."""
    memory = record.Memory(host_peak_mib=900.0, device_peak_mib=300.0)
    return rec.model_copy(update={"memory": memory, "machine": rec.machine | machine})


def test_memory_has_a_ratio_under_equal_conditions_alone(results):
    one, other, *_ = map(with_memory, grid())
    memory = ("memory, MiB", "GPU memory, MiB")
    found = rows(diff(results(one, other), "lr0.1-constant", "lr0.1-cosine"))
    assert [found[name] for name in memory] == [["900", "900", f"{TIMES} 1"], ["300", "300", f"{TIMES} 1"]]
    for changed in (
        varied(one, "changed", threads=7),
        varied(one, "changed").model_copy(update={"data": {"level": "official"}}),
        with_memory(made_record("california_housing", quality=0.4)),
    ):
        name = changed.run.id
        found = rows(diff(results(one, changed), "lr0.1-constant", name))
        assert [found[each][-1] for each in memory] == [DASH, DASH]


def test_times_on_a_gpu_and_on_a_processor_have_no_ratio(results):
    one, other, *_ = grid()
    on_gpu = measured(with_memory(other, gpus=[{"name": "A card"}]))
    text = diff(results(one, on_gpu), "lr0.1-constant", "lr0.1-cosine")
    assert "! Different GPUs: none against A card." in text
    assert [rows(text)[name][-1] for name in ("time, s", "energy, J")] == [DASH, DASH]


def test_runs_of_two_datasets_are_compared_by_size_alone(results):
    text = diff(
        results(made_record(), made_record("california_housing", quality=0.4)), "mnist/baseline", "california_housing"
    )
    assert "! Different datasets: mnist against california_housing" in text
    assert rows(text)["test accuracy or mae"] == ["0.9700", "0.4000", DASH]


def test_latency_is_compared_only_with_the_reference_that_it_was_measured_in_turn_with(results):
    one = made_record()
    pruned = made_record(
        method="pruning",
        reference=record.Parent(id=one.run.id, model_sha256=None),
        inference=[
            made_inference(
                model,
                size,
                **(
                    {}
                    if model == "reference"
                    else {"latency_ratio": 0.5, "latency_ratio_low": 0.4, "latency_ratio_high": 0.6}
                ),
            )
            for size in (1, 256)
            for model in ("masked", "compacted", "reference")
        ],
    )
    folder = results(one, pruned, *grid())
    name = pruned.run.id
    assert rows(diff(folder, one.run.id, name))["latency, 1 sample, ms"][-1] == f"{TIMES} 0.5 [0.4, 0.6]"
    assert rows(diff(folder, name, one.run.id))["latency, 1 sample, ms"][-1] == f"{TIMES} 2 [1.67, 2.5]"
    alone = diff(folder, "lr0.1-constant", "lr0.1-cosine")
    assert rows(alone)["latency, 1 sample, ms"][-1] == DASH
    assert "those of two processes" in alone


def test_a_run_without_a_model_says_why_and_has_dashes(results):
    one, other, *_ = grid()
    text = diff(results(one, without_model(other)), "lr0.1-constant", "lr0.1-cosine")
    assert "B: compression/mnist/baseline/lr0.1-cosine/seed0 (diverged: the training diverged)" in text
    assert rows(text)[f"test accuracy {UP}"] == ["0.9000", DASH, DASH]
    assert rows(text)["energy, J"] == ["9", "8", f"{TIMES} 0.889"]


@pytest.mark.parametrize(
    "name",
    [
        "compression/mnist/baseline/lr0.1-cosine/seed0",
        "mnist/baseline/lr0.1-cosine/seed0",
        "mnist/baseline/lr0.1-cosine",
        "baseline/lr0.1-cosine",
        "lr0.1-cosine",
        "/mnist/lr0.1-cosine/",
    ],
)
def test_names_may_be_short_where_they_are_unambiguous(results, name):
    assert "B: compression/mnist/baseline/lr0.1-cosine/seed0\n" in diff(results(*grid()), "lr0.05-cosine", name)


def test_of_several_seeds_the_first_is_taken(results):
    folder = results(made_record(seed=3), made_record(seed=2), *grid())
    assert "A: compression/mnist/baseline/default/seed2\n" in diff(folder, "mnist/baseline/default", "lr0.1-cosine")


def test_folders_of_raw_files_are_taken_without_the_results(results, tmp_path):
    raw = results(*grid()) / "compression/raw/mnist/baseline"
    text = diff(tmp_path / "away", raw / "lr0.1-cosine/seed0", raw / "lr0.05-cosine/seed0/record.json")
    assert "A: compression/mnist/baseline/lr0.1-cosine/seed0\n" in text


@pytest.mark.parametrize(
    ("names", "said"),
    [
        (("mnist/baseline", "lr0.1-cosine"), "mnist/baseline: names several runs in"),
        (("lr0.1-cosin", "lr0.1-cosine"), "lr0.1-cosin: no such run in"),
        (("mnist/baseline/lr0.1-cosin", "lr0.1-cosine"), "Did you mean mnist/baseline/lr0.1-cosine"),
        (("lr0.1-cosine", "mnist/lr0.1-cosine"), "are the same run, compression/mnist/baseline/lr0.1-cosine/seed0"),
        (("", "lr0.1-cosine"), "no such run in"),
    ],
)
def test_names_of_no_run_or_of_several_are_refused(results, names, said):
    assert said in refused(results(*grid()), *names)


def test_results_that_are_not_there_are_named(tmp_path):
    assert "expected the results with a and b" in refused(tmp_path / "away", "a", "b")


def test_an_edited_record_is_refused(results):
    folder = results(*grid())
    edited = folder / "compression/raw/mnist/baseline/lr0.1-cosine/seed0/record.json"
    edited.write_text(edited.read_text().replace("0.95", "0.99"))
    assert "was edited" in refused(folder, "lr0.1-cosine", "lr0.1-constant")


def test_runs_of_a_package_are_compared():
    found = rows(diff(REFERENCE, "all-off", "all-on"))
    assert found["recipe.batch_size"] == ["32", "128"]
    assert found[f"test accuracy {UP}"] == ["0.5334", "0.5829", "+0.0495"]
    assert found["energy, J"] == ["4,263", "2,932", f"{TIMES} 0.688"]
