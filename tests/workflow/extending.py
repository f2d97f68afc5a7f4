"""The page "Add your own": its blocks of code, put into a workspace."""

import re

from tests.workflow.forks import ROOT

PAGE = (ROOT / "docs" / "extend.md").read_text()
BLOCK = re.compile(r"<!-- (file|catalogue|recipes|whole|recipe): (\S+) -->\n```python\n(.*?)```", re.DOTALL)
BLOCKS = BLOCK.findall(PAGE)
FILES = {
    "catalogue": "src/frugalnet/catalogue/__init__.py",
    "recipes": "src/frugalnet/catalogue/recipes.py",
    "whole": "src/frugalnet/config/whole.py",
    "recipe": "src/frugalnet/config/recipe.py",
}
PLACES = {
    "imports": "from frugalnet.config.statistics import Statistics\n",
    "keys": "    checks: Checks = Checks()\n",
    "figures": "        figures=(\n",
    "key": '    """How a network is trained. A key that has no effect leaves no trace in the row of a run."""\n\n',
}
"""Lines of a file below which the page adds some; those of the catalogue go below the opening of what they name."""
OF_THE_STUDY = [block for block in BLOCKS if "toy" in block[1] or block[0] == "whole" or block[1] == "STUDIES"]
OF_RECIPES = [block for block in BLOCKS if block[0] in ("recipes", "recipe") or "/recipes/" in block[1]]


def extend(folder, blocks):
    """Write into a workspace what blocks of the page add, and return the files that they touch."""
    touched = set()
    for kind, name, code in blocks:
        file = FILES.get(kind, name)
        path = folder / file
        path.parent.mkdir(exist_ok=True)
        if kind == "file":
            assert not path.exists(), f"{file} is there already"
            path.write_text(code)
        elif name == "STUDIES":  # below the others: the first is the one that is done where none is named
            head, opened, rest = path.read_text().partition("STUDIES = {\n")
            path.write_text(head + opened + rest.replace("\n}\n", f"\n{code}}}\n", 1))
        else:
            place = PLACES.get(name, f"{name} = {{\n")
            assert place in path.read_text()
            path.write_text(path.read_text().replace(place, place + code, 1))
        touched.add(file)
    return touched
