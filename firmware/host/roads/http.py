"""HTTPS, for sites where MQTT is not allowed: frames go up in a POST, frames come down in its answer."""

import ssl
import time

import httpx

from firmware.host.roads import Trust
from firmware.protocol.seal import gateway_key, mqtt_password
from firmware.terminal.transports import RoadLost, TurnedAway, Untrusted

LARGEST = 8192  # bytes of an answer
NOT_US = (401, 403)


class Road:
    """The road of one computer to one gateway."""

    def __init__(self, identity, gateway):
        settings = identity.settings
        self._poll_s, self._asked_s, self._inbox = settings["poll_s"], 0.0, []
        password = mqtt_password(gateway_key(identity.secret, gateway.gateway_id))
        self._url = f"https://{gateway.host}:{gateway.port}/a01/v1/frames"
        self._client = httpx.Client(
            verify=Trust.of(identity, gateway),
            auth=(identity.terminal_id, password),
            timeout=settings["io_timeout_s"],
            trust_env=False,
            headers={"Content-Type": "application/octet-stream", "Host": gateway.server_name},
        )

    def open(self):
        """Connect and show our password. Raises Untrusted when we refuse its certificate, TurnedAway when it refuses
        our password, RoadLost for all else."""
        self._ask(b"")

    def send(self, frame):
        """Hand a frame to the gateway. Raises RoadLost."""
        self._ask(frame)

    def receive(self):
        """The messages that came since the last call; now and then it asks for them. Raises RoadLost."""
        if time.monotonic() - self._asked_s > self._poll_s:
            self._ask(b"")
        messages, self._inbox = self._inbox, []
        return messages

    def ping(self):
        """Nothing: asking is a sign of life."""

    def close(self):
        """Leave."""
        self._client.close()

    def _ask(self, message):
        self._asked_s = time.monotonic()
        try:
            with self._client.stream("POST", self._url, content=message) as answer:
                body = b""
                for part in answer.iter_raw(LARGEST):
                    body += part
                    if len(body) > LARGEST:
                        raise RoadLost(f"answer of more than {LARGEST} bytes")
        except httpx.HTTPError as error:
            if isinstance(_cause_of(error), ssl.SSLCertVerificationError):
                raise Untrusted(f"certificate: {_cause_of(error).verify_message}") from error
            raise RoadLost(f"{type(error).__name__} {error}") from error
        if answer.status_code in NOT_US:
            raise TurnedAway(f"gateway answered {answer.status_code}")
        if answer.status_code != httpx.codes.OK:
            raise RoadLost(f"gateway answered {answer.status_code}")
        if body:
            self._inbox.append(body)


def _cause_of(error):
    """What the library's error goes back to."""
    while error.__cause__ or error.__context__:
        error = error.__cause__ or error.__context__
    return error
