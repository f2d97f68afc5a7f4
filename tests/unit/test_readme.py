"""The README shows what the reference results say: its picture is theirs, and the numbers of its caption."""

import zipfile
from pathlib import Path

import pandas as pd
import pytest

from frugalnet import catalogue

ROOT = Path(__file__).parents[2]
README = " ".join((ROOT / "README.md").read_text().split())
STUDY = "results/reference-study/compression"
KEYS = ["dataset", "method", "variant"]


@pytest.fixture(scope="module")
def reference():
    """Return the reference package, open."""
    with zipfile.ZipFile(ROOT / "results/reference/compression.zip") as package:
        yield package


def table(package, name):
    with package.open(f"{STUDY}/processed/{name}.csv") as file:
        return pd.read_csv(file)


def test_picture_is_that_of_the_reference_results(reference):
    shown = (ROOT / "docs/images/gain_for_energy.svg").read_bytes()
    assert shown == reference.read(f"{STUDY}/figures/gain_for_energy.svg"), "make reference renews it"


def between(row, column, form="{:.2f}", scale=1.0):
    """Return a number of a row with its interval, as it stands in a sentence."""
    value, low, high = (form.format(scale * row[f"{column}{end}"]) for end in ("", "_low", "_high"))
    return f"{value} ({low} to {high})"


def test_caption_has_the_numbers_of_the_search(reference):
    row = table(reference, "comparison").set_index(KEYS).loc[("mnist", "nas", "default")]
    gain, low, high = (100 * row[f"quality_gain{end}"] for end in ("", "_low", "_high"))
    assert f"search gains {gain:.2f} points of accuracy ({low:.2f} to {high:.2f})" in README
    assert f"an inference with it takes {between(row, 'energy_per_inference_ratio', '{:.2g}')} times" in README
    pairs = table(reference, "statistics").set_index([*KEYS, "against", "against_variant", "quantity"])
    cost = pairs.loc[("mnist", "nas", "default", "baseline", "default", "energy_to_solution_j")]
    assert f"network took {between(cost, 'ratio', '{:.0f}')} times the energy of training the baseline" in README


def test_caption_has_the_numbers_of_pruning(reference):
    pruned = ("mnist", "pruning", "unit-s0.75")
    row = table(reference, "comparison").set_index(KEYS).loc[pruned]
    assert f"units takes {between(row, 'energy_per_inference_ratio')} times" in README
    paid = table(reference, "break_even").set_index([*KEYS, "batch"]).loc[(*pruned, 1024)]
    number, low, high = (f"{paid[f'break_even_{name}'] / 1e6:.1f}" for name in ("inferences", "low", "high"))
    assert f"pays back after {number} million inferences ({low} to {high} million)" in README
    rows = table(reference, "statistics").set_index([*KEYS, "quantity", "is_reference"])
    assert rows.loc[(*pruned, "test_quality", True), "equivalence"] == "not shown"


def test_caption_says_what_controls_show(reference):
    rows = table(reference, "statistics")
    controls = rows["against"].map({name: entry.control_of for name, entry in catalogue.METHODS.items()})
    pairs = rows[(rows["quantity"] == "test_quality") & (controls == rows["method"])]
    assert len(pairs) == 80 and not (pairs["paired_p_holm"] < 0.05).any()
