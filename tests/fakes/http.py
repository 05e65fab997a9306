"""The HTTP road at work for tests, with its rules over a live key table, and clients to knock."""

import asyncio
import base64
import socket
import ssl
import threading
from collections import Counter

import httpx

from firmware.gateway.config import DEFAULTS
from firmware.gateway.flood import Flood
from firmware.gateway.identity import Identity
from firmware.gateway.south.access import Access
from firmware.gateway.south.http import PATH, HttpRoad
from firmware.gateway.terminals import KeyTable
from firmware.protocol.seal import mqtt_password
from tests.fakes.broker import OWN_PASSWORD, key_of
from tests.fakes.certificates import make_ca, make_leaf
from tests.ports import free_port


def head(user="ct-01", length=0, **more):
    """The head of a good request, as bytes."""
    said = base64.b64encode(f"{user}:{mqtt_password(key_of(user))}".encode()).decode()
    lines = {"Host": "gw", "Authorization": f"Basic {said}", "Content-Length": length, **more}
    text = f"POST {PATH.decode()} HTTP/1.1\r\n" + "".join(f"{name}: {value}\r\n" for name, value in lines.items())
    return text.encode() + b"\r\n"


class RunningHttp:
    """The road in a thread of its own. What it heard stands in `heard`; `echo` is answered with; `refused` counts."""

    def __init__(self, folder):
        ca = make_ca("test site")
        leaf = make_leaf(ca, ["127.0.0.1"])
        self.ca_file, self.port = folder / "ca.pem", free_port()
        self.ca_file.write_bytes(ca.pem)
        (folder / "gateway.pem").write_bytes(leaf.key_pem + leaf.pem)
        self.settings = {**DEFAULTS, "http.host": "127.0.0.1", "http.port": self.port}
        self.identity = Identity("gw-1", "", folder / "gateway.pem", self.ca_file)
        self.keys = KeyTable(folder, "gw-1")
        self.assign("ct-01", "ct-02")
        self.heard, self.refused, self.full, self.deaf = [], Counter(), False, False
        self.turned_away = Counter()
        self.flood = Flood(self.settings, self._turn_away)
        self.road = self.make()
        self._up = threading.Event()

    def make(self):
        """One more road of the same settings."""
        access = Access(self.keys, OWN_PASSWORD, self.flood.barred)
        return HttpRoad(self.settings, self.identity, access, self._hear, self._count, self.flood)

    def assign(self, *terminal_ids):
        """Another list of terminals."""
        self.keys.take([{"terminal_id": one, "key": key_of(one).hex()} for one in terminal_ids])

    def _hear(self, heard_on, terminal_id, message):
        if self.full:
            return False
        self.heard.append((terminal_id, message))
        if not self.deaf:
            self._loop.call_soon(heard_on.send, terminal_id, [b"to " + terminal_id.encode()])
        return True

    def _count(self, user, text):
        self.refused[user] += 1

    def _turn_away(self, _terminal_id, code, _text):
        self.turned_away[code] += 1

    def __enter__(self):
        self._thread = threading.Thread(target=lambda: asyncio.run(self._run()), daemon=True)
        self._thread.start()
        assert self._up.wait(10)
        return self

    def __exit__(self, *_error):
        self._loop.call_soon_threadsafe(self._stop.set)
        self._thread.join(10)

    async def _run(self):
        self._loop, self._stop = asyncio.get_running_loop(), asyncio.Event()
        async with self.road:
            self._up.set()
            await self._stop.wait()

    def do(self, work):
        """Run a coroutine or call a function on its loop."""

        async def done():
            found = work()
            return await found if asyncio.iscoroutine(found) else found

        return asyncio.run_coroutine_threadsafe(done(), self._loop).result(10)

    def client(self, user="ct-01", password=None):
        """An HTTP client; without a password it has its terminal's own."""
        password = mqtt_password(key_of(user)) if password is None else password
        trust = ssl.create_default_context(cafile=self.ca_file)
        return httpx.Client(
            base_url=f"https://127.0.0.1:{self.port}", auth=(user, password), verify=trust, trust_env=False
        )

    def raw(self):
        """A bare TLS connection."""
        context = ssl.create_default_context(cafile=self.ca_file)
        plain = socket.create_connection(("127.0.0.1", self.port), timeout=10)
        return context.wrap_socket(plain, server_hostname="127.0.0.1")
