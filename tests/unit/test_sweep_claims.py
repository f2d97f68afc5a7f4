"""What others reported beside a sweep: a verdict for the same trainings, and each obstacle where they are not the same."""

import pytest

from frugalnet.studies.sweep.claims import claims
from tests.unit.made_grid import made_runs, made_study

USUAL_ROWS = {"rows": {}, "efficiency": None, "seeds": 3}
"""The study as it is without changes, three times."""
GRID = [f"{network}-lr{rate}-{schedule}" for network in ("resnet18", "resnet50") for rate in ("0.1", "0.05") for schedule in ("step", "plateau")]  # fmt: skip
SAME_SEEDS = (-0.0001, 0.0, 0.0001)


def runs_of(study, qualities, **columns):
    """Return runs with test accuracies by configuration, nearly the same with each seed."""
    changed = {
        f"{name}/seed{seed}": {"test_quality": value + SAME_SEEDS[seed]}
        for name, value in qualities.items()
        for seed in range(3)
    }
    return made_runs(study, changed).assign(**columns)


def table_of(qualities=None, study=None, **columns):
    study = study or made_study(**USUAL_ROWS)
    return claims(runs_of(study, qualities or {}, **columns), study).set_index("claim")


def test_the_range_is_that_of_the_configurations_with_the_lowest_and_the_highest_accuracy():
    table = table_of({name: 0.7453 + 0.003 * place for place, name in enumerate(GRID)})
    lowest, highest = table.loc["grid_accuracy_lowest"], table.loc["grid_accuracy_highest"]
    assert (lowest["variant"], lowest["verdict"]) == (GRID[0], "reproduced")
    assert lowest["measured"] == pytest.approx(0.7453) and lowest["seeds"] == 3
    assert lowest["reason"] == (
        "the whole interval is between 0.7353 and 0.7553; lowest of 8 configurations, not corrected for this choice"
    )
    assert (highest["variant"], highest["measured"]) == (GRID[-1], pytest.approx(0.7663))


def test_rows_and_the_repository_are_compared_within_a_point():
    table = table_of({"strong": 0.805, "pretrained": 0.87, GRID[0]: 0.74, GRID[4]: 0.781})
    assert table.loc[["strong_accuracy", "pretrained_accuracy", "repository_resnet18", "repository_resnet50"]]["verdict"].tolist() == [
        "reproduced", "at least as good", "not reproduced", "reproduced",
    ]  # fmt: skip
    assert table.loc["repository_resnet18", "variant"] == "resnet18-lr0.1-step"
    assert "differs in details" in table.loc["repository_resnet18", "reason"]


def test_times_depend_on_a_gpu_that_was_not_reported():
    table = table_of()
    assert (table[table["unit"] == "min"]["verdict"] == "not comparable").all()
    assert table.loc["grid_minutes_longest", "measured"] > table.loc["grid_minutes_shortest", "measured"] > 10
    assert table.loc["grid_minutes_longest", "reason"].startswith("the GPU was not reported, and times depend on it")


def test_times_on_a_gpu_are_not_compared_with_those_of_a_cpu():
    table = table_of(gpu=None)
    assert "times on a GPU are not compared with those on a CPU" in table.loc["grid_minutes_longest", "reason"]
    assert "CPU" not in table.loc["grid_accuracy_lowest", "reason"]


def test_a_narrower_network_fewer_epochs_and_another_recipe_are_obstacles():
    narrow = {"name": "resnet18", "width": 0.25}
    study = made_study(
        **USUAL_ROWS
        | {
            "axes": {"network": {"resnet18": {"network": narrow}}},
            "recipe": {"epochs": 180, "precision": "float32"},
            "rows": {"strong": {"recipe": {"epochs": 200, "early_stopping": 5}}},
        }
    )
    table = table_of(study=study)
    told = table.loc["grid_accuracy_highest", "reason"]
    assert "the network is resnet18 (width 0.25) instead of resnet18; 180 instead of 200 epochs" in told
    assert "the grid lacks 4 of the 8 configurations" in told and "by the numbers alone" in told
    assert "trained in float32 instead of mixed_float16" in told
    strong = table.loc["strong_accuracy"]
    assert strong["reason"].startswith("its recipe differs in ") and "early_stopping" in strong["reason"]
    changed = table.drop("pretrained_accuracy")  # that row is as it was reported, but for its precision
    assert (changed["verdict"] == "not comparable").all()


@pytest.mark.parametrize(
    ("level", "told"), [("sample", "made stand-ins for the data"), ("subset", "a part of the data")]
)
def test_other_data_are_an_obstacle(level, told):
    row = table_of({GRID[0]: 0.7561}, data_level=level).loc["repository_resnet18"]
    assert row["verdict"] == "not comparable" and row["reason"].startswith(f"{told}; by the numbers alone: reproduced")


def test_one_seed_has_no_verdict():
    study = made_study(**USUAL_ROWS | {"seeds": 1})
    row = claims(made_runs(study), study).set_index("claim").loc["strong_accuracy"]
    assert row["verdict"] == "not comparable" and "one seed: no interval" in row["reason"]


def test_a_study_without_these_runs_says_so():
    study = made_study(dataset="cifar10")
    table = claims(made_runs(study), study).set_index("claim")
    assert (table["seeds"] == 0).all() and table["measured"].isna().all()
    assert table.loc["strong_accuracy", "reason"] == "this study has no complete run of strong on CIFAR-100"
    assert table.loc["grid_accuracy_lowest", "reason"] == "this study has no complete run of a grid on CIFAR-100"


def test_a_row_that_starts_from_the_model_of_another_is_not_the_reported_one():
    rows = {
        "pretraining": {"dataset": "cifar10", "network": "resnet50"},
        "pretrained": {"start": "pretraining", "network": "resnet50", "recipe": {"weights": None}},
    }
    table = table_of(study=made_study(**USUAL_ROWS | {"rows": rows}))
    told = table.loc["pretrained_accuracy", "reason"]
    assert "it starts from the model of pretraining" in told and "resnet50 instead of resnet50 (stem imagenet)" in told


def test_energies_of_another_kind_are_in_rows_of_their_own():
    study = made_study(**USUAL_ROWS)
    runs = runs_of(study, {})
    runs.loc[runs["seed"] == 2, ["energy_source", "energy_scope"]] = ["estimated", "cpu"]
    table = claims(runs, study)
    assert (table["claim"] == "strong_accuracy").sum() == 2


def test_the_lowest_of_some_configurations_is_not_the_lowest_of_all():
    study = made_study(**USUAL_ROWS)
    runs = runs_of(study, {name: 0.7453 + 0.003 * place for place, name in enumerate(GRID)})
    row = claims(runs[~runs["variant"].isin(GRID[:2])], study).set_index("claim").loc["grid_accuracy_lowest"]
    assert (row["variant"], row["verdict"]) == (GRID[2], "not comparable")
    assert row["reason"].startswith("2 of 8 configurations have no such value")
    assert "lowest of 6 configurations" in row["reason"]


def test_more_epochs_than_reported_are_an_obstacle():
    study = made_study(**USUAL_ROWS | {"recipe": {"epochs": 300}})
    row = table_of({GRID[0]: 0.7561}, study=study).loc["repository_resnet18"]
    assert row["verdict"] == "not comparable" and "300 instead of 200 epochs" in row["reason"]


def test_samples_from_disk_are_the_same_training():
    study = made_study(**USUAL_ROWS | {"recipe": {"input": "disk"}})
    row = table_of({GRID[4]: 0.781}, study=study).loc["repository_resnet50"]
    assert row["verdict"] == "reproduced" and "input" not in row["reason"]
