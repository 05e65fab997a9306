"""The serial road on two pseudo-terminals at once: what a cable may say, what it may not, and that neighbours go on."""

import asyncio
import contextlib
import os
import pty
import tty
from base64 import b64encode

import pytest
import serial

from firmware.gateway.config import DEFAULTS
from firmware.gateway.flood import Flood
from firmware.gateway.south import usb_serial
from firmware.gateway.south.usb_serial import LONGEST_LINE, MARK, SerialRoad
from firmware.protocol import frame


def hello(name):
    """A hello as a terminal packs it."""
    return frame.pack(frame.HELLO, frame.put_text(name) + bytes(frame.NONCE))


def line(message):
    """A message as it travels on a cable."""
    return MARK + b64encode(message) + b"\n"


class Cables:
    """Two pseudo-terminals with the road on their far ends. Use as an asynchronous context."""

    def __init__(self, monkeypatch):
        monkeypatch.setattr(usb_serial, "LOOK_EVERY_S", 0.02)
        self.heard, self.refused, self.turned_away = [], [], []
        self.ends = [pty.openpty() for _ in range(2)]
        for _ours, theirs in self.ends:
            tty.setraw(theirs)
        self.paths = [os.ttyname(theirs) for _ours, theirs in self.ends]
        flood = Flood(DEFAULTS, lambda *told: self.turned_away.append(told))
        self.road = SerialRoad(", ".join(self.paths), self._hear, lambda *told: self.refused.append(told), flood)

    def _hear(self, road, terminal_id, message, peer):
        self.heard.append((terminal_id, message, peer))
        road.send(terminal_id, [b"to " + terminal_id.encode()])
        return True

    async def __aenter__(self):
        await self.road.__aenter__()
        self._running = asyncio.create_task(self.road.run())
        await self.until(lambda: len(self.road._ports) == 2)
        return self

    async def __aexit__(self, *error):
        self._running.cancel()
        await asyncio.gather(self._running, return_exceptions=True)
        await self.road.__aexit__(*error)
        for fd in (fd for pair in self.ends for fd in pair):
            with contextlib.suppress(OSError):  # a test pulled it out
                os.close(fd)

    async def until(self, holds, timeout_s=30):
        """Wait until `holds()`."""
        async with asyncio.timeout(timeout_s):
            while not holds():
                await asyncio.sleep(0.01)

    async def say(self, place, raw):
        """Send bytes up a cable."""
        await asyncio.to_thread(os.write, self.ends[place][0], raw)

    async def answer(self, place):
        """The next line that comes down a cable."""
        said = b""
        while not said.endswith(b"\n"):
            said += await asyncio.wait_for(asyncio.to_thread(os.read, self.ends[place][0], 1), 30)
        return said


def with_cables(monkeypatch, work):
    """Run `work(cables)`."""

    async def run():
        async with Cables(monkeypatch) as cables:
            await work(cables)

    asyncio.run(run())


def test_two_terminals_on_two_cables_are_heard_and_answered_each_on_its_own(monkeypatch):
    async def work(cables):
        for place, name in enumerate(("ct-01", "mri-01")):
            await cables.say(place, b"MicroPython v1.24\r\n" + line(hello(name)))
            assert await cables.answer(place) == line(b"to " + name.encode())
        wanted = [(name, hello(name), path) for name, path in zip(("ct-01", "mri-01"), cables.paths, strict=True)]
        assert cables.heard == wanted and not cables.refused and not cables.turned_away

    with_cables(monkeypatch, work)


HOSTILE = {  # what comes over a cable, whether it is refused
    "words of a terminal": (b"Traceback (most recent call last):\r\n  File main.py\r\n", False),
    "that it is here": (MARK + b"\n", False),
    "no base64": (MARK + b"!!!!\n", True),
    "base64 cut short": (MARK + b64encode(hello("x"))[:-3] + b"\n", True),
    "a line that is too long": (MARK + b"A" * (LONGEST_LINE * 3) + b"\n", True),
    "noise of a wrong speed": (bytes(range(256)) * 20 + b"\n", False),
    "zeros without end of line": (bytes(LONGEST_LINE * 2), True),
    "another protocol": (b"GET / HTTP/1.1\r\nHost: gw\r\n\r\n\x10\x0e\x00\x04MQTT\n", False),
    "half a line": (MARK + b64encode(hello("x"))[:9], True),
}


