"""Links of what is read outside of the documentation lead somewhere; those inside it are checked when it is built."""

import re
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
READ = ("README.md", "CONTRIBUTING.md", "CHANGELOG.md", "config/README.md", "data/README.md", "results/README.md")
LINK = re.compile(r"\]\(([^)\s]+)\)")
FENCED = re.compile(r"^```.*?^```$", re.DOTALL | re.MULTILINE)


def headings(path):
    """Return the names by which the headings of a file are linked."""
    found = re.findall(r"^#+ (.*)$", FENCED.sub("", path.read_text()), re.MULTILINE)
    return {re.sub(r"[^\w\- ]", "", heading.lower()).replace(" ", "-") for heading in found}


def dead(file):
    """Return the links of a file that lead nowhere; those to other addresses are left out."""
    links = [link for link in LINK.findall(FENCED.sub("", file.read_text())) if ":" not in link]
    targets = [(link, *link.partition("#")[::2]) for link in links]
    places = [(link, file.parent / path if path else file, heading) for link, path, heading in targets]
    return [
        link for link, place, heading in places if not place.exists() or (heading and heading not in headings(place))
    ]


@pytest.mark.parametrize("name", READ)
def test_every_link_leads_to_a_file_and_a_heading(name):
    assert dead(ROOT / name) == []


def test_link_to_a_file_or_a_heading_that_is_not_there_is_found(tmp_path):
    (tmp_path / "other.md").write_text("# What it is, `now`\n")
    file = tmp_path / "file.md"
    file.write_text(
        "[a](other.md#what-it-is-now) [b](other.md#what) [c](gone.md) [d](#here) [e](https://example.org)\n"
    )
    assert dead(file) == ["other.md#what", "gone.md", "#here"]
