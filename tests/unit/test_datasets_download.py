"""Downloads from official addresses and URL mirrors, against a server on this machine."""

import hashlib
import threading
from collections.abc import Iterator
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest

from frugalnet.config.data import Data
from frugalnet.datasets import mnist, transfer
from frugalnet.datasets.fetch import fetch
from frugalnet.datasets.source import File, Source
from frugalnet.errors import FrugalNetError

CONTENT = bytes(range(256)) * 2000  # 512,000 bytes: several chunks
CHECKSUM = f"sha256:{hashlib.sha256(CONTENT).hexdigest()}"
NAME = "images.gz"


@dataclass
class Server:
    """What the server serves, how it misbehaves, and the Range header of each request that it got."""

    address: str = ""
    files: dict[str, bytes] = field(default_factory=dict)
    ranges: list[str | None] = field(default_factory=list)
    breaks_off_after: list[int] = field(default_factory=list)
    can_resume: bool = True


@pytest.fixture
def server() -> Iterator[Server]:
    state = Server()

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            state.ranges.append(self.headers["Range"])
            content = state.files.get(self.path)
            if content is None:
                self.send_error(404)
                return
            start = int(self.headers["Range"][6:-1]) if self.headers["Range"] and state.can_resume else 0
            if start >= len(content):
                self.send_error(416)
                return
            self.send_response(206 if start else 200)
            self.send_header("Content-Length", str(len(content) - start))
            self.end_headers()
            end = state.breaks_off_after.pop(0) if state.breaks_off_after else len(content)
            self.wfile.write(content[start:end])

        def log_message(self, *_: object) -> None:
            pass

    http = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    threading.Thread(target=http.serve_forever, args=(0.01,), daemon=True).start()
    state.address = f"http://127.0.0.1:{http.server_port}"
    yield state
    http.shutdown()
    http.server_close()


@pytest.fixture(autouse=True)
def _at_once(monkeypatch):
    monkeypatch.setattr("time.sleep", lambda _: None)
    monkeypatch.delenv("FRUGALNET_MIRROR", raising=False)


def download(folder: Path, monkeypatch: pytest.MonkeyPatch, *urls: str, mirror: str | None = None) -> None:
    """Fetch a dataset of one file that is offered at `urls`."""
    source = Source(licence="", citation="", files=(File(NAME, {CHECKSUM: "official"}, urls),))
    monkeypatch.setattr(mnist, "SOURCE", source)
    fetch("mnist", Data(source="official", mirror=mirror), folder)


def test_file_is_downloaded_and_nothing_else_left(server, tmp_path, monkeypatch):
    server.files["/a"] = CONTENT
    download(tmp_path, monkeypatch, f"{server.address}/a")
    assert (tmp_path / NAME).read_bytes() == CONTENT
    assert sorted(path.name for path in tmp_path.iterdir()) == [NAME, "manifest.json"]


def test_person_is_told_how_far_a_download_is_and_what_came(server, tmp_path, monkeypatch, caplog):
    server.files["/a"] = CONTENT
    monkeypatch.setattr(transfer, "PROGRESS_S", 0)
    caplog.set_level("INFO", "frugalnet")
    download(tmp_path, monkeypatch, f"{server.address}/a")
    assert any(f"{NAME}" in line and "of 0.5 MB" in line for line in caplog.messages)
    assert f"{NAME}: official, 0.5 MB, {server.address}/a" in caplog.messages


def test_second_address_is_asked_when_the_first_has_nothing(server, tmp_path, monkeypatch):
    server.files["/b"] = CONTENT
    download(tmp_path, monkeypatch, f"{server.address}/a", f"{server.address}/b")
    assert f'"origin": "{server.address}/b"' in (tmp_path / "manifest.json").read_text()


def test_second_address_is_asked_when_the_first_gives_other_content(server, tmp_path, monkeypatch):
    server.files.update({"/a": b"<html>please log in</html>", "/b": CONTENT})
    download(tmp_path, monkeypatch, f"{server.address}/a", f"{server.address}/b")
    assert (tmp_path / NAME).read_bytes() == CONTENT


def test_download_that_breaks_off_is_tried_again_from_where_it_was(server, tmp_path, monkeypatch):
    server.files["/a"] = CONTENT
    server.breaks_off_after = [200_000]
    download(tmp_path, monkeypatch, f"{server.address}/a")
    assert (tmp_path / NAME).read_bytes() == CONTENT
    assert server.ranges == [None, "bytes=196608-"]  # three chunks of 65,536 bytes were whole


