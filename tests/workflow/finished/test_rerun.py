"""What is done again, and what is not: tests on the job list of a dry run."""

import os
import shutil
from pathlib import Path

import pytest

from frugalnet.record.paths import METER_PROBE
from tests.workflow.conftest import runs_in
from tests.workflow.extending import OF_RECIPES, extend

JOINT = {"joint", "joint_random", "joint_scratch"}
PRUNED = {"pruning", "random", "scratch", "nas_pruning", "nas_random", "nas_scratch"} | JOINT
CONTROLS = {"continued", "nas_continued"}
OF_THE_SEARCH = {"nas", "nas_continued", "nas_pruning", "nas_random", "nas_scratch", "width_scaled"}
ALL = {"baseline", "random_search"} | PRUNED | CONTROLS | OF_THE_SEARCH
DATASETS = ("mnist", "california_housing")
WITHOUT = {"mnist": {"random_search", "nas_random", "nas_scratch", "joint_random", "joint_scratch"}}


def of(dataset, methods):
    return {f"{dataset}/{method}" for method in set(methods) - WITHOUT.get(dataset, set())}


def everywhere(*methods):
    return {run for dataset in DATASETS for run in of(dataset, methods)}


@pytest.mark.parametrize("target", ["compression", "california_housing"])
def test_second_call_says_that_nothing_is_to_be_done(finished, target):
    status, output = finished[0].idle(target)
    assert status == 0
    assert "Nothing to be done" in output


def test_deleted_results_of_a_dataset_rerun_that_dataset_alone_and_not_for_the_target_of_another(copied):
    shutil.rmtree(copied.results / "raw" / "california_housing")
    jobs = copied.jobs()
    assert runs_in(jobs) == of("california_housing", ALL)
    assert "Comparing the methods of compression." in jobs
    assert copied.measured("mnist") == set()


def test_target_of_one_dataset_does_all_methods_and_makes_tables_figures_and_page(unmade):
    jobs = unmade.jobs("mnist")
    assert runs_in(jobs) == of("mnist", ALL)
    assert "Comparing the methods of compression." in jobs
    assert any("Drawing" in job for job in jobs)
    assert {job for job in jobs if "Getting the files" in job} == {"Getting the files of mnist (data.source: sample)."}


def test_machine_that_is_probed_anew_reruns_no_run(copied):
    (copied.results.parent / METER_PROBE).unlink()
    jobs = copied.jobs()
    assert runs_in(jobs) == set()
    assert "Finding out what the meters of this machine can tell." in jobs


def test_carbon_intensity_makes_tables_anew_and_reruns_no_run(finished):
    jobs = finished[0].jobs("--config", "carbon={intensity_g_per_kwh: 250, source: a grid, year: 2025}")
    assert runs_in(jobs) == set()
    assert "Comparing the methods of compression." in jobs


def test_changed_hours_of_the_intensity_make_tables_anew_and_rerun_no_run(copied):
    (copied.folder / "grid.csv").write_text("hour_utc,g_per_kwh\n2026-01-01T00:00Z,100\n")
    table = (copied.results / "processed" / "comparison.csv").relative_to(copied.folder)
    carbon = "carbon={hourly: grid.csv, source: a grid, year: 2026}"
    asked = [str(table), "--config", carbon, "measure={warm: false}"]
    status, output = copied.snakemake(*asked)
    assert status == 0, output
    assert copied.jobs(*asked) == set()
    copied.edit("grid.csv", ",100", ",101")
    assert copied.jobs(*asked) == {"Comparing the methods of compression."}


def test_changed_epochs_of_pruning_rerun_pruning_and_its_controls(finished):
    assert finished[0].measured("--config", "compression={pruning: {epochs: 2}}") == everywhere(*PRUNED, *CONTROLS)


def test_key_that_the_controls_do_not_read_leaves_them_alone(finished):
    assert finished[0].measured("--config", "compression={pruning: {ramp: 0.9}}") == everywhere(*PRUNED)


def test_another_order_of_the_runs_reruns_none(finished):
    assert finished[0].jobs("--config", "measure={order_seed: 7}") == {"Writing the settings."}


def test_changed_sparsity_makes_the_variants_that_have_none_of_their_own_anew(finished):
    jobs = finished[0].jobs("--config", "compression={pruning: {sparsity: 0.5}}")
    assert runs_in(jobs) == everywhere("pruning", "random", "nas_pruning", "nas_random")
    assert "Measured run mnist/pruning/weight-s0.50/seed0." in jobs
    assert not any("unit-s0.75" in job for job in jobs)


def test_changed_search_reruns_it_and_what_starts_from_it(finished):
    searches = {"random_search"} | JOINT | OF_THE_SEARCH
    assert finished[0].measured("--config", "compression={nas: {epochs: 2}}") == everywhere(*searches)


def test_changed_recipe_of_a_dataset_reruns_all_of_it(finished):
    assert finished[0].measured("--config", "compression={per_dataset: {mnist: {recipe: {batch_size: 64}}}}") == of(
        "mnist", ALL
    )


def test_target_of_one_dataset_leaves_the_others_alone_also_when_they_are_out_of_date(finished):
    assert finished[0].measured("mnist", "--config", "compression={pruning: {epochs: 2}}") == of(
        "mnist", PRUNED | CONTROLS
    )


