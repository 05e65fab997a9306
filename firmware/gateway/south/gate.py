"""The embedded broker's door: TLS, and a log-in that is judged before the broker sees the connection at all.

amqtt itself ends an earlier session of the same name before it has asked for a password, waits for ever for a silent
client, and reads messages of any length. None of that gets past here.
"""

import asyncio
import io
import logging
import struct

from amqtt.adapters import BufferReader, StreamReaderAdapter, StreamWriterAdapter
from amqtt.errors import AMQTTError, MQTTError, NoDataError
from amqtt.mqtt.connack import NOT_AUTHORIZED, UNACCEPTABLE_PROTOCOL_VERSION, ConnackPacket
from amqtt.mqtt.connect import ConnectPacket

from firmware.gateway.south.handshake import NoHandshake, secure, server_context
from firmware.gateway.terminals import OWN_USER

log = logging.getLogger("gateway")

CONNECT = 0x10
LEVEL = 4  # MQTT 3.1.1
CONNECT_S = 30  # for the first packet after the TLS handshake
HANDSHAKE_S = 60  # small boards are slow
LONGEST_CONNECT = 1024
LONGEST = 8192  # of any part of a later packet: a frame is at most half of it
SILENCE_S = 600  # for a client that names no keep-alive
SWEEP_S = 1
NO_PACKET = (AMQTTError, MQTTError, NoDataError, OSError, EOFError, ValueError, IndexError, struct.error, TimeoutError)


class NotAdmitted(Exception):
    """This log-in gets no further; `answer` is the code for its CONNACK."""

    def __init__(self, user, text, answer=NOT_AUTHORIZED):
        super().__init__(text)
        self.user, self.answer = user, answer


class _Connection(StreamReaderAdapter):
    """What amqtt reads from: the log-in once more, then the client, within bounds of length, pace and silence."""

    def __init__(self, reader, writer, connect, pace):
        super().__init__(reader)
        self._pace = pace
        self._first, self._writer = io.BytesIO(connect.to_bytes()), writer
        self._silence_s = 1.5 * (connect.variable_header.keep_alive or SILENCE_S)
        self._heard_s = asyncio.get_running_loop().time()

    async def read(self, n=-1):
        """As an adapter's; a part that is too long ends the connection."""
        if again := self._first.read(n):
            return again
        if n > LONGEST:
            self.end()
        data = await super().read(n)
        await self._pace(len(data))
        self._heard_s = asyncio.get_running_loop().time()
        return data

    def silent(self, now_s):
        """Whether it was quiet for one and a half times what it promised (MQTT 3.1.1, 3.1.2.10)."""
        return now_s - self._heard_s > self._silence_s

    def end(self):
        """Cut it off."""
        self._writer.transport.abort()


class Gate:
    """`serve(reader, writer)` takes an admitted connection; `refused(user, text)` is told of every refused log-in."""

    def __init__(self, access, serve, refused, flood, connections_most):
        self._access, self._serve, self._refused, self._most = access, serve, refused, connections_most
        self._flood, self._context = flood, None
        self._open, self._by_user, self._server, self._sweeper = 0, {}, None, None

    async def open(self, host, port, certificate):
        """Listen with TLS. `certificate`: PEM file of key and certificate. Raises OSError."""
        self._context = server_context(certificate)
        self._server = await asyncio.start_server(self._enter, host, port, limit=LONGEST)
        self._sweeper = asyncio.create_task(self._sweep())

    async def close(self):
        """Stop listening and cut everybody off."""
        self._sweeper.cancel()
        self._server.close()
        for connection in list(self._by_user.values()):
            connection.end()

    def end_strangers(self):
        """Cut off whoever may not be here any more; the others notice nothing."""
        for user, connection in list(self._by_user.items()):
            if self._access.password_of(user) is None:
                connection.end()

    async def _enter(self, reader, writer):
        self._open += 1
        try:
            if self._open > self._most:
                self._flood.refuse("flood_connections", f"{self._most} are open; see mqtt.connections_most")
                return
            user, connection = await self._knock(reader, writer)
            await self._serve_one(user, connection, writer)
        except NoHandshake as error:
            self._flood.refuse("tls_refused", str(error))
        except NotAdmitted as error:
            self._refused(error.user, str(error))
            await ConnackPacket.build(0, error.answer).to_stream(StreamWriterAdapter(writer))
        except NO_PACKET as error:
            log.debug("a connection ended before its log-in: %s", error)
        finally:
            self._open -= 1
            writer.close()

    async def _knock(self, reader, writer):
        """(user, connection) of a good log-in. Raises NoHandshake, NotAdmitted, or one of NO_PACKET."""
        address = writer.get_extra_info("peername")[0]
        if not self._flood.enter(address):
            raise EOFError("too many of this address")
        try:
            await secure(writer, self._context, HANDSHAKE_S)
            return await self._admit(reader, writer)
        finally:
            self._flood.leave(address)

    async def _serve_one(self, user, connection, writer):
        if user in self._by_user:
            self._by_user[user].end()
        self._by_user[user] = connection
        try:
            await self._serve(connection, StreamWriterAdapter(writer))
        finally:
            if self._by_user.get(user) is connection:
                del self._by_user[user]

    async def _admit(self, reader, writer):
        """(user, connection) of a good log-in. Raises NotAdmitted, or one of NO_PACKET."""
        connect = await asyncio.wait_for(_read_connect(reader), CONNECT_S)
        user = connect.username or ""
        name = user or connect.client_id or ""
        if connect.proto_name != "MQTT" or connect.proto_level != LEVEL:
            raise NotAdmitted(name, "not MQTT 3.1.1", UNACCEPTABLE_PROTOCOL_VERSION)
        if connect.will_flag:  # amqtt would publish it unasked, on any topic
            raise NotAdmitted(name, "a log-in with a will")
        if not self._access.may_enter(user, connect.client_id, connect.password or ""):
            raise NotAdmitted(name, "log-in" if user else "anonymous log-in")
        connect.clean_session_flag = True  # nothing is kept for who is away: the terminal keeps it itself
        return user, _Connection(reader, writer, connect, self._pace_of(user))

    def _pace_of(self, user):
        """What holds a connection to its share; our own client carries what all of them say."""
        if user == OWN_USER:
            return lambda size: asyncio.sleep(0)
        return lambda size: self._flood.pace(user, user, size)

    async def _sweep(self):
        while True:
            await asyncio.sleep(SWEEP_S)
            now_s = asyncio.get_running_loop().time()
            for connection in list(self._by_user.values()):
                if connection.silent(now_s):
                    connection.end()


async def _read_connect(reader):
    """The first packet, at most LONGEST_CONNECT bytes. Raises one of NO_PACKET."""
    head, length, shift = await reader.readexactly(2), 0, 0
    if head[0] != CONNECT:
        raise MQTTError(f"the first byte is 0x{head[0]:02x}, no CONNECT")
    while True:
        length |= (head[-1] & 0x7F) << shift
        shift += 7
        if not head[-1] & 0x80:
            break
        head += await reader.readexactly(1)
    if length > LONGEST_CONNECT:
        raise MQTTError(f"a CONNECT of {length} bytes")
    return await ConnectPacket.from_stream(BufferReader(head + await reader.readexactly(length)))
