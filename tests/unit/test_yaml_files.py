"""Settings are read as YAML 1.2, each key once, and what is no file of settings is refused with its name and line."""

from pathlib import Path

import pytest

from frugalnet.config.reading import read_files
from frugalnet.config.yaml_files import DEEP, Source, read_source, read_value, written
from frugalnet.errors import FrugalNetError

MEANT = {
    "010": 10, "0o17": 15, "0x1F": 31, "-7": -7, "2_000_000": 2_000_000, "1:30": "1:30", "2:4": "2:4", "1e5": 1e5, ".5": 0.5,
    "1_0.5": 10.5, "no": "no", "on": "on", "true": True, "False": False, "null": None, "~": None, "": None,
    "-0.0": 0.0, "2026-01-01": "2026-01-01", "0b11": "0b11", "1.2.3": "1.2.3",
}  # fmt: skip


@pytest.mark.parametrize(("text", "value"), MEANT.items())
def test_plain_text_means_what_yaml_1_2_says(text, value):
    found = read_value(f"a: [{text or '~'}]", "mine", "settings")["a"][0]
    assert (repr(found), type(found)) == (repr(value), type(value))


def test_what_is_written_is_read_back():
    values = {"a": ["1e5", "010", "no", "2:4", 1e5, 10, None, True, "0o17", ""], "b": {"c": "~", "d": "<<"}}
    assert read_value(written(values), "mine", "settings") == values


def read(folder, text):
    path = folder / "mine.yaml"
    path.write_bytes(text if isinstance(text, bytes) else text.encode())
    return read_source(path, "mine.yaml", "settings")


def test_lines_of_keys_and_entries_are_known(tmp_path):
    found = read(tmp_path, "a: 1\nb:\n  c: [2,\n    3]\n")
    assert found.values == {"a": 1, "b": {"c": [2, 3]}}
    assert [found.where(place) for place in (("a",), ("b", "c"), ("b", "c", 1), ("b", "x"))] == [
        f"mine.yaml, line {line}" for line in (1, 3, 4, 2)
    ]
    assert Source("--config", {}).where(("a",)) == "--config"


def test_merged_keys_are_those_of_the_anchor_and_own_ones_win(tmp_path):
    text = "base: &base {a: 1, b: 2}\none: {<<: *base, b: 3}\nother: {<<: *base}\n"
    assert read(tmp_path, text).values == {"base": {"a": 1, "b": 2}, "one": {"a": 1, "b": 3}, "other": {"a": 1, "b": 2}}


TAGGED = [
    "!!bool maybe",
    "!!bool 1",
    '!!float ""',
    "!!float 1:30",
    "!!null x",
    "!!int 3",
    "!!str 3",
    "! x",
    "!!map {}",
    "!!seq []",
]
STARTS = ["", "-", "0x", "0o", "0.", "1e"]
BOMB = "a0: &a0 [x, x]\n" + "".join(f"a{n}: &a{n} [{', '.join([f'*a{n - 1}'] * 9)}]\n" for n in range(1, 9))


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("a: 1\nb: 2\na: 3\n", "the key a is in lines 1 and 3"),
        ("a:\n  b: 1\n  b: 2\n", "the key b is in lines 2 and 3"),
        ("a: [1", "mine.yaml, line 1: not valid YAML"),
        ("a: 1\n\tb: 2", "line 2: not valid YAML"),
        ("a: &a [*a]", "holds itself"),
        (BOMB, "aliases written out"),
        ("[" * 500 + "]" * 500, f"nested deeper than {DEEP} levels"),
        ("a: " * 500, "not valid YAML"),
        (
            "b: 1\na: !!python/object/apply:os.system [ls]",
            "mine.yaml, line 2: not valid YAML (a: the tag !!python/",
        ),
        ("b: 1\na: !!binary aGk=", "mine.yaml, line 2: not valid YAML (a: the tag !!binary"),
        ("a: !mine 3", "mine.yaml, line 1: not valid YAML (a: the tag !mine; expected a value without one)"),
        *[(f"b: 1\na: {text}", f"line 2: not valid YAML (a: the tag {text.split()[0]};") for text in TAGGED],
        ("1: a", "a key that is not text: 1"),
        ("true: a", "a key that is not text: true"),
        ("? [a]\n: b", "mine.yaml, line 1: not valid YAML (a key that is not text, but a list)"),
        ("b: 1\n? {a: 1}\n: b", "line 2: not valid YAML (a key that is not text, but keys with values)"),
        ("a: 1\nb: <<", "line 2: not valid YAML (b: << is not a value"),
        ('a: 1\nb: "\\ud800"', r"line 2: not valid YAML (b: \ud800 contains half of a character"),
        ('a: 1\n"\\ud800": b', r"line 2: not valid YAML (\ud800: \ud800 contains half of a character"),
        ('"\\e[1m": 1\n"\\e[1m": 2', r"line 2: not valid YAML (the key \x1b[1m is in lines 1 and 2"),
        ("a: 1\nb: \x1b", "line 2: not valid YAML (unacceptable character #x001b"),
        ("a: 1\n---\nb: 2\n", "another document"),
        ("b: 1\na: " + "9" * 41, "line 2: not valid YAML (a: a number of 41 characters; expected 40 at most"),
        *[(f"b: 1\na: [{start}{'7' * 5000}]", "line 2: not valid YAML (a.0: a number of 5,00") for start in STARTS],
        ("- a", "has no keys"),
        ("just text", "has no keys"),
        (b"name: \xff\xfe", "not UTF-8 text (byte 6)"),
        (b"\x00\x01", "not valid YAML"),
        ("a: " + "x" * 200_001, "200,000 bytes at most"),
        ("[" + "1, " * 30_000 + "]", "more than 20,000 values"),
    ],
)
def test_what_is_no_file_of_settings_is_refused(tmp_path, text, told):
    with pytest.raises(FrugalNetError) as refused:
        read(tmp_path, text)
    message = str(refused.value)
    assert told in message and message.startswith("mine.yaml") and "expected" in message
    assert len(message) < 600


def test_folder_and_missing_file_are_refused(tmp_path):
    for path, told in (
        (tmp_path, "a folder"),
        (tmp_path / "no.yaml", "no such file"),
        (Path("/dev/null"), "not a regular file"),
    ):
        with pytest.raises(FrugalNetError, match=told):
            read_files([path])


def test_empty_file_has_no_settings(tmp_path):
    assert read(tmp_path, "# nothing\n").values == {}