def test_allowing_a_subset_is_about_sat6_alone(copied):
    sat6 = ["data/sample/raw/sat6/manifest.json", "--config"]
    status, output = copied.snakemake(*sat6, "data={allow_subset: false}", "measure={warm: false}")
    assert status == 0, output
    assert copied.jobs(*sat6, "data={allow_subset: true}") == {"Getting the files of sat6 (data.source: sample)."}
    assert copied.jobs("--config", "data={allow_subset: true}") == {"Writing the settings."}


def test_another_mirror_reruns_nothing(finished, tmp_path):
    assert finished[0].jobs("--config", f"data={{mirror: {tmp_path}}}") == set()


def test_method_can_be_made_anew_by_its_name_with_what_starts_from_it(finished):
    assert finished[0].measured("-R", "nas") == everywhere(*OF_THE_SEARCH)


@pytest.mark.parametrize(
    ("methods", "rerun"),
    [
        (["baseline"], ALL),
        (["nas"], OF_THE_SEARCH),
        (["continued", "nas_pruning"], ["continued", "nas_pruning", "nas_scratch"]),
    ],
)
def test_raised_version_of_a_method_reruns_it_and_its_children(copied, methods, rerun):
    with (copied.folder / "src/frugalnet/catalogue/__init__.py").open("a") as catalogue:
        catalogue.write("import dataclasses\n")
        for method in methods:
            catalogue.write(f"METHODS['{method}'] = dataclasses.replace(METHODS['{method}'], version=99)\n")
    assert copied.measured() == everywhere(*rerun)


def test_raised_version_of_the_recipes_reruns_everything(copied):
    with (copied.folder / "src/frugalnet/catalogue/recipes.py").open("a") as catalogue:
        catalogue.write("import dataclasses\n")
        catalogue.write("RECIPE_PARTS['training'] = dataclasses.replace(RECIPE_PARTS['training'], version=99)\n")
    assert copied.measured() == everywhere(*ALL)


def test_raised_version_of_a_level_reruns_the_datasets_that_use_it(copied):
    with (copied.folder / "src/frugalnet/catalogue/recipes.py").open("a") as catalogue:
        catalogue.write("import dataclasses\n")
        catalogue.write("SCALINGS['standard'] = dataclasses.replace(SCALINGS['standard'], version=99)\n")
    assert copied.measured() == of("california_housing", ALL)


def test_new_optimizer_augmentation_and_recipe_part_rerun_nothing(copied):
    extend(copied.folder, OF_RECIPES)
    assert copied.measured() == set()


def test_changed_docstrings_rerun_nothing(copied):
    for file in (
        *("methods/pruning.py", "recipes/training.py", "run.py", "analysis/comparison.py", "drawing/style.py"),
        *("page/summary.py", "datasets/mnist.py"),
    ):
        path = copied.folder / "src/frugalnet" / file
        path.write_text(path.read_text().replace('"""', '"""Now said in other words. ', 1))
    assert copied.jobs() == set()


def test_changed_comment_in_a_script_reruns_nothing(copied):
    path = copied.folder / "workflow/scripts/measured_run.py"
    path.write_text(path.read_text() + "# a comment\n")
    assert copied.jobs() == set()


def test_changed_code_of_the_comparison_makes_tables_anew_and_runs_nothing(copied):
    copied.edit("src/frugalnet/analysis/means.py", "CONFIDENCE = 0.95", "CONFIDENCE = 0.9")
    jobs = copied.jobs()
    assert runs_in(jobs) == set()
    assert "Comparing the methods of compression." in jobs


def drawn(jobs):
    return {job.split()[1] for job in jobs if job.startswith("Drawing")}


def test_changed_sentence_of_the_page_makes_the_page_anew_and_nothing_else(copied):
    copied.edit(
        "src/frugalnet/studies/compression/findings.py", "is best on validation data", "is the best on validation data"
    )
    assert copied.jobs() == {"Executing the notebook of compression."}


def test_changed_code_of_a_figure_draws_that_one_anew(copied):
    path = copied.folder / "src/frugalnet/figures/memory.py"
    path.write_text(path.read_text() + "\nADDED = 1\n")
    jobs = copied.jobs()
    assert drawn(jobs) == {"memory"}
    assert "Comparing the methods of compression." not in jobs


def test_changed_code_that_compares_two_results_makes_no_table_anew(copied):
    path = copied.folder / "src/frugalnet/commands/compare/conclusions.py"
    path.write_text(path.read_text() + "\nADDED = 1\n")
    assert copied.jobs() == set()


def test_another_seed_adds_runs_and_repeats_none(finished):
    jobs = finished[0].jobs("--config", "compression={seeds: 2}")
    runs = {job for job in jobs if job.startswith("Measured run")}
    assert len(runs) == 13 + 19
    assert all(job.endswith("seed1.") for job in runs)


def test_parsing_the_workflow_loads_no_tensorflow(finished):
    workspace, _ = finished
    probe = Path(workspace.folder) / "probe"
    probe.mkdir(exist_ok=True)
    for name in ("tensorflow", "keras", "autokeras", "matplotlib"):
        (probe / f"{name}.py").write_text(f"raise SystemExit('{name} was imported')\n")
    path = os.pathsep.join([str(probe), str(workspace.folder / "src")])
    status, output = workspace.snakemake("--dry-run", PYTHONPATH=path)
    assert status == 0, output