@pytest.mark.parametrize("said,refused", HOSTILE.values(), ids=HOSTILE)
def test_a_hostile_cable_is_counted_and_its_neighbour_goes_on(monkeypatch, said, refused):
    async def work(cables):
        sending = asyncio.create_task(cables.say(0, said))
        await cables.say(1, line(hello("mri-01")))
        assert await cables.answer(1) == line(b"to mri-01")
        await sending
        await cables.say(0, b"\n" + line(hello("ct-01")))
        await cables.until(lambda: ("ct-01", hello("ct-01"), cables.paths[0]) in cables.heard)
        assert bool(cables.refused) == refused

    with_cables(monkeypatch, work)


def test_a_line_that_comes_byte_by_byte_is_one_line(monkeypatch):
    async def work(cables):
        for byte in line(hello("ct-01")):
            await cables.say(0, bytes((byte,)))
        assert await cables.answer(0) == line(b"to ct-01")

    with_cables(monkeypatch, work)


def test_who_says_that_it_is_here_to_a_gateway_that_knows_nothing_of_it_is_told_to_begin_again(monkeypatch):
    async def work(cables):
        await cables.say(0, MARK + b"\n")
        assert await cables.answer(0) == line(frame.pack(frame.REFUSAL, frame.put_text("session_missing")))
        await cables.say(0, line(hello("ct-01")))
        assert await cables.answer(0) == line(b"to ct-01")
        await cables.say(0, MARK + b"\n" + line(hello("ct-01")))
        assert await cables.answer(0) == line(b"to ct-01")

    with_cables(monkeypatch, work)


def test_an_answer_goes_to_the_terminal_on_the_cable_and_to_no_other(monkeypatch):
    async def work(cables):
        await cables.say(0, line(hello("ct-01")))
        await cables.answer(0)
        port = cables.road._ports[cables.paths[0]]
        port.send("mri-01", [b"not for ct-01"])
        port.send("ct-01", [b"for ct-01"])
        assert await cables.answer(0) == line(b"for ct-01")

    with_cables(monkeypatch, work)


def test_a_cable_that_is_pulled_out_is_said_and_its_neighbour_goes_on(monkeypatch, caplog):
    async def work(cables):
        os.close(cables.ends[0][0])
        await cables.until(lambda: cables.paths[0] not in cables.road._ports)
        await cables.say(1, line(hello("mri-01")))
        assert await cables.answer(1) == line(b"to mri-01")

    with_cables(monkeypatch, work)
    assert "was lost" in caplog.text or "was unplugged" in caplog.text


def test_a_port_that_another_program_holds_is_said_once_with_what_to_do(monkeypatch, caplog):
    monkeypatch.setattr(usb_serial, "LOOK_EVERY_S", 0.02)

    async def work():
        ours, theirs = pty.openpty()
        held = serial.Serial(os.ttyname(theirs), exclusive=True)
        road = SerialRoad(f"{os.ttyname(theirs)}, /dev/ttyNOWHERE*", None, None, Flood(DEFAULTS, print))
        running = asyncio.create_task(road.run())
        await asyncio.wait_for(road.ready.wait(), 30)
        await asyncio.sleep(0.1)
        assert caplog.text.count("is held by another program; end that one or take it out of serial.ports") == 1
        assert caplog.text.count("/dev/ttyNOWHERE* is not there; plug the terminal in, or correct serial.ports") == 1
        held.close()
        async with asyncio.timeout(30):
            while not road._ports:
                await asyncio.sleep(0.01)
        running.cancel()
        await asyncio.gather(running, return_exceptions=True)
        await road.__aexit__()
        os.close(ours), os.close(theirs)

    with caplog.at_level("INFO"):
        asyncio.run(work())
