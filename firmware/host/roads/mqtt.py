"""MQTT over TLS, by paho: topics a01/<terminal_id>/up and down."""

import queue
import ssl
import threading

import paho.mqtt.client as paho

from firmware.host.roads import Trust
from firmware.protocol.seal import gateway_key, mqtt_password
from firmware.terminal.transports import RoadLost, TurnedAway, Untrusted

LARGEST = 8192  # bytes of a message from a broker; a frame holds half of it
NOT_US = ("Bad user name or password", "Not authorized")


class Road:
    """The road of one computer to one gateway's broker."""

    def __init__(self, identity, gateway):
        name, settings = identity.terminal_id, identity.settings
        self._gateway, self._timeout_s = gateway, settings["io_timeout_s"]
        self._keepalive_s = max(1, round(settings["keepalive_s"]))
        self._up, self._down = f"a01/{name}/up", f"a01/{name}/down"
        self._inbox, self._answer = queue.Queue(), queue.Queue()
        self._gone = threading.Event()
        self._client = client = paho.Client(paho.CallbackAPIVersion.VERSION2, name, reconnect_on_failure=False)
        client.connect_timeout = self._timeout_s
        client.username_pw_set(name, mqtt_password(gateway_key(identity.secret, gateway.gateway_id)))
        client.tls_set_context(Trust.of(identity, gateway))
        client.on_connect = lambda _client, _user, _flags, reason, _more: self._answer.put(str(reason))
        client.on_subscribe = lambda *_told: self._answer.put("subscribed")
        client.on_disconnect = lambda *_told: self._gone.set()
        client.on_message = lambda _client, _user, message: self._hear(message.payload)

    def _hear(self, payload):
        if len(payload) <= LARGEST:
            self._inbox.put(payload)

    def open(self):
        """Connect and subscribe. Raises Untrusted when we refuse its certificate, TurnedAway when it refuses our
        password, RoadLost for all else."""
        try:
            self._client.connect(self._gateway.host, self._gateway.port, self._keepalive_s)
        except ssl.SSLCertVerificationError as error:
            raise Untrusted(f"certificate: {error.verify_message}") from error
        except OSError as error:
            raise RoadLost(f"{type(error).__name__} {error}") from error
        self._client.loop_start()
        said = self._wait()
        if said != "Success":
            self.close()
            raise (TurnedAway if said in NOT_US else RoadLost)(f"broker refused: {said}")
        self._client.subscribe(self._down, qos=1)
        self._wait()

    def _wait(self):
        try:
            return self._answer.get(timeout=self._timeout_s)
        except queue.Empty:
            self.close()
            raise RoadLost(f"the broker said nothing for {self._timeout_s} s") from None

    def send(self, frame):
        """Hand a frame to the broker. Raises RoadLost."""
        if self._gone.is_set() or self._client.publish(self._up, frame, qos=1).rc:
            raise RoadLost("the broker is gone")

    def receive(self):
        """The messages that came since the last call. Raises RoadLost."""
        if self._gone.is_set():
            raise RoadLost("the broker is gone")
        messages = []
        while not self._inbox.empty():
            messages.append(self._inbox.get())
        return messages

    def ping(self):
        """Nothing: paho keeps the connection alive by itself."""

    def close(self):
        """Leave; on a broken road silently."""
        self._client.disconnect()
        self._client.loop_stop()
