"""The comparison as tables: what stands in a row, masked and compacted."""

import numpy as np
import pandas as pd

from frugalnet.page import cells, compared
from tests.unit.made_study import made_comparison

PRUNED = ("pruning", "unit-s0.50")
ARROW, DASH = cells.ARROW, cells.DASH


def made_rows() -> pd.DataFrame:
    """Return baseline and pruned units of the quick study."""
    rows = made_comparison("quick")
    return rows[[key in (("baseline", "default"), PRUNED) for key in zip(rows["method"], rows["variant"], strict=True)]]


def row(table: pd.DataFrame, place: int = -1) -> dict[str, str]:
    return table.iloc[place].to_dict()


def test_quality_has_intervals_units_and_dashes():
    rows = made_rows().assign(
        quality_mean=0.95, quality_std=0.01, reference="baseline", is_reference=[True, False], quality_gain=[0, 0.0123],
        quality_gain_low=[np.nan, -0.001], quality_gain_high=[np.nan, 0.0256], train_energy_j=[10.04, np.nan],
        train_energy_net_j=[6.0, np.nan], train_u_stat_j=[0.3, np.nan], train_u_sys_j=[0.4, np.nan],
        energy_to_solution_j=[20.0, 30.0], energy_to_solution_u_j=[0.7, np.nan], energy_source=["measured", None], carbon_g_per_kwh=100.0, co2e_to_solution_g=[0.5, np.nan],
        carbon_source="a grid", carbon_year=2025.0, carbon_hourly=None, carbon_pue=1.0, co2e_reason=None,
    )  # fmt: skip
    table = compared.quality_and_energy(rows)
    assert compared.carbon_note(rows) == " · CO2e at 100 g/kWh (a grid, 2025)"
    assert table["test accuracy"].tolist() == ["0.9500 ± 0.0100"] * 2
    assert table["gain over baseline"].tolist() == ["reference", "+0.0123 [-0.0010, +0.0256]"]
    assert table["own energy (J)"].tolist() == ["10.0", DASH]
    assert table["net of idle (J)"].tolist() == ["6 ± 0.500", DASH]
    assert table["energy to solution (J)"].tolist() == ["20 ± 0.700", "30"]
    assert table["CO2e to solution (g)"].tolist() == ["0.500", DASH]
    assert table["energy is"].tolist() == ["measured", "not known"]
    assert "its reference" not in table and "to find the shape (J)" not in table


def test_rows_with_several_references_have_each_its_own_beside_the_gain():
    rows = made_comparison("paper, searched", seeds=3)
    table = compared.quality_and_energy(rows).set_index("method")
    assert table["its reference"][["baseline", "NAS", "pruning, weight-s0.80"]].tolist() == [
        "baseline", "baseline", "continued (control)",
    ]  # fmt: skip
    assert table["its reference"]["pruning, unit-s0.85-distilled"] == "continued (control), distilled"
    assert (
        table["gain over its reference"]["baseline"]
        == table["gain over its reference"]["continued (control)"]
        == "reference"
    )
    assert table["gain over its reference"]["NAS"] == "-0.0040 [-0.0080, -0.0000]"
    assert compared.gain_note(rows) == " · intervals of gains: seeds and test samples"
    assert compared.gain_note(made_comparison()) == ""


def test_method_that_took_a_shape_has_what_finding_it_took_beside_its_own():
    table = compared.quality_and_energy(made_comparison("quick")).set_index("method")
    assert table["to find the shape (J)"][["pruning, unit-s0.50", "scratch (control), unit-s0.50"]].tolist() == [
        DASH,
        "190",
    ]


def test_sizes_are_masked_zipped_and_compacted():
    found = row(compared.sizes(made_rows()))
    assert found["method"] == "pruning, unit-s0.50"
    assert (found["parameters"], found["not zero"]) == (f"483,482{ARROW}229,654", "241,741")
    assert (found["file (kB)"], found["zipped (kB)"]) == (f"1,956{ARROW}941", f"975{ARROW}859")
    assert found["TFLite (kB)"] == f"1,937{ARROW}922"


def test_numbers_that_compaction_does_not_change_stand_once():
    assert row(compared.sizes(made_rows()), 0)["TFLite (kB)"] == "1,937"
    assert row(compared.operations(made_rows()), 0)["operations (M)"] == "0.483"


def test_compacted_model_that_is_not_there_is_a_dash():
    rows = made_rows()
    twins = [name for name in rows if name.endswith("_compacted")]
    rows[[*twins, "compacted_bytes"]] = np.nan
    assert row(compared.sizes(rows))["file (kB)"] == f"1,956{ARROW}{DASH}"
    assert row(compared.operations(rows))["samples per second"] == f"90,000{ARROW}{DASH}"


def test_energy_of_flagged_inference_has_a_star():
    rows = made_rows().assign(inference_flagged=[0, 2])
    assert compared.operations(rows)["inference, large batch (mJ/sample)"].tolist() == ["0.300", f"0.300{ARROW}0.195*"]
    assert compared.flagged_note(rows) == compared.FLAGGED_NOTE
    assert compared.flagged_note(made_rows()) == ""


