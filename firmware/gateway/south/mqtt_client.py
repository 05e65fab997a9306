"""As much of MQTT 3.1.1 as a gateway speaks to its own broker: log in, subscribe, hear many messages, publish.

A protocol of asyncio that takes packets out of whatever bytes came and confirms them with one write. A client library
costs ten times as much per message (docs/performance.md), more than the rest of a message's way to the disk.
Source: MQTT 3.1.1, chapters 2 and 3.
"""

import asyncio
import struct

CONNECT, CONNACK, PUBLISH, PUBACK, SUBSCRIBE, SUBACK, PINGREQ = 0x10, 0x20, 0x30, 0x40, 0x82, 0x90, 0xC0
AT_LEAST_ONCE = 0x02  # a PUBLISH of QoS 1
LOG_IN = 0xC2  # user name, password, clean session
PID_LAST = 65535
PACKET_MOST = 65536  # our broker passes far less
UNSENT_MOST = 4 * 1024 * 1024  # bytes that wait for the broker to read; what is beyond its terminal asks for again
WHY_NOT = {1: "protocol version", 2: "client id", 3: "unavailable", 4: "user name or password", 5: "not authorised"}


class MqttLost(Exception):
    """The connection is gone, was refused, or the broker said what it may not."""


def packet(kind, body):
    """One packet."""
    length, size = len(body), bytearray()
    while True:
        length, low = divmod(length, 128)
        size.append(low | (0x80 if length else 0))
        if not length:
            return bytes((kind,)) + bytes(size) + body


def text(value):
    """A text with its length before it."""
    raw = value.encode()
    return struct.pack(">H", len(raw)) + raw


class MqttClient(asyncio.Protocol):
    """One connection. `hear(topic, payload)` is told of every message; `lost` ends with MqttLost when it is over."""

    def __init__(self, hear, keepalive_s):
        loop = asyncio.get_running_loop()
        self._hear, self._keepalive_s, self._loop = hear, keepalive_s, loop
        self._buffer, self._transport, self._heard_s, self._pid = bytearray(), None, loop.time(), 0
        self._answers, self.lost = asyncio.Queue(), loop.create_future()
        self._beat = loop.call_later(keepalive_s / 2, self._keep_alive)

    def connection_made(self, transport):
        """As of a protocol."""
        self._transport = transport

    def connection_lost(self, error):
        """As of a protocol."""
        self._end(f"the connection is gone: {error or 'closed by the broker'}")

    def close(self):
        """Leave."""
        self._end("closed")
        if self._transport:
            self._transport.abort()

    def _end(self, why):
        self._beat.cancel()
        if not self.lost.done():
            self.lost.set_exception(MqttLost(why))
            self.lost.exception()  # whether somebody waits for it or not
        self._answers.put_nowait(None)

    async def log_in(self, user, password):
        """Client id and user name are the same. Raises MqttLost, TimeoutError is the caller's."""
        body = text("MQTT") + struct.pack(">BBH", 4, LOG_IN, self._keepalive_s) + text(user) + text(user)
        code = (await self._ask(packet(CONNECT, body + text(password))))[1]
        if code:
            raise MqttLost(f"the broker refuses us: {WHY_NOT.get(code, code)}")

    async def subscribe(self, topic):
        """Hear a topic with QoS 1. Raises MqttLost."""
        code = (await self._ask(packet(SUBSCRIBE, struct.pack(">H", self._next_pid()) + text(topic) + b"\x01")))[-1]
        if code != 1:
            raise MqttLost(f"the broker does not let us subscribe {topic}")

    async def _ask(self, question):
        self._transport.write(question)
        answer = await self._answers.get()
        if answer is None:
            await self.lost
        return answer

    def publish(self, topic, payload):
        """Send a message of QoS 1; whether it is on its way. Nobody waits for the broker's confirmation."""
        if self.lost.done() or self._transport.get_write_buffer_size() > UNSENT_MOST:
            return False
        body = text(topic) + struct.pack(">H", self._next_pid()) + payload
        self._transport.write(packet(PUBLISH | AT_LEAST_ONCE, body))
        return True

    def _next_pid(self):
        self._pid = self._pid % PID_LAST + 1
        return self._pid

    def _keep_alive(self):
        if self._loop.time() - self._heard_s > 1.5 * self._keepalive_s:
            self._end(f"the broker is silent for {1.5 * self._keepalive_s:.0f} s")
            self._transport.abort()
            return
        if self._transport:
            self._transport.write(packet(PINGREQ, b""))
        self._beat = self._loop.call_later(self._keepalive_s / 2, self._keep_alive)

    def data_received(self, data):
        """As of a protocol: every whole packet is taken."""
        self._heard_s = self._loop.time()
        buffer, at, confirmations = self._buffer, 0, []
        buffer += data
        try:
            while (found := _packet_at(buffer, at)) is not None:
                begin, end = found
                self._take(buffer[at], bytes(buffer[begin:end]), confirmations)
                at = end
        except (IndexError, UnicodeDecodeError, struct.error, ValueError) as error:
            self._end(f"the broker sent no MQTT: {error}")
            self._transport.abort()
            return
        del buffer[:at]
        if confirmations:
            self._transport.write(b"".join(confirmations))

    def _take(self, first, body, confirmations):
        kind = first & 0xF0
        if kind == PUBLISH:
            begin = 2 + (body[0] << 8 | body[1])
            topic, payload = body[2:begin].decode(), body[begin:]
            if first & 0x06:
                if len(payload) < 2:
                    raise ValueError("a message without its number")
                confirmations.append(b"\x40\x02" + payload[:2])
                payload = payload[2:]
            self._hear(topic, payload)
        elif kind in (CONNACK, SUBACK):
            if len(body) < 2:
                raise ValueError(f"an answer of {len(body)} bytes")
            self._answers.put_nowait(body)


def _packet_at(buffer, at):
    """(where the body of the packet at `at` begins, where it ends), or None when it is not whole yet."""
    length, shift, begin = 0, 0, at + 1
    while True:
        if begin >= len(buffer):
            return None
        length |= (buffer[begin] & 0x7F) << shift
        begin, shift = begin + 1, shift + 7
        if not buffer[begin - 1] & 0x80:
            break
        if shift > 21:
            raise ValueError("a length of more than four bytes")
    if length > PACKET_MOST:
        raise ValueError(f"a packet of {length} bytes")
    return None if begin + length > len(buffer) else (begin, begin + length)
