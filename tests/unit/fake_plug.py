"""A wall plug that is not there: it answers every request as a test says."""

import json
import threading
import time
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import numpy as np
import pytest

from frugalnet.energy import Reading
from tests.unit.steady import SteadyMeter


class FakePlug:
    """What it answers: text or JSON, with a status, at once or when it is let go."""

    def __init__(self):
        self.answer, self.status = shelly(100.0), 200
        self.asked, self.free = 0, threading.Event()
        self.free.set()
        plug = self

        class Handler(BaseHTTPRequestHandler):
            def do_GET(self):
                plug.asked += 1
                plug.free.wait(30)
                answer = plug.answer() if callable(plug.answer) else plug.answer
                self.send_response(plug.status)
                self.end_headers()
                self.wfile.write((answer if isinstance(answer, str) else json.dumps(answer)).encode())

            def log_message(self, *_):
                pass

        self._server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self._server.daemon_threads = True
        self._server.block_on_close = False
        threading.Thread(target=self._server.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True).start()

    @property
    def url(self):
        return f"http://127.0.0.1:{self._server.server_port}/status"

    def hold(self):
        """Keep whoever asks waiting, and return when someone does."""
        asked = self.asked
        self.free.clear()
        while self.asked == asked:
            time.sleep(0.002)

    def unplug(self):
        """Answer no more."""
        self._server.shutdown()
        self._server.server_close()


def shelly(power_w):
    """Return the answer of /rpc/Switch.GetStatus?id=0, shortened."""
    return {"id": 0, "output": True, "apower": power_w, "voltage": 229.8, "aenergy": {"total": 14.093}}


class FakeMachine:
    """A machine on a plug: what it draws at rest and more under load, of which its card reads 10 % too little."""

    def __init__(self, plug):
        self._loaded, self._rng = False, np.random.default_rng(0)
        plug.answer = lambda: shelly(round(self._noisy(180.0 if self._loaded else 60.0), 1))
        self.plug = plug
        self.card = _Card(lambda: self._noisy(0.9 * (140.0 if self._loaded else 20.0)))

    def load(self, stop):
        self._loaded = True
        stop.wait()
        self._loaded = False

    def _noisy(self, power_w):
        return power_w + self._rng.normal(0, 1)


class _Card(SteadyMeter):
    def __init__(self, power_w):
        super().__init__(assumptions={"made": True})
        self._power_w, self._last = power_w, (time.monotonic(), 0.0)
        self._lock = threading.Lock()

    def read(self):
        with self._lock:
            now_s, power_w = time.monotonic(), self._power_w()
            last_s, energy_j = self._last
            self._last = now_s, energy_j + power_w * (now_s - last_s)
            return Reading(now_s, round(self._last[1] * 1e6), power_w)


@pytest.fixture
def plug(monkeypatch):
    """Return a plug that draws 100 W; meters ask for it every 0.02 s."""
    monkeypatch.setattr("frugalnet.energy.meters.plug.POLL_S", 0.02)
    found = FakePlug()
    yield found
    found.free.set()
    found.unplug()
