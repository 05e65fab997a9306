"""HTTPS to the gateway, for sites where MQTT is not allowed: frames go up in a POST, frames come down in its answer.

One connection, one request at a time. Every `poll_s` an empty one asks whether anything waits for us.
"""

import gc
import socket
import time
from binascii import b2a_base64

from firmware.terminal.transports import RoadLost, TurnedAway, Untrusted
from firmware.terminal.transports.stream import Stream

LARGEST = 8192  # bytes of an answer
LONGEST_LINE, MOST_LINES = 256, 32
OK, NOT_US = b"200", (b"401", b"403")
HEAD = (
    b"POST /a01/v1/frames HTTP/1.1\r\nHost: %s\r\nAuthorization: Basic %s\r\n"
    b"Content-Type: application/octet-stream\r\nContent-Length: %d\r\n\r\n"
)


class Road:
    """The road of one terminal to one gateway."""

    def __init__(self, identity, gateway, breathe):
        self._gateway, self._ca, self._breathe = gateway, identity.ca, breathe
        self._timeout_ms = int(identity.settings["io_timeout_s"] * 1000)
        self._poll_ms = int(identity.settings["poll_s"] * 1000)
        from firmware.protocol.seal import gateway_key, mqtt_password

        password = mqtt_password(gateway_key(identity.secrets[0], gateway.gateway_id))
        self._log_in = b2a_base64(("%s:%s" % (identity.terminal_id, password)).encode()).strip()
        self._stream, self._inbox = None, []
        self._asked_ms, self._awaited = None, False  # when the last request left, whether its answer is to come

    def open(self):
        """Connect and show our password. Raises Untrusted when we refuse its certificate, TurnedAway when it refuses
        our password, RoadLost for all else."""
        gc.collect()
        self._stream = Stream(self._timeout_ms, self._breathe)
        try:
            self._stream.connect(socket.getaddrinfo(self._gateway.host, self._gateway.port)[0][-1])
            self._stream.start_tls(self._ca, self._gateway.server_name)
            self._ask(b"")
            self._stream.flush()
        except ValueError as error:  # what TLS raises for a certificate it refuses
            self.close()
            raise Untrusted("certificate: %s" % error)
        except OSError as error:
            self.close()
            raise RoadLost("OSError %s" % error)
        self._take_answer()

    def send(self, frame):
        """Hand a frame to the gateway, once it has answered what it was asked before. Raises RoadLost."""
        if self._awaited:
            self._take_answer()
        self._ask(frame)
        self._ready()

    def receive(self):
        """The messages that came since the last call; now and then it asks for them. Raises RoadLost."""
        if self._awaited:
            if self._ready():
                self._take_answer()
            elif self._since_ms() > self._timeout_ms:
                raise RoadLost("no answer to a request")
        elif self._since_ms() > self._poll_ms:
            self._ask(b"")
        messages, self._inbox = self._inbox, []
        return messages

    def ping(self):
        """Nothing: asking is a sign of life."""

    def close(self):
        """Leave; on a broken road silently."""
        if self._stream is not None:
            self._stream.close()
            self._stream = None

    def _since_ms(self):
        return time.ticks_diff(time.ticks_ms(), self._asked_ms)

    def _ready(self):
        """Send what was written; whether an answer is there."""
        try:
            return self._stream.readable()
        except OSError as error:
            raise RoadLost("OSError %s" % error)

    def _ask(self, message):
        self._stream.write(HEAD % (self._gateway.server_name.encode(), self._log_in, len(message)) + message)
        self._asked_ms, self._awaited = time.ticks_ms(), True

    def _take_answer(self):
        try:
            status, body = self._answer()
        except (OSError, ValueError, IndexError) as error:
            raise RoadLost("%s %s" % (type(error).__name__, error))
        if status in NOT_US:
            raise TurnedAway("gateway answered %s" % status.decode())
        if status != OK:
            raise RoadLost("gateway answered %s" % status.decode())
        self._awaited = False
        if body:
            self._inbox.append(body)

    def _answer(self):
        """(status, body) of an answer. Raises OSError, and ValueError or IndexError for what is none."""
        status, length = self._line().split()[1], 0
        for _ in range(MOST_LINES):
            line = self._line()
            if not line:
                return status, self._stream.read(length)
            name, _colon, value = line.partition(b":")
            if name.lower() == b"content-length":
                length = int(value)
                if not 0 <= length <= LARGEST:
                    raise ValueError("answer of %d bytes" % length)
        raise ValueError("answer without an end of its head")

    def _line(self):
        line = b""
        while not line.endswith(b"\r\n"):
            if len(line) > LONGEST_LINE:
                raise ValueError("line of more than %d bytes" % LONGEST_LINE)
            line += self._stream.read(1)
        return line[:-2]
