"""The door for modalities: TLS, address, title and the bounds of every message, judged before the DICOM library.

pynetdicom itself holds everybody up during one slow TLS handshake, and reads messages of any length into memory.
None of that gets past here: what is admitted goes on over a pair of sockets, and nothing else listens.
"""

import asyncio
import contextlib
import logging
import socket
import ssl
import struct

from firmware.gateway.south.handshake import NoHandshake, secure, server_context

log = logging.getLogger("gateway")

HEAD = ">BBI"  # type, reserved, length (PS3.8, 9.3)
ASSOCIATE, DATA, RELEASE, RELEASED, ABORT = 1, 4, 5, 6, 7
LONGEST = {ASSOCIATE: 16_384, DATA: 65_536, RELEASE: 16, RELEASED: 16, ABORT: 16}
LAST_DATA = 2  # bits of a fragment: 1 command, 2 last
MESSAGE_MOST = 2 * 1024 * 1024  # bytes of one data set
TITLE = slice(26, 42)  # of an A-ASSOCIATE-RQ: version, reserved, called title, calling title, from byte 6 on
STRANGER = bytes.fromhex("0300 0000 0004 0001 0103")  # A-ASSOCIATE-RJ: permanent, calling title not recognized
STRANGERS_MOST = 4  # connections at once of addresses that are in no list
HANDSHAKE_S, FIRST_S, SILENCE_S, PIECE_S, GOODBYE_S = 10, 10, 120, 30, 5


class NotAdmitted(Exception):
    """This connection ends here; the text says nothing that came over it. `answer`: bytes to say goodbye with."""

    def __init__(self, text, answer=b""):
        super().__init__(text)
        self.answer = answer


class Gate:
    """`admit(title, address)` says who a calling title at an address is, or None; `serve(socket, address)` takes it on;
    `refused(source_id, text)` is told of what is turned away. `listed`: addresses that have places of their own."""

    def __init__(self, admit, serve, refused, connections_most, listed):
        self._admit, self._serve, self._refused, self._most = admit, serve, refused, connections_most
        self._listed, self._open, self._server, self._context = listed, {}, None, None  # open: {task: its address}

    async def open(self, host, port, context):
        """Listen; with `context` over TLS. Raises OSError."""
        self._context = context
        self._server = await asyncio.start_server(self._enter, host, port)

    async def close(self):
        """Stop listening and cut everybody off."""
        self._server.close()
        for connection in self._open:
            connection.cancel()
        await asyncio.gather(*self._open, return_exceptions=True)

    async def _enter(self, reader, writer):
        address = writer.get_extra_info("peername")
        self._open[asyncio.current_task()] = address[0] if address[0] in self._listed else None
        source_id = ""
        try:
            self._find_place()
            if self._context:
                await secure(writer, self._context, HANDSHAKE_S)
            first = await _pdu(reader, FIRST_S, (ASSOCIATE,))
            source_id = self._admit(first[TITLE].decode("ascii", "replace").strip(" \0"), address[0])
            if source_id is None:
                source_id = ""
                raise NotAdmitted("title or address is not in the list", STRANGER)
            await self._carry(first, reader, writer, address)
        except NotAdmitted as error:
            self._refused(source_id, f"{error}, from {address[0]}")
            await _say_goodbye(reader, writer, error.answer)
        except NoHandshake as error:
            self._refused(source_id, f"{error}, from {address[0]}")
        except TimeoutError:
            self._refused(source_id, f"silent for too long, from {address[0]}")
        except (OSError, EOFError) as error:
            log.debug("a DICOM connection ended: %s", type(error).__name__)
        finally:
            del self._open[asyncio.current_task()]
            writer.close()

    def _find_place(self):
        """Raises NotAdmitted when all places are taken, or all of this address: none takes those of the others."""
        address = self._open[asyncio.current_task()]
        most = STRANGERS_MOST if address is None else max(2, self._most // 2)
        if len(self._open) > self._most or list(self._open.values()).count(address) > most:
            raise NotAdmitted("too many connections are open")

    async def _carry(self, first, reader, writer, address):
        """Both ways until either side ends."""
        ours, theirs = socket.socketpair()
        ways = []
        inner_reader, inner_writer = await asyncio.open_connection(sock=ours)
        try:
            await asyncio.to_thread(self._serve, theirs, address)
            inner_writer.write(first)
            ways = [asyncio.create_task(_up(reader, inner_writer)), asyncio.create_task(_down(inner_reader, writer))]
            done, _waiting = await asyncio.wait(ways, return_when=asyncio.FIRST_COMPLETED)
            for way in done:
                way.result()
        finally:
            inner_writer.close()
            for way in ways:
                way.cancel()
            await asyncio.gather(*ways, return_exceptions=True)


async def _say_goodbye(reader, writer, answer):
    """Answer, then let the other side close, as PS3.8, 9.1.4 has it: else it may not read the answer."""
    if answer:
        writer.write(answer)
        with contextlib.suppress(OSError, TimeoutError):  # whether it listened is its own affair
            await asyncio.wait_for(reader.read(1), GOODBYE_S)


async def _up(reader, writer):
    """What a modality says, message by message, within bounds. Raises NotAdmitted, TimeoutError, OSError, EOFError."""
    length = 0
    while True:
        pdu = await _pdu(reader, SILENCE_S, (DATA, RELEASE, RELEASED, ABORT))
        if pdu[0] == DATA:
            length = _length_after(pdu, length)
            if length > MESSAGE_MOST:
                raise NotAdmitted(f"a message of more than {MESSAGE_MOST} bytes")
        writer.write(pdu)
        await writer.drain()


async def _down(reader, writer):
    while piece := await reader.read(65_536):
        writer.write(piece)
        await asyncio.wait_for(writer.drain(), PIECE_S)


async def _pdu(reader, wait_s, kinds):
    """The next whole PDU, of one of these kinds. Raises as `_up`."""
    head = await asyncio.wait_for(reader.readexactly(6), wait_s)
    kind, _reserved, length = struct.unpack(HEAD, head)
    if kind not in kinds:
        raise NotAdmitted("not what DICOM says next")
    if length > LONGEST[kind]:
        raise NotAdmitted(f"a PDU of {length} bytes")
    return head + await asyncio.wait_for(reader.readexactly(length), PIECE_S)


def _length_after(pdu, length):
    """How long the message is that a P-DATA-TF goes on with; 0 after the last fragment of its data (PS3.8, annex E).

    Commands without data, as echoes, add up: a peer that sends commands without end is cut off too.
    """
    at = 6
    while at + 6 <= len(pdu):
        size, _context, control = struct.unpack_from(">IBB", pdu, at)
        length = 0 if control & 3 == LAST_DATA else length + size
        at += 4 + size
    return length


def tls(certificate, ca_file):
    """The TLS context of a listener: our own certificate, and with `ca_file` only clients that have one of that CA."""
    context = server_context(certificate)
    if ca_file:
        context.load_verify_locations(ca_file)
        context.verify_mode = ssl.CERT_REQUIRED
    return context
