"""Two results compared: what changed, number by number, and which conclusions hold in both."""

import numpy as np
import pandas as pd
import pytest

from frugalnet import record
from frugalnet.analysis import tables
from frugalnet.analysis.break_even import break_even
from frugalnet.analysis.conclusions import conclusions, result
from frugalnet.analysis.interim import read_study
from frugalnet.analysis.processed import comparison
from frugalnet.analysis.replication import compared, not_comparable, numbers
from frugalnet.errors import FrugalNetError
from frugalnet.replication import print_comparison
from frugalnet.replication.differences import differences
from frugalnet.sections import Carbon, Checks, Margins
from tests.unit.conftest import ESTIMATE, made_record

SOFTWARE = {
    "frugalnet": "0.1.0",
    "python": "3.12.1",
    "packages": {"keras": "3.12.4"},
    "git": {"commit": "abc", "dirty": False},
}
ROW = {"study": "compression", "dataset": "mnist", "method": "m0", "variant": "default"}


def made(qualities, joules, method="baseline", **changes):
    """Return the records of a method, one per seed."""
    return [
        made_record(
            method=method, seed=seed, quality=quality, train_uj=round(joule * 1e6), **{"software": SOFTWARE} | changes
        )
        for seed, (quality, joule) in enumerate(zip(qualities, joules, strict=True))
    ]


def written(folder, records):
    """Write results of some runs, with the tables that a comparison needs."""
    study = folder / "compression"
    for rec in records:
        place = study / "raw" / rec.run.id
        place.mkdir(parents=True)
        record.write_parquet({"time_s": [0.1]}, place / record.TIMELINE)
        rec.write(place)
    interim = read_study(study, sorted(study.rglob(record.RECORD)), Checks())
    tables.write({"runs": interim["runs"]}, study / "interim")
    made_tables = {"comparison": comparison(interim["runs"], Carbon()), "break_even": break_even(interim["runs"])}
    tables.write(made_tables, study / "processed")
    return folder


def runs_of(tmp_path, name, records):
    """Return the table `runs` of some records."""
    return pd.read_parquet(written(tmp_path / name, records) / "compression/interim/runs.parquet")


def number(rows, quantity):
    """Return the row of a quantity."""
    return rows.set_index("quantity").loc[quantity]


def test_difference_of_qualities_has_welchs_interval():
    """Student's sleep data (Cushny and Peebles 1905), as R's manual page of `sleep` has them: t.test(extra ~ group)."""
    first = np.array([0.7, -1.6, -0.2, -1.2, -0.1, 3.4, 3.7, 0.8, 0.0, 2.0])
    second = np.array([1.9, 0.8, 1.1, 0.1, -0.1, 4.4, 5.5, 1.6, 4.6, 3.4])
    told = compared(first, second, 0.005)
    assert told["value"] == pytest.approx(1.58)
    assert (told["low"], told["high"]) == (pytest.approx(-0.2054832, abs=1e-7), pytest.approx(3.3654832, abs=1e-7))


def test_ratio_is_of_geometric_means():
    told = compared(np.array([1.0, 4.0]), np.array([2.0, 8.0]), None)
    assert told["value"] == pytest.approx(2.0)
    assert told["low"] * told["high"] == pytest.approx(4.0)  # symmetric in logarithms


@pytest.mark.parametrize(
    ("first", "second", "margin", "verdict"),
    [
        ([0.970, 0.971, 0.972], [0.971, 0.972, 0.973], 0.005, "agree"),
        ([0.970, 0.971, 0.972], [0.980, 0.981, 0.982], 0.005, "differ"),
        ([0.90, 0.92, 0.94], [0.91, 0.93, 0.95], 0.005, "cannot be told"),
        ([100.0, 101.0, 102.0], [101.0, 102.0, 103.0], None, "agree"),
        ([100.0, 101.0, 102.0], [200.0, 201.0, 202.0], None, "differ"),
        ([500.0, 500.0], [500.0, 500.0], None, "agree"),
        ([500.0, 500.0], [400.0, 400.0], None, "differ"),
        ([0.0, 0.0], [0.0, 0.0], None, "agree"),
        ([0.0, 0.0], [1.0, 1.0], None, "cannot be told"),
        ([0.97], [0.97], 0.005, "agree"),
        ([0.97], [0.99], 0.005, "cannot be told"),
        ([0.97], [], 0.005, "cannot be told"),
    ],
)
def test_verdict_is_by_the_interval_and_the_margin(first, second, margin, verdict):
    assert compared(np.array(first), np.array(second), margin)["verdict"] == verdict


