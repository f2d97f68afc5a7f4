"""The page of the study `sweep`: tables for readers, the card of the best configuration, and the interactive charts."""

import numpy as np
import pandas as pd
import pytest

from frugalnet.drawing.estimate_panels import common_remarks
from frugalnet.page import best, configured
from frugalnet.page.cells import DASH
from frugalnet.page.charts.curves import MOST_POINTS, curves
from frugalnet.page.charts.sweep import BEST, GRID, ROW, WITHOUT, sweep
from frugalnet.page.swept import TIMES
from tests.unit.made_sweep_tables import made_configurations, made_efficiency, made_epochs, made_runs, made_sensitivity

KNOWN = {
    "test_quality": 0.7425, "test_quality_low": 0.73, "test_quality_high": 0.755, "validation_quality": 0.75, "best_epoch": 180.0,
    "epochs": 200.0, "train_duration_s": 7200.0, "train_duration_s_low": 7000.0, "train_duration_s_high": 7400.0, "epoch_s": 35.5,
    "train_cpu_s": 9000.0, "train_cpu_s_low": 8900.0, "train_cpu_s_high": 9100.0, "train_energy_j": 1.5e6,
    "train_energy_j_low": 1.4e6, "train_energy_j_high": 1.6e6, "energy_to_solution_j": 1.5e6, "energy_per_point_j": 61_856.0,
    "energy_per_point_j_low": 55_000.0, "energy_per_point_j_high": 71_000.0, "energy_to_solution_per_point_j": 62_000.0,
    "energy_to_solution_per_point_j_low": 56_000.0, "energy_to_solution_per_point_j_high": 72_000.0, "reached": 2, "epochs_to_target": 80.0,
    "minutes_to_target": 48.0, "energy_to_target_j": 600_000.0,
}  # fmt: skip


@pytest.fixture
def known():
    """Return one configuration with literal numbers, the best."""
    rows = made_configurations()
    return rows[rows["variant"] == "resnet50-lr0.05-plateau"].assign(**KNOWN, rank=1, is_best=True)


def lines(html: str) -> dict[str, str]:
    """Return what a card says, by its terms."""
    items = [item.split("</dt><dd>") for item in html.replace("</dd>", "").split("<dt>")[1:]]
    return {term: told.partition("</div>")[0] for term, told in items}


def test_configurations_are_in_the_order_of_their_rank_and_the_best_says_so():
    table = configured.configurations(made_configurations().sample(frac=1, random_state=1))
    assert table["rank"].tolist() == [str(rank) for rank in range(1, 11)]
    assert table["configuration"].iloc[:2].tolist() == ["pretrained (best)", "strong"]
    assert list(table)[:4] == ["configuration", "rank", "runs", "test accuracy"]


def test_configuration_has_means_with_intervals_and_what_it_took_to_reach_the_target(known):
    (row,) = configured.configurations(known).to_dict("records")
    assert row["test accuracy"] == "0.7425 [0.7300, 0.7550]"
    assert (row["training (min)"], row["an epoch (s)"]) == ("120 [117, 123]", "35.5")
    assert row["training (J)"] == "1,500,000 [1,400,000, 1,600,000]"
    assert row["J per point above 0.5"] == "61,856 [55,000, 71,000]"
    assert row["to solution (J per point)"] == "62,000 [56,000, 72,000]"
    assert (row["epochs to 0.7"], row["minutes to 0.7"], row["J to 0.7"]) == (
        "80 (2 of 3)", "48 (2 of 3)", "600,000 (2 of 3)",
    )  # fmt: skip
    assert (row["network"], row["learning rate"], row["schedule"]) == ("resnet50", "0.05", "plateau")


def test_target_that_no_run_reached_is_not_reached_and_of_no_run_it_is_not_known(known):
    never = known.assign(reached=0, epochs_to_target=np.nan, minutes_to_target=np.nan, energy_to_target_j=np.nan)
    lost = never.assign(seeds=0, reached=pd.NA, status="out_of_memory", test_quality=np.nan, rank=pd.NA)
    both = pd.concat([never, lost]).astype({"rank": "Int64", "reached": "Int64"})
    first, second = configured.configurations(both).to_dict("records")
    assert (first["epochs to 0.7"], first["J to 0.7"]) == ("not reached", "not reached")
    assert (second["epochs to 0.7"], second["runs"], second["rank"]) == (DASH, "out of memory", DASH)


def test_columns_of_which_nothing_is_known_are_left_out(known):
    rows = known.assign(train_device_peak_mib=np.nan, train_energy_j=np.nan, target=np.nan, reached=pd.NA)
    table = configured.configurations(rows)
    assert {"VRAM (MiB)", "training (J)", "note"}.isdisjoint(table) and "RAM (MiB)" in table


def test_sensitivity_has_a_row_per_network_axis_and_level_and_a_column_per_quantity():
    rows = made_sensitivity()
    table = configured.sensitivity(rows)
    assert list(table) == [
        "network", "axis", "level", "against", "pairs", "test accuracy", f"energy of training, {TIMES}",
        f"CPU time of training, {TIMES}", f"time of training, {TIMES}", "epoch of the best model, epochs",
    ]  # fmt: skip
    assert table.iloc[0, :4].tolist() == ["resnet18", "learning rate", "0.05", "0.1"]
    assert len(table) == 5


