"""Other parts of all samples: the same for every run, with every class, and told in the card of a run's data."""

from typing import get_args

import numpy as np
import pytest

from frugalnet.config.recipe import Split
from frugalnet.datasets.prepared import Data
from frugalnet.errors import FrugalNetError
from frugalnet.recipes.split import as_prepared, positions, split

PARTS = ("train", "validation", "test")


@pytest.fixture
def few(tmp_path):
    """Return a function that gives data of three classes, of which the last has `number` samples."""

    def made(number, n_classes=3):
        y = np.array([0] * 40 + [1] * 40 + [2] * number)
        np.save(tmp_path / "y.npy", y)
        np.save(tmp_path / "x.npy", np.arange(len(y)))
        return Data(tmp_path, {"name": "made", "task": "classification", "n_classes": n_classes, "arrays": {"y": "1"}})

    return made


@pytest.mark.parametrize("name", get_args(Split)[1:])
def test_parts_have_the_percentages_of_the_name_and_each_sample_once(name):
    found = positions(np.arange(1000) % 10, name, stratified=True)
    assert "-".join(str(round(len(found[part]) / 10)) for part in PARTS) == name
    assert sorted(np.concatenate([found[part] for part in PARTS])) == list(range(1000))
    assert all((np.diff(found[part]) > 0).all() and found[part].dtype == np.int64 for part in PARTS)


@pytest.mark.parametrize("name", get_args(Split)[1:])
def test_every_class_has_the_same_share_of_each_part(name):
    y = np.arange(1000) % 10
    for part, index in positions(y, name, stratified=True).items():
        assert np.bincount(y[index]).tolist() == [len(index) // 10] * 10, part


def test_split_is_the_same_each_time():
    y = np.arange(500) % 7
    np.random.seed(1)
    first = positions(y, "70-15-15", stratified=True)
    np.random.seed(2)
    second = positions(y, "70-15-15", stratified=True)
    assert all(first[part].tolist() == second[part].tolist() for part in PARTS)
    assert first["test"][:5].tolist() == [2, 5, 7, 14, 18]


def test_parts_of_a_regression_are_drawn_without_classes():
    found = positions(np.linspace(0, 5, 200, dtype="float32"), "80-10-10", stratified=False)
    assert [len(found[part]) for part in PARTS] == [160, 20, 20]


def test_official_split_is_the_data_itself(few):
    data = few(20)
    assert split(data, "official") is data


def test_data_are_those_at_the_positions_and_the_card_says_so(few):
    found = split(few(20), "60-20-20")
    assert found.train.x[:5].tolist() == [1, 2, 5, 6, 7]
    assert [len(part.x) for part in (found.train, found.validation, found.test)] == [60, 20, 20]
    assert sorted(np.concatenate([found.train.x, found.validation.x, found.test.x])) == list(range(100))
    assert [np.bincount(part.y).tolist() for part in (found.train, found.test)] == [[24, 24, 12], [8, 8, 4]]
    assert found.card == {
        "name": "made",
        "task": "classification",
        "n_classes": 3,
        "arrays": {"y": "1"},
        "split": "60-20-20",
        "samples": {"train": 60, "validation": 20, "test": 20},
        "class_counts": {"train": [24, 24, 12], "validation": [8, 8, 4], "test": [8, 8, 4]},
    }


def test_card_of_a_split_is_of_the_prepared_data_that_it_was_drawn_from(few):
    data = few(20)
    card = split(data, "60-20-20").card
    assert as_prepared(card, data.card)
    assert as_prepared(data.card, data.card)
    assert not as_prepared(card, data.card | {"arrays": {"y": "2"}})
    assert not as_prepared(data.card | {"samples": {"train": 1}}, data.card)


@pytest.mark.parametrize(("name", "number"), [("90-5-5", 9), ("60-20-20", 2)])
def test_split_that_leaves_a_part_without_a_class_is_refused(few, name, number):
    with pytest.raises(FrugalNetError) as refused:
        split(few(number), name)
    assert f"recipe.split = {name}: its " in str(refused.value)
    assert f"part has none of class 2: {80 + number} samples of made are too few for it" in str(refused.value)


def test_split_with_one_sample_of_each_class_in_each_part_is_taken(few):
    assert split(few(20), "90-5-5").card["class_counts"]["test"] == [2, 2, 1]


def test_split_of_a_regression_with_an_empty_part_is_refused(few):
    with pytest.raises(FrugalNetError, match=r"(validation|test) part has no samples"):
        split(tiny(few), "90-5-5")


def tiny(few):
    data = few(0, n_classes=None)
    np.save(data.folder / "y.npy", np.arange(5.0))
    return data
