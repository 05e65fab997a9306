"""As much of MQTT 3.1.1 as a load needs, over TLS sockets: log in, subscribe, publish many messages, count answers.

A client library would cost the machine more than the broker and the gateway together.
"""

import select
import socket
import ssl
import struct
import time

from firmware.gateway.south.mqtt_client import CONNACK, PUBACK, PUBLISH, SUBACK, packet, text

OUTSTANDING = 40  # messages of one publisher that the broker has not confirmed
PATIENCE_S = 30


def publish(topic, number, payload):
    """A message of QoS 1 with its packet number."""
    return packet(PUBLISH | 0x02, text(topic) + struct.pack(">H", number) + payload)


class Wire:
    """One connection. `heard` holds the payloads that came and were not looked at yet."""

    def __init__(self, port, user, password, context):
        raw = socket.create_connection(("127.0.0.1", port), timeout=PATIENCE_S)
        raw.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self._socket = context.wrap_socket(raw, server_hostname="127.0.0.1") if context else raw
        self._buffer, self.heard, self.confirmed, self._granted = bytearray(), [], 0, 0
        self._to_confirm = b""
        self._socket.sendall(
            packet(0x10, text("MQTT") + b"\x04\xc2\x00\x00" + text(user) + text(user) + text(password))
        )
        self._wait_for(lambda: self._granted == 1, f"{user} is not let in")

    def subscribe(self, topic):
        """Hear a topic, QoS 0."""
        self._socket.sendall(packet(0x82, b"\x00\x01" + text(topic) + b"\x00"))
        self._wait_for(lambda: self._granted == 2, f"{topic} is not granted")

    def _wait_for(self, holds, what):
        deadline = time.monotonic() + PATIENCE_S
        while not holds():
            assert time.monotonic() < deadline, what
            self.take()

    def next(self):
        """The next payload that was heard."""
        self._wait_for(lambda: self.heard, "nothing is heard")
        return self.heard.pop(0)

    def answered_s(self, one):
        """Seconds from sending one packet to whatever is heard next; what was on its way before is taken first."""
        self.blocks(False)
        while self.take():
            pass
        self.blocks(True)
        before, began_s = len(self.heard), time.monotonic()
        self.send(one)
        self._wait_for(lambda: len(self.heard) > before, "no answer")
        return time.monotonic() - began_s

    def send(self, packets):
        """Send packets, as many as there are."""
        self._socket.sendall(packets)

    def fileno(self):
        """For select."""
        return self._socket.fileno()

    def blocks(self, whether):
        """Whether `take` waits."""
        self._socket.settimeout(PATIENCE_S if whether else 0)

    def take(self):
        """Read what is there; whether there was anything. Raises OSError when the broker has gone."""
        try:
            data = self._socket.recv(65536)
        except (ssl.SSLWantReadError, BlockingIOError):
            return False
        if not data:
            raise OSError("the broker has closed the connection")
        self._buffer += data
        while self._packet():
            pass
        return True

    def _packet(self):
        """Take one packet off the buffer; whether there was a whole one."""
        buffer, length, at = self._buffer, 0, 1
        while True:
            if len(buffer) <= at:
                return False
            length |= (buffer[at] & 0x7F) << 7 * (at - 1)
            at += 1
            if not buffer[at - 1] & 0x80:
                break
        if len(buffer) < at + length:
            return False
        kind, body = buffer[0] & 0xF0, bytes(buffer[at : at + length])
        del buffer[: at + length]
        if kind == PUBACK:
            self.confirmed += 1
        elif kind == PUBLISH:
            self.heard.append(body[2 + struct.unpack(">H", body[:2])[0] :])
        elif kind in (CONNACK, SUBACK):
            assert body[-1] == 0, f"refused with {body[-1]}"
            self._granted += 1
        return True


def send_all(wires, packets):
    """Send {wire: [packet]} as fast as the broker confirms them, until all are confirmed."""
    for wire in wires:
        wire.blocks(False)
        wire.confirmed = 0
    sent, poll = dict.fromkeys(wires, 0), select.poll()
    by_number = {wire.fileno(): wire for wire in wires}
    for number in by_number:
        poll.register(number, select.POLLIN)
    left = set(wires)
    while left:
        for wire in list(left):
            ready, count = packets[wire], sent[wire]
            room = OUTSTANDING - (count - wire.confirmed)
            if room >= OUTSTANDING // 2 and count < len(ready):
                some = ready[count : count + room]
                wire.blocks(True)
                wire.send(b"".join(some))
                wire.blocks(False)
                sent[wire] += len(some)
            elif wire.confirmed == len(ready):
                left.discard(wire)
        for number, _event in poll.poll(PATIENCE_S * 1000 if left else 0):
            by_number[number].take()
