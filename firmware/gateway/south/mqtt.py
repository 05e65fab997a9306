"""The road to the terminals over MQTT, whichever broker it is: what comes up, what goes down, and coming back."""

import asyncio
import logging

import aiomqtt

from firmware.gateway.south.access import ALL_UP, DOWN, user_of
from firmware.gateway.terminals import OWN_USER

log = logging.getLogger("gateway")

AGAIN_S = 1
KEEPALIVE_S = 30
QUEUED_MOST = 10_000  # messages that wait for us; what is beyond is sent again by its terminal
ANSWER_S = 10


class MqttRoad:
    """A broker and our own client at it. `hear` as of Roads gets what comes; `ready` is set while it is subscribed."""

    def __init__(self, broker, access, hear):
        self._broker, self._access, self._hear = broker, access, hear
        self._outgoing, self.ready = asyncio.Queue(QUEUED_MOST), asyncio.Event()

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
            except (aiomqtt.MqttError, OSError) as error:
                if not lost:
                    log.warning("the broker is not reached: %s", error)
                lost = not self.ready.is_set()
            finally:
                self.ready.clear()
                self._outgoing = asyncio.Queue(QUEUED_MOST)  # answers of yesterday: a terminal asks again
            await asyncio.sleep(AGAIN_S)

    async def _listen(self):
        host, port, context = self._broker.address()
        client = aiomqtt.Client(
            host,
            port,
            identifier=OWN_USER,
            username=OWN_USER,
            password=self._access.password_of(OWN_USER),
            tls_context=context,
            keepalive=KEEPALIVE_S,
            timeout=ANSWER_S,
            max_queued_incoming_messages=QUEUED_MOST,
        )
        async with client:
            await client.subscribe(ALL_UP, qos=1)
            self.ready.set()
            sender = asyncio.create_task(self._deliver(client))
            try:
                async for message in client.messages:
                    terminal_id = user_of(str(message.topic))
                    if terminal_id is not None:
                        self._hear(self, terminal_id, bytes(message.payload))
            finally:
                sender.cancel()

    async def _deliver(self, client):
        """What goes down, one after the other, each confirmed by the broker; nobody waits for it."""
        while True:
            terminal_id, frames = await self._outgoing.get()
            try:
                await client.publish(DOWN.format(terminal_id), b"".join(frames), qos=1)
            except aiomqtt.MqttError as error:
                log.debug("not sent to %s: %s", terminal_id, error)

    def send(self, terminal_id, frames):
        """Frames for a terminal, on their way. What is lost with the connection the terminal asks for again."""
        if frames and self.ready.is_set() and not self._outgoing.full():
            self._outgoing.put_nowait((terminal_id, frames))
