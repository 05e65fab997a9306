"""What a terminal needs, beside what its smallest board has: heap, bytes of a slot, erases of its flash."""

import re
import tempfile
from pathlib import Path

from flasher import build
from tests.bench.row import Row
from tests.fakes.certificates import make_ca
from tests.fakes.terminal import SimulatedTerminal
from tests.firmware.terminal.littlefs import passed_on_micropython

HEAP_LEAST, ERASES_MOST, SLOT_MOST = 72 * 1024, 1000, 128 * 1024


def under(name, value, unit, limit):
    """A figure that has to stay below its limit."""
    return Row(name, value, unit, f"limit {limit:,} {unit}", value / limit, "<= 1", value <= limit)


def rows():
    """Heap after the start, bytecode of a slot, erases of a day offline."""
    with tempfile.TemporaryDirectory() as folder:
        road = ("gw-1", "127.0.0.1", 1, "127.0.0.1")
        with SimulatedTerminal(Path(folder) / "ct-01", bytes(32), [road], make_ca("bench").der) as terminal:
            free = int(re.search(r"heap_free (\d+)", terminal.expect("gantry terminal"))[1])
    limit = f"at least {HEAP_LEAST:,} of 196,608"
    yield Row("heap free after start", free, "bytes", limit, free / HEAP_LEAST, ">= 1", free >= HEAP_LEAST)
    yield under("bytecode of a slot", sum(len(body) for _path, body in build.files((0, 1, 0))), "bytes", SLOT_MOST)
    said = passed_on_micropython("board_segments.py")
    yield under("erases of a day offline", int(re.search(r"erases per day (\d+)", said)[1]), "erases", ERASES_MOST)
