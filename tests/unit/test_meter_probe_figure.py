"""What a probe found about the meters, as a picture."""

import numpy as np
import pandas as pd
import pytest

from frugalnet import figures
from frugalnet.drawing.style import shade
from frugalnet.figures.meter_probe import COLOURS
from tests.unit.made_ledger import check_layout, labels, words
from tests.unit.made_study import made_probe

pytestmark = pytest.mark.long


def drawn(probe: pd.DataFrame, column: bool = False):
    return figures.draw("meter_probe", {"probe": probe}, column)


def test_power_of_a_device_is_drawn_at_rest_and_under_load_with_its_noise():
    power, _ = drawn(made_probe()).axes
    found = [(float(bars[0].get_ydata()[0]), bars[0].get_markerfacecolor()) for bars in power.containers]
    assert found == [(52.0, "white"), (240.0, COLOURS[0]), (10.0, "white"), (62.0, shade(COLOURS[1], "estimated"))]
    (noise,) = power.containers[1][2]
    assert noise.get_segments()[0][:, 1].tolist() == [234.0, 246.0]


def test_smallest_difference_falls_with_the_length_of_the_runs():
    _, resolved = drawn(made_probe()).axes
    line = resolved.get_lines()[0]
    assert list(line.get_xdata()) == [1, 10, 60, 600, 3600]
    assert list(line.get_ydata()) == pytest.approx([3, 0.9487, 0.3873, 0.1225, 0.05], rel=1e-3)
    assert resolved.get_xlabel() == "duration of each run (s)"


def test_devices_are_named_with_how_they_are_known():
    figure = drawn(made_probe())
    assert {"nvml: A100 (measured)", "estimate: cpu (estimated)", "at rest", "under load"} <= labels(figure)
    assert figure.legends[0].get_title().get_text() == "estimated power"
    assert not drawn(made_probe().query("source == 'measured'")).legends[0].get_title().get_text()


def test_what_a_probe_could_not_tell_is_said_to_be_unknown():
    assert "not known" in words(drawn(made_probe()))
    blind = drawn(made_probe().assign(fraction=np.nan))
    assert [text.get_text() for text in blind.axes[1].texts] == ["not known"]


@pytest.mark.parametrize("columns", [["meter", "device"], []])
def test_study_without_a_probe_has_a_figure_that_says_so(columns):
    assert words(drawn(pd.DataFrame(columns=columns))) == "No probe of the meters is known."


@pytest.mark.parametrize("column", [False, True])
def test_no_text_is_on_other_text(column):
    check_layout(drawn(made_probe(), column), 2)
