"""A digest follows what code does, not how it reads."""

import pytest

from frugalnet.fingerprint import fingerprint


@pytest.fixture
def digest(tmp_path, monkeypatch):
    monkeypatch.syspath_prepend(tmp_path)
    names = iter(f"module{n}" for n in range(9))

    def digest_of(source):
        folder = tmp_path / next(names)
        folder.mkdir()
        (folder / "__init__.py").write_text(source)
        return fingerprint(folder.name)

    return digest_of


def test_docstring_comment_and_layout_change_nothing(digest):
    assert digest('def f(x):\n    """Old."""\n    return x+1\n') == digest(
        '"""Module."""\n\ndef f(\n    x,\n):\n    """New."""\n    return x + 1  # why\n'
    )


def test_changed_constant_changes_it(digest):
    assert digest("def f(x):\n    return x + 1\n") != digest("def f(x):\n    return x + 2\n")


def test_changed_default_changes_it(digest):
    assert digest("def f(x=1): ...\n") != digest("def f(x=None): ...\n")
