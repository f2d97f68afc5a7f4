"""Which conclusions hold in two results."""

import numpy as np
import pandas as pd
import pytest

from frugalnet.commands.compare.conclusions import conclusions, result

INF, SAME = float("inf"), "the same operations"
ROW = {"study": "compression", "dataset": "mnist", "method": "m0", "variant": "default"}


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
        ("reproduced", "at least as good", "holds in both"),
        ("not reproduced", "not reproduced", "holds in both"),
        ("at least as good", "not reproduced", "only in A"),
    ],
)
def test_conclusion_holds_where_both_show_the_same(first, second, expected):
    assert result(first, second) == expected


def statistics_row(low, high, quantity="test_quality", equivalence=None, **changes):
    return ROW | {
        "quantity": quantity, "against": "continued", "against_variant": "default", "is_reference": True, "seeds": 3, "difference_low": low,
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
            | {"energy_to_solution_j": 5.0 + place, "latency_ratio": None}
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


def test_control_has_no_conclusion_of_being_no_worse():
    rows = pd.DataFrame([statistics_row(0.01, 0.02, method="m0"), statistics_row(0.01, 0.02, method="random")])
    compared = comparison_rows((0.9, 0.8), (2, 1)).assign(method=["m0", "random"])
    both = {"statistics": rows, "comparison": compared}
    found = conclusions(both, both)
    assert found.loc[found["kind"] == "no worse than the reference", "method"].tolist() == ["m0"]
    assert found.loc[found["kind"] == "against the reference", "method"].tolist() == ["m0", "random"]


def test_reference_of_another_variant_is_another_reference():
    rows = [pd.DataFrame([statistics_row(0.01, 0.02, against_variant=name)]) for name in ("default", "distilled")]
    found = concluded({"statistics": rows[0]}, {"statistics": rows[1]}).set_index("kind").loc["against the reference"]
    assert (found["result"], found["note"].partition(";")[0]) == ("cannot be told", "unequal references")


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


def test_control_that_did_not_pay_for_its_shape_is_on_no_front_of_energies_to_solution():
    rows = comparison_rows((0.9, 0.95), (2, 2)).assign(
        method=["joint", "joint_scratch"], energy_to_solution_j=[300.0, 50.0]
    )
    found = conclusions({"comparison": rows}, {"comparison": rows})
    front = found[found["conclusion"] == "of quality and energy_to_solution_j"]
    assert list(zip(front["method"], front["a"], strict=True)) == [("joint", "on it")]


def paid(number, low, high, batch=1, seeds=3, reason=None):
    ends = {"break_even_inferences": number, "break_even_low": low, "break_even_high": high}
    return ROW | {"batch": batch, "seeds": seeds, "reason": reason} | ends


def pay_backs(first, second):
    """Return the conclusions on pay-back of two results with some rows of `break_even`."""
    rows = concluded({"break_even": pd.DataFrame(first)}, {"break_even": pd.DataFrame(second)})
    return rows[rows["kind"] == "pay-back"]


def test_pay_back_is_compared_by_where_its_whole_interval_is():
    rows = pay_backs(
        [paid(100.0, 80, 200), paid(100.0, 80, 200, 256)], [paid(3000.0, 80, 9000), paid(INF, INF, INF, 144)]
    )
    assert list(rows["result"]) == ["holds in both", "opposite"]
    (row,) = pay_backs([paid(100.0, 80, 200)], [paid(3000.0, 80, INF)]).itertuples()
    assert (row.a, row.b, row.result) == ("pays back", "not shown", "only in A")


def test_increment_over_the_baseline_is_a_conclusion_of_its_own_where_both_results_have_it():
    def both(number, low, high):
        return paid(5e4, 4e4, 6e4) | {f"increment_{name}": value for name, value in paid(number, low, high).items()}

    rows = pay_backs([both(0.0, 0, 100)], [both(INF, INF, INF)]).set_index("conclusion")
    assert rows["result"].to_dict() == {
        "energy to solution, one sample": "holds in both",
        "energy over that of the baseline, one sample": "opposite",
    }
    older = pay_backs([both(0.0, 0, 100)], [paid(5e4, 4e4, 6e4)]).set_index("conclusion")
    assert older.loc["energy over that of the baseline, one sample", "result"] == "cannot be told"


def test_claims_are_compared_by_their_verdict():
    def claim(verdict, name, variant="default"):
        return ROW | {
            "variant": variant,
            "claim": name,
            "statement": "12x at no loss",
            "verdict": verdict,
            "reason": None,
        }

    first = {
        "claims": pd.DataFrame([claim("reproduced", "a"), claim("not comparable", "b"), claim("not reproduced", "c")]),
    }
    second = {
        "claims": pd.DataFrame(
            [claim("not reproduced", "a"), claim("reproduced", "b"), claim("not reproduced", "c", "other")]
        ),
    }
    rows = concluded(first, second)
    assert list(rows[rows["kind"] == "claim"]["result"]) == ["only in A", "cannot be told", "holds in both"]


def test_readings_of_a_claim_are_compared_each_with_its_own():
    def readings(*verdicts):
        common = ROW | {"claim": "a", "statement": "over 90 %", "reason": None}
        rows = [common | {"reading": f"on {part} data"} for part in ("test", "training")]
        return {"claims": pd.DataFrame(rows).assign(verdict=verdicts)}

    rows = concluded(readings("not reproduced", "reproduced"), readings("not reproduced", "at least as good"))
    claims = rows[rows["kind"] == "claim"].set_index("conclusion")["result"].to_dict()
    assert claims == {
        "a: over 90 % (on test data)": "holds in both",
        "a: over 90 % (on training data)": "holds in both",
    }


def test_pay_back_of_one_seed_cannot_be_told():
    for number in ((100.0, 80, 200), (INF, INF, INF)):
        (row,) = pay_backs([paid(*number, seeds=1)], [paid(*number)]).itertuples()
        assert (row.a, row.result) == (None, "cannot be told")


def test_one_seed_tells_that_the_same_operations_save_nothing():
    # An earlier version has no interval of them.
    first, second = paid(INF, np.nan, np.nan, seeds=1, reason=SAME), paid(INF, INF, INF, reason=SAME)
    (row,) = pay_backs([first], [second]).itertuples()
    assert (row.a, row.result) == ("saves nothing", "holds in both")


@pytest.mark.parametrize("older", [0, 1])
def test_results_of_before_a_column_was_there_are_compared_without_it(older):
    tables = [{"comparison": comparison_rows((0.95, 0.94, 0.93, 0.92, 0.91), (1, 2, 3, 4, 5))} for _ in "ab"]
    for table in tables:
        table["comparison"]["latency_ratio"] = [0.1, 0.2, 0.3, 0.4, 0.5]
    assert "latency_ratio" in " ".join(conclusions(*tables)["conclusion"])
    del tables[older]["comparison"]["latency_ratio"]
    rows = conclusions(*tables)
    ranked = rows.loc[rows["kind"] == "ranking", "conclusion"].str.removeprefix("order of methods by ")
    assert list(ranked) == ["quality_mean", "parameters_compacted", "macs_compacted", "energy_to_solution_j"]
    assert set(rows.loc[rows["conclusion"] == "of quality and latency_ratio", "result"]) == {"cannot be told"}


def test_method_that_only_one_result_has_is_no_conclusion_and_on_no_front():
    first = {"comparison": comparison_rows((0.9, 0.8), (3, 1))}
    second = {"comparison": comparison_rows((0.9, 0.8, 0.95), (3, 1, 1))}
    rows = conclusions(first, second)
    front = rows[rows["conclusion"] == "of quality and parameters_compacted"]
    assert list(zip(front["method"], front["result"], strict=True)) == [
        ("m0", "holds in both"),
        ("m1", "holds in both"),
    ]
