"""MQTT over TLS through umqtt.simple, which stays as published; a subclass adds what it lacks."""

import gc
import socket
import sys

import umqtt.simple
from umqtt.simple import MQTTClient, MQTTException

from firmware.terminal.transports import RoadLost, TurnedAway, Untrusted
from firmware.terminal.transports.stream import Stream

LARGEST = 8192  # bytes of a message from a broker; a frame holds half of it
LAST_PID = 65535
LOST = (OSError, AssertionError, IndexError, TypeError, MQTTException)  # how umqtt.simple says that a link is gone


for _name in ("set_last_will", "disconnect", "check_msg"):
    setattr(MQTTClient, _name, None)  # what it has for others gives its memory to readings


class _Client(MQTTClient):
    """umqtt.simple with packet numbers that wrap, messages of bounded length, and waits that end."""

    def publish(self, topic, message):
        """QoS 1: returns when the broker has it."""
        if self.pid >= LAST_PID:
            self.pid = 0
        MQTTClient.publish(self, topic, message, qos=1)

    def _recv_len(self):
        length = MQTTClient._recv_len(self)
        if length > LARGEST:
            raise OSError("message of %d bytes" % length)
        return length


class _Sockets:
    """What umqtt.simple finds where it looks for the modules `socket` and `ussl`: one Stream per connection.

    It names `ussl`, gone from newer MicroPython, and offers no time-out; both are mended here, not in its file.
    """

    def __init__(self, timeout_ms, breathe):
        self._timeout_ms, self._breathe = timeout_ms, breathe
        self.stream = None

    def getaddrinfo(self, host, port):
        """As the module's."""
        return socket.getaddrinfo(host, port)

    def socket(self):
        """A fresh Stream; the one before it is closed first, for there is memory for one TLS connection only."""
        self.close()
        gc.collect()
        self.stream = Stream(self._timeout_ms, self._breathe)
        return self.stream

    def wrap_socket(self, stream, ca, server_name):
        """The same Stream, with TLS from now on."""
        stream.start_tls(ca, server_name)
        return stream

    def close(self):
        """Close the stream, if there is one."""
        if self.stream is not None:
            self.stream.close()
            self.stream = None


class Road:
    """The road of one terminal to one gateway's broker: topics a01/<terminal_id>/up and down."""

    def __init__(self, identity, gateway, breathe):
        from firmware.protocol.seal import gateway_key, mqtt_password

        name = identity.terminal_id
        self._up, self._down = b"a01/" + name.encode() + b"/up", b"a01/" + name.encode() + b"/down"
        self._sockets = _Sockets(int(identity.settings["io_timeout_s"] * 1000), breathe)
        self._inbox = []
        self._client = _Client(
            name,
            gateway.host,
            gateway.port,
            name,
            mqtt_password(gateway_key(identity.secrets[0], gateway.gateway_id)),
            int(identity.settings["keepalive_s"] * 2),
            True,
            {"ca": identity.ca, "server_name": gateway.server_name},
        )
        self._client.set_callback(lambda _topic, message: self._inbox.append(message))

    def open(self):
        """Connect and subscribe. Raises Untrusted when we refuse its certificate, TurnedAway when it refuses our
        password, RoadLost for all else."""
        umqtt.simple.socket = sys.modules["ussl"] = self._sockets
        try:
            self._client.connect()
            self._client.subscribe(self._down, qos=1)
        except ValueError as error:  # what TLS raises for a certificate it refuses
            self.close()
            raise Untrusted("certificate: %s" % error)
        except MQTTException as error:  # its argument is the code of a CONNACK
            self.close()
            raise TurnedAway("broker refused, code %s" % error.args[0])
        except LOST as error:
            self.close()
            raise RoadLost(_said(error))

    def send(self, frame):
        """Hand a frame to the broker. Raises RoadLost."""
        try:
            self._client.publish(self._up, frame)
        except LOST as error:
            raise RoadLost(_said(error))

    def receive(self):
        """The messages that came since the last call. Raises RoadLost."""
        try:
            while self._sockets.stream.readable():
                self._client.wait_msg()
        except LOST as error:
            raise RoadLost(_said(error))
        messages, self._inbox = self._inbox, []
        return messages

    def ping(self):
        """Tell the broker that we are still here. Raises RoadLost."""
        try:
            self._client.ping()
        except LOST as error:
            raise RoadLost(_said(error))

    def close(self):
        """Leave; on a broken road silently."""
        self._sockets.close()


def _said(error):
    return "%s %s" % (type(error).__name__, error)
