"""The snippet of "Compact your own Keras 3 model" in the README works as it stands there."""

import re
import subprocess
import sys
from pathlib import Path

from frugalnet.backend import keras

README = (Path(__file__).parents[2] / "README.md").read_text()


def test_snippet_compacts_a_model_and_says_what_it_saved(tmp_path):
    code = re.search(r"<!-- snippet -->\n```python\n(.*?)```", README, re.DOTALL)[1]
    done = subprocess.run([sys.executable, "-c", code], cwd=tmp_path, capture_output=True, text=True, check=True)
    small = keras.models.load_model(tmp_path / "small.keras")
    assert [layer.units for layer in small.layers[-2:]] == [75, 10]
    assert done.stdout.split() == [str(number) for number in (238_510, 59_635, 238_200, 59_550)]
