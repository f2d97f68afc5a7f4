"""What a method is compared with: the better of those that had no more to learn from, whichever meters read them."""

import numpy as np
import pandas as pd
import pytest

from frugalnet.analysis.comparison import comparison
from frugalnet.analysis.interim import read_study
from frugalnet.analysis.references import with_references
from frugalnet.catalogue.entries import References
from frugalnet.config.carbon import Carbon
from tests.unit.conftest import REFERENCES, made_record

METHODS = ("baseline", "continued")
TAUGHT = {"pruning.distillation": 0.5, "pruning.temperature": 4.0}
PARENTS = {"continued": "baseline", "pruning": "baseline", "nas_pruning": "nas", "scratch": "pruning"}


def run(method, quality, epochs=10, variant="default", seed=0, **changed):
    """Return a run of a method, whose model was a parent's where it has one; `quality` is on validation data."""
    parent = f"{PARENTS[method]}/default/{seed}" if method in PARENTS else None
    return {
        "run": f"{method}/{variant}/{seed}", "method": method, "variant": variant, "seed": seed, "parent": parent,
        "teacher": None, "epochs": epochs, "validation_quality": quality, "dataset": "mnist", "metric": "accuracy",
        "threads": 2, "data_level": "official", "energy_source": "measured", "energy_scope": "gpu",
        "pruning.distillation": np.nan, "pruning.temperature": np.nan,
    } | changed  # fmt: skip


def references(*rows):
    """Return the reference of each run: method and variant."""
    found = with_references(pd.DataFrame(rows), References(METHODS))
    return dict(zip(found["run"], zip(found["reference"], found["reference_variant"], strict=True), strict=True))


BASELINE, DISTILLED = run("baseline", 0.96, 5), run("continued", 0.98, variant="distilled", **TAUGHT)


@pytest.mark.parametrize(("of_continued", "better"), [(0.97, "continued"), (0.95, "baseline")])
def test_method_is_compared_with_the_better_of_those_with_no_more_epochs(of_continued, better):
    methods = run("pruning", 0.9), run("scratch", 0.9, 15), run("nas", 0.9, 5), run("nas_pruning", 0.9)
    found = references(BASELINE, run("continued", of_continued), *methods, run("width_scaled", 0.9, 5))
    for of_15_epochs in ("pruning", "scratch", "nas_pruning", "continued"):
        assert found[f"{of_15_epochs}/default/0"] == (better, "default")
    for of_5_epochs in ("nas", "width_scaled", "baseline"):
        assert found[f"{of_5_epochs}/default/0"] == ("baseline", "default")


def test_error_is_better_where_it_is_lower():
    housing = {"metric": "mae", "dataset": "california_housing"}
    rows = BASELINE | housing, run("continued", 0.3) | housing, run("pruning", 0.5) | housing
    assert references(*rows)["pruning/default/0"] == ("continued", "default")


def test_only_a_method_with_the_same_teacher_is_compared_with_one_that_had_a_teacher():
    pruned = run("pruning", 0.9), run("pruning", 0.9, variant="distilled", **TAUGHT)
    other = run("pruning", 0.9, variant="softer", **TAUGHT | {"pruning.temperature": 8.0})
    found = references(BASELINE, run("continued", 0.97, **{"pruning.distillation": 0.0}), DISTILLED, *pruned, other)
    assert found["pruning/distilled/0"] == found["continued/distilled/0"] == ("continued", "distilled")
    assert found["pruning/default/0"] == found["pruning/softer/0"] == ("continued", "default")


def test_method_that_had_a_teacher_is_compared_with_a_better_one_that_had_none():
    distilled = run("pruning", 0.9, variant="distilled", **TAUGHT)
    assert references(BASELINE, run("continued", 0.99), DISTILLED, distilled)["pruning/distilled/0"][1] == "default"


def test_reference_has_as_many_threads_and_as_real_data():
    rows = BASELINE, run("continued", 0.99, threads=4), run("pruning", 0.9), run("nas", 0.9, 5, data_level="sample")
    found = references(*rows)
    assert found["pruning/default/0"] == ("baseline", "default")
    assert pd.isna(found["nas/default/0"][0])


def test_method_whose_epochs_are_not_known_is_a_reference_of_its_own_at_most():
    found = references(run("continued", 0.99), run("pruning", 0.9), run("nas", 0.9, 5))
    assert found["continued/default/0"] == ("continued", "default")
    assert pd.isna(found["pruning/default/0"][0]) and pd.isna(found["nas/default/0"][0])


def test_one_run_of_five_that_another_meter_read_is_no_reference_of_its_own(study):
    records = []
    for seed, quality in enumerate([0.95, 0.96, 0.97, 0.98, 0.99]):
        baseline = made_record(seed=seed, quality=quality)
        if seed == 4:
            baseline = baseline.model_copy(update={"energy": baseline.energy.model_copy(update={"source": "measured"})})
        records += [baseline, made_record(method="pruning", seed=seed, quality=quality + 0.01)]
    table = comparison(read_study(*study(*records))["runs"], Carbon(), REFERENCES).set_index("method")
    assert table.loc["pruning", ["seeds", "reference"]].tolist() == [5, "baseline"]
    assert table.loc["pruning", "quality_gain"] == pytest.approx(0.01)
    assert sorted(table.loc["baseline", "seeds"]) == [1, 4]
    assert table.loc["baseline", "is_reference"].all() and not table.loc["pruning", "is_reference"]
    assert table.loc["baseline", "quality_gain"].tolist() == [0, 0]


def test_study_has_as_many_references_as_its_methods_had_epochs(study):
    records = (
        *(made_record(quality=0.96), made_record(method="continued", quality=0.97)),
        *(made_record(method="nas", quality=0.965), made_record(method="pruning", quality=0.975)),
    )
    table = comparison(read_study(*study(*records))["runs"], Carbon(), REFERENCES).set_index("method")
    assert table["reference"].to_dict() == {
        "baseline": "baseline", "continued": "continued", "nas": "baseline", "pruning": "continued",
    }  # fmt: skip
    assert set(table["reference_variant"]) == {"default"}
    assert table["is_reference"].to_dict() == {"baseline": True, "continued": True, "nas": False, "pruning": False}
    assert table["quality_gain"].to_dict() == pytest.approx(
        {"baseline": 0, "continued": 0, "nas": 0.005, "pruning": 0.005}
    )
