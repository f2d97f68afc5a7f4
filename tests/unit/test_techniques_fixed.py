"""Quality at fixed energy and energy at fixed quality, read off the epochs; nothing is extrapolated."""

import pandas as pd
import pytest

from frugalnet.studies.techniques.fixed import AT_CPU, AT_ENERGY, AT_QUALITY, AT_WALL, MEANINGS, fixed
from tests.unit.made_techniques import made_runs, made_study

CURVE = (0.2, 0.4, 0.5)
ENERGY_J = (10.0, 20.0, 20.0)
"""10, 30 and 50 J at the ends of the epochs."""
KEYS = ("run", "dataset", "method", "variant", "seed", "metric", "data_level", "energy_source", "energy_scope")
ALL_OFF = {"variant": "all-off"}


def made_epochs(runs, curves):
    """Return epochs of 4 s for each run; `curves` has by variant the qualities, the energies in J and further columns."""
    rows = []
    for run in runs.to_dict("records"):
        quality, energy_j, *more = curves.get(run["variant"], ((), ()))
        for at, (value, joules) in enumerate(zip(quality, energy_j, strict=True)):
            row = {name: run[name] for name in KEYS} | {"window": f"run/train/epoch{at + 1}", "epoch": at + 1}
            row |= {"loss": 1.0, "quality": 0.9, "validation_loss": 1.0, "validation_quality": value, "whole_s": 4.0}
            row |= {"energy_j": joules}
            rows.append(row | {name: values[at] for each in more for name, values in each.items()})
    columns = [*KEYS, "window", "epoch", "loss", "quality", "validation_loss", "validation_quality", "whole_s"]
    made = pd.DataFrame(rows, columns=None if rows else [*columns, "energy_j"])
    return made.astype({"energy_j": "float64", "epoch": "Int64"})


def asked(curves, *runs, **settings):
    """Return the table of runs, each with the curve of its variant."""
    study = made_study(**settings)
    table = made_runs(study, *(runs or [{"variant": name} for name in curves]))
    return fixed(made_epochs(table, curves), table, study)


def answers(table, question, column="found"):
    return table[table["question"] == question].set_index("given")[column]


def of_one(curve=CURVE, energy_j=ENERGY_J, at_quality=(0.3,), at_energy_j=(20.0,), run=ALL_OFF, **more):
    curves = {"all-off": (curve, energy_j, more)} if more else {"all-off": (curve, energy_j)}
    return asked(curves, run, at_quality=list(at_quality), at_energy_j=list(at_energy_j))


def test_energy_at_a_quality_is_interpolated_between_the_ends_of_epochs():
    found = answers(of_one(at_quality=[0.3, 0.4, 0.45]), AT_QUALITY)
    assert found.to_dict() == pytest.approx({0.3: 20.0, 0.4: 30.0, 0.45: 40.0})
    assert of_one()["reached"].all() and of_one()["note"].isna().all()


def test_quality_at_an_energy_is_interpolated_between_the_ends_of_epochs():
    found = answers(of_one(at_energy_j=[10, 20, 40, 50]), AT_ENERGY)
    assert found.to_dict() == pytest.approx({10: 0.2, 20: 0.3, 40: 0.45, 50: 0.5})


def test_quality_that_is_not_reached_has_no_energy():
    row = of_one(at_quality=[0.51]).iloc[0]
    assert (row["reached"], row["note"]) == (False, "not reached: its best was 0.5")
    assert row[["found", "found_cpu_s", "found_wall_s"]].isna().all()


def test_energy_that_was_not_taken_has_no_quality():
    row = of_one(at_energy_j=[50.1]).iloc[1]
    assert (row["reached"], row["note"]) == (False, "not reached: it took 50 J")
    assert pd.isna(row["found"])


def test_before_the_end_of_the_first_epoch_no_quality_is_known():
    row = of_one(at_energy_j=[9.9]).iloc[1]
    assert (row["reached"], pd.isna(row["found"])) == (False, True)
    assert row["note"] == "not known: within the first epoch, after which it had taken 10 J"


