"""What a gateway writes to its SD card: 30 terminals with the default window, from the kernel's own count of bytes."""

import os
import tempfile
import time
from contextlib import ExitStack
from pathlib import Path

from tests.bench.row import Row
from tests.fakes.platform import Platform
from tests.firmware.gateway import peer as terminals
from tests.firmware.gateway.home import RunningGateway

BENCH = Path(__file__).parents[2] / ".bench"  # on the disk, whatever /tmp is made of
TERMINALS, WINDOW_S, DAY_S = 30, 10, 86_400
MEASURED_S = int(os.environ.get("GANTRY_CARD_S", 120))
GB_A_DAY_MOST = 10.0
CALM = {  # the gateway's own defaults again, and the gathering the guide advises for a card
    "upload__every_s": 1.0,
    "collector__terminals_every_s": 20.0,
    "refusals__every_s": 10.0,
}
GATHERED_MS = 1000
ACK_TIMEOUT_S = 20.0  # as a terminal's own default


def rows():
    """As a room of tests.bench."""
    return [
        _row("card: written a day, 30 terminals", CALM),
        _row("card: the same, commits gathered for 1 s", {**CALM, "outbox__commit_every_ms": GATHERED_MS}),
    ]


def _row(name, settings):
    written, readings = measured(settings)
    each = written / readings
    a_day = each * TERMINALS * DAY_S / WINDOW_S / 1e9
    unit = f"GB ({each:,.0f} B a reading)"
    return Row(name, a_day, unit, "the limit", a_day / GB_A_DAY_MOST, "<= 1", a_day <= GB_A_DAY_MOST)


def measured(settings):
    """(bytes written to the disk, readings acknowledged) in MEASURED_S of quiet running."""
    BENCH.mkdir(exist_ok=True)
    terminals.PATIENCE_S = ACK_TIMEOUT_S
    with tempfile.TemporaryDirectory(dir=BENCH) as name, Platform(Path(name) / "platform") as platform:
        gateway = RunningGateway(Path(name), platform, **settings)
        peers = [terminals.Peer(f"t-{number:02d}", gateway.port, gateway.identity.ca) for number in range(TERMINALS)]
        platform.terminals.update({peer.terminal_id: peer.key for peer in peers})
        with gateway, ExitStack() as running:
            for peer in peers:
                running.enter_context(peer)
            _measure_for(peers, 2 * WINDOW_S)
            before, taken = written_by(gateway.pid), _acknowledged(peers)
            _measure_for(peers, MEASURED_S)
            return written_by(gateway.pid) - before, _acknowledged(peers) - taken


def _acknowledged(peers):
    return sum(peer.made - len(peer.pending) for peer in peers)


def _measure_for(peers, seconds):
    """Let each terminal measure once in a window, all of them spread over it."""
    ended = time.monotonic() + seconds
    while time.monotonic() < ended:
        for peer in peers:
            peer.add(temperature_c=21.5, humidity_pct=47.0, current_a=5.1, current_min_a=5.0, current_max_a=5.2)
            time.sleep(WINDOW_S / len(peers))


def written_by(pid):
    """Bytes a process has caused to be written to the disk. Source: proc_pid_io(5)."""
    lines = Path(f"/proc/{pid}/io").read_text().splitlines()
    return int(dict(line.split(": ") for line in lines)["write_bytes"])
