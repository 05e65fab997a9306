"""Frames over the cable, as lines of base64 on the port the REPL and our own words use: Ctrl-C still gets through.

A line that begins with MARK is a message, up and down alike; MARK alone says that we are here. Any other line is words.
"""

import select
import sys
import time
from binascii import a2b_base64, b2a_base64

from firmware.terminal.transports import RoadLost

MARK = b"~a01 "
LONGEST_LINE = 11000  # 8192 bytes in base64
PIECE = 64  # bytes a port takes at once when it says that it takes some


class Road:
    """The road of one terminal to whatever gateway holds the other end of its cable."""

    def __init__(self, identity, gateway, breathe):
        self._timeout_ms, self._breathe = int(identity.settings["io_timeout_s"] * 1000), breathe
        self._in, self._out = select.poll(), select.poll()
        self._in.register(sys.stdin, select.POLLIN)
        self._out.register(sys.stdout, select.POLLOUT)
        self._line = bytearray()

    def open(self):
        """Begin a line. Nobody may be at the other end: that shows when nobody answers. Raises RoadLost."""
        self._write(b"\n")

    def send(self, frame):
        """Hand a frame to the cable. Raises RoadLost when it takes nothing."""
        self._write(MARK + b2a_base64(frame))

    def receive(self):
        """The messages that came since the last call; a damaged line is none."""
        messages = []
        while self._in.poll(0):
            byte = sys.stdin.buffer.read(1)
            if not byte:
                raise RoadLost("the port is closed")
            if byte == b"\n":
                message = self._message()
                if message:
                    messages.append(message)
            elif len(self._line) < LONGEST_LINE:
                self._line += byte
        return messages

    def _message(self):
        line, self._line = bytes(self._line).strip(), bytearray()
        try:
            return a2b_base64(line[len(MARK) :]) if line.startswith(MARK) else b""
        except ValueError:
            return b""

    def ping(self):
        """Say that we are here. Raises RoadLost."""
        self._write(MARK + b"\n")

    def close(self):
        """Nothing: the port stays open for the REPL."""

    def _write(self, data):
        at, began_ms = 0, time.ticks_ms()
        while at < len(data):
            if self._out.poll(0):
                at += sys.stdout.buffer.write(data[at : at + PIECE])
            elif time.ticks_diff(time.ticks_ms(), began_ms) > self._timeout_ms:
                raise RoadLost("the cable takes nothing")
            else:
                self._breathe()
                self._out.poll(5)