def test_estimate_has_its_interval_and_a_star_where_it_is_no_chance():
    rows = (
        made_sensitivity().head(2).assign(estimate=[0.02, 1.5], low=[0.01, 1.2], high=[0.03, 1.9], p_holm=[0.01, 0.2])
    )
    table = configured.sensitivity(rows)
    assert table["test accuracy"].tolist() == ["+0.0200 [+0.0100, +0.0300]*"]
    assert table[f"energy of training, {TIMES}"].tolist() == ["1.50 [1.20, 1.90]"]
    assert configured.sensitivity(rows.assign(estimate=np.nan))["test accuracy"].tolist() == ["not known"]


def test_efficiency_has_means_without_and_with_each_technique():
    rows = (
        made_efficiency().head(1).assign(off_mean=2000.0, on_mean=1000.0, estimate=0.5, low=0.4, high=0.6, p_holm=0.2)
    )
    (row,) = configured.efficiency(rows).to_dict("records")
    assert row["technique"] == "precision: mixed_float16" and row["against"] == "float32"
    assert row["quantity"] == "largest memory of the process (MiB)"
    assert (row["without"], row["with"], row[f"change (difference, or {TIMES})"]) == (
        "2,000",
        "1,000",
        "0.50 [0.40, 0.60]",
    )


def test_card_says_what_the_best_is_what_it_reached_and_what_that_took(known):
    told = lines(best.card(known, made_runs(made_configurations()), "sweep", "quick"))
    assert told["configuration"] == "resnet50-lr0.05-plateau"
    assert told["network"] == "resnet50, 23,705,252 parameters"
    assert told["learning rate"] == "0.05"
    assert told["batch size"] == "128"
    assert (
        told["test accuracy"]
        == "74.25\N{NO-BREAK SPACE}% (95 % interval 73.00\N{NO-BREAK SPACE}% to 75.50\N{NO-BREAK SPACE}%, 3 runs)"
    )
    assert told["best epoch"] == "180 of 200"
    assert (
        told["to 70.00\N{NO-BREAK SPACE}% on validation data"]
        == "80 epochs, 48 minutes, 600 kJ (2 of 3 runs reached it)"
    )
    assert told["time of training"] == "120 min (117 min to 123 min)"
    assert told["energy of training"] == "1.50 MJ (1.40 MJ to 1.60 MJ); estimated, of the CPU alone"
    assert told["a point better than 0.5"] == "61.9 kJ (55 kJ to 71 kJ)"
    assert "with failed tries and the models that it starts from" not in told


def test_card_of_one_run_has_no_interval_and_says_what_is_not_known(known):
    unknown = dict.fromkeys(
        ("test_quality_low", "test_quality_high", "train_energy_j", "energy_per_point_j", "train_device_peak_mib")
    )
    rows = known.assign(**unknown, seeds=1, energy_source=None, energy_scope=None, reached=0)
    told = lines(best.card(rows, made_runs(made_configurations()), "sweep", "quick"))
    assert told["test accuracy"] == "74.25\N{NO-BREAK SPACE}% (1 run: no interval)"
    assert (told["energy of training"], told["largest memory, GPU"]) == ("not known", "not known")
    assert told["to 70.00\N{NO-BREAK SPACE}% on validation data"] == "not reached"
    assert "a point better than 0.5" not in told


def test_card_has_the_energy_of_the_models_that_the_best_starts_from(known):
    rows = known.assign(energy_to_solution_j=2.0e6)
    told = lines(best.card(rows, made_runs(made_configurations()), "sweep", "quick"))
    assert told["with failed tries and the models that it starts from"] == "2 MJ"


def test_card_has_the_commands_that_train_it_again(known):
    html = best.card(known, made_runs(made_configurations()), "sweep", "paper")
    assert "<code>frugalnet run sweep/cifar100/baseline/resnet50-lr0.05-plateau</code>" in html
    script = "frugalnet script sweep/cifar100/baseline/resnet50-lr0.05-plateau --results results/paper --write resnet50-lr0.05-plateau.py"
    assert f"<code>{script}</code>" in html


def test_there_is_no_card_where_no_run_is_complete(known):
    assert best.card(known.assign(is_best=False), made_runs(known), "sweep", "quick") == ""


def option(exploration, name):
    return exploration.panels[0].options[name]


def tables(seeds: int = 2, epochs: int = 6) -> dict[str, pd.DataFrame]:
    configurations = made_configurations(seeds=seeds)
    runs = made_runs(configurations, seeds)
    return {
        "configurations": configurations,
        "epochs": made_epochs(configurations, epochs, seeds),
        "runs": runs,
        "all_runs": runs,
    }