def test_quality_of_the_first_epoch_took_at_most_its_energy():
    row = of_one(at_quality=[0.1]).iloc[0]
    assert (row["found"], row["reached"], row["note"]) == (10.0, True, "at most: within the first epoch")


def test_quality_is_reached_at_the_first_crossing_and_a_worse_epoch_does_not_take_it_back():
    table = of_one((0.2, 0.4, 0.1, 0.6), (10.0, 10.0, 10.0, 10.0), at_quality=[0.3, 0.5], at_energy_j=[25, 30])
    assert answers(table, AT_QUALITY).to_dict() == pytest.approx({0.3: 15.0, 0.5: 35.0})
    assert answers(table, AT_ENERGY).to_dict() == pytest.approx({25: 0.4, 30: 0.4})


def test_error_is_reached_from_above():
    mae = ALL_OFF | {"metric": "mae"}
    table = of_one((0.8, 0.4, 0.6), at_quality=[0.6, 0.3], at_energy_j=[20, 50], run=mae)
    assert answers(table, AT_QUALITY).to_dict() == pytest.approx({0.6: 20.0, 0.3: float("nan")}, nan_ok=True)
    assert answers(table, AT_ENERGY).to_dict() == pytest.approx({20: 0.6, 50: 0.4})


def test_seconds_to_a_quality_are_by_the_same_interpolation():
    row = of_one(at_quality=[0.3], cpu_s=(7.0, 8.0, 8.0)).iloc[0]
    assert (row["found_cpu_s"], row["found_wall_s"]) == (pytest.approx(11.0), pytest.approx(6.0))
    assert pd.isna(of_one(at_quality=[0.3]).iloc[0]["found_cpu_s"])


def test_unknown_energies_leave_the_seconds():
    unknown = ALL_OFF | {"energy_source": None}
    row = of_one(energy_j=(None, None, None), at_quality=[0.3], run=unknown).iloc[0]
    assert (row["reached"], row["found_wall_s"]) == (True, pytest.approx(6.0))
    assert (pd.isna(row["found"]), row["note"]) == (True, "energy by epoch not known")


def test_energy_after_an_epoch_without_one_is_not_known():
    table = of_one(energy_j=(10.0, 20.0, None), at_quality=[0.3, 0.45], at_energy_j=[20, 40])
    assert answers(table, AT_QUALITY).to_dict() == pytest.approx({0.3: 20.0, 0.45: float("nan")}, nan_ok=True)
    assert answers(table, AT_ENERGY).to_dict() == pytest.approx({20: 0.3, 40: float("nan")}, nan_ok=True)
    assert answers(table, AT_ENERGY, "note")[40] == "not known: all that is noted are 30 J"


def test_epoch_without_a_quality_counts_in_what_was_taken():
    found = answers(of_one((None, 0.2, 0.5), at_quality=[0.1, 0.35]), AT_QUALITY)
    assert found.to_dict() == pytest.approx({0.1: 30.0, 0.35: 40.0})


def test_time_is_asked_for_where_energies_are_estimated():
    estimated = ALL_OFF | {"energy_source": "estimated"}
    cpu = of_one(run=estimated, cpu_s=(7.0, 8.0, 8.0))
    assert answers(cpu, AT_CPU).to_dict() == pytest.approx(
        {23.0: 0.5, 11.5: 0.2 + 0.2 * 4.5 / 8, 5.75: float("nan")}, nan_ok=True
    )
    wall = of_one(run=estimated)
    assert answers(wall, AT_WALL).to_dict() == pytest.approx({12.0: 0.5, 6.0: 0.3, 3.0: float("nan")}, nan_ok=True)
    assert set(of_one()["question"]) == {AT_QUALITY, AT_ENERGY}


