"""A gateway for its bench: enrolled, beside a mosquitto as the guide says, and publishers that are proved."""

import os
import sqlite3
import ssl
import subprocess
import sys
import time
from contextlib import ExitStack, closing
from pathlib import Path

import psutil

from firmware.gateway.config import DEFAULTS
from firmware.protocol.frame import Reading, pack_record, seq_of
from firmware.protocol.link import Acknowledged, Proved, TerminalLink
from firmware.protocol.measured import MEASURED
from firmware.protocol.seal import gateway_key, mqtt_password
from tests.bench.gateway_wire import Wire, publish
from tests.fakes.certificates import make_leaf
from tests.fakes.mosquitto import Mosquitto, SiteMosquitto
from tests.fakes.platform import Platform
from tests.firmware.gateway.home import RunningGateway
from tests.firmware.gateway.peer import Named
from tests.ports import free_port

ROOT = Path(__file__).parents[2]
BOOT_NO, LOOPBACK, PASSWORD = 7, "127.0.0.1", "bare-subscriber"
OWN = {  # all messages come at once, and while the collector is away it is tried as rarely as on a site
    "flood__messages_per_s": 1e6,
    "flood__bytes_per_s": 1e9,
    "flood__connections_per_s": 1e4,
    **{f"upload__back_off_{name}_s": DEFAULTS[f"upload.back_off_{name}_s"] for name in ("first", "most")},
    "collector__terminals_every_s": DEFAULTS["collector.terminals_every_s"],
}


def context_of(ca_file):
    """TLS as a terminal wants it."""
    context = Named(ssl.PROTOCOL_TLS_CLIENT)
    context.load_verify_locations(ca_file)
    context.server_name = LOOPBACK
    return context


class Publisher:
    """A terminal's session on a Wire, without a terminal's pace. `made`: how many readings it has sealed."""

    def __init__(self, terminal_id, port, context, key_secret):
        self.terminal_id, self.made, self._number = terminal_id, 0, 0
        self._up = f"a01/{terminal_id}/up"
        password = mqtt_password(gateway_key(key_secret, "gw-1"))
        self.wire = Wire(port, terminal_id, password, context)
        self.wire.subscribe(f"a01/{terminal_id}/down")
        self._link = TerminalLink(terminal_id, key_secret, ["gw-1"], os.urandom)

    def prove(self):
        """Hello, its proof, ours."""
        self.wire.send(self._packet(self._link.hello()))
        self._link.receive(self.wire.next())
        assert isinstance(self._link.next_event(), Proved)
        self.wire.send(self._packet(self._link.prove()))

    def _packet(self, payload):
        self._number = self._number % 65535 + 1
        return publish(self._up, self._number, payload)

    def sealed(self, count):
        """Packets of so many frames, one reading of all channels each."""
        return [self._packet(self._frame()) for _ in range(count)]

    def _frame(self):
        self.made += 1
        values = {channel.name: 10 + self.made % 7 for channel in MEASURED}
        reading = Reading(self.terminal_id, round(time.time() * 1000), seq_of(BOOT_NO, self.made), values, 0, 1)
        return self._link.send_readings(BOOT_NO, [pack_record(reading)])

    def acknowledged(self):
        """The intervals that were acknowledged on A01 since the last call."""
        pairs = []
        for payload in self.wire.heard:
            self._link.receive(payload)
            while (event := self._link.next_event()) is not None:
                pairs += event.intervals if isinstance(event, Acknowledged) else []
        self.wire.heard.clear()
        return pairs


