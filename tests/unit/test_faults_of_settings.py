"""Made faults in files of settings: none is accepted, and each is one short message with its key."""

import copy
import random
from pathlib import Path

import pytest
import yaml

from frugalnet.config.reading import read_files
from frugalnet.config.yaml_files import read_value
from frugalnet.errors import FrugalNetError
from tests.unit.test_config_bounds import LEAVES, NUMBERS

ROOT = Path(__file__).parents[2]
USUAL = read_value((ROOT / "config/config.yaml").read_text(), "config.yaml", "settings")
NUMBER, LONGEST = 600, 600
VALIDATORS = ("Input should", "String should", "type=", "None", "True", "(ScalarNode")
"""Words of the validator, and of Python."""
NO_LEVELS = [
    *(
        {"name": ["adam"]},
        {"name": {"name": "sgd"}},
        {"name": "x" * 5_000},
        {"name": "sgd", 1: 2},
        {"name": "sgd", None: 1},
    ),
    *(
        [{"a": [1]}],
        [[["random"]]],
        [float("inf")],
        [None],
        {"name": "adam", "beta_1": float("nan")},
        {"x" * 5_000: True},
    ),
    *({"patience": 10**400}, {"factor": float("inf"), "every": "x" * 5_000}, {"name": "step", "epochs": [[1]]}),
]
"""Values that no key of a recipe takes."""
FREE = {
    place for place, kinds in LEAVES.items() if any(kind.get("format") in ("path", "uri", "text") for kind in kinds)
}


def put(settings, place, value):
    """Set a value in nested settings."""
    for step in place[:-1]:
        settings = settings.setdefault(step, {})
    settings[place[-1]] = value


def wrong_value(draw, place):
    """Return a value that the key at a place cannot have."""
    other = [{"a": 1}, [[]], 1.5e300, {"x": {"y": None}}, "\x1b[31m", "\ud800", -1e-300]
    if place[-2:-1] == ("recipe",):
        other = [*other[1:], *NO_LEVELS]
    if place in NUMBERS:
        return draw.choice([*other, True, "many", -3, 10**30, float("inf"), float("nan"), "1:30", "1e5x", []])
    if place in FREE:
        return draw.choice([*other, True, 7, "x" * 5_000])
    return draw.choice([*other, "no such name", "x" * 5_000, 7, "", "2026-01-01"])


def misspelt(draw, name):
    """Return a name with a letter too much, too little, or another one."""
    place = draw.randrange(len(name))
    return draw.choice([name[:place] + name[place + 1 :], name[:place] + "q" + name[place:], f"{name}s", name.upper()])


def faults(draw):
    """Return the text of a file of settings with one fault, and what a message is to name."""
    settings = copy.deepcopy(USUAL)
    place = draw.choice(list(LEAVES))
    kind = draw.choice(["value", "value", "value", "key", "twice", "section", "text", "variant"])
    if kind == "value":
        put(settings, place, wrong_value(draw, place))
        return yaml.safe_dump(settings), ".".join(place)
    if kind == "key":
        name = misspelt(draw, place[-1])
        put(settings, (*place[:-1], name), 1)
        return yaml.safe_dump(settings), name
    if kind == "twice":
        key = draw.choice(["name", "data", "compression", "measure"])
        return yaml.safe_dump(settings) + f"{key}: {{}}\n", key
    if kind == "variant":
        wrong = [
            {"exclude": ["x" * 5_000]},
            {"exclude": ["dens1"]},
            {"granularity": "unit", "sparsity": 0.9999},
            {"label": "A"},
        ]
        put(settings, ("compression", "variants"), [{"granularity": "weight"}, draw.choice(wrong)])
        return yaml.safe_dump(settings), "compression.variants.1"
    if kind == "section":
        put(settings, place[:1] if len(place) == 1 else place[:-1], draw.choice([3, "text", [1, 2], True]))
        return yaml.safe_dump(settings), place[0]
    text = yaml.safe_dump(settings)
    cut = draw.randrange(1, len(text))
    return draw.choice(
        [text[:cut] + "\t: [" + text[cut:], text + "}", "- " + text, text + "\n? [a]\n: 1\n", text + "%\n"]
    ), ""


@pytest.mark.parametrize("seed", range(0, NUMBER, 50))
def test_settings_with_a_fault_are_refused_with_the_key(tmp_path, seed):
    file = tmp_path / "mine.yaml"
    for number in range(seed, seed + 50):
        text, named = faults(random.Random(number))
        file.write_text(text)
        with pytest.raises(FrugalNetError) as refused:
            read_files([file])
        message = str(refused.value)
        assert named in message, (number, named, message)
        assert "mine.yaml" in message, (number, message)
        assert len(message) <= LONGEST, (number, message)
        assert message.replace("\n", "").isprintable(), (number, message)
        assert not any(words in message for words in VALIDATORS), (number, message)


def test_fault_of_a_file_is_told_with_that_file_and_the_later_file_wins(tmp_path):
    usual, mine = ROOT / "config/config.yaml", tmp_path / "mine.yaml"
    mine.write_text("name: mine\nmeasure:\n  threads: 0\n")
    with pytest.raises(FrugalNetError, match=r"measure\.threads = 0 \(.*mine\.yaml, line 3\)"):
        read_files([usual, mine])
    mine.write_text("name: mine\n")
    assert [read_files(files).name for files in ([usual, mine], [mine, usual])] == ["mine", "quick"]


@pytest.mark.parametrize("seed", range(5))
def test_settings_of_other_bytes_are_refused(tmp_path, seed):
    draw = random.Random(seed)
    content = bytearray((ROOT / "config/config.yaml").read_bytes())
    for _ in range(5):
        content[draw.randrange(len(content))] = draw.choice([0x00, 0x80, 0xFF, 0xC0])
    (tmp_path / "mine.yaml").write_bytes(content)
    with pytest.raises(FrugalNetError, match=r"mine\.yaml"):
        read_files([tmp_path / "mine.yaml"])
