"""Every command says what it does, and loads nothing heavy for that."""

import subprocess
import sys

import pytest
from typer.testing import CliRunner

from frugalnet.cli import app

COMMANDS = ["run", "probe", "forecast", "script", "rebuild", "package", "verify", "compare", "show", "diff", "track"]


@pytest.mark.parametrize("command", COMMANDS)
def test_help_of_each_command_can_be_shown(command):
    shown = CliRunner().invoke(app, [command, "--help"])
    assert shown.exit_code == 0
    assert command in shown.output


def test_help_lists_all_commands_without_tensorflow():
    code = "import sys; from frugalnet.cli import app; app(['--help'], standalone_mode=False); assert 'tensorflow' not in sys.modules"
    shown = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True).stdout
    assert all(command in shown for command in COMMANDS)
