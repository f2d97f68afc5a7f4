"""The notebook of a study: execute it, and render it as one self-contained page."""

import re
import sys
from pathlib import Path
from string import Template

import nbformat
import papermill
from jupyter_client.kernelspec import KernelSpec
from jupyter_client.manager import AsyncKernelManager
from nbconvert import HTMLExporter
from nbformat import NotebookNode
from papermill.exceptions import PapermillExecutionError

from frugalnet.page import embedded

TRACES = ("papermill", "execution")
"""Metadata of an execution: paths of this machine and times of the day."""
HEADING = re.compile(
    r'<h([123])\b[^>]*\bid="([^"]+)"[^>]*>(.*?)(?:<a class="anchor-link"[^>]*>.*?</a>)?</h\1>', re.DOTALL
)


class OwnKernel(AsyncKernelManager):
    """Start the kernel in the Python that runs this, whatever kernels are registered on the machine."""

    @property
    def kernel_spec(self) -> KernelSpec:
        """Return how the kernel is started; it keeps no history in the home folder, and warns of nothing."""
        kernel = "-m ipykernel_launcher --log-level=ERROR --HistoryManager.enabled=False -f {connection_file}"
        return KernelSpec(argv=[sys.executable, *kernel.split()], display_name="Python 3", language="python")


def execute(source: Path, results: Path, executed: Path) -> None:
    """Execute a notebook in a study's folder, which is its parameter `results`, and keep it with its outputs.

    The parameter is `.`, so that a person can open and execute what is kept wherever the folder lies. Raises RuntimeError with the
    cell's error when a cell fails; then nothing is kept.
    """
    notebook = nbformat.read(source, as_version=4)
    kernel = {"kernel_name": "python3", "kernel_manager_class": OwnKernel, "cwd": str(results)}
    try:
        done = papermill.execute_notebook(notebook, None, {"results": "."}, progress_bar=False, **kernel)
    except PapermillExecutionError as error:
        place = f"{source.name}, cell {error.cell_index}"
        raise RuntimeError(f"{place}: {error.ename}: {error.evalue}") from error
    executed.parent.mkdir(parents=True, exist_ok=True)
    nbformat.write(_cleaned(done), executed)


def _cleaned(notebook: NotebookNode) -> NotebookNode:
    """Remove what tells of the machine and the moment, so that equal results give equal notebooks."""
    for number, cell in enumerate(notebook.cells):
        cell["id"] = f"cell-{number}"
    for part in (notebook, *notebook.cells):
        for trace in TRACES:
            part.metadata.pop(trace, None)
    return notebook


def render(executed: Path, template: Path, page: Path) -> None:
    """Write an executed notebook as a page of text, tables and figures, without code and without any network address.

    The template has the places `$title`, `$contents` (nested lists of links to the headings), `$body`, `$styles` and `$scripts`.
    """
    notebook = nbformat.read(executed, as_version=4)
    exporter = HTMLExporter(
        template_name="basic",
        exclude_input=True,
        exclude_input_prompt=True,
        exclude_output_prompt=True,
        anchor_link_text="",
    )
    body, _ = exporter.from_notebook_node(notebook)
    title = re.search(r"<h1[^>]*>([^<]+)", body)
    text = Template(template.read_text(encoding="utf-8")).substitute(
        title=title[1] if title else executed.stem,
        contents=_contents(body),
        body=_linked(body),
        styles=embedded.styles(),
        scripts=embedded.scripts(body),
    )
    page.write_text(text, encoding="utf-8")


def _linked(body: str) -> str:
    """Make each heading a link to itself."""
    return HEADING.sub(r'<h\1 id="\2"><a href="#\2">\3</a></h\1>', body)


def _contents(body: str) -> str:
    """Return items of a list with links to the headings of the second level, those of the third in lists inside."""
    items: list[tuple[str, list[str]]] = []
    for level, name, text in HEADING.findall(body):
        link = f'<a href="#{name}">{text}</a>'
        if level == "2":
            items.append((link, []))
        elif level == "3" and items:
            items[-1][1].append(f"<li>{link}</li>")
    return "".join(f"<li>{link}{f'<ul>{chr(10).join(inside)}</ul>' if inside else ''}</li>" for link, inside in items)
