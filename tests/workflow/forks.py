"""Snakemake in children of a process that has imported its libraries, for calls that start no job: imports are half of such a call.

Nothing of this project is imported before: each child has the package of its workspace.
"""

import json
import os
import subprocess
import sys
from importlib import import_module
from pathlib import Path

ROOT = Path(__file__).parents[2]
MODULES = (
    *("snakemake.cli", "snakemake.report.html_reporter", "snakemake_interface_executor_plugins.registry"),
    *("pandas", "pydantic", "scipy.stats", "psutil", "rich.live", "yaml"),
)


class Forks:
    """The process that forks, and calls of it."""

    def __init__(self):
        self._process = subprocess.Popen(
            [sys.executable, "-m", "tests.workflow.forks"],
            cwd=ROOT,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        )

    def snakemake(self, arguments, folder, environment, output):
        """Run Snakemake in a folder to its end; return its exit status. All that it says goes to the file `output`."""
        call = {"arguments": arguments, "folder": str(folder), "environment": environment, "output": str(output)}
        print(json.dumps(call), file=self._process.stdin, flush=True)
        return int(self._process.stdout.readline())

    def end(self):
        self._process.communicate()


def serve():
    """Fork a child for each call that a line of standard input describes, and print its exit status."""
    for module in MODULES:
        import_module(module)
    for line in sys.stdin:
        child = os.fork()
        if not child:
            _do(**json.loads(line))
        print(os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]), flush=True)


def _do(arguments, folder, environment, output):
    """Be the process of one call, and end with it."""
    said = os.open(output, os.O_WRONLY | os.O_CREAT | os.O_TRUNC)
    for stream, own in ((os.open(os.devnull, os.O_RDONLY), 0), (said, 1), (said, 2)):
        os.dup2(stream, own)
    os.chdir(folder)
    os.environ.clear()
    os.environ.update(environment)
    sys.path[:0] = environment["PYTHONPATH"].split(os.pathsep)
    sys.argv = ["snakemake", *arguments]
    status = 1
    try:
        sys.modules["snakemake.cli"].main()
    except SystemExit as ended:
        status = ended.code or 0
    finally:
        sys.stdout.flush()
        sys.stderr.flush()
        os._exit(status)


if __name__ == "__main__":
    serve()