def test_without_given_values_those_of_all_off_are_asked_for():
    table = asked({"all-off": (CURVE, ENERGY_J), "draw0001": ((0.46, 0.48), (5.0, 5.0))})
    of_draw = table[table["variant"] == "draw0001"]
    assert answers(of_draw, AT_QUALITY).to_dict() == pytest.approx(
        {0.5: float("nan"), 0.475: 8.75, 0.45: 5.0}, nan_ok=True
    )
    assert answers(of_draw, AT_ENERGY).index.tolist() == [50.0, 25.0, 12.5]
    assert answers(table[table["variant"] == "all-off"], AT_ENERGY)[50.0] == pytest.approx(0.5)


def test_given_values_are_the_mean_quality_of_the_seeds_of_all_off_and_their_least_energy():
    study = made_study()
    runs = made_runs(study, {"seed": 0}, {"seed": 1})
    one, two = (
        made_epochs(runs[at : at + 1], {"all-off": curve})
        for at, curve in enumerate([((0.2, 0.4), (10.0, 10.0)), ((0.2, 0.6), (10.0, 12.0))])
    )
    table = fixed(pd.concat([one, two], ignore_index=True), runs, study)
    assert table[table["question"] == AT_QUALITY]["given"].iloc[0] == pytest.approx(0.5)
    assert table[table["question"] == AT_ENERGY]["given"].iloc[0] == pytest.approx(20.0)
    assert table[(table["question"] == AT_ENERGY) & (table["given"] == 20)]["reached"].all()


def test_errors_of_all_off_are_asked_for_divided():
    table = asked({"all-off": ((0.8, 0.4), (10.0, 10.0))}, ALL_OFF | {"metric": "mae"})
    assert answers(table, AT_QUALITY).index.tolist() == pytest.approx([0.4, 0.4 / 0.95, 0.4 / 0.9])


def test_final_quality_of_all_off_is_that_of_its_last_epoch_not_its_best():
    table = asked({"all-off": ((0.2, 0.6, 0.5), ENERGY_J)})
    assert answers(table, AT_QUALITY).index.tolist() == pytest.approx([0.5, 0.475, 0.45])


def test_values_of_all_off_are_asked_only_where_energies_are_comparable():
    curves = {"all-off": (CURVE, ENERGY_J), "draw0001": (CURVE, ENERGY_J)}
    table = asked(curves, ALL_OFF, {"variant": "draw0001", "energy_scope": "gpu+cpu"})
    other = table[table["variant"] == "draw0001"]
    assert other["given"].isna().all()
    assert not other["reached"].any()
    assert (other["note"] == "nothing to ask for: no complete run of all-off that tells").all()


def test_run_without_a_model_reached_nothing_whatever_its_epochs():
    curves = {"all-off": (CURVE, ENERGY_J), "draw0001": ((0.9,), (1.0,))}
    table = asked(curves, ALL_OFF, {"variant": "draw0001", "status": "diverged"}, at_quality=[0.3], at_energy_j=[20.0])
    other = table[table["variant"] == "draw0001"]
    assert list(other["note"]) == ["no model: diverged"] * 2
    assert not other["reached"].any()
    assert other["found"].isna().all()


def test_rows_follow_the_runs_best_configurations_included():
    curves = dict.fromkeys(("draw0001", "all-off", "best-run"), (CURVE, ENERGY_J))
    best = {"variant": "best-run", "method": "best"}
    table = asked(curves, {"variant": "draw0001"}, ALL_OFF, best, at_quality=[0.3], at_energy_j=[20.0])
    assert list(table["variant"]) == ["draw0001"] * 2 + ["all-off"] * 2 + ["best-run"] * 2
    assert table["found"].tolist() == pytest.approx([20.0, 0.3] * 3)


def test_columns_and_types_are_the_same_without_rows():
    study = made_study()
    runs = made_runs(study)
    empty = fixed(made_epochs(runs, {}), runs, study)
    assert len(empty) == 0
    assert empty.dtypes.to_dict() == of_one().dtypes.to_dict()


def test_every_own_column_has_a_meaning():
    known = {"run", "dataset", "method", "variant", "seed", "metric", "threads"}
    known |= {"energy_source", "energy_scope", "data_level"}
    assert set(of_one()) - known == set(MEANINGS["fixed"])
