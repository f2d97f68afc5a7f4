"""The snippets of the documentation work as they stand there."""

import re
import subprocess
import sys
from pathlib import Path

from frugalnet.backend import keras

DOCS = Path(__file__).parents[2] / "docs"
SNIPPET = re.compile(r"<!-- snippet -->\n```python\n(.*?)```", re.DOTALL)


def printed(page, folder):
    """Run the snippet of a page in a folder, and return the lines that it prints."""
    (code,) = SNIPPET.findall((DOCS / page).read_text())
    done = subprocess.run([sys.executable, "-c", code], cwd=folder, capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    return done.stdout.splitlines()


def test_snippet_compacts_a_model_and_says_what_it_saved(tmp_path):
    (line,) = printed("compact.md", tmp_path)
    small = keras.models.load_model(tmp_path / "small.keras")
    assert [layer.units for layer in small.layers[-2:]] == [75, 10]
    assert line.split() == [str(number) for number in (238_510, 59_635, 238_200, 59_550)]


def test_snippet_books_its_window_inside_the_run(tmp_path):
    rows = [line.split() for line in printed("energy.md", tmp_path)]
    run, work = (next(row for row in rows if row[0] == name) for name in ("run", "run/work"))
    assert {row[0] for row in rows} == {"run", "run/work"}
    assert 0 < int(work[3]) <= int(run[3])