def test_same_command_goes_on_with_what_an_earlier_one_left(server, tmp_path, monkeypatch):
    server.files["/a"] = CONTENT
    (tmp_path / f"{NAME}.partial").write_bytes(CONTENT[:300_000])
    download(tmp_path, monkeypatch, f"{server.address}/a")
    assert (tmp_path / NAME).read_bytes() == CONTENT
    assert server.ranges == ["bytes=300000-"]


def test_server_that_cannot_resume_sends_the_whole_file(server, tmp_path, monkeypatch):
    server.files["/a"] = CONTENT
    server.can_resume = False
    (tmp_path / f"{NAME}.partial").write_bytes(CONTENT[:300_000])
    download(tmp_path, monkeypatch, f"{server.address}/a")
    assert (tmp_path / NAME).read_bytes() == CONTENT
    assert len(server.ranges) == 1


@pytest.mark.parametrize("leftover", [b"x" * 1000, b"x" * 600_000], ids=["shorter", "longer"])
def test_wrong_leftover_does_not_poison_the_download(leftover, server, tmp_path, monkeypatch):
    server.files["/a"] = CONTENT
    (tmp_path / f"{NAME}.partial").write_bytes(leftover)
    download(tmp_path, monkeypatch, f"{server.address}/a")
    assert (tmp_path / NAME).read_bytes() == CONTENT


def test_wrong_checksum_is_refused_and_leaves_nothing(server, tmp_path, monkeypatch):
    server.files["/a"] = CONTENT[:-1]
    with pytest.raises(FrugalNetError) as caught:
        download(tmp_path, monkeypatch, f"{server.address}/a")
    message = str(caught.value)
    assert f"{server.address}/a" in message
    assert CHECKSUM.removeprefix("sha256:") in message
    assert hashlib.sha256(CONTENT[:-1]).hexdigest() in message
    assert list(tmp_path.iterdir()) == []


def test_no_network_is_one_message_with_addresses_and_the_way_round(tmp_path, monkeypatch):
    with pytest.raises(FrugalNetError) as caught:
        download(tmp_path / "mnist", monkeypatch, "http://127.0.0.1:9/a", "http://127.0.0.1:9/b")
    message = str(caught.value)
    assert message.startswith(
        "images.gz: none of its official addresses gave it:\n  http://127.0.0.1:9/a: cannot be downloaded"
    )
    assert "http://127.0.0.1:9/b" in message
    assert (
        "data.mirror or the environment variable FRUGALNET_MIRROR name a folder that holds mnist/ with images.gz"
        in message
    )


def test_broken_download_is_kept_for_the_next_command(server, tmp_path, monkeypatch):
    server.files["/a"] = CONTENT
    server.breaks_off_after = [100_000, 0, 0]
    with pytest.raises(FrugalNetError, match="continues where it stopped"):
        download(tmp_path, monkeypatch, f"{server.address}/a")
    assert [path.name for path in tmp_path.iterdir()] == [f"{NAME}.partial"]
    download(tmp_path, monkeypatch, f"{server.address}/a")
    assert (tmp_path / NAME).read_bytes() == CONTENT


def test_url_mirror_is_asked_before_the_official_address(server, tmp_path, monkeypatch):
    server.files["/mirror/mnist/images.gz"] = CONTENT
    download(tmp_path, monkeypatch, "http://127.0.0.1:9/a", mirror=f"{server.address}/mirror/")
    assert '"origin": "mirror"' in (tmp_path / "manifest.json").read_text()


def test_file_that_a_url_mirror_lacks_comes_from_the_official_address(server, tmp_path, monkeypatch):
    server.files["/a"] = CONTENT
    download(tmp_path, monkeypatch, f"{server.address}/a", mirror=f"{server.address}/mirror")
    assert (tmp_path / NAME).read_bytes() == CONTENT


def test_url_mirror_that_does_not_answer_stops_with_its_address(tmp_path, monkeypatch):
    with pytest.raises(FrugalNetError, match=r"^http://127\.0\.0\.1:9/mnist/images\.gz: cannot be downloaded"):
        download(tmp_path, monkeypatch, "http://127.0.0.1:9/a", mirror="http://127.0.0.1:9")
