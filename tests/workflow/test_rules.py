"""A rule per method: what the rule graph shows, and what its names are good for."""

import re

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


def graph_of(workspace):
    """Return the arrows of the rule graph, by the names of rules."""
    status, output = workspace.idle("--rulegraph", "dot", "mnist")
    assert status == 0, output
    names = dict(re.findall(r'(\d+)\[label = "(\w+)', output))
    return {(names[one], names[other]) for one, other in re.findall(r"(\d+) -> (\d+)", output)}


def test_rule_graph_shows_what_starts_from_what(unmade):
    assert set(CHAIN) <= graph_of(unmade)


def test_workflow_can_end_with_a_method(unmade):
    assert unmade.measured("--until", "baseline") == {"mnist/baseline", "california_housing/baseline"}
