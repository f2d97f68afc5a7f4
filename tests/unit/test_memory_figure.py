"""What models hold in memory: what is drawn where, and the word where nothing is."""

import numpy as np
import pandas as pd
import pytest

from frugalnet import figures
from frugalnet.figures.memory import QUANTITIES, TWIN, in_megabytes
from tests.unit.made_ledger import check_layout, labels, words
from tests.unit.made_study import made_comparison

pytestmark = pytest.mark.long

PEAKS = [column for name in QUANTITIES if "peak" in name for column in (name, name + TWIN)]


def drawn(comparison: pd.DataFrame, column: bool = False):
    return figures.draw("memory", {"comparison": comparison}, column)


def places(figure, name: str, compacted: bool = False) -> list[float]:
    """Return where the marks of a quantity are in the first panel."""
    marker = QUANTITIES[name][1]
    lines = [line for line in figure.axes[0].get_lines() if line.get_marker() == marker]
    (own,) = [line for line in lines if (line.get_markerfacecolor() == "white") == compacted]
    return list(own.get_xdata())


def test_masked_and_compacted_models_are_drawn_in_megabytes():
    rows = made_comparison("quick")
    figure = drawn(rows)
    assert places(figure, "weight_bytes") == pytest.approx(rows["weight_bytes"].astype(float) / 1e6)
    assert places(figure, "weight_bytes", True) == pytest.approx(rows["weight_bytes_compacted"].astype(float) / 1e6)
    assert {"weights", "activations, large batch", "peak, inference", "masked model", "compacted model"} <= labels(
        figure
    )


def test_peaks_of_the_host_are_less_what_python_holds():
    rows = made_comparison("quick").iloc[:1].assign(host_peak_training_mib=612.0, host_runtime_mib=190.0)
    assert in_megabytes(rows)["host_peak_training_mib"].tolist() == [pytest.approx(422 * 1.048576)]
    assert in_megabytes(rows.assign(host_runtime_mib=np.nan))["host_peak_training_mib"].isna().all()
    assert in_megabytes(rows.assign(host_runtime_mib=700.0))["host_peak_training_mib"].isna().all()


def test_peaks_on_the_gpu_are_drawn_where_there_are_any():
    rows = made_comparison("quick")
    assert not any("GPU" in label for label in labels(drawn(rows)))
    on_gpu = rows.assign(device_peak_inference_mib=100.0)
    assert places(drawn(on_gpu), "device_peak_inference_mib") == pytest.approx([104.8576] * len(rows))


def test_what_is_not_known_is_said_in_a_word():
    rows = made_comparison("quick").astype(dict.fromkeys(PEAKS, float))
    rows.loc[1, PEAKS] = np.nan
    rows.loc[2, ["weight_bytes", "weight_bytes_compacted"]] = pd.NA
    rows.loc[
        3, ["weight_bytes", "weight_bytes_compacted", "host_peak_training_mib", "host_peak_training_mib_compacted"]
    ] = pd.NA
    found = {text.get_position()[1]: text.get_text() for text in drawn(rows).axes[0].texts if text.get_text()}
    assert found == {1: "peaks unknown", 2: "weights unknown", 3: "2 unknown"}


def test_study_without_any_memory_has_a_figure_that_says_so():
    unknown = [column for name in QUANTITIES for column in (name, name + TWIN)]
    rows = made_comparison("quick").assign(**dict.fromkeys(unknown, np.nan))
    assert words(drawn(rows)) == "No memory is known of any model."


@pytest.mark.parametrize("column", [False, True])
def test_words_have_room(column):
    rows = made_comparison("paper", 2).assign(**dict.fromkeys(PEAKS, np.nan))
    rows.loc[0, "host_peak_training_mib"] = 300.0
    check_layout(drawn(rows, column), 2)
