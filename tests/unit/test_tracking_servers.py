"""What a server of a tracker answers: it is there, it is away, or it is another one."""

import contextlib
import socket
import threading

import pytest

from frugalnet.errors import FrugalNetError
from frugalnet.tracking import servers
from frugalnet.tracking.where import AwayError, RefusedByServerError


@pytest.fixture
def asked():
    """Return a function that asks a server which gives this answer, and says what came of it."""
    with contextlib.ExitStack() as stack:

        def ask(status, body):
            port = stack.enter_context(socket.create_server(("127.0.0.1", 0)))
            head = f"HTTP/1.1 {status} Said\r\nContent-Length: {len(body)}\r\nConnection: close\r\n\r\n"

            def answer():
                with contextlib.suppress(OSError):
                    one, _ = port.accept()
                    with one:
                        one.recv(65536)
                        one.sendall(head.encode() + body)

            threading.Thread(target=answer, daemon=True).start()
            address = f"http://127.0.0.1:{port.getsockname()[1]}"
            return servers.ask(address, "the MLflow server at here", "NAME", {}, {})

        yield ask


def test_answer_of_a_server_that_is_there_is_given(asked):
    assert asked(200, b'{"experiments": []}') == {"experiments": []}


@pytest.mark.parametrize(
    ("status", "body", "found"),
    [
        (404, b"", "HTTP 404"),
        (405, b"{}", "HTTP 405"),
        (200, b"<html>a page</html>", "no JSON"),
        (200, b"[1]", "no JSON"),
    ],
)
def test_another_server_is_an_error_and_not_away(asked, status, body, found):
    with pytest.raises(FrugalNetError) as error:
        asked(status, body)
    assert not isinstance(error.value, AwayError | RefusedByServerError)
    assert (
        str(error.value)
        == f"the MLflow server at here was not found: what is there answers {found}; expected its address"
    )


@pytest.mark.parametrize(("status", "error"), [(503, AwayError), (429, AwayError), (401, RefusedByServerError)])
def test_server_that_is_ill_is_away_and_one_that_refuses_says_what_is_missing(asked, status, error):
    with pytest.raises(error, match=f"HTTP {status}"):
        asked(status, b"")
