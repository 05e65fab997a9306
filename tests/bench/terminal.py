"""What a terminal needs, beside what its smallest board has: heap, bytes of a slot, erases of its flash."""

import re
import tempfile
from pathlib import Path

from firmware.protocol.seal import gateway_key, mqtt_password
from flasher import build
from tests.bench.row import Row
from tests.fakes.certificates import make_ca, make_leaf
from tests.fakes.mosquitto import Mosquitto
from tests.fakes.terminal import SimulatedTerminal
from tests.firmware.terminal.littlefs import passed_on_micropython

HEAP_LEAST, WITH_TLS_LEAST = 82 * 1024, 65 * 1024
ERASES_MOST, SLOT_MOST = 1000, 128 * 1024
SECRET, LOOPBACK = bytes(32), "127.0.0.1"


def under(name, value, unit, limit):
    """A figure that has to stay below its limit."""
    return Row(name, value, unit, f"limit {limit:,} {unit}", value / limit, "<= 1", value <= limit)


def free_heap():
    """Bytes free on the simulated board (64-bit) after the start, and with TLS open to a broker."""
    with tempfile.TemporaryDirectory() as folder:
        ca = make_ca("bench")
        users = {"ct-01": mqtt_password(gateway_key(SECRET, "gw-1"))}
        broker = Mosquitto(Path(folder) / "broker", make_leaf(ca, [LOOPBACK]), users)
        try:
            road = ("gw-1", LOOPBACK, broker.port, LOOPBACK)
            with SimulatedTerminal(Path(folder) / "ct-01", SECRET, [road], ca.der) as terminal:
                said = [terminal.expect(words) for words in ("gantry terminal", "link open")]
        finally:
            broker.stop()
    return [int(re.search(r"heap_free (\d+)", line)[1]) for line in said]


def rows():
    """Heap after the start and with TLS open, bytecode of a slot, erases of a day offline."""
    for what, free, least in zip(
        ("after start", "with TLS open"), free_heap(), (HEAP_LEAST, WITH_TLS_LEAST), strict=True
    ):
        limit = f"at least {least:,} of 196,608"
        yield Row(f"heap free {what}", free, "bytes", limit, free / least, ">= 1", free >= least)
    yield under("bytecode of a slot", sum(len(body) for _path, body in build.files((0, 1, 0))), "bytes", SLOT_MOST)
    said = passed_on_micropython("board_segments.py")
    yield under("erases of a day offline", int(re.search(r"erases per day (\d+)", said)[1]), "erases", ERASES_MOST)