def test_one_seed_has_no_interval_and_says_so():
    told = compared(np.array([0.97]), np.array([0.98]), 0.005)
    assert told["value"] == pytest.approx(0.01)
    assert np.isnan(told["low"])
    assert told["reason"] == "one seed: no interval"


def test_numbers_of_the_same_method_are_compared(tmp_path):
    first = runs_of(tmp_path, "a", made([0.970, 0.971, 0.972], [5.0, 5.1, 5.2]))
    second = runs_of(tmp_path, "b", made([0.970, 0.972, 0.971], [10.0, 10.2, 10.4]))
    rows = numbers(first, second, Margins())
    assert number(rows, "test_quality")["verdict"] == "agree"
    energy = number(rows, "train_energy_j")
    assert (energy["a"], energy["b"], energy["verdict"]) == (pytest.approx(5.1), pytest.approx(10.2), "differ")
    assert energy["low"] < 2.0 < energy["high"]
    assert energy["value"] == pytest.approx(2.0)
    assert number(rows, "parameters")["reason"] is None or pd.isna(number(rows, "parameters")["reason"])


def test_energies_of_another_source_or_scope_are_not_compared(tmp_path):
    gpu = record.Energy(scope="gpu", source="measured", devices=[ESTIMATE])
    first = runs_of(tmp_path, "a", made([0.97, 0.98], [5.0, 5.1]))
    second = runs_of(tmp_path, "b", made([0.97, 0.98], [5.0, 5.1], energy=gpu))
    rows = numbers(first, second, Margins())
    assert number(rows, "energy_per_inference_j")["reason"] == "energies: estimated (cpu) against measured (gpu)"
    assert np.isnan(number(rows, "energy_per_inference_j")["value"])
    assert pd.isna(number(rows, "latency_batch1_ms")["reason"])


def test_estimates_that_assume_other_powers_are_not_compared(tmp_path):
    other = ESTIMATE.model_copy(update={"assumptions": {"idle_w": 10, "tdp_w": 200, "cores": 2}})
    energy = record.Energy(scope="cpu", source="estimated", devices=[other])
    first = runs_of(tmp_path, "a", made([0.97], [5.0]))
    second = runs_of(tmp_path, "b", made([0.97], [5.0], energy=energy))
    assert number(numbers(first, second, Margins()), "train_energy_j")["reason"].startswith(
        "energies: estimates that assume"
    )


def test_assumptions_that_neither_result_has_are_the_same():
    measured = {"data_level": "sample", "threads": 2, "energy_source": "measured", "energy_scope": "gpu"}
    missing = [measured | {"energy_assumptions": value} for value in (None, np.nan, pd.NA)]
    for first in missing:
        for second in missing:
            assert not_comparable("train_energy_j", first, second) is None
        reason = not_comparable("train_energy_j", first, measured | {"energy_assumptions": '{"idle_w": 10}'})
        assert reason == "energies: estimates that assume unequal powers"


def test_qualities_on_other_data_are_not_compared_and_sizes_are(tmp_path):
    first = runs_of(tmp_path, "a", made([0.97, 0.98], [5.0, 5.1]))
    second = runs_of(tmp_path, "b", made([0.97, 0.98], [5.0, 5.1], data={"level": "official"}))
    rows = numbers(first, second, Margins())
    assert number(rows, "test_quality")["reason"] == "data: sample against official"
    assert number(rows, "train_energy_j")["verdict"] == "cannot be told"
    assert number(rows, "parameters")["verdict"] == "agree"


