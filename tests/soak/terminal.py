"""Terminals whose links are cut again and again: no reading may be lost or come under two numbers, no memory leak.

Each terminal has a broker and a gateway of its own, so that cuts come apart. A reading may arrive twice when its
acknowledgement was cut off; by its number it is the same then, and its content is too.
"""

import os
import random
import tempfile
import time
from contextlib import ExitStack, suppress
from pathlib import Path
from statistics import median

import aiomqtt

from firmware.protocol.errors import NotProved
from firmware.protocol.message import Command, Result
from firmware.protocol.received import span_of
from firmware.protocol.seal import gateway_key, mqtt_password
from tests.fakes.certificates import make_ca, make_leaf
from tests.fakes.gateway import PeerGateway
from tests.fakes.mosquitto import Mosquitto
from tests.fakes.slots import furnish
from tests.fakes.terminal import SimulatedTerminal

GATEWAY, SERVER_NAME, PASSWORD = "gw-1", "gw.test", "peer"
TERMINALS = 20
UP_S, DOWN_S = (8, 40), (1, 15)  # how long a link lasts, how long it is cut: at least and at most
SETTLE_S = 90  # after the last cut everything that waits has to arrive
ASK_EVERY_S = 5  # a status from every terminal
WARM_S = (
    90  # of a terminal's life left out: code is loaded on first use, the outbox's 32 newest acknowledgements fill up
)
FELL_MOST = 256  # bytes by which the median of the last third may lie below that of the first; at rest it is within 160
ENOUGH = 9  # statuses to judge a heap by; with fewer the run says that it could not


class Link:
    """One terminal with its broker and its gateway, and when its link changes next."""

    def __init__(self, folder, terminal_id, ca, stack, prepare):
        secret = os.urandom(32)
        key = gateway_key(secret, GATEWAY)
        users = {"gateway": PASSWORD, terminal_id: mqtt_password(key)}
        self.terminal_id, self.up, self.cuts, self.due_s, self._ask_s = terminal_id, True, 0, 0.0, 0.0
        folder.mkdir()
        (folder / "board").mkdir()
        prepare(folder / "board")
        self.broker = Mosquitto(folder / "broker", make_leaf(ca, (SERVER_NAME, "127.0.0.1")), users)
        stack.callback(self.broker.stop)
        self.gateway = stack.enter_context(
            PeerGateway(GATEWAY, self.broker.port, ca.pem, PASSWORD, key, terminal_id=terminal_id)
        )
        road = (GATEWAY, "127.0.0.1", self.broker.port, SERVER_NAME)
        self.terminal = stack.enter_context(
            SimulatedTerminal(folder / "board", secret, [road], ca.der, terminal_id=terminal_id)
        )

    def turn(self, now_s, chance, up_s, down_s, ask_every_s):
        """Cut the link or mend it when its time has come; while it is there, ask now and then for the status."""
        if self.up and now_s >= self._ask_s:
            self._ask_s = now_s + ask_every_s
            self.ask()
        if now_s < self.due_s:
            return
        if self.up and self.due_s:
            self.broker.stop()
            self.up, self.cuts = False, self.cuts + 1
        else:
            self.mend()
        self.due_s = now_s + chance.uniform(*(up_s if self.up else down_s))

    def mend(self):
        """Let the link be."""
        if not self.up:
            self.broker.start()
            self.up = True

    def ask(self):
        """Ask for the status; a link that is just coming up gives none."""
        with suppress(aiomqtt.MqttError, NotProved):
            self.gateway.say(Command(0, "status", {}))

    def heaps(self):
        """(uptime in s, free heap in bytes) of each status that came."""
        bodies = [said.body for said in list(self.gateway.said) if isinstance(said, Result)]
        return [(body["uptime_s"], body["heap_free"]) for body in bodies]


def fall(heaps, warm_s):
    """Bytes by which free heap fell from the first to the last third of a run, by medians; None for too few statuses.

    A median is blind to the moments in which readings wait or a message is half there, a leak moves every one of them.
    """
    judged = [free for uptime_s, free in heaps if uptime_s >= warm_s]
    if len(judged) < ENOUGH:
        return None
    third = len(judged) // 3
    return round(median(judged[:third]) - median(judged[-third:]))


