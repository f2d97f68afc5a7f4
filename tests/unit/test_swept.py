"""Tables of a study that varies factors, as readers see them."""

import pandas as pd

from frugalnet.page import swept
from frugalnet.page.cells import DASH
from frugalnet.page.swept import TIMES
from tests.unit.drawn_techniques import effects, few_runs
from tests.unit.made_techniques_tables import about

INTERACTION = ["interaction", "schedule", "cosine", "constant"]


def asked(*rows: tuple) -> pd.DataFrame:
    """Return rows of `fixed` from variant, seed, question, given, found, CPU seconds and note."""
    names = ["variant", "seed", "question", "given", "found", "found_cpu_s", "note"]
    frame = pd.DataFrame(rows, columns=names).assign(method="baseline", **about())
    return frame.assign(reached=frame["found"].notna())


def test_level_has_its_effect_on_each_quantity_with_its_interval_and_a_star_where_it_is_shown():
    table = swept.effects(effects())
    assert list(table) == ["factor", "level", "against", "runs", "test accuracy", f"energy of training, {TIMES}"]
    adam, adamw = table.to_dict("records")
    assert (adam["factor"], adam["level"], adam["against"], adam["runs"]) == ("optimizer", "adam", "sgd", 9)
    assert (
        adam["test accuracy"] == "+0.0400 [+0.0200, +0.0600]*"
        and adam[f"energy of training, {TIMES}"] == "1.20 [1.10, 1.30]*"
    )
    assert adamw["test accuracy"] == "-0.0100 [-0.0300, +0.0100]"


def test_interaction_has_the_names_of_both_factors():
    rows = effects()
    rows.loc[1, ["kind", "factor2", "level2", "against2"]] = INTERACTION
    both = swept.effects(rows).to_dict("records")[1]
    assert (both["factor"], both["level"], both["against"]) == (
        f"optimizer {TIMES} schedule",
        f"adamw {TIMES} cosine",
        DASH,
    )


def test_effect_that_is_not_known_says_so_and_one_that_cannot_be_told_apart_from_what():
    rows = effects()
    rows.loc[[0, 1], ["estimate", "low", "high"]] = None
    rows.loc[1, "aliased_with"] = "schedule cosine"
    assert list(swept.effects(rows)["test accuracy"]) == ["not known", "aliased with schedule cosine"]


def test_ranking_has_ranks_with_their_intervals_and_levels():
    rows = few_runs(latency_batch1_ms=0.5, rank_low=1, rank_high=3, score=-10.0, score_low=-12.0, score_high=-8.0)
    first, *_, last = swept.ranking(rows).to_dict("records")
    assert (first["rank"], first["combination"], first["score (dB)"]) == (
        "1 (1 to 3)",
        "draw0002",
        "-10.0 [-12.0, -8.0]",
    )
    assert (last["rank"], last["combination"], last["status"], last["test accuracy"]) == (
        DASH,
        "draw0003",
        "diverged",
        DASH,
    )


def test_what_equal_costs_buy_is_the_mean_of_the_seeds_that_reached_it():
    rows = asked(
        ("all-off", 0, "quality at energy", 500.0, 0.60, None, None),
        ("all-off", 1, "quality at energy", 500.0, 0.62, None, None),
        ("draw0001", 0, "quality at energy", 500.0, None, None, "not reached: it took 400 J"),
        ("draw0002", 0, "quality at energy", 500.0, None, None, "not known: within the first epoch"),
    )
    table = swept.fixed(rows)
    assert list(table) == ["combination", "quality at 500 J"]
    assert list(table["quality at 500 J"]) == ["0.6100", "not reached", "not known"]


def test_what_a_quality_cost_is_in_joules_and_cpu_seconds_and_says_how_many_seeds_reached_it():
    rows = asked(
        ("all-off", 0, "energy at quality", 0.55, 500.0, 20.0, None),
        ("all-off", 1, "energy at quality", 0.55, None, None, "not reached: its best was 0.5"),
    )
    (row,) = swept.fixed(rows).to_dict("records")
    assert row == {"combination": "all-off", "J to reach 0.550": "500 (1 of 2)", "CPU s to reach 0.550": "20 (1 of 2)"}


def test_question_of_time_has_its_unit():
    rows = asked(("all-off", 0, "quality at CPU seconds", 30.0, 0.6, None, None))
    assert list(swept.fixed(rows)) == ["combination", "quality at 30 CPU s"]
