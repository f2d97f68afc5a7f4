"""A fault of the configuration is told at the key that somebody wrote, as YAML, and in words."""

import pytest

from frugalnet.config.compression import MOST_RUNS
from frugalnet.config.reading import read_files
from frugalnet.config.shown import shown
from frugalnet.errors import FrugalNetError
from frugalnet.jobs.sheets import run_sheets

VARIANTS = ", ".join(f"{{label: a{number}}}" for number in range(100))
ADDRESS = "(mine.yaml, line 2): expected an address without a password, as in http://"
NAMED = "expected lower-case letters, digits, - and _, a letter or digit first"
TEXT = "expected text of at least one character, without line breaks and control characters"


@pytest.fixture
def told(tmp_path, monkeypatch):
    """Return a function that gives the message about the text of a file, or about settings of the command line."""
    monkeypatch.chdir(tmp_path)

    def message(text, *settings):
        (tmp_path / "mine.yaml").write_text(text)
        with pytest.raises(FrugalNetError) as refused:
            read_files(["mine.yaml"], settings)
        assert str(refused.value).isprintable() or str(refused.value).replace("\n", "").isprintable()
        assert len(str(refused.value)) <= 600
        return str(refused.value)

    return message


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("measure:\n  sampling_hz: 1e-12", "measure.sampling_hz = 1e-12 (mine.yaml, line 2): expected at least 0.01"),
        ("measure:\n  sampling_hz: 5e-324", "expected at least 0.01"),
        ("measure:\n  inference_s: 1e-300", "expected at least 0.001"),
        ("measure:\n  idle_s: 1e-300", "expected at least 1e-09, or 0 where that is allowed"),
        ("compression: {pruning: {temperature: 1e-300}}", "expected at least 0.01"),
        ("compression: {pruning: {ramp: 1e-300}}", "expected at least 0.001"),
        ("compression: {per_dataset: {mnist: {recipe: {learning_rate: 5e-324}}}}", "expected at least 1e-09"),
        ("carbon: {pue: 1, intensity_g_per_kwh: 1e-300, source: a, year: 2026}", "expected at least 1e-09"),
        ("name: Bad", f"name = 'Bad' (mine.yaml, line 1): {NAMED}"),
        ('data: {mirror: ""}', f"data.mirror = '' (mine.yaml, line 1): {TEXT}"),
        ('measure: {replay: "a\\n"}', f'measure.replay = "a\\n" (mine.yaml, line 1): {TEXT}'),
        ('compression: {variants: [{label: ""}]}', "label = '' (mine.yaml, line 1): expected lower-case letters and"),
        *[
            (f"measure:\n  plug: {plug}", ADDRESS)
            for plug in ('"http://["', "http://a:99999/", "http://a:xx/", "http://a:0/", '"http://a b/"', "http:///x", "http://u@a/")
        ],
        ('"": 1', "'' (mine.yaml, line 1): unknown key; known here are name"),
        ('measure: {"": 1}', "measure.'' (mine.yaml, line 1): unknown key; known here are threads"),
        ('"\\e[31m": 1', r"\x1b[31m (mine.yaml, line 1): unknown key"),
        ('name: "\\e[31m"', r'name = "\x1b[31m" (mine.yaml, line 1)'),
    ],
)  # fmt: skip
def test_value_is_refused_in_words(told, text, expected):
    assert expected in told(text)


@pytest.mark.parametrize("plug", ["http://plug.local/meter/0", "https://192.168.0.9:8080", "http://[::1]/rpc?id=0"])
def test_address_of_a_plug_is_taken(tmp_path, plug):
    (tmp_path / "mine.yaml").write_text(f"measure: {{plug: '{plug}'}}")
    assert read_files([tmp_path / "mine.yaml"]).measure.plug == plug