def missing(readings):
    """Numbers below the newest that did not arrive, of one boot."""
    there = set()
    for reading in readings:
        first, last = span_of(reading)
        there.update(range(first & 0xFFFFFF, (last & 0xFFFFFF) + 1))
    return sorted(set(range(1, max(there, default=0) + 1)) - there)


def set_back(readings):
    """Neighbours by number of which the later one begins no later: one window twice, when they hold the same.

    Else a gateway's proof was held up so long that the clock it set was late by a whole window, or had been until then.
    """
    rows = sorted(readings, key=lambda one: one.seq)
    return [(one, other) for one, other in zip(rows, rows[1:], strict=False) if other.ts_ms <= one.ts_ms]


def faults_of(readings, heaps, warm_s=WARM_S):
    """What is wrong with one terminal's run, in words."""
    faults = []
    boots = {reading.seq >> 24 for reading in readings}
    if len(boots) != 1:
        return [f"readings of {len(boots)} boots; one was to come"]
    lost = missing(readings)
    if lost:
        faults.append(f"{len(lost)} readings lost, the first is number {lost[0]}")
    by_seq = {}
    for reading in readings:
        if by_seq.setdefault(reading.seq, reading) != reading:
            faults.append(f"number {reading.seq & 0xFFFFFF} came with two contents")
    doubled = sum(later.values == sooner.values for sooner, later in set_back(by_seq.values()))
    if doubled:
        faults.append(f"{doubled} windows came under two numbers")
    fell = fall(heaps, warm_s)
    if fell is None:
        faults.append(f"its heap cannot be judged: fewer than {ENOUGH} statuses after {warm_s} s")
    elif fell > FELL_MOST:
        faults.append(f"free heap fell by {fell} bytes")
    return faults


def run(
    seconds, terminals=TERMINALS, up_s=UP_S, down_s=DOWN_S, ask_every_s=ASK_EVERY_S, warm_s=WARM_S, prepare=furnish
):
    """({name: figure}, [fault in words]) of so many terminals after `seconds` of cuts.

    `prepare(folder)` lays onto a board's flash what the flasher brings, before it is switched on.
    """
    chance, ca = random.Random(7), make_ca("soak")
    with ExitStack() as stack:
        folder = Path(stack.enter_context(tempfile.TemporaryDirectory()))
        links = [Link(folder / f"t{at:02}", f"ct-{at:02}", ca, stack, prepare) for at in range(terminals)]
        end_s = time.monotonic() + seconds
        while (now_s := time.monotonic()) < end_s:
            for link in links:
                link.turn(now_s, chance, up_s, down_s, ask_every_s)
            time.sleep(0.1)
        faults = [f"{link.terminal_id}: {fault}" for link in links for fault in _ended(link, warm_s)]
        return seen_of(links, seconds, warm_s), faults


def seen_of(links, seconds, warm_s):
    """{name: figure} of a run."""
    heaps, came = [link.heaps() for link in links], [link.gateway.readings for link in links]
    readings = sum(len({one.seq for one in some}) for some in came)
    return {
        "terminals": len(links),
        "seconds": round(seconds),
        "link cuts": sum(link.cuts for link in links),
        "readings": readings,
        "readings sent again": sum(map(len, came)) - readings,
        "windows a late proof set back": sum(len(set_back({one.seq: one for one in some}.values())) for some in came),
        "statuses": sum(map(len, heaps)),
        "least free heap seen, bytes": min((free for some in heaps for _uptime_s, free in some), default=0),
        "most a free heap fell, bytes": max(
            (fell for one in heaps if (fell := fall(one, warm_s)) is not None), default=0
        ),
    }


def _ended(link, warm_s):
    """Mend the link, let everything arrive, then judge."""
    link.mend()
    count, gateway = len(link.gateway.readings), link.gateway
    try:
        gateway.wait_until(lambda: len(gateway.readings) >= count + 3 and not missing(gateway.readings), SETTLE_S)
    except AssertionError as error:
        return [str(error), *faults_of(gateway.readings, link.heaps(), warm_s)]
    return faults_of(gateway.readings, link.heaps(), warm_s)