def test_curves_can_be_shown_by_epoch_by_energy_and_by_time():
    found = curves(tables())
    assert list(found.panels[0].options) == [
        "validation accuracy by epoch", "validation accuracy by energy", "validation accuracy by time",
        "training accuracy by epoch", "validation loss by epoch", "learning rate by epoch",
    ]  # fmt: skip
    assert found.panels[0].heading == "CIFAR-100"
    assert str(found.note).endswith("each line: the first of 2 seeds")


def test_every_configuration_is_a_line_with_a_name_to_hide_it_by_and_the_best_is_first_and_bold():
    series = option(curves(tables()), "validation accuracy by epoch")["series"]
    assert [line["name"] for line in series][:2] == ["pretrained (best)", "strong"] and len(series) == 10
    assert [line["lineStyle"]["width"] for line in series].count(3.5) == 1
    assert series[0]["lineStyle"]["width"] == 3.5


def test_point_tells_accuracy_loss_rate_and_energy_so_far_and_leads_to_its_row():
    given = tables()
    first = given["epochs"]["run"] == "cifar100/baseline/pretrained/seed0"
    numbers = {
        "quality": 0.5,
        "validation_quality": 0.4,
        "loss": 2.0,
        "validation_loss": 2.5,
        "energy_j": 100.0,
        "whole_s": 10.0,
    }
    given["epochs"].loc[first, list(numbers)] = list(numbers.values())
    given["epochs"].loc[first, "learning_rate"] = 0.05
    line = option(curves(given), "validation accuracy by energy")["series"][0]
    assert [point["value"] for point in line["data"]] == [[100.0 * number, 0.4] for number in range(1, 7)]
    assert line["data"][2]["about"] == [
        "pretrained, best, epoch 3, seed 0", "validation quality: 0.4000, training 0.5000", "loss: 2.50, training 2",
        "learning rate: 0.05", "energy so far: 300 J, estimated (cpu)", "time so far: 30 s",
    ]  # fmt: skip
    assert line["data"][2]["row"] == f"configurations-{given['configurations'].index[0]}"


def test_energy_so_far_is_not_known_after_an_epoch_whose_energy_is_not():
    given = tables(seeds=1)
    own = (given["epochs"]["variant"] == "pretrained") & (given["epochs"]["epoch"] == 3)
    given["epochs"].loc[own, "energy_j"] = np.nan
    line = option(curves(given), "validation accuracy by energy")["series"][0]
    assert len(line["data"]) == 2


def test_runs_without_energies_have_no_curves_by_energy():
    given = tables()
    given["epochs"] = given["epochs"].drop(columns="energy_j")
    assert "validation accuracy by energy" not in curves(given).panels[0].options


def test_long_training_has_so_many_points_that_a_line_needs_the_first_and_the_last_among_them():
    line = option(curves(tables(seeds=1, epochs=450)), "validation accuracy by epoch")["series"][0]
    epochs = [point["value"][0] for point in line["data"]]
    assert (len(epochs), epochs[0], epochs[-1]) == (MOST_POINTS, 1, 450)


def test_charts_of_tables_without_rows_are_empty():
    nothing = {name: table.head(0) for name, table in tables().items()}
    assert curves(nothing).as_html() == ""
    assert sweep(nothing) == []


def test_parallel_coordinates_have_the_grid_and_the_rows_on_the_axes_of_the_grid():
    (found,) = sweep(tables())
    assert [axis.name for axis in found.chart.axes][:3] == ["network", "learning_rate", "schedule"]
    assert (
        found.chart.kinds.count(GRID) == 16 and found.chart.kinds.count(ROW) == 2 and found.chart.kinds.count(BEST) == 2
    )
    assert list(found.table["variant"]).count("strong") == 2


def test_runs_of_the_efficiency_design_are_not_on_the_axes_of_the_grid():
    given = tables()
    other = given["runs"].head(1).assign(variant="efficiency-none", run="cifar100/baseline/efficiency-none/seed0", **{"factor.precision": "float32", "factor.network": None})  # fmt: skip
    (found,) = sweep(given | {"all_runs": pd.concat([given["runs"], other], ignore_index=True)})
    assert "precision" not in [axis.name for axis in found.chart.axes]
    assert "efficiency-none" not in list(found.table["variant"])


def test_run_of_the_grid_without_a_model_stands_below_the_others():
    given = tables()
    given["all_runs"] = given["runs"].copy()
    given["all_runs"].loc[5, ["status", "test_quality"]] = ["out_of_memory", np.nan]
    (found,) = sweep(given)
    assert found.chart.kinds.count(WITHOUT) == 1


def test_efficiency_is_technique_by_technique_and_what_is_remarked_about_all_of_a_quantity_stands_once():
    rows = made_efficiency()
    by_quantity = rows.sort_values("quantity", kind="stable")
    assert configured.efficiency(by_quantity)["technique"].tolist()[:7] == ["precision: mixed_float16"] * 7
    rows["note"] = "interval over 4 combinations"
    rows.loc[rows["quantity"] == "train_host_peak_mib", "note"] = "no spread"
    one, other = common_remarks(rows)
    assert one.endswith(": interval over 4 combinations") and other == "RAM: no spread"
    assert common_remarks(rows.assign(note="one seed")) == ["one seed"]