def test_latency_and_energy_stand_beside_the_baselines_with_intervals():
    found = row(compared.operations(made_rows()))
    assert found["latency, \N{MULTIPLICATION SIGN} baseline"] == "0.947 [0.900, 0.994]"
    assert found["energy, large batch, \N{MULTIPLICATION SIGN} baseline"] == "0.650 [0.617, 0.683]"
    unknown = {
        f"{name}{end}": np.nan
        for name in ("latency_ratio", "energy_per_inference_ratio")
        for end in ("", "_low", "_high")
    }
    assert row(compared.operations(made_rows().assign(**unknown)))["latency, \N{MULTIPLICATION SIGN} baseline"] == DASH


def test_energy_that_is_not_known_has_no_star():
    unknown = {"energy_per_inference_j": np.nan, "energy_per_inference_j_compacted": np.nan}
    rows = made_rows().assign(inference_flagged=1, **unknown)
    assert compared.operations(rows)["inference, large batch (mJ/sample)"].tolist() == [DASH] * 2


def test_memory_is_of_both_models_and_its_peaks_are_shown_where_they_are_known():
    found = row(compared.memory(made_rows()))
    assert found["weights (MB)"] == f"1.93{ARROW}0.919"
    assert found["inference, peak memory (MiB)"] == f"240{ARROW}226"
    assert found["of it without a model (MiB)"] == "190"
    assert "inference, peak on the GPU (MiB)" not in found
    assert "inference, peak on the GPU (MiB)" in compared.memory(made_rows().assign(device_peak_inference_mib=80.0))


def carbon(**changes):
    about = {"carbon_source": "a grid", "carbon_year": 2025.0, "carbon_hourly": None, "carbon_pue": 1.0}
    return made_rows().assign(
        **about | {"carbon_g_per_kwh": 100.0, "co2e_reason": None, "co2e_to_solution_g": 1.5} | changes
    )


def test_carbon_note_says_what_co2e_is_of_and_nothing_where_no_intensity_is_configured():
    hourly = {"carbon_hourly": "config/grid.csv", "carbon_g_per_kwh": [210.0, 350.0]}
    assert compared.carbon_note(carbon()) == " · CO2e at 100 g/kWh (a grid, 2025)"
    assert compared.carbon_note(carbon(carbon_pue=1.2)) == " · CO2e at 100 g/kWh (a grid, 2025, PUE 1.20)"
    assert compared.carbon_note(carbon(**hourly)) == " · CO2e at 210 to 350 g/kWh (a grid, 2025, by the hour)"
    assert compared.carbon_note(carbon(carbon_source=None)) == ""


def test_carbon_that_is_not_known_has_a_dash_and_its_reason():
    rows = carbon(
        carbon_hourly="config/grid.csv", carbon_g_per_kwh=np.nan, co2e_to_solution_g=np.nan, co2e_reason="too early"
    )
    assert compared.quality_and_energy(rows)["CO2e to solution (g)"].tolist() == [DASH, DASH]
    assert compared.carbon_note(rows) == " · CO2e (a grid, 2025, by the hour), not known: too early"


def test_estimate_of_the_host_has_a_column_of_its_own_where_there_is_one():
    assert "host, estimated (J)" not in compared.quality_and_energy(made_rows())
    found = compared.quality_and_energy(made_rows().assign(train_energy_j=10.0, host_energy_estimate_j=[4.0, np.nan]))
    assert found["host, estimated (J)"].tolist() == ["4", DASH]
    assert found["own energy (J)"].tolist() == ["10", "10"]


def test_ratio_of_estimates_over_all_watts_has_its_ends():
    ends = {"train_energy_ratio_any_watts_low": [1.0, 0.51], "train_energy_ratio_any_watts_high": [1.0, 0.72]}
    found = compared.quality_and_energy(made_rows().assign(**ends))
    assert found["\N{MULTIPLICATION SIGN} its reference's, any watts"].tolist() == ["1", "0.510 to 0.720"]
    found = compared.quality_and_energy(made_rows().assign(**ends, reference="baseline"))
    assert found["\N{MULTIPLICATION SIGN} baseline's, any watts"].tolist() == ["1", "0.510 to 0.720"]


def test_ratio_of_estimates_names_a_reference_that_not_all_rows_have_and_is_left_out_without_one():
    ends = {"train_energy_ratio_any_watts_low": [np.nan, 0.51], "train_energy_ratio_any_watts_high": [np.nan, 0.72]}
    found = compared.quality_and_energy(made_rows().assign(**ends, reference=[None, "continued"]))
    assert found["\N{MULTIPLICATION SIGN} continued (control)'s, any watts"].tolist() == [DASH, "0.510 to 0.720"]
    without = compared.quality_and_energy(made_rows().assign(**ends, reference=None))
    assert not [column for column in without if "any watts" in column]
