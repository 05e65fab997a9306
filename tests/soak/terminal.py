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

import aiomqtt

from firmware.protocol.errors import ProtocolError
from firmware.protocol.message import Command, Result
from firmware.protocol.received import span_of
from firmware.protocol.seal import gateway_key, mqtt_password
from tests.fakes.certificates import make_ca, make_leaf
from tests.fakes.gateway import PeerGateway
from tests.fakes.mosquitto import Mosquitto
from tests.fakes.terminal import SimulatedTerminal

GATEWAY, SERVER_NAME, PASSWORD = "gw-1", "gw.test", "peer"
TERMINALS = 20
UP_S, DOWN_S = (8, 40), (1, 15)  # how long a link lasts, how long it is cut: at least and at most
SETTLE_S = 90  # after the last cut everything that waits has to arrive
WARM_UP = 3  # statuses left out: what is loaded on first use, and the outbox's 32 newest acknowledgements, fill up
LEAK_MOST = 2048  # bytes by which the best heap of the second half may be below that of the first


class Link:
    """One terminal with its broker and its gateway, and when its link changes next."""

    def __init__(self, folder, terminal_id, ca, stack):
        secret = os.urandom(32)
        key = gateway_key(secret, GATEWAY)
        users = {"gateway": PASSWORD, terminal_id: mqtt_password(key)}
        self.terminal_id, self.up, self.cuts, self.due_s, self._asked = terminal_id, True, 0, 0.0, 0
        folder.mkdir()
        self.broker = Mosquitto(folder / "broker", make_leaf(ca, (SERVER_NAME, "127.0.0.1")), users)
        stack.callback(self.broker.stop)
        self.gateway = stack.enter_context(
            PeerGateway(GATEWAY, self.broker.port, ca.pem, PASSWORD, key, terminal_id=terminal_id)
        )
        road = (GATEWAY, "127.0.0.1", self.broker.port, SERVER_NAME)
        self.terminal = stack.enter_context(
            SimulatedTerminal(folder / "board", secret, [road], ca.der, terminal_id=terminal_id)
        )

    def turn(self, now_s, chance, up_s, down_s):
        """Cut the link or mend it when its time has come; shortly before a cut the terminal is asked how it is."""
        if now_s < self.due_s:
            return
        if self.up and self.due_s:
            self.ask()
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
        """Ask for the status and wait a moment for it; a link that is just coming up has none to give."""
        before = len(self.gateway.said)
        with suppress(aiomqtt.MqttError, ProtocolError, AssertionError):
            self.gateway.say(Command(0, "status", {}))
            self.gateway.wait_until(lambda: len(self.gateway.said) > before, 2)

    def heaps(self):
        """Free heap in bytes, each time it was asked."""
        return [said.body["heap_free"] for said in self.gateway.said if isinstance(said, Result)]


def missing(readings):
    """Numbers below the newest that did not arrive, of one boot."""
    there = set()
    for reading in readings:
        first, last = span_of(reading)
        there.update(range(first & 0xFFFFFF, (last & 0xFFFFFF) + 1))
    return sorted(set(range(1, max(there, default=0) + 1)) - there)


def faults_of(readings, heaps):
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
    times = [by_seq[seq].ts_ms for seq in sorted(by_seq)]
    doubled = sum(later <= sooner for sooner, later in zip(times, times[1:], strict=False))
    if doubled:
        faults.append(f"{doubled} windows came under two numbers")
    heaps = heaps[WARM_UP:]
    half = len(heaps) // 2
    if half and max(heaps[:half]) - max(heaps[half:]) > LEAK_MOST:
        faults.append(f"free heap fell from {max(heaps[:half])} to {max(heaps[half:])} bytes")
    return faults


def run(seconds, terminals=TERMINALS, up_s=UP_S, down_s=DOWN_S, seed=7):
    """({name: figure}, [fault in words]) of so many terminals after `seconds` of cuts."""
    chance, ca = random.Random(seed), make_ca("soak")
    with ExitStack() as stack:
        folder = Path(stack.enter_context(tempfile.TemporaryDirectory()))
        links = [Link(folder / f"t{at:02}", f"ct-{at:02}", ca, stack) for at in range(terminals)]
        end_s = time.monotonic() + seconds
        while (now_s := time.monotonic()) < end_s:
            for link in links:
                link.turn(now_s, chance, up_s, down_s)
            time.sleep(0.1)
        faults = [f"{link.terminal_id}: {fault}" for link in links for fault in _ended(link)]
        heaps = [link.heaps() for link in links]
        seen = {
            "terminals": terminals,
            "seconds": round(seconds),
            "link cuts": sum(link.cuts for link in links),
            "readings": sum(len({one.seq for one in link.gateway.readings}) for link in links),
            "readings sent again": sum(
                len(link.gateway.readings) - len({one.seq for one in link.gateway.readings}) for link in links
            ),
            "statuses": sum(map(len, heaps)),
            "least free heap seen, bytes": min((min(one) for one in heaps if one), default=0),
        }
    return seen, faults


def _ended(link):
    """Mend the link, let everything arrive, then judge."""
    link.mend()
    count = len(link.gateway.readings)
    try:
        link.gateway.wait_until(
            lambda: len(link.gateway.readings) >= count + 3 and not missing(link.gateway.readings), SETTLE_S
        )
    except AssertionError as error:
        return [str(error), *faults_of(link.gateway.readings, link.heaps())]
    link.ask()
    return faults_of(link.gateway.readings, link.heaps())
