"""What `docs/techniques.md` shows of the configuration, commands and files of the techniques study is so."""

import re
from dataclasses import fields
from pathlib import Path

import pytest
import yaml

from frugalnet import catalogue
from frugalnet.config.reading import read_files
from frugalnet.config.techniques import Score
from frugalnet.jobs.sheets import named
from frugalnet.record.rows import Epoch
from frugalnet.studies.techniques.sheet import as_table, combinations, run_sheet

QUICK, PAPER = "config/config.yaml", "config/paper.yaml"
PAGE = Path("docs/techniques.md").read_text()
BLOCKS = re.findall(r"```yaml\n(.*?)```", PAGE, re.DOTALL)


def block(word):
    """Return the settings on the page that have a word, as the text of their file."""
    (found,) = [text for text in BLOCKS if word in text]
    return found


@pytest.fixture
def study(tmp_path):
    """Return a function from files of settings to the section of the study."""

    def read(*files, written=""):
        own = tmp_path / "own.yaml"
        own.write_text(written)
        return read_files([*files, own]).techniques if written else read_files(files).techniques

    return read


def test_numbers_of_runs_are_those_of_the_sheets():
    quick, paper = len(run_sheet(read_files([QUICK]))), len(run_sheet(read_files([QUICK, PAPER])))
    assert f"quick study has {quick} runs" in PAGE and f"real study has {paper} runs" in PAGE


def test_weights_of_the_score_are_the_defaults():
    assert yaml.safe_load(block("score:"))["techniques"]["score"] == Score().model_dump()
    assert "20 log10( quality^2 / (energy^0.5 · inference^0.5) )" in PAGE


def test_own_sheet_is_one_that_the_settings_beside_it_take(tmp_path, study):
    (shown,) = [text for text in re.findall(r"```text\n(.*?)```", PAGE, re.DOTALL) if text.startswith("run ")]
    sheet = tmp_path / "mine.tsv"
    sheet.write_text(re.sub(" {2,}", "\t", shown))
    mine = study(QUICK, written=block("mine.tsv").replace("mine.tsv", str(sheet)))
    assert [each.name for each in combinations(mine)] == ["plain", "fast"]


def test_other_factors_are_those_that_its_settings_name(study):
    appendix = study(QUICK, PAPER, written=block("label_smoothing:"))
    assert (appendix.dataset, appendix.network) == ("cifar100", "resnet20")
    assert {"decay", "label_smoothing", "scaling"} < appendix.varied.keys() and "split" not in appendix.varied
    assert appendix.varied["batch_size"].levels == [32, 64, 128, 256]
    assert appendix.varied["batch_size"].on == 128


def test_int8_and_another_precision_are_resolved_as_it_says(study):
    rows = [line.split("\t") for line in as_table(study(QUICK, PAPER)).splitlines()]
    precision, internal = rows[0].index("precision"), rows[0].index("internal")
    int8 = {"quantization_aware", "post_training_quantization"}
    assert {row[precision] for row in rows[1:] if row[internal] in int8} == {"float32"}


def test_each_run_that_a_command_names_is_on_the_sheet():
    sheets = {"techniques": {run.id: run for run in run_sheet(read_files([QUICK]))}}
    asked = re.findall(r"^frugalnet (?:run|script) (\S+)", PAGE, re.MULTILINE)
    assert [named(name, sheets).method for name in asked] == ["baseline", "best"]


def test_every_column_of_the_log_of_epochs_and_every_table_is_told():
    assert [name for name in (field.name for field in fields(Epoch)) if f"`{name}`" not in PAGE] == []
    assert re.findall(r"^### `(\w+)`", PAGE, re.MULTILINE) == list(catalogue.STUDIES["techniques"].tables)


def test_settings_in_the_readme_of_the_configuration_are_legal(study):
    text = Path("config/README.md").read_text().partition("## The techniques study")[2].partition("## Keys")[0]
    (shown,) = re.findall(r"```yaml\n(.*?)```", text, re.DOTALL)
    found = study(QUICK, PAPER, written=shown)
    assert (found.n, found.seeds, found.interactions) == (60, 3, [["optimizer", "learning_rate"]])
