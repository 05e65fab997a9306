"""The road to terminals on a cable: lines of base64 on their USB serial port, between lines that are only words.

Ports are found again after a cable was pulled. Nothing on a cable says who is there: the terminal names itself in its
hello, and proves it as on any road.
"""

import asyncio
import errno
import glob
import logging
from base64 import b64decode, b64encode
from binascii import Error as NoBase64

import serial

from firmware.gateway.south.access import BEGIN_AGAIN
from firmware.protocol import frame
from firmware.protocol.errors import FrameError

log = logging.getLogger("gateway")

MARK = b"~a01 "
LONGEST_LINE = 11000  # 8192 bytes in base64
BAUD = 115200
LOOK_EVERY_S = 1
HELD = (errno.EAGAIN, errno.EBUSY)
HELD_BY_ANOTHER = "is held by another program; end that one or take it out of serial.ports"
UNREAD_MOST = 64 * 1024  # bytes for a terminal that reads none


class SerialRoad:
    """The ports that `patterns` name, separated by commas. `hear` as of Roads; `refused(user, text)` is told.

    With `flood`, a Flood, the port pays: a cable has no password.
    """

    def __init__(self, patterns, hear, refused, flood):
        self._patterns = [pattern.strip() for pattern in patterns.split(",")]
        self._hear, self._refused, self._flood = hear, refused, flood
        self._ports, self._told, self.ready = {}, {}, asyncio.Event()

    async def __aenter__(self):
        return self

    async def __aexit__(self, *_error):
        for port in list(self._ports.values()):
            port.close()

    async def rules_changed(self):
        """Nothing: who may not be here any more is refused by its session."""

    async def run(self):
        """For ever: open what is there, again after it was gone."""
        async with asyncio.TaskGroup() as group:
            while True:
                for path in self._found():
                    if path not in self._ports:
                        await self._open(group, path)
                self.ready.set()
                await asyncio.sleep(LOOK_EVERY_S)

    def _found(self):
        for pattern in self._patterns:
            paths = sorted(glob.glob(pattern))
            if not paths:
                self._tell(pattern, "is not there; plug the terminal in, or correct serial.ports")
            yield from paths

    async def _open(self, group, path):
        try:
            # exclusive: two programs on one port would take each other's lines
            opened = serial.Serial(path, BAUD, timeout=0, exclusive=True)
            port = Port(path, opened, self._hear, self._refused, self._flood)
            await port.connect()
        except (OSError, ValueError) as error:  # serial.SerialException is an OSError
            held = getattr(error, "errno", None) in HELD
            self._tell(path, HELD_BY_ANOTHER if held else error)
            return
        self._ports[path] = port
        self._tell(path, None)
        group.create_task(self._listen(path, port))

    async def _listen(self, path, port):
        try:
            await port.listen()
            self._tell(path, "was unplugged")
        except OSError as error:
            self._tell(path, f"was lost: {error}")
        finally:
            port.close()
            del self._ports[path]

    def _tell(self, path, what):
        """Say what is new of a port, once."""
        said = None if what is None else str(what)
        if self._told.get(path, "") != said:
            self._told[path] = said
            if said is None:
                log.info("serial port %s is open", path)
            else:
                log.warning("serial port %s %s", path, said)


class Port:
    """One open port: a road with at most one terminal on it."""

    def __init__(self, path, opened, hear, refused, flood):
        self._path, self._opened = path, opened
        self._hear, self._refused, self._flood = hear, refused, flood
        self._terminal_id, self._reader, self._writer = "", None, None

    async def connect(self):
        """Make it part of the loop. Raises OSError, ValueError."""
        loop = asyncio.get_running_loop()
        self._reader = asyncio.StreamReader(limit=LONGEST_LINE)
        await loop.connect_read_pipe(lambda: asyncio.StreamReaderProtocol(self._reader), self._opened)
        self._writer, _protocol = await loop.connect_write_pipe(asyncio.BaseProtocol, self._opened)

    async def listen(self):
        """Until the port is gone. Raises OSError."""
        while True:
            try:
                line = await self._reader.readline()
            except ValueError:  # too long: what was read of it is gone, the rest is no message either
                self._refused(self._terminal_id, f"a line of more than {LONGEST_LINE} bytes")
                await self._flood.pace(self._path, "", LONGEST_LINE)
                continue
            if not line:
                return
            await self._flood.pace(self._path, "", len(line))
            if line.startswith(MARK):
                self._take(line[len(MARK) :].strip())

    def _take(self, said):
        if not said:  # it only says that it is here
            if not self._terminal_id:  # it began with a gateway that has gone since: one here knows nothing of it
                self._write(BEGIN_AGAIN)
            return
        try:
            message = b64decode(said, validate=True)
        except NoBase64:
            self._refused(self._terminal_id, "a damaged line")
            return
        self._terminal_id = _named_in(message) or self._terminal_id
        self._hear(self, self._terminal_id, message, self._path)

    def send(self, terminal_id, frames):
        """Frames for the terminal on this port, as long as it reads them."""
        if not frames or terminal_id != self._terminal_id:
            return
        if self._writer.get_write_buffer_size() < UNREAD_MOST:
            self._write(b"".join(frames))
        else:
            self._flood.refuse("down_full", f"{UNREAD_MOST} bytes wait on {self._path}", terminal_id)

    def _write(self, message):
        self._writer.write(MARK + b64encode(message) + b"\n")

    def close(self):
        """Leave it to others."""
        self._writer.abort()
        self._opened.close()


def _named_in(message):
    """The terminal a message's hello is from; "" when it does not begin with one."""
    try:
        kind, body, _rest = frame.unpack(message) or (None, b"", b"")
        return frame.take_text(body)[0] if kind == frame.HELLO else ""
    except FrameError:
        return ""
