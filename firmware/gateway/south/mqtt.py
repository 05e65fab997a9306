"""The road to the terminals over MQTT, whichever broker it is: what comes up, what goes down, and coming back."""

import asyncio
import logging

from firmware.gateway.south.access import ALL_UP, BEGIN_AGAIN, DOWN, user_of
from firmware.gateway.south.mqtt_client import MqttClient, MqttLost
from firmware.gateway.terminals import OWN_USER

log = logging.getLogger("gateway")

AGAIN_S = 1
KEEPALIVE_S = 30
ANSWER_S = 10


class MqttRoad:
    """A broker and our own client at it. `hear` as of Roads gets what comes; `ready` is set while it is subscribed.

    `refuse(code, text, terminal_id)` as of a Flood is told of what is not passed on.
    """

    def __init__(self, broker, access, hear, refuse):
        self._broker, self._access, self._hear, self._refuse = broker, access, hear, refuse
        self._client, self._is_new, self.ready = None, True, asyncio.Event()

    async def __aenter__(self):
        await self._broker.__aenter__()
        return self

    async def __aexit__(self, *error):
        await self._broker.__aexit__(*error)

    async def rules_changed(self):
        """As of a road."""
        await self._broker.rules_changed()

    async def run(self):
        """For ever: connect, subscribe, listen; a lost connection begins again after a second."""
        lost = False
        while True:
            try:
                await self._listen()
            except (MqttLost, OSError) as error:  # TimeoutError is one, so is whatever TLS says
                if not lost:
                    log.warning("the broker is not reached: %s", str(error) or f"no answer in {ANSWER_S} s")
                lost = not self.ready.is_set()
            finally:
                self.ready.clear()
            await asyncio.sleep(AGAIN_S)

    async def _listen(self):
        host, port, context, name = self._broker.address()
        loop = asyncio.get_running_loop()
        client = MqttClient(self._take, KEEPALIVE_S)
        try:
            async with asyncio.timeout(ANSWER_S):
                await loop.create_connection(lambda: client, host, port, ssl=context, server_hostname=name)
                await client.log_in(OWN_USER, self._access.password_of(OWN_USER))
                await client.subscribe(ALL_UP)
            self._client = client
            self.ready.set()
            self._call_back()
            await client.lost
        finally:
            client.close()

    def _call_back(self):
        """Who stayed connected to the broker while there was no gateway does not know that its session has ended."""
        for terminal_id in self._access.terminals() if self._is_new else ():
            self.send(terminal_id, [BEGIN_AGAIN])
        self._is_new = False

    def _take(self, topic, payload):
        terminal_id = user_of(topic)
        if terminal_id is not None:
            self._hear(self, terminal_id, payload)

    def send(self, terminal_id, frames):
        """Frames for a terminal, on their way. What is lost with the connection the terminal asks for again."""
        if frames and self.ready.is_set() and not self._client.publish(DOWN.format(terminal_id), b"".join(frames)):
            self._refuse("down_full", "the broker takes nothing", terminal_id)