def test_what_changed_is_named_with_both_values():
    first = {"compression/mnist/baseline/default/seed0": made_record(software=SOFTWARE)}
    changed = SOFTWARE | {"packages": {"keras": "3.13.0"}}
    card = {"level": "official", "files": [{"name": "x.gz", "sha256": "1" * 64}]}
    second = {
        "compression/mnist/baseline/default/seed0": made_record(
            software=changed, machine={"processor": "other", "gpus": []}, data=card
        ),
        "compression/mnist/baseline/default/seed1": made_record(seed=1, software=changed),
    }
    run = second["compression/mnist/baseline/default/seed0"].run
    recipe = run.recipe.model_copy(update={"epochs": run.recipe.epochs + 1})
    second["compression/mnist/baseline/default/seed0"] = second["compression/mnist/baseline/default/seed0"].model_copy(
        update={"run": run.model_copy(update={"recipe": recipe})}
    )
    rows = differences(({"nas": {"trials": 3}}, {"nas": {"trials": 10}}), first, second)
    found = {(row.part, row.item): (row.a, row.b) for row in rows.itertuples()}
    assert found["settings", "nas.trials"] == ("3", "10")
    assert found["run sheet", "mnist/baseline/default"] == ("-", "there")
    assert found["run sheet", "recipe.epochs"] == (str(run.recipe.epochs), str(run.recipe.epochs + 1))
    assert found["software", "keras"] == ("3.12.4", "3.13.0")
    assert found["machine", "processor"] == ("made", "made, other")
    assert found["data", "mnist.level"] == ("sample", "official, sample")
    assert found["data", "mnist.files.x_gz"] == ("-", "1" * 64)
    assert not [key for key in found if key[0] == "code"]


@pytest.mark.parametrize(
    ("first", "second", "expected"),
    [
        ("higher", "higher", "holds in both"),
        ("higher", "lower", "opposite"),
        ("higher", "not shown", "only in A"),
        ("not shown", "lower", "only in B"),
        ("not shown", "not shown", "cannot be told"),
        ("higher", None, "cannot be told"),
        (None, "higher", "cannot be told"),
    ],
)
def test_conclusion_holds_where_both_show_the_same(first, second, expected):
    assert result(first, second) == expected


def statistics_row(low, high, quantity="test_quality", equivalence=None, **changes):
    return ROW | {
        "quantity": quantity, "against": "continued", "is_reference": True, "seeds": 3, "difference_low": low,
        "difference_high": high, "equivalence": equivalence, "equivalence_margin": 0.005,
    } | changes  # fmt: skip


def comparison_rows(qualities, parameters):
    """Return a comparison of as many methods as there are qualities."""
    return pd.DataFrame(
        [
            {
                "study": "compression",
                "dataset": "mnist",
                "method": f"m{place}",
                "variant": "default",
                "metric": "accuracy",
            }
            | {"quality_mean": quality, "parameters_compacted": size, "macs_compacted": size}
            | {"energy_to_solution_j": 5.0 + place, "latency_batch1_ms_compacted": None}
            for place, (quality, size) in enumerate(zip(qualities, parameters, strict=True))
        ]
    )


def concluded(first, second, qualities=((0.9, 0.8), (0.9, 0.8)), parameters=((2, 1), (2, 1))):
    """Return the conclusions of results with other tables beside a comparison."""
    return conclusions(
        first | {"comparison": comparison_rows(qualities[0], parameters[0])},
        second | {"comparison": comparison_rows(qualities[1], parameters[1])},
    )


