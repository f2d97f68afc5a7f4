"""What the README shows works as it stands there."""

import re

import pytest

from frugalnet.record import read_record
from tests.workflow.conftest import ROOT

README = (ROOT / "README.md").read_text()
BLOCK = re.compile(r"<!-- (file|catalogue): (\S+) -->\n```python\n(.*?)```", re.DOTALL)


@pytest.fixture
def extended(fresh):
    """Return a workspace with all that the section "Add your own" adds."""
    catalogue = fresh.folder / "src/frugalnet/catalogue.py"
    for kind, name, code in BLOCK.findall(README):
        if kind == "file":
            (fresh.folder / name).write_text(code)
        else:
            catalogue.write_text(re.sub(rf"^({name} = {{\n)", rf"\1{code}", catalogue.read_text(), flags=re.MULTILINE))
    return fresh


def test_network_and_method_of_the_readme_are_run(extended):
    config = ["datasets={mnist: {network: narrow}}", "compression={datasets: [mnist], methods: [baseline, briefly]}"]
    target = "results/tiny/compression/raw/mnist/briefly/default/seed0/record.json"
    status, output = extended.snakemake(target, "--config", *config)
    assert status == 0, output
    record = read_record(extended.folder / target)
    assert record.model.parameters == 784 * 24 + 24 + 24 * 10 + 10 == 19_090
    assert record.parents[0].id == "mnist/baseline/default/seed0"


def test_rulegraph_of_the_readme_is_that_of_the_workflow(fresh):
    status, output = fresh.snakemake("--rulegraph", "mermaid-js", config=None)
    assert status == 0
    graph = output[output.index("---\ntitle") :].strip()
    shown = re.search(r"```mermaid\n(.*?)```", README, re.DOTALL)[1].strip()
    assert shown == graph
