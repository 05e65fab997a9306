"""What a terminal needs, beside what its smallest board has: heap, bytes of a slot, erases, hours of outbox, start."""

import json
import re
import tempfile
import time
from pathlib import Path

from firmware.protocol.seal import gateway_key, mqtt_password
from firmware.terminal.blocks import BLOCK, HEAD, size_of
from flasher import build
from tests.bench import pointers
from tests.bench.row import Row
from tests.fakes.certificates import make_ca, make_leaf
from tests.fakes.gateway import PeerGateway
from tests.fakes.mosquitto import Mosquitto
from tests.fakes.terminal import SimulatedTerminal
from tests.firmware.terminal.littlefs import passed_on_micropython

HEAP_LEAST, WITH_TLS_LEAST = 102 * 1024, 88540
TLS_ON_A_PICO = 27100  # bytes its TLS takes of the heap while open, facts of an emulated Pico W
PICO_LEAST, HEAP_32 = 60 * 1024, 192064  # what 192 KiB leave beside the tables of their blocks
ERASES_MOST, SLOT_MOST = 1000, 128 * 1024
BOARDS = Path(__file__).parents[2] / "boards"
HOURS_LEAST, IN_FULL = {"pico_w": 24, "pico2_w": 72, "esp32": 72, "esp32s3": 72}, {"pico_w": 0.7}
WINDOW_S, FIRST_MOST_S = 10, 15
SECRET, LOOPBACK = bytes(32), "127.0.0.1"


def under(name, value, unit, limit):
    """A figure that has to stay below its limit."""
    return Row(name, value, unit, f"limit {limit:,} {unit}", value / limit, "<= 1", value <= limit)


def free_heap():
    """Bytes free on the simulated board (64-bit), as the flasher leaves it: after the start, with TLS open."""
    with tempfile.TemporaryDirectory() as folder:
        ca = make_ca("bench")
        users = {"ct-01": mqtt_password(gateway_key(SECRET, "gw-1"))}
        broker = Mosquitto(Path(folder) / "broker", make_leaf(ca, [LOOPBACK]), users)
        try:
            road = ("gw-1", LOOPBACK, broker.port, LOOPBACK)
            terminal = SimulatedTerminal(Path(folder) / "ct-01", SECRET, [road], ca.der)
            terminal.furnish()
            with terminal:
                said = [terminal.expect(words, 30) for words in ("gantry terminal", "link open")]
        finally:
            broker.stop()
    return [int(re.search(r"heap_free (\d+)", line)[1]) for line in said]


def hours_in_full(board):
    """Hours of windows with seven channels that a board's outbox keeps one by one; computed from its board.json."""
    room = json.loads((BOARDS / board / "board.json").read_text())["outbox_bytes"] // BLOCK
    records = (BLOCK - HEAD) // size_of(0b1111111)
    return int(room * IN_FULL.get(board, 1)) * records * WINDOW_S / 3600


def first_reading_s():
    """Seconds from the start of the simulated board to its first reading at a gateway, at windows of 1 s."""
    with tempfile.TemporaryDirectory() as folder:
        ca, key = make_ca("bench"), gateway_key(SECRET, "gw-1")
        users = {"gateway": "peer", "ct-01": mqtt_password(key)}
        broker = Mosquitto(Path(folder) / "broker", make_leaf(ca, [LOOPBACK]), users)
        road = ("gw-1", LOOPBACK, broker.port, LOOPBACK)
        try:
            with PeerGateway("gw-1", broker.port, ca.pem, "peer", key) as gateway:
                begun_s = time.monotonic()
                with SimulatedTerminal(Path(folder) / "ct-01", SECRET, [road], ca.der):
                    gateway.wait_for_readings(1, 60)
                    return time.monotonic() - begun_s
        finally:
            broker.stop()


def rows():
    """Heap after the start and with TLS open, bytecode, erases of a day offline, hours of outbox, start to reading."""
    started, with_tls = free_heap()
    for what, free, least in (
        ("after start", started, HEAP_LEAST),
        ("with TLS open", with_tls, WITH_TLS_LEAST),
        ("with TLS open on a Pico W, computed", with_tls - TLS_ON_A_PICO, PICO_LEAST),
    ):
        limit = f"at least {least:,} of 196,608"
        yield Row(f"heap free {what}", free, "bytes", limit, free / least, ">= 1", free >= least)
    reason = pointers.why_not()
    if reason:
        print("no heap with 32-bit pointers:", reason)
    else:
        free = HEAP_32 - pointers.used()[1] - TLS_ON_A_PICO
        limit = f"at least {PICO_LEAST:,} of 196,608"
        yield Row("the same, by 32-bit pointers", free, "bytes", limit, free / PICO_LEAST, ">= 1", free >= PICO_LEAST)
    yield under("bytecode of a slot", sum(len(body) for _path, body in build.files((0, 1, 0))), "bytes", SLOT_MOST)
    said = passed_on_micropython("board_segments.py")
    yield under("erases of a day offline", int(re.search(r"erases per day (\d+)", said)[1]), "erases", ERASES_MOST)
    yield under("start to the first reading, 1 s windows", first_reading_s(), "s", FIRST_MOST_S)
    for board, least in HOURS_LEAST.items():
        hours = hours_in_full(board)
        yield Row(f"outbox in full, {board}", hours, "h", f"at least {least} h", hours / least, ">= 1", hours >= least)
