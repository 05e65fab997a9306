"""Both brokers of a gateway at work for tests, each with its rules over a live key table, and clients to knock."""

import asyncio
import getpass
import queue
import socket
import ssl
import subprocess
import threading
import time
from collections import Counter

import paho.mqtt.client as paho

from firmware.gateway.config import DEFAULTS
from firmware.gateway.flood import Flood
from firmware.gateway.identity import Identity
from firmware.gateway.south.access import Access
from firmware.gateway.south.broker import EmbeddedBroker
from firmware.gateway.south.mosquitto import CONFIG, Mosquitto
from firmware.gateway.terminals import OWN_USER, KeyTable
from firmware.protocol.seal import mqtt_password
from tests.fakes.certificates import make_ca, make_leaf
from tests.needs import require_program
from tests.ports import free_port

OWN_PASSWORD = "own-password"


def key_of(terminal_id):
    """The test's key of a terminal."""
    return terminal_id.encode().ljust(32, b"k")


class RunningBroker:
    """A broker in a thread of its own. Use as a context. `refused` counts refusals by user."""

    def __init__(self, folder, terminal_ids):
        self.folder, self.port, self.refused = folder, free_port(), Counter()
        ca = make_ca("test site")
        leaf = make_leaf(ca, ["127.0.0.1"])
        for name, data in (("ca.pem", ca.pem), ("gateway.pem", leaf.key_pem + leaf.pem)):
            (folder / name).write_bytes(data)
        for name, data in (("server.pem", leaf.pem), ("server.key", leaf.key_pem)):
            (folder / name).write_bytes(data)
        identity = Identity("gw-1", "", folder / "gateway.pem", folder / "ca.pem")
        self._keys = KeyTable(folder, "gw-1")
        self._take(terminal_ids)
        settings = {**DEFAULTS, "mqtt.host": "127.0.0.1", "mqtt.port": self.port, **self.settings()}
        self.turned_away = Counter()
        self.flood = Flood(settings, self._turn_away)
        access = Access(self._keys, OWN_PASSWORD, self.flood.barred)
        self._make = lambda: self.make(settings, identity, access, self._count)
        self.broker, self._loop, self._up, self._stop = None, None, threading.Event(), None

    def settings(self):
        """What this kind needs beside address and port."""
        return {}

    def _count(self, user, _text):
        self.refused[user] += 1

    def _turn_away(self, _terminal_id, code, _text):
        self.turned_away[code] += 1

    def _take(self, terminal_ids):
        self._keys.take([{"terminal_id": one, "key": key_of(one).hex()} for one in terminal_ids])

    def assign(self, *terminal_ids):
        """Another list of terminals: the rules follow while everybody stays connected."""
        self._take(terminal_ids)
        asyncio.run_coroutine_threadsafe(self.broker.rules_changed(), self._loop).result(10)

    def __enter__(self):
        self._thread = threading.Thread(target=lambda: asyncio.run(self._run()), daemon=True)
        self._thread.start()
        assert self._up.wait(10), "the broker does not come up"
        return self

    def __exit__(self, *_error):
        self._loop.call_soon_threadsafe(self._stop.set)
        self._thread.join(10)

    async def _run(self):
        self._loop, self._stop = asyncio.get_running_loop(), asyncio.Event()
        self.broker = self._make()
        async with self.broker:
            try:
                self.listen()
                self._up.set()
                await self._stop.wait()
            finally:
                self.end()

    def listen(self):
        """Start what is not started by entering the broker."""

    def end(self):
        """End it."""


class RunningEmbedded(RunningBroker):
    """The embedded broker."""

    def make(self, *given):
        """One of the product's."""
        return EmbeddedBroker(*given, self.flood)


class RunningMosquitto(RunningBroker):
    """A real mosquitto with the configuration the product documents."""

    make, _process = staticmethod(Mosquitto), None

    def settings(self):
        """Where its files are."""
        names = {"mqtt.password_file": "passwords", "mqtt.acl_file": "access", "mqtt.pid_file": "pid"}
        return {name: str(self.folder / file) for name, file in {**names, "mqtt.log_file": "log"}.items()}

    def listen(self):
        """Start it: the gateway has written its files."""
        program = require_program("mosquitto", "mosquitto")
        config = self.folder / "mosquitto.conf"
        said = CONFIG.format(port=self.port, host="127.0.0.1", folder=self.folder)
        config.write_text(said + f"user {getpass.getuser()}\n")
        self._process = subprocess.Popen([program, "-c", str(config)], stderr=subprocess.DEVNULL)
        (self.folder / "pid").write_text(str(self._process.pid))
        wait_until(self._listens, "mosquitto does not listen")

    def _listens(self):
        try:
            socket.create_connection(("127.0.0.1", self.port)).close()
        except ConnectionRefusedError:
            return False
        return True

    def end(self):
        """End it."""
        if self._process:
            self._process.terminate()
            self._process.wait(10)


KINDS = {"embedded": RunningEmbedded, "mosquitto": RunningMosquitto}


def wait_until(holds, what, timeout_s=8):
    """Wait until `holds()` is true."""
    deadline = time.monotonic() + timeout_s
    while not holds():
        assert time.monotonic() < deadline, what
        time.sleep(0.02)


class Client:
    """A client of a broker, over TLS; without a password it has its terminal's own. Use as a context.

    `entered` says whether it was admitted, `lost` counts how often it was cut off, `messages` holds what it got.
    """

    def __init__(self, broker, user, password=None, client_id=None, will=None, clean=True):
        self._paho = paho.Client(paho.CallbackAPIVersion.VERSION2, client_id or user or "nobody", clean_session=clean)
        context = ssl.create_default_context(cafile=broker.folder / "ca.pem")
        self._paho.tls_set_context(context)
        if user is not None:
            own = OWN_PASSWORD if user == OWN_USER else mqtt_password(key_of(user))
            self._paho.username_pw_set(user, own if password is None else password)
        if will:
            self._paho.will_set(will, b"will", 1)
        self.entered, self.lost, self.messages, self._answers = None, 0, queue.Queue(), queue.Queue()
        self._paho.on_connect = self._on_connect
        self._paho.on_disconnect = self._on_disconnect
        self._paho.on_message = lambda _c, _u, message: self.messages.put((message.topic, message.payload))
        self._paho.on_subscribe = lambda _c, _u, _id, codes, _p: self._answers.put(codes[0].value)
        self._port = broker.port

    def _on_connect(self, _client, _data, _flags, reason, _properties):
        self.entered = not reason.is_failure
        if not self.entered:
            self._paho.disconnect()

    def _on_disconnect(self, *_told):
        self.lost += 1
        self._paho.disconnect()  # it does not come again by itself

    def __enter__(self):
        self._paho.connect("127.0.0.1", self._port, keepalive=60)
        self._paho.loop_start()
        wait_until(lambda: self.entered is not None, "no answer to a log-in")
        return self

    def __exit__(self, *_error):
        self._paho.disconnect()
        self._paho.loop_stop()

    def vanish(self):
        """Break off without a word."""
        self._paho.socket().shutdown(2)

    def subscribe(self, topic):
        """The broker's answer: the granted QoS, 128 when refused."""
        self._paho.subscribe(topic, 1)
        return self._answers.get(timeout=8)

    def publish(self, topic, payload, retain=False):
        """Publish; it may go nowhere."""
        self._paho.publish(topic, payload, 1, retain)

    def next(self, timeout_s=8):
        """The next (topic, payload)."""
        return self.messages.get(timeout=timeout_s)
