"""A rule per method: what the rule graph shows, and what its names are good for."""

import re

from frugalnet import catalogue

CHAIN = [
    ("download", "prepare"),
    ("prepare", "baseline"),
    ("baseline", "pruning"),
    ("baseline", "continued"),
    ("pruning", "scratch"),
    ("baseline", "nas"),  # whose objective compares with it
    ("nas", "nas_pruning"),
    ("nas", "nas_continued"),
    ("nas", "width_scaled"),
    ("baseline", "joint"),
    ("nas_pruning", "interim"),
]


def graph_of(workspace, target="mnist", **options):
    """Return the arrows of the rule graph, by the names of rules."""
    status, output = workspace.idle("--rulegraph", "dot", target, **options)
    assert status == 0, output
    names = dict(re.findall(r'(\d+)\[label = "(\w+)', output))
    return {(names[one], names[other]) for one, other in re.findall(r"(\d+) -> (\d+)", output)}


def test_rule_graph_shows_what_starts_from_what(unmade):
    assert set(CHAIN) <= graph_of(unmade)


def test_rule_of_a_method_starts_from_that_of_its_parent_as_the_documentation_lists_them(unmade):
    graph = graph_of(unmade, "compression", config=None)
    parents = {(entry.parent, name) for name, entry in catalogue.METHODS.items() if entry.parent}
    assert parents <= graph
    assert {after for before, after in graph if before == "prepare"} >= {
        name for name, entry in catalogue.METHODS.items() if not entry.chosen
    }


def test_workflow_can_end_with_a_method(unmade):
    assert unmade.measured("--until", "baseline") == {"mnist/baseline", "california_housing/baseline"}
