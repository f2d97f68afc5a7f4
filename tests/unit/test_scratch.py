"""Scratch folders are gone after their block, and those of killed processes when the next one is made."""

import os
import signal
import stat
import subprocess
import sys

import pytest

from frugalnet.files import make_scratch, scratch

KEEP = """
import sys, time
from pathlib import Path
from frugalnet.files import scratch
with scratch(Path(sys.argv[1])) as folder:
    print(folder, flush=True)
    time.sleep(60)
"""


@pytest.fixture
def other(tmp_path):
    """Return a process with a scratch folder, and the folder."""
    with subprocess.Popen([sys.executable, "-c", KEEP, str(tmp_path)], stdout=subprocess.PIPE, text=True) as process:
        yield process, process.stdout.readline().strip()
        process.kill()


def test_folder_is_private_and_gone_after_the_block_and_after_an_error(tmp_path):
    def fail():
        with scratch(tmp_path) as folder:
            assert folder.parent == tmp_path
            assert stat.S_IMODE(folder.stat().st_mode) == 0o700
            (folder / "inside").mkdir()
            raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        fail()
    assert list(tmp_path.iterdir()) == []


def test_folder_of_a_living_process_stays_and_of_a_killed_one_goes(other, tmp_path):
    process, folder = other
    with scratch(tmp_path):
        assert os.path.isdir(folder)
    process.send_signal(signal.SIGKILL)
    process.wait()
    assert os.path.isdir(folder)
    with scratch(tmp_path):
        assert not os.path.exists(folder)


def test_folder_of_this_process_stays_until_it_is_closed(tmp_path):
    folder, in_use = make_scratch(tmp_path)
    with scratch(tmp_path):
        assert folder.exists()
    in_use.close()
    with scratch(tmp_path):
        assert not folder.exists()


def test_what_only_has_such_a_name_stays(tmp_path):
    (tmp_path / "frugalnet-notes").mkdir()
    (tmp_path / "frugalnet-file").write_text("mine")
    with scratch(tmp_path):
        pass
    assert sorted(path.name for path in tmp_path.iterdir()) == ["frugalnet-file", "frugalnet-notes"]