class Bench:
    """Both paths over their own mosquitto, and the publishers of each. Use as a context."""

    def __init__(self, folder, publishers, embedded=False, bare=True):
        """`embedded`: the gateway's own broker instead of a mosquitto; without `bare` there is no other path."""
        self.folder, self.ids, self._stack = folder, [f"ct-{at:03}" for at in range(publishers)], ExitStack()
        self._embedded, self._with_bare = embedded, bare

    def __enter__(self):
        with self._stack:
            self._open()
            self._stack = self._stack.pop_all()
        return self

    def __exit__(self, *_error):
        self._stack.close()

    def _open(self):
        self.platform = self._stack.enter_context(Platform(self.folder / "platform"))
        secrets = {one: one.encode().ljust(32, b"s") for one in self.ids}
        self.platform.terminals.update({one: gateway_key(secret, "gw-1") for one, secret in secrets.items()})
        leaf = make_leaf(self.platform.ca, [LOOPBACK])
        context = context_of(self.platform.ca_file)
        self._open_gateway(leaf)
        self.publishers = [Publisher(one, self.gateway.port, context, secrets[one]) for one in self.ids]
        for publisher in self.publishers:
            publisher.prove()
        if self._with_bare:
            self._open_bare(leaf, context)

    def _open_gateway(self, leaf):
        if self._embedded:
            self.gateway = RunningGateway(self.folder, self.platform, **OWN)
        else:
            broker = SiteMosquitto(self.folder / "broker", leaf, free_port())
            self._stack.callback(broker.kill)
            self.gateway = RunningGateway(self.folder, self.platform, **broker.settings, **OWN)
            broker.start()
        self.gateway.start()
        self._stack.callback(self.gateway.kill)
        self.outbox = self.folder / "state/outbox.db"
        with closing(sqlite3.connect(f"file:{self.outbox}?mode=ro", uri=True, timeout=30)) as database:
            ((self._first,),) = database.execute("SELECT seq FROM sqlite_sequence WHERE name = 'readings'")

    def _open_bare(self, leaf, context):
        users = {"gateway": PASSWORD, **dict.fromkeys(self.ids, PASSWORD)}
        broker = Mosquitto(
            self.folder / "bare",
            leaf,
            users,
            more="max_queued_messages 0\nmax_inflight_messages 0\nset_tcp_nodelay true\n",
        )
        self._stack.callback(broker.stop)
        command = [sys.executable, "-m", "tests.bench.gateway_bare", str(broker.port), str(self.platform.ca_file)]
        self.bare = subprocess.Popen(command, cwd=ROOT, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
        self._stack.callback(self._end_bare)
        self._say_bare(PASSWORD, "ready")
        self.bare_wires = [Wire(broker.port, one, PASSWORD, context) for one in self.ids]

    def _end_bare(self):
        self.bare.kill()
        self.bare.communicate()

    def _say_bare(self, line, answer):
        self.bare.stdin.write(line + "\n")
        self.bare.stdin.flush()
        said = self.bare.stdout.readline().strip()
        assert said == answer, f"the bare subscriber says {said!r}"

    def expect_bare(self, count):
        """From now on so many messages are to reach the bare subscriber."""
        self._say_bare(str(count), "expecting")

    def answer_bare(self):
        """From now on the bare subscriber answers every message at once."""
        for wire, one in zip(self.bare_wires, self.ids, strict=True):
            wire.blocks(True)
            wire.subscribe(f"a01/{one}/down")
        self._say_bare("answer", "answering")

    def rss(self):
        """Bytes of memory the gateway's process has."""
        return psutil.Process(self.gateway.pid).memory_info().rss

    def written(self):
        """Bytes the gateway's process has had written to the disk."""
        return psutil.Process(self.gateway.pid).io_counters().write_bytes

    def bare_times(self):
        """When each of them came."""
        return [float(word) for word in self.bare.stdout.readline().split()]

    def durable(self, seconds=120):
        """The steady time when the outbox held all that the publishers sealed."""
        wanted, deadline = sum(one.made for one in self.publishers), time.monotonic() + seconds
        with closing(sqlite3.connect(f"file:{self.outbox}?mode=ro", uri=True, timeout=30)) as database:
            while True:
                ((count,),) = database.execute(
                    "SELECT seq - ? FROM sqlite_sequence WHERE name = 'readings'", (self._first,)
                )
                now = time.monotonic()
                if count >= wanted:
                    return now
                assert now < deadline, f"{count} of {wanted} readings are in the outbox\n{self.gateway.log()[-3000:]}"
                time.sleep(0.005)