def test_gain_over_the_reference_is_by_its_interval():
    pairs = [
        (0.01, 0.02, 0.005, 0.03),
        (0.01, 0.02, -0.03, -0.01),
        (0.01, 0.02, -0.01, 0.02),
        (np.nan, np.nan, 0.01, 0.02),
    ]
    names = ["test_quality", "train_energy_j", "macs_compacted", "parameters_compacted"]
    first = pd.DataFrame([statistics_row(*pair[:2], name) for pair, name in zip(pairs, names, strict=True)])
    second = pd.DataFrame([statistics_row(*pair[2:], name) for pair, name in zip(pairs, names, strict=True)])
    rows = concluded({"statistics": first}, {"statistics": second})
    rows = rows[rows["kind"] == "against the reference"]
    assert list(rows["result"]) == ["holds in both", "opposite", "only in A", "cannot be told"]
    assert rows.iloc[0]["note"] == "against continued, 3 seeds"


def test_no_worse_in_one_result_alone_is_said():
    first = pd.DataFrame([statistics_row(0, 0.01, equivalence="no worse")])
    second = pd.DataFrame([statistics_row(-0.02, 0.01, equivalence="not shown")])
    rows = concluded({"statistics": first}, {"statistics": second})
    row = rows[rows["kind"] == "no worse than the reference"].iloc[0]
    assert row["result"] == "only in A"
    assert row["note"] == "against continued, margin 0.005"


def test_conclusions_against_unequal_references_cannot_be_told():
    first = pd.DataFrame([statistics_row(0.01, 0.02, equivalence="no worse", against="baseline")])
    second = pd.DataFrame([statistics_row(0.01, 0.02, equivalence="no worse")])
    rows = concluded({"statistics": first}, {"statistics": second}).set_index("kind")
    gain, equivalence = rows.loc["against the reference"], rows.loc["no worse than the reference"]
    assert (gain["a"], gain["b"], gain["result"]) == ("higher", "higher", "cannot be told")
    assert gain["note"] == "unequal references; A: against baseline, 3 seeds; B: against continued, 3 seeds"
    assert equivalence["result"] == "cannot be told"


def test_no_worse_by_unequal_margins_cannot_be_told():
    first = pd.DataFrame([statistics_row(0.01, 0.02, equivalence="no worse")])
    second = pd.DataFrame([statistics_row(0.01, 0.02, equivalence="no worse", equivalence_margin=0.02)])
    rows = concluded({"statistics": first}, {"statistics": second}).set_index("kind")
    row = rows.loc["no worse than the reference"]
    assert row["result"] == "cannot be told"
    assert row["note"] == "unequal margins; A: against continued, margin 0.005; B: against continued, margin 0.02"
    assert rows.loc["against the reference", "result"] == "holds in both"


def test_order_of_methods_holds_is_opposite_or_cannot_be_told():
    qualities = (0.91, 0.92, 0.93, 0.94, 0.95)
    sizes = (1, 2, 3, 4, 5)
    rows = concluded({}, {}, (qualities, qualities), (sizes, (5, 4, 3, 2, 1))).set_index("conclusion")
    order = rows[rows["kind"] == "ranking"]
    assert order.loc["order of methods by quality_mean", "result"] == "holds in both"
    assert order.loc["order of methods by quality_mean", "note"] == "Kendall's tau 1.00 over 5 methods (p = 0.017)"
    assert order.loc["order of methods by quality_mean", "a"] == "best: m4/default"
    assert order.loc["order of methods by parameters_compacted", "result"] == "opposite"
    assert order.loc["order of methods by parameters_compacted", "b"] == "best: m4/default"
    rows = concluded({}, {}, (qualities, (0.92, 0.91, 0.95, 0.93, 0.94)), (sizes, sizes)).set_index("conclusion")
    assert rows.loc["order of methods by quality_mean", "result"] == "cannot be told"


def test_methods_on_the_front_are_those_that_no_other_beats():
    rows = concluded({}, {}, ((0.9, 0.8, 0.7), (0.9, 0.8, 0.85)), ((3, 1, 2), (3, 1, 2)))
    front = rows[rows["conclusion"] == "of quality and parameters_compacted"].set_index("method")["result"]
    assert front.to_dict() == {"m0": "holds in both", "m1": "holds in both", "m2": "only in B"}