@pytest.mark.parametrize(
    ("study", "expected"),
    [
        (
            "pruning:\n    initial_sparsity: 0.4\n  variants: [{sparsity: 0.3}]",
            "pruning.initial_sparsity = 0.4 (mine.yaml, line 3): initial_sparsity 0.4 is above sparsity 0.3",
        ),
        (
            "pruning:\n    initial_sparsity: 0.4\n  per_dataset: {mnist: {pruning: {sparsity: 0.3}}}",
            "pruning.initial_sparsity = 0.4 (mine.yaml, line 3): initial_sparsity 0.4 is above sparsity 0.3",
        ),
        (
            "nas: {jobs: true, tuner: random}\n  per_dataset: {sat6: {nas: {tuner: greedy}}}",
            "nas.jobs = true (mine.yaml, line 2): jobs with tuner greedy",
        ),
        (
            "variants: [{granularity: '2:4', sparsity: 0.5}]\n  per_dataset:\n    mnist: {pruning: {allocation: global}}",
            "per_dataset.mnist.pruning.allocation = 'global' (mine.yaml, line 4): granularity 2:4 drops half",
        ),
        ("pruning: {granularity: '2:4'}", "pruning.granularity = '2:4' (mine.yaml, line 2): granularity 2:4 drops half"),
        (
            "nas: {weights: {macs: 1}}\n  methods: [baseline, nas]\n  per_dataset: {mnist: {without: [baseline]}}",
            "per_dataset.mnist.without = [baseline] (mine.yaml, line 4): names baseline, but nas.weights compares "
            "with its record: take it out of here",
        ),
        (
            "methods: [baseline]\n  per_dataset: {mnist: {without: [baseline]}}",
            "per_dataset.mnist.without = [baseline] (mine.yaml, line 3): leaves no method for mnist",
        ),
        ("per_dataset: {mnist: {without: [nas, nas]}}", "per_dataset.mnist.without = [nas, nas] (mine.yaml, line 2): names nas twice"),
        ("pruning: {exclude: [dense1, dense1]}", "pruning.exclude = [dense1, dense1] (mine.yaml, line 2): names dense1 twice"),
        (
            "datasets: [mnist]\n  per_dataset: {sat6: {pruning: {initial_sparsity: 0.99}}}",
            "per_dataset.sat6.pruning.initial_sparsity = 0.99 (mine.yaml, line 3): initial_sparsity 0.99 is above",
        ),
        ("per_dataset: {'[key]': {recipe: {epochs: 3}}}", "per_dataset.[key] = '[key]' (mine.yaml, line 2): unknown dataset"),
        ("per_dataset: {'': {}}", "per_dataset.'' = '' (mine.yaml, line 2): unknown dataset"),
        (
            f"datasets: [mnist]\n  methods: [baseline, pruning]\n  seeds: 100\n  variants: [{VARIANTS}]",
            "seeds = 100 (mine.yaml, line 4): up to 10,100 runs (datasets, methods, variants, seeds); expected 10,000 at most",
        ),
    ],
)  # fmt: skip
def test_study_that_cannot_be_is_told_at_the_key_that_was_written(told, study, expected):
    assert f"compression.{expected}" in told(f"compression:\n  {study}\n")


def test_plug_and_power_are_told_at_the_key_that_was_written(told):
    assert "measure.cpu_idle_w = 100.0 (mine.yaml, line 2)" in told("measure:\n  cpu_idle_w: 100")
    assert "measure.meters = 'plug' (mine.yaml, line 2)" in told("measure:\n  meters: plug")


@pytest.mark.parametrize(
    ("setting", "expected"),
    [
        (".measure=1", "'' (--set): unknown key; known here are name"),
        ("measure..threads=1", "measure.'' (--set): unknown key"),
        ("=1", "--set '=1': expected a key and its value"),
        ("\udcff=1", r'--set "\udcff=1": expected a key and its value'),
        ("a\x1b=1", r'--set "a\x1b=1": expected a key and its value'),
        ("name=!!str a", "--set 'name=!!str a', line 1: not valid YAML (the tag !!str"),
        ("name=0x" + "F" * 5000, "line 1: not valid YAML (a number of 5,002 characters"),
    ],
)
def test_setting_of_the_command_line_is_told(told, setting, expected):
    assert expected in told("{}", setting)


def test_list_of_an_earlier_file_is_not_blamed_for_that_of_a_later_one(told, tmp_path):
    (tmp_path / "first.yaml").write_text("compression: {variants: [{}, {label: a}]}")
    (tmp_path / "mine.yaml").write_text("compression:\n  variants:\n  - {}\n  - {}\n")
    with pytest.raises(FrugalNetError, match=r"variants\.1\.label = null \(mine\.yaml, line 4\)"):
        read_files(["first.yaml", "mine.yaml"])


def test_no_run_sheet_is_longer_than_what_is_refused(tmp_path):
    (tmp_path / "mine.yaml").write_text(
        "compression: {seeds: 10, methods: [baseline, continued, pruning, random, scratch]}"
    )
    config = read_files([tmp_path / "mine.yaml"])
    assert len(run_sheets(config)["compression"]) <= config.compression.most_runs <= MOST_RUNS


@pytest.mark.parametrize(
    ("value", "text"),
    [
        (None, "null"), (True, "true"), (False, "false"), (1, "1"), (2.5, "2.5"), (float("inf"), ".inf"), (float("-inf"), "-.inf"),
        (float("nan"), ".nan"), ("it's", "'it''s'"), ("", "''"), (["a", "2:4", "null", ""], "[a, '2:4', 'null', '']"),
        (("nosuch",), "[nosuch]"), ({"a": {"b": None}}, "{a: {b: null}}"), ("\x1b\u202e\ud800\n", r'"\x1b\u202e\ud800\n"'),
        ('"\\\t', r'"\"\\\t"'), ("x" * 100, "'" + "x" * 59 + "…"), ([], "[]"),
        (["abcdefghi"] * 10**5, "[" + "abcdefghi, " * 5 + "abcd…"),
    ],
)  # fmt: skip
def test_value_is_shown_as_yaml_writes_it(value, text):
    assert shown(value) == text


def test_number_that_is_too_long_to_be_shown_is_counted():
    assert shown([10**5000]) == "[a number of 5,000 digits]"
