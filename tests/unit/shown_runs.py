"""What `frugalnet show` prints of a folder of runs, for tests."""

import re

from typer.testing import CliRunner

from frugalnet.cli import app


def show(folder, *given):
    """Return what the command prints, into a pipe."""
    done = CliRunner().invoke(app, ["show", str(folder), *given])
    assert done.exit_code == 0, done.output
    return done.output


def rows(text):
    """Return the cells of the table in a text, by the run: columns are two spaces apart."""
    lines = text.split("\n\n")[1].splitlines()
    cells = [re.split(r" {2,}", line) for line in lines[1:] if not line.startswith("...")]
    return {run: others for run, *others in cells}