def test_pay_back_and_claims_are_compared_by_their_verdict():
    def paid(number, batch, seeds=3):
        return ROW | {"batch": batch, "break_even_inferences": number, "seeds": seeds, "reason": None}

    def claim(verdict, name, variant="default"):
        return ROW | {
            "variant": variant,
            "claim": name,
            "statement": "12x at no loss",
            "verdict": verdict,
            "reason": None,
        }

    first = {
        "break_even": pd.DataFrame([paid(100.0, 1), paid(100.0, 256)]),
        "claims": pd.DataFrame([claim("reproduced", "a"), claim("not comparable", "b"), claim("not reproduced", "c")]),
    }
    second = {
        "break_even": pd.DataFrame([paid(3000.0, 1), paid(float("inf"), 144)]),
        "claims": pd.DataFrame(
            [claim("not reproduced", "a"), claim("reproduced", "b"), claim("not reproduced", "c", "other")]
        ),
    }
    rows = concluded(first, second)
    assert list(rows[rows["kind"] == "pay-back"]["result"]) == ["holds in both", "opposite"]
    assert list(rows[rows["kind"] == "claim"]["result"]) == ["opposite", "cannot be told", "holds in both"]


def test_pay_back_of_one_seed_cannot_be_told():
    row = ROW | {"batch": 1, "break_even_inferences": 100.0, "reason": "one seed: no interval"}
    one, three = ({"break_even": pd.DataFrame([row | {"seeds": seeds}])} for seeds in (1, 3))
    rows = concluded(one, three)
    assert list(rows[rows["kind"] == "pay-back"]["result"]) == ["cannot be told"]


def test_method_that_only_one_result_has_is_no_conclusion_and_on_no_front():
    first = {"comparison": comparison_rows((0.9, 0.8), (3, 1))}
    second = {"comparison": comparison_rows((0.9, 0.8, 0.95), (3, 1, 1))}
    rows = conclusions(first, second)
    front = rows[rows["conclusion"] == "of quality and parameters_compacted"]
    assert list(zip(front["method"], front["result"], strict=True)) == [
        ("m0", "holds in both"),
        ("m1", "holds in both"),
    ]


def test_report_says_first_that_data_are_not_the_same(tmp_path, capsys):
    first = written(tmp_path / "a", made([0.97, 0.98], [5.0, 5.1]))
    second = written(tmp_path / "b", made([0.97, 0.98], [5.0, 5.1], data={"level": "official"}))
    print_comparison(first, second, tmp_path / "kept")
    lines = capsys.readouterr().out.splitlines()
    assert lines[2].startswith("! The data are not the same kind: sample in A, official in B.")
    assert any(line.startswith("! A has no table statistics and claims") for line in lines)
    assert any("Numbers, B against A" in line for line in lines)
    assert {path.name for path in (tmp_path / "kept").iterdir()} == {
        "differences.csv",
        "numbers.csv",
        "conclusions.csv",
    }
    kept = pd.read_csv(tmp_path / "kept" / "numbers.csv")
    assert number(kept, "test_quality")["reason"] == "data: sample against official"


def test_same_runs_are_no_replication_and_the_report_says_so(tmp_path, capsys):
    folder = written(tmp_path / "a", made([0.97, 0.98], [5.0, 5.1]))
    print_comparison(folder, folder)
    said = capsys.readouterr().out
    assert "! 2 runs are the same measurement in both" in said
    assert "Nothing: same settings, runs, code, software, machine and data." in said


def test_results_without_tables_or_without_anything_in_common_are_refused(tmp_path):
    first = written(tmp_path / "a", made([0.97], [5.0]))
    (tmp_path / "empty").mkdir()
    with pytest.raises(FrugalNetError, match="no finished results: no table comparison"):
        print_comparison(first, tmp_path / "empty")
    with pytest.raises(FrugalNetError, match="no such file or folder"):
        print_comparison(first, tmp_path / "none")
    other = written(tmp_path / "b", made([0.4], [5.0], method="nas"))
    with pytest.raises(FrugalNetError, match="no dataset, method and variant in common"):
        print_comparison(first, other)
