"""The notebook for hosted services: what it prints of the commands that it runs."""

import ast
import json
import sys
from pathlib import Path

NOTEBOOK = Path(__file__).parents[2] / "docs" / "sweep.ipynb"


def made_by_the_notebook(name):
    """Return a function that the notebook defines."""
    cells = [
        "".join(cell["source"]) for cell in json.loads(NOTEBOOK.read_text())["cells"] if cell["cell_type"] == "code"
    ]
    (tree,) = (tree for tree in map(ast.parse, cells) if any(getattr(node, "name", "") == name for node in tree.body))
    tree.body = [node for node in tree.body if isinstance(node, ast.Import | ast.ImportFrom | ast.FunctionDef)]
    found = {}
    exec(compile(tree, NOTEBOOK, "exec"), found)
    return found[name]


def test_token_in_an_address_is_printed_neither_with_the_command_nor_by_it(capfd):
    say_and_do = made_by_the_notebook("say_and_do")
    address = "https://me:s3cret@host.example/frugalnet.git"
    say_and_do(sys.executable, "-c", "import sys; print('fatal:', sys.argv[1])", address)
    said = capfd.readouterr().out
    assert "s3cret" not in said
    assert said.startswith("$ ") and said.count("https://host.example/frugalnet.git\n") == 2
